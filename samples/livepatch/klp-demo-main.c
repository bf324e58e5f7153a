// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module to be patched. /proc/klp-demo shows two gauges, of an inlet and of an outlet:
 *
 *   inlet 11
 *   outlet 22
 *
 * The gauges live in two files, which use the same names for their static functions and data.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-demo.h"

static noinline int klp_demo_show(struct seq_file *m, void *v)
{
	seq_printf(m, "inlet %d\n", klp_demo_inlet());
	seq_printf(m, "outlet %d\n", klp_demo_outlet());
	return 0;
}

static int __init klp_demo_init(void)
{
	if (!proc_create_single("klp-demo", 0444, NULL, klp_demo_show))
		return -ENOMEM;
	return 0;
}

static void __exit klp_demo_exit(void)
{
	remove_proc_entry("klp-demo", NULL);
}

module_init(klp_demo_init);
module_exit(klp_demo_exit);
MODULE_DESCRIPTION("Livepatch sample: a module to be patched");
MODULE_LICENSE("GPL");
