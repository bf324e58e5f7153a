// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pointer to a module's data, in a section that can be written. The test also makes it read-only,
 * after conversion.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

extern int klp_target_data;

static struct {
	int *to_data;
	/* So that there is room for a place that is not aligned. */
	long room;
} pointer __section(".klp_test_pointer") = { &klp_target_data };

static int livepatch_show(struct seq_file *m, void *v)
{
	seq_printf(m, "klp_target_data %d\n", *READ_ONCE(pointer.to_data));
	return 0;
}

#define PATCHED_OBJECT "klp_target"
#define PATCHED_FUNCTION "klp_target_show"
#include "livepatch-of-one.h"

MODULE_DESCRIPTION("klp-convert test: a pointer to a module's data");
