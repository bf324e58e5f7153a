# SPDX-License-Identifier: GPL-2.0-only
#
# Where the pointers of vmlinux-positions.test.ts point to, and where this boot has its symbols.

. /functions.sh

try "insmod" insmod /modules/converted/livepatch-positions.ko
try "settle" settle livepatch_positions
show "pointers" /proc/cmdline
try "disable" disable livepatch_positions
try "rmmod" rmmod livepatch_positions
show_log
send_kallsyms
