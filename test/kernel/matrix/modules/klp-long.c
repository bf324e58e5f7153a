// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module to be patched, with functions of long names.
 */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-long.h"

static int klp_long_511(void) asm(KLP_NAME_511);
static int klp_long_512(void) asm(KLP_NAME_512);

static __used __attribute__((noipa)) int klp_long_511(void)
{
	return 511;
}

static __used __attribute__((noipa)) int klp_long_512(void)
{
	return 512;
}

static noinline int klp_long_show(struct seq_file *m, void *v)
{
	seq_puts(m, "not patched\n");
	return 0;
}

static int __init klp_long_init(void)
{
	if (!proc_create_single("klp-long", 0444, NULL, klp_long_show))
		return -ENOMEM;
	return 0;
}

static void __exit klp_long_exit(void)
{
	remove_proc_entry("klp-long", NULL);
}

module_init(klp_long_init);
module_exit(klp_long_exit);
MODULE_DESCRIPTION("klp-convert test: long names");
MODULE_LICENSE("GPL");
