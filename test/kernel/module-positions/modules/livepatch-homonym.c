// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shows in /proc/klp-homonyms where a pointer points to, without ever following it. Which symbol
 * that is is for the test to say: it makes a livepatch for every position of this one, by giving the
 * undefined symbol another name.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

extern char klp_test_homonym[];
/* Not static, or the compiler may put it where powerpc cannot write when the target comes. */
void *klp_test_pointer = klp_test_homonym;

static int livepatch_klp_homonyms_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%px\n", READ_ONCE(klp_test_pointer));
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klp_homonyms_show",
		.new_func = livepatch_klp_homonyms_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = "klp_homonyms",
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_homonym_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_homonym_exit(void)
{
}

module_init(livepatch_homonym_init);
module_exit(livepatch_homonym_exit);
MODULE_DESCRIPTION("klp-convert test: a pointer to one of several homonyms");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
