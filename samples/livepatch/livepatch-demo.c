// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patches the module klp_demo, whether it is loaded already or comes later. /proc/klp-demo then
 * shows the gauges' limits too:
 *
 *   inlet 11 of 100
 *   outlet 22 of 200
 *
 * The new function reads gauges and limits itself. Either name stands twice in klp_demo, so it
 * needs a position: 1 is the inlet's, 2 the outlet's. The inlet's are annotated by name, and the
 * outlet's, which need C names of their own, by declaration.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

extern int read_gauge(void);
extern int gauge_limit;

KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = {
	KLP_SYMPOS(read_gauge, 1),
	KLP_SYMPOS(gauge_limit, 1),
};

extern int read_outlet_gauge(void)
	KLP_RELOC_SYMBOL(klp_demo, klp_demo, read_gauge, 2);
extern int outlet_gauge_limit
	KLP_RELOC_SYMBOL(klp_demo, klp_demo, gauge_limit, 2);

static int livepatch_klp_demo_show(struct seq_file *m, void *v)
{
	seq_printf(m, "inlet %d of %d\n", read_gauge(), gauge_limit);
	seq_printf(m, "outlet %d of %d\n", read_outlet_gauge(), outlet_gauge_limit);
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klp_demo_show",
		.new_func = livepatch_klp_demo_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = "klp_demo",
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_demo_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_demo_exit(void)
{
}

module_init(livepatch_demo_init);
module_exit(livepatch_demo_exit);
MODULE_DESCRIPTION("Livepatch sample: the limits of klp-demo's gauges");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
