# SPDX-License-Identifier: GPL-2.0-only
#
# The livepatches of late-binding.test.ts, each before its target and after it. The target depends on
# klp-helper, and so is loaded after it.

cd /modules || exit

. /functions.sh

# Or loading and removing would spend most of the time waiting for the end of grace periods.
echo 1 > /sys/kernel/rcu_expedited

load_targets() {
	try "$it helper insmod" insmod targets/klp-helper.ko
	try "$it target insmod" insmod targets/klp-target.ko
}

unload_targets() {
	try "$it target rmmod" rmmod klp_target
	try "$it helper rmmod" rmmod klp_helper
}

# The one that is loaded; any name if it was refused.
livepatch() {
	ls /sys/kernel/livepatch | grep . || echo none
}

# --- Not converted: what the kernel says without the target.

for module in intermediate/*.ko; do
	try "refuse $(basename "$module" .ko)" insmod "$module"
done
show_log

# --- Not converted and converted, what modprobe loads with it: what depends= in .modinfo says.

installed=/lib/modules/$(uname -r)
for form in intermediate converted; do
	mkdir -p "$installed"
	cp targets/*.ko "$form/livepatch-exports.ko" "$installed"
	depmod
	it="modprobe $form"
	try "$it" modprobe livepatch-exports
	say "$it loaded" "$(cut -d ' ' -f 1 /proc/modules | sort | tr '\n' '|')"
	try "$it disable" disable livepatch_exports
	try "$it rmmod" rmmod livepatch_exports
	unload_targets
	rm -r "$installed"
done
show_log

# --- Converted.

for livepatch in converted/*.ko spoiled/*.ko; do
	for order in first last; do
		it="$(basename "$livepatch" .ko) $order"
		if [ $order = first ]; then
			try "$it insmod" insmod "$livepatch"
			load_targets
		else
			load_targets
			show "$it before" /proc/klp-target
			try "$it insmod" insmod "$livepatch"
		fi
		name=$(livepatch)
		try "$it settle" settle "$name"
		show "$it patched" /proc/klp-target
		try "$it disable" disable "$name"
		show "$it restored" /proc/klp-target
		try "$it rmmod" rmmod "$name"
		unload_targets
		say "$it log" "$(dmesg -c | tr '\n' '|')"
	done
done
