# SPDX-License-Identifier: GPL-2.0-only
#
# Every trial of /modules/plan/plan, a line each:
#
#   CASE ORDER LIVEPATCH FILE TARGET...
#
# In order `first` the livepatch is loaded before its targets, and in order `last` after them. In order
# `again` it is loaded first, and stays when its targets are unloaded and come back at another address.

cd /modules || exit

. /functions.sh

# Or loading and removing would spend most of the time waiting for the end of grace periods.
echo 1 > /sys/kernel/rcu_expedited

# insert NAME MODULE
insert() {
	try "$it $1" insmod "$2"
	[ -s /tmp/output ] && say "$it $1 error" "$(tr '\n' '|' < /tmp/output)"
	[ -d "/sys/module/$(basename "$2" .ko | tr - _)" ]
}

# The targets, in the order of their dependencies.
load_targets() {
	local target
	for target in $targets; do
		insert "$1" "targets/$target.ko" || return
	done
	say "$it $1 place" "$(grep -v "^$name " /proc/modules | sed 's/.*0x/0x/' | tr '\n' '|')"
}

# Newest first, as /proc/modules has them. `$1` is what stays.
unload_modules() {
	local module
	for module in $(cut -d ' ' -f 1 /proc/modules | grep -vxF "$1"); do
		rmmod "$module" || return
	done
}

settle_all() {
	[ ! -e "/sys/kernel/livepatch/$name" ] || try "$it settle" settle "$name"
}

dmesg -c > /dev/null
while read -r case order livepatch file targets; do
	it="$case $order"
	name=$(basename "$livepatch" .ko | tr - _)
	echo "<4>matrix: $it" > /dev/kmsg
	say "$it begun" 1
	case $order in
	first)
		insert insmod "$livepatch" && load_targets target ;;
	last)
		load_targets target && show "$it before" "$file" && insert insmod "$livepatch" ;;
	again)
		insert insmod "$livepatch" && load_targets target && settle_all && show "$it once" "$file" &&
			try "$it unload targets" unload_modules "$name" &&
			insert spacer spacer/klp-spacer.ko && load_targets again ;;
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
grep -wE "$(cat plan/symbols)" /proc/kallsyms | sed 's/^/SYMBOL /'
