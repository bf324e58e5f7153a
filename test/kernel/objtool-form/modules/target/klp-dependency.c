// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports what klp_diffed imports, so that a livepatch of klp_diffed needs a symbol of a third
 * object.
 */
#include <linux/module.h>

#include "klp-dependency.h"

int klp_dependency_level(void)
{
	return 33;
}
EXPORT_SYMBOL_GPL(klp_dependency_level);

MODULE_DESCRIPTION("klp-convert test: what a module to be patched depends on");
MODULE_LICENSE("GPL");
