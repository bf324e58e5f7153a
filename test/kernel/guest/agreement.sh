# SPDX-License-Identifier: GPL-2.0-only
#
# Every case of /modules/plan/plan, a line each:
#
#   CASE ORDER LIVEPATCH FILE TARGET...
#
# A case begins with nothing loaded. If something cannot be unloaded again the script ends, and what
# is left of the plan is for another boot.

cd /modules || exit

. /functions.sh

# Or loading and removing would spend most of the time waiting for the end of grace periods.
echo 1 > /sys/kernel/rcu_expedited

# insert NAME MODULE: what the kernel returned
insert() {
	local returned
	returned=$(tools/load-module "$2")
	say "$it $1" "$returned"
	[ "$returned" = 0 ]
}

# The targets, in the order of their dependencies.
load_targets() {
	local target
	for target in $targets; do
		insert "target" "targets/$target.ko" || return
	done
}

livepatches() {
	ls /sys/kernel/livepatch
}

modules() {
	cut -d ' ' -f 1 /proc/modules
}

# Newest first, as /proc/modules has them.
unload_modules() {
	local module
	for module in $(modules); do
		rmmod "$module" || return
	done
}

# What the kernel says once only is said once a case.
mount -t debugfs debugfs /sys/kernel/debug
dmesg -c > /tmp/boot
while read -r name order livepatch file targets; do
	it="$name $order"
	echo "<4>agreement: $it" > /dev/kmsg
	echo 1 > /sys/kernel/debug/clear_warn_once
	say "$it begun" 1
	if [ "$order" = first ]; then
		insert insmod "$livepatch" && load_targets
	else
		load_targets && insert insmod "$livepatch"
	fi
	for patch in $(livepatches); do
		try "$it settle" settle "$patch"
	done
	show "$it patched" "$file"
	for patch in $(livepatches); do
		try "$it disable" disable "$patch"
	done
	show "$it restored" "$file"
	try "$it unload" unload_modules
	show_log
	left=$(modules)
	say "$it left" "$(echo $left)"
	[ -z "$left" ] || break
done < plan/plan
