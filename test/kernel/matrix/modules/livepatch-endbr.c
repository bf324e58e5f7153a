// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says of two functions whether they begin with ENDBR: one that the kernel calls through a pointer, and
 * one that it only calls directly.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

extern int version_proc_show(struct seq_file *m, void *v);
extern int arch_show_interrupts(struct seq_file *p, int prec);

static void show_mark(struct seq_file *m, const char *name, const void *function)
{
	static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	bool is_marked;

	/* The compiler is not to know what is at a function's address. */
	OPTIMIZER_HIDE_VAR(function);
	is_marked = memcmp(function, endbr64, sizeof(endbr64)) == 0;
	seq_printf(m, "%s %s\n", name, is_marked ? "ENDBR" : "no ENDBR");
}

static int livepatch_show(struct seq_file *m, void *v)
{
	show_mark(m, "version_proc_show", version_proc_show);
	show_mark(m, "arch_show_interrupts", arch_show_interrupts);
	return 0;
}

#define PATCHED_OBJECT NULL
#define PATCHED_FUNCTION "cmdline_proc_show"
#include "livepatch-of-one.h"

MODULE_DESCRIPTION("klp-convert test: what the kernel leaves of ENDBR");
