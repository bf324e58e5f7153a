// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module to be patched: what /proc/klp-target shows. It exports what its own livepatches use.
 */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-helper.h"
#include "klp-target.h"

__attribute__((noipa)) int klp_target_function(void)
{
	return 1234;
}
EXPORT_SYMBOL_GPL(klp_target_function);

int klp_target_data = 5678;
EXPORT_SYMBOL_GPL(klp_target_data);

/* klp-target-twin.c has one, too. */
static __used __attribute__((noipa)) int klp_target_twin(void)
{
	return 1;
}

static noinline int klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "klp_helper_share %d\n", klp_helper_share());
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
