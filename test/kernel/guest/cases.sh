# SPDX-License-Identifier: GPL-2.0-only
#
# Every case of kernel.test.ts, in one boot.

cd /modules || exit

. /functions.sh

# --- What the kernel refuses.

for module in intermediate/*.ko; do
	try "refuse $(basename "$module" .ko)" insmod "$module"
done
show_log

# --- A livepatch of vmlinux.

show "cmdline before" /proc/cmdline
try "cmdline insmod" insmod converted/livepatch-cmdline.ko
try "cmdline settle" settle livepatch_cmdline
show "cmdline patched" /proc/cmdline
try "cmdline disable" disable livepatch_cmdline
show "cmdline restored" /proc/cmdline
try "cmdline rmmod" rmmod livepatch_cmdline

# --- Livepatches of a module, loaded before their target and after it.

for livepatch in livepatch-demo livepatch-demo-swapped; do
	name=$(echo "$livepatch" | tr - _)
	for order in first last; do
		it="$livepatch $order"
		if [ $order = first ]; then
			try "$it insmod" insmod "converted/$livepatch.ko"
			try "$it target insmod" insmod targets/klp-demo.ko
		else
			try "$it target insmod" insmod targets/klp-demo.ko
			show "$it before" /proc/klp-demo
			try "$it insmod" insmod "converted/$livepatch.ko"
		fi
		try "$it settle" settle "$name"
		show "$it patched" /proc/klp-demo
		try "$it disable" disable "$name"
		show "$it restored" /proc/klp-demo
		try "$it rmmod" rmmod "$name"
		try "$it target rmmod" rmmod klp_demo
	done
done

# --- References from every kind of section.

for order in first last; do
	it="references $order"
	[ $order = first ] || try "$it target insmod" insmod targets/klp-target.ko
	try "$it insmod" insmod converted/livepatch-references.ko
	[ $order = last ] || try "$it target insmod" insmod targets/klp-target.ko
	try "$it settle" settle livepatch_references
	show "$it patched" /proc/klp-target
	try "$it disable" disable livepatch_references
	# The target's own word for where it has its symbols.
	show "$it restored" /proc/klp-target
	try "$it rmmod" rmmod livepatch_references
	try "$it target rmmod" rmmod klp_target
done

# --- References to vmlinux that are out of the ordinary.

try "variants insmod" insmod converted/livepatch-variants.ko
try "variants settle" settle livepatch_variants
show "variants patched" /proc/cmdline
echo 1 > /proc/sys/kernel/sched_schedstats
show "variants key on" /proc/cmdline
echo 0 > /proc/sys/kernel/sched_schedstats
show "variants key off" /proc/cmdline
try "variants disable" disable livepatch_variants
show "variants restored" /proc/cmdline
try "variants rmmod" rmmod livepatch_variants

# --- What is right, for comparison.

show "version" /proc/version
symbols='version_proc_show|saved_command_line|load_elf_binary|process_counts'
grep -wE "$symbols" /proc/kallsyms | sed 's/^/SYMBOL /'

show_log
