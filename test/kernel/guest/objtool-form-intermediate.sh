# SPDX-License-Identifier: GPL-2.0-only
#
# The intermediate livepatch of objtool-form.test.ts, which the kernel does not survive.

cd /modules || exit

. /functions.sh

insmod targets/klp-dependency.ko
insmod targets/klp-diffed.ko
try "insmod" insmod intermediate/livepatch-diffed.ko
try "settle" settle livepatch_diffed
show_log
show "patched" /proc/klp-diffed
