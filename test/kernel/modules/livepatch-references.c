// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refers to symbols of vmlinux and of klp_target from every kind of section a livepatch may have.
 * Patched, /proc/klp-target shows what arrived, one reference a line:
 *
 *   SECTION SYMBOL ADDRESS VALUE
 */
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

/* Of vmlinux, by the symbols list; saved_command_line has a declaration in linux/init.h. */
extern int version_proc_show(struct seq_file *m, void *v);

/* Of klp_target, by the symbols list. */
extern int klp_target_function(void);
extern int klp_target_data;

/*
 * Exported by klp_target. Resolved by the module loader, this would keep the livepatch from being
 * loaded first.
 */
extern int klp_target_exported(void)
	KLP_RELOC_SYMBOL(klp_target, klp_target, klp_target_exported, 0);

/* A name with dots in it. */
extern int klp_target_dotted(void)
	KLP_RELOC_SYMBOL(klp_target, klp_target, klp_target_dotted.isra.7, 0);

#ifdef CONFIG_COMPAT
/* Homonyms of vmlinux: the loaders of 64-bit and of 32-bit programs. Only their addresses count. */
extern char load_elf_binary[];
extern char load_compat_elf_binary[]
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, load_elf_binary, 2);

KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = {
	KLP_SYMPOS(load_elf_binary, 1),
};
#endif

struct references {
	int (*version_proc_show)(struct seq_file *m, void *v);
	char **saved_command_line;
	int (*klp_target_function)(void);
	int *klp_target_data;
	int (*klp_target_exported)(void);
	int (*klp_target_dotted)(void);
};

#define REFERENCES {						\
	.version_proc_show = version_proc_show,			\
	.saved_command_line = &saved_command_line,		\
	.klp_target_function = klp_target_function,		\
	.klp_target_data = &klp_target_data,			\
	.klp_target_exported = klp_target_exported,		\
	.klp_target_dotted = klp_target_dotted,			\
}

static struct references in_data = REFERENCES;
#ifndef CONFIG_PPC
/* There the module loader cannot write to constants when the target comes. */
static const struct references in_rodata = REFERENCES;
#endif
static struct references in_read_mostly __read_mostly = REFERENCES;
/* No dot before the name, as in many sections the kernel itself uses. */
static struct references in_undotted __section("klp_test_references") = REFERENCES;

static char *seen_by_init;

static noinline void show_references(struct seq_file *m, const char *section,
				     const struct references *at)
{
	/* Or the compiler would put the constants it can see into the code. */
	OPTIMIZER_HIDE_VAR(at);

	seq_printf(m, "%s version_proc_show %px ", section, at->version_proc_show);
	at->version_proc_show(m, NULL);
	seq_printf(m, "%s saved_command_line %px %s\n", section, at->saved_command_line,
		   *at->saved_command_line);
	seq_printf(m, "%s klp_target_function %px %d\n", section, at->klp_target_function,
		   at->klp_target_function());
	seq_printf(m, "%s klp_target_data %px %d\n", section, at->klp_target_data,
		   *at->klp_target_data);
	seq_printf(m, "%s klp_target_exported %px %d\n", section, at->klp_target_exported,
		   at->klp_target_exported());
	seq_printf(m, "%s klp_target_dotted %px %d\n", section, at->klp_target_dotted,
		   at->klp_target_dotted());
}

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	struct references in_text;

	in_text.version_proc_show = version_proc_show;
	in_text.saved_command_line = &saved_command_line;
	in_text.klp_target_function = klp_target_function;
	in_text.klp_target_data = &klp_target_data;
	in_text.klp_target_exported = klp_target_exported;
	in_text.klp_target_dotted = klp_target_dotted;
	show_references(m, ".text", &in_text);

	show_references(m, ".data", &in_data);
#ifndef CONFIG_PPC
	show_references(m, ".rodata", &in_rodata);
#endif
	show_references(m, ".data..read_mostly", &in_read_mostly);
	show_references(m, "klp_test_references", &in_undotted);

	/* Calls and reads relative to the instruction. */
	seq_puts(m, "direct version_proc_show - ");
	version_proc_show(m, NULL);
	seq_printf(m, "direct saved_command_line - %s\n", saved_command_line);
	seq_printf(m, "direct klp_target_function - %d\n", klp_target_function());
	seq_printf(m, "direct klp_target_data - %d\n", klp_target_data);
	seq_printf(m, "direct klp_target_exported - %d\n", klp_target_exported());
	seq_printf(m, "direct klp_target_dotted - %d\n", klp_target_dotted());

	seq_printf(m, ".init.text saved_command_line - %s\n", seen_by_init);

#ifdef CONFIG_COMPAT
	seq_printf(m, "homonym-1 load_elf_binary %px -\n", load_elf_binary);
	seq_printf(m, "homonym-2 load_elf_binary %px -\n", load_compat_elf_binary);
#endif
	return 0;
}

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

static int __init livepatch_references_init(void)
{
	seen_by_init = saved_command_line;
	return klp_enable_patch(&patch);
}

static void __exit livepatch_references_exit(void)
{
}

module_init(livepatch_references_init);
module_exit(livepatch_references_exit);
MODULE_DESCRIPTION("klp-convert test: references from every kind of section");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
