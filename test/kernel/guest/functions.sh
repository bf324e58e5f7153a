# SPDX-License-Identifier: GPL-2.0-only
#
# For the scripts that try things. What is right is for the tests to say; here things are done and
# what happened is printed, for guest-report.ts to read:
#
#   CASE NAME: VALUE      the status of a command, or a text with `|` for every line end
#   SYMBOL LINE           a line of /proc/kallsyms
#   DMESG LINE            the kernel's log
#   KALLSYMS              all of /proc/kallsyms, in the lines up to the end

say() {
	echo "CASE $1: $2"
}

# try NAME COMMAND...
try() {
	local case=$1
	shift
	"$@" > /tmp/output 2>&1
	say "$case" $?
}

# show NAME FILE
show() {
	say "$1" "$(cat "$2" 2>&1 | tr '\n' '|')"
}

# The kernel's log since the last time. More than once, so that a panic does not take all of it.
show_log() {
	dmesg -c | sed 's/^/DMESG /'
}

# wait_until COMMAND..., at most half a minute: a transition takes a second or two.
wait_until() {
	local tries=300
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

settled() {
	[ "$(cat "/sys/kernel/livepatch/$1/transition")" = 0 ]
}

gone() {
	[ ! -e "/sys/kernel/livepatch/$1" ]
}

# settle LIVEPATCH: until every task uses the new functions
settle() {
	[ -e "/sys/kernel/livepatch/$1" ] && wait_until settled "$1"
}

# disable LIVEPATCH: until every task uses the old ones
disable() {
	echo 0 > "/sys/kernel/livepatch/$1/enabled" && wait_until gone "$1"
}

# Compressed, because the serial port takes six seconds for the text.
send_kallsyms() {
	echo KALLSYMS
	gzip -1 < /proc/kallsyms | base64
}
