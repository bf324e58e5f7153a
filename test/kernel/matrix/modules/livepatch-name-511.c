// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls a function whose name has 511 characters.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "klp-long.h"

extern int klp_long_511(void) asm(".klp.sym.rela.klp_long.klp_long." KLP_NAME_511 ".0");

static int livepatch_show(struct seq_file *m, void *v)
{
	seq_printf(m, "name of %d\n", klp_long_511());
	return 0;
}

#define PATCHED_OBJECT "klp_long"
#define PATCHED_FUNCTION "klp_long_show"
#include "livepatch-of-one.h"

MODULE_DESCRIPTION("klp-convert test: a name of 511 characters");
