// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refers to symbols of vmlinux, of klp_target and of klp_helper, and has one of everything that a
 * relocation could be put into by mistake: init data, percpu data, a static key, an alternative, an
 * exception table, a bug table. Patched, /proc/klp-target shows what the pointers point to, and
 * follows but one of them:
 *
 *   WHERE SYMBOL
 */
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/dma-buf.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/version.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>

#include "klp-relocs.h"

extern char *klp_test_command_line
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, saved_command_line, 0);
extern int klp_test_version_show(struct seq_file *m, void *v)
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, version_proc_show, 0);
/* Homonyms: of vmlinux, whose order is that of their addresses, and of klp_target. */
extern char klp_test_elf[]
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, load_elf_binary, 1);
extern char klp_test_compat[]
	KLP_RELOC_SYMBOL(vmlinux, vmlinux, load_elf_binary, 2);
extern int klp_test_function(void)
	KLP_RELOC_SYMBOL(klp_target, klp_target, klp_target_function, 0);
extern int klp_test_twin(void)
	KLP_RELOC_SYMBOL(klp_target, klp_target, klp_target_twin, 2);
extern char klp_test_level[]
	KLP_RELOC_SYMBOL(klp_target, klp_helper, klp_helper_level, 0);

static int own_variable;

/* Room behind what is relocated, for relocations that tests put elsewhere. */
struct places {
	void *vmlinux;
	void *target;
	void *room[2];
};

static struct places in_data = { &klp_test_command_line, klp_test_function };
static const struct places in_rodata = { &klp_test_command_line, klp_test_function };
static struct places in_read_mostly __read_mostly = { &klp_test_command_line, klp_test_function };
/* No dot before the name, as in many sections the kernel itself uses. */
static struct places in_undotted __used __section("klp_test_places") = {
	&klp_test_command_line, klp_test_function
};
static void *in_init_data[4] __initdata = { &klp_test_command_line };
static void *seen_by_init;
static DEFINE_PER_CPU(void *, in_percpu[4]) = { &own_variable };

/* Ordinary relocations, of a symbol of this module and of an import. */
static void *to_own = &own_variable;
static void (*to_import)(struct seq_file *m, char c) = seq_putc;
static int (*to_twin)(void) = klp_test_twin;
static void *to_level = klp_test_level;
static char *to_elf = klp_test_elf;
static char *to_compat = klp_test_compat;

static DEFINE_STATIC_KEY_FALSE(own_key);

/* Nobody sets it: what depends on it is there for its relocations. */
static bool never;

static noinline void show_place(struct seq_file *m, const char *where, void *pointer)
{
	if (pointer)
		seq_printf(m, "%s %ps\n", where, pointer);
	else
		seq_printf(m, "%s NULL\n", where);
}

static noinline void show_places(struct seq_file *m, const char *where, const struct places *at)
{
	/* Or the compiler would put the constants it can see into the code. */
	OPTIMIZER_HIDE_VAR(at);
	show_place(m, where, at->vmlinux);
	show_place(m, where, at->target);
}

/* Two instructions that do nothing: one with zeros at its end, and what the kernel replaces it by. */
static noinline void rewritten(void)
{
	asm volatile("klp_test_alternative:\n"
		     ALTERNATIVE(".byte 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00",
				 ".byte 0x0f, 0x1f, 0x84, 0x00, 0x11, 0x22, 0x33, 0x44",
				 X86_FEATURE_ALWAYS));
}

static noinline void never_called(struct seq_file *m)
{
	klp_test_version_show(m, NULL);
	klp_test_function();
	dma_buf_put((struct dma_buf *)m);
	asm volatile("1: nop\n2:\n" _ASM_EXTABLE(1b, 2b));
	WARN_ON(m);
}

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	rewritten();
	show_places(m, ".data", &in_data);
	show_places(m, ".rodata", &in_rodata);
	show_places(m, ".data..read_mostly", &in_read_mostly);
	show_places(m, "klp_test_places", &in_undotted);
	show_place(m, ".init.data", seen_by_init);
	/* What is in front of it is not shown: not all kernels relocate percpu data. */
	show_place(m, "room of .data..percpu", this_cpu_read(in_percpu[1]));
	show_place(m, "own", READ_ONCE(to_own));
	show_place(m, "import", READ_ONCE(to_import));
	show_place(m, "level", READ_ONCE(to_level));
	/* Homonyms have the same name: what tells them apart is their order, or what they return. */
	show_place(m, "elf", READ_ONCE(to_elf));
	show_place(m, "compat", READ_ONCE(to_compat));
	seq_printf(m, "order %d\n", READ_ONCE(to_elf) < READ_ONCE(to_compat));
	show_place(m, "twin", READ_ONCE(to_twin));
	seq_printf(m, "twin %d\n", READ_ONCE(to_twin) ? READ_ONCE(to_twin)() : 0);
	if (static_branch_unlikely(&own_key))
		seq_puts(m, "the static key is on\n");
	if (READ_ONCE(never))
		never_called(m);
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

static int __init livepatch_places_init(void)
{
	seen_by_init = READ_ONCE(in_init_data[0]);
	return klp_enable_patch(&patch);
}

static void __exit livepatch_places_exit(void)
{
}

module_init(livepatch_places_init);
module_exit(livepatch_places_exit);
MODULE_DESCRIPTION("klp-convert test: one of everything a relocation can be in");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS(DMA_BUF);
#else
MODULE_IMPORT_NS("DMA_BUF");
#endif
