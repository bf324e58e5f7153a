// SPDX-License-Identifier: GPL-2.0-only
/*
 * What klp-diffed-inlet.c has too, and comes second in the symbol table. The function to be patched
 * is one of the homonyms.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "klp-diffed.h"

static int gauge[] = { 22, 200 };

static __attribute__((noipa)) int level(void)
{
	return READ_ONCE(gauge[0]);
}

static __attribute__((noipa)) void show_level(struct seq_file *m)
{
#ifdef KLP_TEST_PATCHED
	seq_printf(m, "outlet %d of %d\n", level(), READ_ONCE(gauge[1]));
#else
	seq_printf(m, "outlet %d\n", level());
#endif
}

void klp_diffed_show_outlet(struct seq_file *m)
{
	show_level(m);
}
