# SPDX-License-Identifier: GPL-2.0-only
# Sends the symbols of the kernel and of the modules in /modules/targets, if there are any.

. /functions.sh

for module in /modules/targets/*.ko; do
	[ ! -e "$module" ] || insmod "$module" || exit
done
send_kallsyms
