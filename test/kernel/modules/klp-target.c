// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module to be patched. /proc/klp-target says where its symbols are, each of which has a value
 * of its own.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-target.h"

static int klp_target_data = 5678;

static __attribute__((noipa)) int klp_target_function(void)
{
	return READ_ONCE(klp_target_data) - 4444;
}

int klp_target_exported(void)
{
	return 91011;
}
EXPORT_SYMBOL_GPL(klp_target_exported);

/* A name such as compilers give to the variants they make of a function. */
static int klp_target_dotted(void) asm("klp_target_dotted.isra.7");

static __attribute__((noipa)) int klp_target_dotted(void)
{
	return 1213;
}

static noinline int klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "klp_target_function %px\n", klp_target_function);
	seq_printf(m, "klp_target_data %px\n", &klp_target_data);
	seq_printf(m, "klp_target_exported %px\n", klp_target_exported);
	seq_printf(m, "klp_target_dotted %px\n", klp_target_dotted);
	return 0;
}

static int __init klp_target_init(void)
{
	if (!proc_create_single("klp-target", 0444, NULL, klp_target_show))
		return -ENOMEM;
	return 0;
}

static void __exit klp_target_exit(void)
{
	remove_proc_entry("klp-target", NULL);
}

module_init(klp_target_init);
module_exit(klp_target_exit);
MODULE_DESCRIPTION("klp-convert test: a module to be patched");
MODULE_LICENSE("GPL");
