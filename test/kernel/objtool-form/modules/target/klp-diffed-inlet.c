// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module in two versions, of which objtool makes a livepatch. What it shows in /proc/klp-diffed
 * says which version that is, and whether everything the new one refers to is the right thing.
 */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "klp-dependency.h"
#include "klp-diffed.h"

/* Level and limit. klp-diffed-outlet.c has the same names. */
static int gauge[] = { 11, 100 };

static __attribute__((noipa)) int level(void)
{
	return READ_ONCE(gauge[0]);
}

static __attribute__((noipa)) void show_level(struct seq_file *m)
{
#ifdef KLP_TEST_PATCHED
	seq_printf(m, "inlet %d of %d\n", level(), READ_ONCE(gauge[1]));
#else
	seq_printf(m, "inlet %d\n", level());
#endif
}

__attribute__((noipa)) int klp_diffed_exported(void)
{
	return 44;
}
EXPORT_SYMBOL_GPL(klp_diffed_exported);

#ifdef KLP_TEST_PATCHED
/* New, so it becomes a part of the livepatch. */
static __attribute__((noipa)) int added(void)
{
	return 55;
}

struct references {
	int (*static_function)(void);
	int (*of_dependency)(void);
	int (*exported)(void);
	int (*added)(void);
	char **of_vmlinux;
};

#define REFERENCES {				\
	.static_function = level,		\
	.of_dependency = klp_dependency_level,	\
	.exported = klp_diffed_exported,	\
	.added = added,				\
	.of_vmlinux = &saved_command_line,	\
}

static struct references in_data = REFERENCES;
static const struct references in_rodata = REFERENCES;

static __attribute__((noipa)) void show_references(struct seq_file *m, const char *section,
						   const struct references *at)
{
	seq_printf(m, "%s %d %d %d %d %s\n", section, at->static_function(), at->of_dependency(),
		   at->exported(), at->added(), *at->of_vmlinux);
}
#endif

static int klp_diffed_show(struct seq_file *m, void *v)
{
	/* The new version goes on counting where the old one was. */
	static int reads;

	seq_printf(m, "reads %d\n", ++reads);
	show_level(m);
	klp_diffed_show_outlet(m);
	seq_printf(m, "dependency %d\n", klp_dependency_level());
#ifdef KLP_TEST_PATCHED
	seq_printf(m, ".text %d %d %d %d %s\n", level(), klp_dependency_level(),
		   klp_diffed_exported(), added(), saved_command_line);
	show_references(m, ".data", &in_data);
	show_references(m, ".rodata", &in_rodata);
#endif
	return 0;
}

static int __init klp_diffed_init(void)
{
	if (!proc_create_single("klp-diffed", 0444, NULL, klp_diffed_show))
		return -ENOMEM;
	return 0;
}

static void __exit klp_diffed_exit(void)
{
	remove_proc_entry("klp-diffed", NULL);
}

module_init(klp_diffed_init);
module_exit(klp_diffed_exit);
MODULE_DESCRIPTION("klp-convert test: a module in two versions");
MODULE_LICENSE("GPL");
