# SPDX-License-Identifier: GPL-2.0-only
#
# Cuts a symbols list down to what some modules need:
#
#   { nm -u *.ko; cat livepatch-*.c; } | awk -f excerpt.awk - FULL.list FULL.list
#
# Of vmlinux that is every name they use or replace and the names before and after it; of each of
# these names all the homonyms and whether it is exported. klp_demo is kept whole. The order is the
# full list's, because positions are counted in it.

FNR == 1 { reading++ }

reading == 1 {
	if ($1 == "U")
		used[$2]
	if ($1 == ".old_name") {
		gsub(/[",]/, "", $3)
		used[$3]
	}
	next
}

FNR == 1 { print_header = reading == 3 }
print_header { print; print_header = 0; next }
/^\*/ { object = substr($1, 2) }

reading == 2 {
	if (object == "vmlinux" && $1 !~ /^\*|^__ksymtab_/) {
		if ($1 in used || previous in used) {
			kept[previous]
			kept[$1]
		}
		previous = $1
	}
	next
}

{
	name = $1
	sub(/^__ksymtab_/, "", name)
}
object == "klp_demo" || (object == "vmlinux" && ($1 == "*vmlinux" || name in kept))
