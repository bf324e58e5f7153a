// SPDX-License-Identifier: GPL-2.0-only
/*
 * What klp_target depends on, and nobody patches.
 */
#include <linux/compiler.h>
#include <linux/module.h>

#include "klp-helper.h"

static int level = 33;

/* Exported by nobody. */
static __attribute__((noipa)) int klp_helper_level(void)
{
	return READ_ONCE(level);
}

/* What klp_target uses. */
int klp_helper_share(void)
{
	return klp_helper_level() / 3;
}
EXPORT_SYMBOL_GPL(klp_helper_share);

/* What klp_target does not use. */
int klp_helper_limit(void)
{
	return 99;
}
EXPORT_SYMBOL_GPL(klp_helper_limit);

MODULE_DESCRIPTION("klp-convert test: what a module to be patched depends on");
MODULE_LICENSE("GPL");
