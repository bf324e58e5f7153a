// SPDX-License-Identifier: GPL-2.0-only
/*
 * References to vmlinux that are out of the ordinary, one a line of /proc/cmdline:
 *
 *   KIND VALUE
 */
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

/*
 * Weak, which must not make it 0: vmlinux has it. On arm64 GCC reaches weak symbols through a GOT, which
 * the module loader does not have there.
 */
#ifdef CONFIG_ARM64
extern int version_proc_show(struct seq_file *m, void *v);
#define weak_nobody 0
#else
extern int version_proc_show(struct seq_file *m, void *v) __weak;

#ifdef CONFIG_PPC_KERNEL_PCREL
/* The module loader takes a slot of the GOT that has 0 for free, and puts the next symbol there (got_for_addr). */
#define weak_nobody 0
#else
/* Weak, and nobody has it. */
extern char klp_test_nobody_has_this[] __weak;
#define weak_nobody !!klp_test_nobody_has_this
#endif
#endif

/* A static key: the reference is in __jump_table, with a flag in its addend. */
extern struct static_key_false sched_schedstats;

/* What kallsyms has of it is an offset. */
DECLARE_PER_CPU(unsigned long, process_counts);

/* Exported, so there would be no need to annotate it. */
extern int annotated_write(struct seq_file *m, const void *text, size_t length)
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, seq_write, 0);

/*
 * Annotations in several arrays, without the alignment that KLP_MODULE_RELOC asks for: GCC puts the
 * larger one at a multiple of 32 and leaves zeros in between.
 */
#define LOOSE_RELOCS static struct klp_module_reloc __used __section(".klp.module_relocs.vmlinux")
LOOSE_RELOCS one_reloc[] = {
	KLP_SYMPOS(process_counts, 0),
};
LOOSE_RELOCS three_relocs[] = {
	KLP_SYMPOS(version_proc_show, 0),
	KLP_SYMPOS(sched_schedstats, 0),
	KLP_SYMPOS(saved_command_line, 0),
};

/* In the symbol table only, for vmlinux to have. */
asm(".globl cmdline_proc_show");

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	int (*show)(struct seq_file *m, void *v) = version_proc_show;

	seq_puts(m, "weak ");
	OPTIMIZER_HIDE_VAR(show);
	if (show)
		show(m, v);
	seq_printf(m, "weak-nobody %d\n", weak_nobody);
	seq_printf(m, "static-key %d\n", !!static_branch_unlikely(&sched_schedstats));
	seq_printf(m, "percpu %px\n", (void *)(unsigned long)&process_counts);
	seq_printf(m, "addend %px\n", (char *)&saved_command_line + 3);
	annotated_write(m, "annotated-export yes\n", sizeof("annotated-export yes\n") - 1);
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

static int __init livepatch_variants_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit livepatch_variants_exit(void)
{
}

module_init(livepatch_variants_init);
module_exit(livepatch_variants_exit);
MODULE_DESCRIPTION("klp-convert test: references to vmlinux that are out of the ordinary");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
