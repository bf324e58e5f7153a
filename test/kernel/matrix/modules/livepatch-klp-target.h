/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What livepatches of klp_target have: livepatch_klp_target_show() takes the place of
 * klp_target_show().
 */
#include <linux/init.h>
#include <linux/livepatch.h>
#include <linux/module.h>

static struct klp_func funcs[] = {
	{
		.old_name = "klp_target_show",
		.new_func = livepatch_klp_target_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = "klp_target",
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_klp_target_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_klp_target_exit(void)
{
}

module_init(livepatch_klp_target_init);
module_exit(livepatch_klp_target_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
