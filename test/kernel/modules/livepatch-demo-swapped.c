// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the sample livepatch-demo does, with the annotations the other way round: the second
 * homonyms annotated by name, the first by declaration. The outlet is shown first, so that it is
 * clear which of the two patches is in effect.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

extern int read_gauge(void);
extern int gauge_limit;

KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = {
	KLP_SYMPOS(read_gauge, 2),
	KLP_SYMPOS(gauge_limit, 2),
};

extern int read_inlet_gauge(void)
	KLP_RELOC_SYMBOL(klp_demo, klp_demo, read_gauge, 1);
extern int inlet_gauge_limit
	KLP_RELOC_SYMBOL(klp_demo, klp_demo, gauge_limit, 1);

static int livepatch_klp_demo_show(struct seq_file *m, void *v)
{
	seq_printf(m, "outlet %d of %d\n", read_gauge(), gauge_limit);
	seq_printf(m, "inlet %d of %d\n", read_inlet_gauge(), inlet_gauge_limit);
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

static int __init livepatch_demo_swapped_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_demo_swapped_exit(void)
{
}

module_init(livepatch_demo_swapped_init);
module_exit(livepatch_demo_swapped_exit);
MODULE_DESCRIPTION("klp-convert test: both homonyms, annotated the other way round");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
