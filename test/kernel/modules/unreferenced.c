// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has an undefined symbol that no relocation refers to. The module loader resolves what is in the
 * symbol table, needed or not, so a name that nobody has is a reason to refuse the module.
 */
#include <linux/module.h>

asm(".globl klp_test_nobody_has_this");

static int __init unreferenced_init(void)
{
	return 0;
}

static void __exit unreferenced_exit(void)
{
}

module_init(unreferenced_init);
module_exit(unreferenced_exit);
MODULE_DESCRIPTION("klp-convert test: an undefined symbol without references");
MODULE_LICENSE("GPL");
