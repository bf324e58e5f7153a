/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What livepatches of one function have: livepatch_show() takes the place of PATCHED_FUNCTION in
 * PATCHED_OBJECT, which is NULL for vmlinux.
 */
#include <linux/init.h>
#include <linux/livepatch.h>
#include <linux/module.h>

static struct klp_func funcs[] = {
	{
		.old_name = PATCHED_FUNCTION,
		.new_func = livepatch_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = PATCHED_OBJECT,
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_exit(void)
{
}

module_init(livepatch_init);
module_exit(livepatch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
