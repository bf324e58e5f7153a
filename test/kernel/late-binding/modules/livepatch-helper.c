// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses what a module has that is not patched, an export and a static function. The patched module
 * depends on it.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "klp-helper.h"

extern int klp_helper_level(void);

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "klp_helper_level %d of %d\n", klp_helper_level(), klp_helper_limit());
	return 0;
}

#include "livepatch-target.h"

MODULE_DESCRIPTION("klp-convert test: symbols of what the patched module depends on");
