// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a pointer to a symbol of vmlinux in percpu data, and shows whether it is there without
 * following it.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

extern char klp_test_command_line[] KLP_RELOC_SYMBOL(vmlinux, vmlinux, saved_command_line, 0);

DEFINE_PER_CPU(char *, in_percpu) = klp_test_command_line;
char *in_data = klp_test_command_line;

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, ".data %s\n", READ_ONCE(in_data) ? "set" : "NULL");
	seq_printf(m, ".data..percpu %s\n", this_cpu_read(in_percpu) ? "set" : "NULL");
	return 0;
}

#include "livepatch-target.h"

MODULE_DESCRIPTION("klp-convert test: a pointer in percpu data");
