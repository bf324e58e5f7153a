// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes after what klp-homonyms-first.c has of the same names.
 */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>

#include "klp-homonyms.h"

static __attribute__((noipa)) int twin_function(void)
{
	return 2;
}

static int twin_data;
static PERCPU int twin_percpu;
static int static_then_global;
static int percpu_then_data;

/* The name of what the other file imports. */
static int own_seq_putc asm("seq_putc");

static int init_then_core;
static int exit_then_core;
static int absolute_then_core;
static int unloaded_then_core;
static int modinfo_then_core;
static int file_then_core;

static __init __attribute__((noipa)) int core_then_init(void)
{
	return 1;
}

static void *core_then_init_address;

asm(".set core_then_absolute, " __stringify(KLP_HOMONYMS_ABSOLUTE));

asm(".pushsection .klp_test_unloaded, \"\", @progbits\n"
    "core_then_unloaded: .quad 0\n"
    ".popsection");

asm(".pushsection .modinfo, \"a\", @progbits\n"
    "core_then_modinfo:\n"
    ".popsection");

void __init klp_homonyms_init_second(void)
{
	core_then_init_address = core_then_init;
}

void klp_homonyms_show_second(struct seq_file *m)
{
	show_symbol(m, twin_function, second, twin_function);
	show_symbol(m, twin_data, second, &twin_data);
	show_symbol(m, twin_percpu, second, &twin_percpu);
	show_symbol(m, static_then_global, static, &static_then_global);
	show_symbol(m, percpu_then_data, data, &percpu_then_data);
	show_symbol(m, seq_putc, static, &own_seq_putc);
	show_symbol(m, init_then_core, core, &init_then_core);
	show_symbol(m, exit_then_core, core, &exit_then_core);
	show_symbol(m, absolute_then_core, core, &absolute_then_core);
	show_symbol(m, unloaded_then_core, core, &unloaded_then_core);
	show_symbol(m, modinfo_then_core, core, &modinfo_then_core);
	show_symbol(m, file_then_core, core, &file_then_core);
	show_symbol(m, core_then_init, init, core_then_init_address);
	show_symbol(m, core_then_absolute, absolute, KLP_HOMONYMS_ABSOLUTE);
}
