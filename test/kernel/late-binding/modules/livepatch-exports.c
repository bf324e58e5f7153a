// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses what the module that it patches exports, without saying anything about it.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "klp-target.h"

struct exports {
	int (*function)(void);
	int *data;
};

struct exports in_data = { klp_target_function, &klp_target_data };

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, ".text %d %d\n", klp_target_function(), klp_target_data);
	seq_printf(m, ".data %d %d\n", READ_ONCE(in_data.function)(), *READ_ONCE(in_data.data));
	return 0;
}

#include "livepatch-target.h"

MODULE_DESCRIPTION("klp-convert test: exports of the patched module");
