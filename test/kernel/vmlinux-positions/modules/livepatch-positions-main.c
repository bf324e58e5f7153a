// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shows in /proc/cmdline where the pointers in pointers.S point to, an address a line.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

extern void *klp_test_pointers[];
extern void *klp_test_pointers_end[];

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	void **pointer;

	for (pointer = klp_test_pointers; pointer < klp_test_pointers_end; pointer++)
		seq_printf(m, "%px\n", READ_ONCE(*pointer));
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = livepatch_cmdline_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_positions_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_positions_exit(void)
{
}

module_init(livepatch_positions_init);
module_exit(livepatch_positions_exit);
MODULE_DESCRIPTION("klp-convert test: pointers to homonyms of vmlinux");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
