/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that klp-homonyms-first.c and klp-homonyms-second.c both define. A name says what comes
 * first in the module's symbol table and what comes after it.
 */
#ifndef KLP_HOMONYMS_H
#define KLP_HOMONYMS_H

#include <linux/seq_file.h>

/* An absolute symbol's value. */
#define KLP_HOMONYMS_ABSOLUTE 0x1234

/* DEFINE_PER_CPU makes a global symbol besides on s390, and so does not allow homonyms there. */
#define PERCPU __section(".data..percpu")

/* A line of /proc/klp-homonyms: NAME WHICH ADDRESS. */
#define show_symbol(m, name, which, address) \
	seq_printf(m, #name " " #which " %px\n", (void __force *)(address))

void klp_homonyms_init_first(void);
void klp_homonyms_init_second(void);
void klp_homonyms_show_first(struct seq_file *m);
void klp_homonyms_show_second(struct seq_file *m);

#endif /* KLP_HOMONYMS_H */
