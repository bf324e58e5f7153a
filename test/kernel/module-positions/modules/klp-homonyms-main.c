// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with homonyms of every kind. /proc/klp-homonyms says where each of them is.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-homonyms.h"

static noinline int klp_homonyms_show(struct seq_file *m, void *v)
{
	klp_homonyms_show_first(m);
	klp_homonyms_show_second(m);
	return 0;
}

static int __init klp_homonyms_init(void)
{
	klp_homonyms_init_first();
	klp_homonyms_init_second();
	if (!proc_create_single("klp-homonyms", 0444, NULL, klp_homonyms_show))
		return -ENOMEM;
	return 0;
}

static void __exit klp_homonyms_exit(void)
{
	remove_proc_entry("klp-homonyms", NULL);
}

module_init(klp_homonyms_init);
module_exit(klp_homonyms_exit);
MODULE_DESCRIPTION("klp-convert test: a module with homonyms of every kind");
MODULE_LICENSE("GPL");
