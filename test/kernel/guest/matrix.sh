# SPDX-License-Identifier: GPL-2.0-only
#
# Every trial of /modules/plan/plan, a line each:
#
#   CASE ORDER NAME LIVEPATCH FILE TARGET...
#
# NAME is what the kernel calls the livepatch.
#
# In order `first` the livepatch is loaded before its targets, and in order `last` after them. In order
# `again` it is loaded first, and stays when its targets are unloaded and come back, three times, each time
# at another address.

cd /modules || exit

. /functions.sh

# Or loading and removing would spend most of the time waiting for the end of grace periods.
echo 1 > /sys/kernel/rcu_expedited

# insert STEP MODULE
insert() {
	local status
	insmod "$2" > /tmp/output 2>&1
	status=$?
	say "$it $1" $status
	return $status
}

# The targets, in the order of their dependencies.
load_targets() {
	local target
	for target in $targets; do
		insert "$1" "targets/$target.ko" || return
	done
	say "$it $1 place" "$(grep -vE "^($name|klp_spacer_.*) " /proc/modules | sed 's/.*0x/0x/' | tr '\n' '|')"
}

# Newest first, as /proc/modules has them. `$1` says what stays.
unload_modules() {
	local module
	for module in $(cut -d ' ' -f 1 /proc/modules | grep -vxE "$1"); do
		rmmod "$module" || return
	done
}

settle_all() {
	[ ! -e "/sys/kernel/livepatch/$name" ] || try "$it settle" settle "$name"
}

# What was loaded in the way of targets stays, and all but that goes.
return_thrice() {
	local spacer
	for spacer in first second third; do
		try "$it unload targets" unload_modules "$name|klp_spacer_.*"
		insert spacer "spacer/klp-spacer-$spacer.ko" && load_targets again || return
	done
}

dmesg -c > /dev/null
while read -r case order name livepatch file targets; do
	it="$case $order"
	echo "<4>matrix: $it" > /dev/kmsg
	say "$it begun" 1
	case $order in
	first)
		insert insmod "$livepatch" && load_targets target ;;
	last)
		load_targets target && show "$it before" "$file" && insert insmod "$livepatch" ;;
	again)
		insert insmod "$livepatch" && load_targets target && settle_all && return_thrice ;;
	esac
	settle_all
	show "$it patched" "$file"
	[ ! -e "/sys/kernel/livepatch/$name" ] || try "$it disable" disable "$name"
	show "$it restored" "$file"
	try "$it unload" unload_modules none
	say "$it log" "$(dmesg -c | tr '\n' '|')"
	[ -z "$(cat /proc/modules)" ] || break
done < plan/plan

# --- What is right, for comparison.

show "version" /proc/version
show "cmdline" /proc/cmdline
show "retbleed" /sys/devices/system/cpu/vulnerabilities/retbleed
grep -wE "$(cat plan/symbols)" /proc/kallsyms | sed 's/^/SYMBOL /'
