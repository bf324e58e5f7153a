# SPDX-License-Identifier: GPL-2.0-only
#
# Every livepatch of module-positions.test.ts, loaded before its target and after it: where its
# pointer points to, where the target has its symbols, and what the kernel says of positions.

cd /modules || exit

. /functions.sh

# Or loading and removing would spend most of the time waiting for the end of grace periods.
echo 1 > /sys/kernel/rcu_expedited

show_log
for livepatch in livepatches/*.ko; do
	for order in first last; do
		it="$(basename "$livepatch" .ko) $order"
		[ $order = first ] || try "$it target insmod" insmod targets/klp-homonyms.ko
		try "$it insmod" insmod "$livepatch"
		[ $order = last ] || try "$it target insmod" insmod targets/klp-homonyms.ko
		try "$it settle" settle livepatch_homonym
		show "$it patched" /proc/klp-homonyms
		try "$it disable" disable livepatch_homonym
		show "$it restored" /proc/klp-homonyms
		try "$it rmmod" rmmod livepatch_homonym
		try "$it target rmmod" rmmod klp_homonyms
		say "$it log" "$(dmesg -c | grep "livepatch: .*symbol" | tr '\n' '|')"
	done
done
