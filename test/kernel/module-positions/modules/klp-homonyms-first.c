// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes first of the homonyms, as far as the linker keeps the order of the files: it puts
 * global symbols behind all local ones.
 */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>

#include "klp-homonyms.h"

static int unique;

static __attribute__((noipa)) int twin_function(void)
{
	return 1;
}

static int twin_data;
static PERCPU int twin_percpu;
int static_then_global;
static PERCPU int percpu_then_data;

/* Imported, and something else in the other file. */
static void (*const imported)(struct seq_file *m, char c) __used = seq_putc;

static int core_then_init;
static int core_then_absolute;
static int core_then_unloaded;
static int core_then_modinfo;

static __init __attribute__((noipa)) int init_then_core(void)
{
	return 1;
}

static __init __attribute__((noipa)) int init_only(void)
{
	return 1;
}

static void *init_then_core_address;
static void *init_only_address;

static __exit __used __attribute__((noipa)) int exit_then_core(void)
{
	return 1;
}

asm(".set absolute_then_core, " __stringify(KLP_HOMONYMS_ABSOLUTE));

asm(".pushsection .klp_test_unloaded, \"\", @progbits\n"
    "unloaded_then_core: .quad 0\n"
    ".popsection");

asm(".pushsection .modinfo, \"a\", @progbits\n"
    "modinfo_then_core:\n"
    ".popsection");

void __init klp_homonyms_init_first(void)
{
	init_then_core_address = init_then_core;
	init_only_address = init_only;
}

void __ref klp_homonyms_show_first(struct seq_file *m)
{
	show_symbol(m, unique, only, &unique);
	show_symbol(m, twin_function, first, twin_function);
	show_symbol(m, twin_data, first, &twin_data);
	show_symbol(m, twin_percpu, first, &twin_percpu);
	show_symbol(m, static_then_global, global, &static_then_global);
	show_symbol(m, percpu_then_data, percpu, &percpu_then_data);
	show_symbol(m, core_then_init, core, &core_then_init);
	show_symbol(m, core_then_absolute, core, &core_then_absolute);
	show_symbol(m, core_then_unloaded, core, &core_then_unloaded);
	show_symbol(m, core_then_modinfo, core, &core_then_modinfo);
	show_symbol(m, init_then_core, init, init_then_core_address);
	show_symbol(m, init_only, init, init_only_address);
	show_symbol(m, exit_then_core, exit, exit_then_core);
	show_symbol(m, absolute_then_core, absolute, KLP_HOMONYMS_ABSOLUTE);
}
