# SPDX-License-Identifier: GPL-2.0-only
#
# The livepatch of objtool-form.test.ts as objtool finished it and as klp-convert did, loaded before
# its target and after it. The target is loaded after the module it depends on.

cd /modules || exit

. /functions.sh

load_target() {
	try "$it dependency insmod" insmod targets/klp-dependency.ko
	try "$it target insmod" insmod targets/klp-diffed.ko
}

show "command line" /proc/cmdline
for tool in finished converted; do
	for order in first last; do
		it="$tool $order"
		if [ $order = first ]; then
			try "$it insmod" insmod "$tool/livepatch-diffed.ko"
			load_target
		else
			load_target
			show "$it before" /proc/klp-diffed
			try "$it insmod" insmod "$tool/livepatch-diffed.ko"
		fi
		try "$it settle" settle livepatch_diffed
		show "$it patched" /proc/klp-diffed
		try "$it disable" disable livepatch_diffed
		show "$it restored" /proc/klp-diffed
		try "$it rmmod" rmmod livepatch_diffed
		try "$it target rmmod" rmmod klp_diffed
		try "$it dependency rmmod" rmmod klp_dependency
	done
done
show_log
