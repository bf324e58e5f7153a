// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has pointers to symbols of which their declarations say all, and follows them if they are set. The
 * test changes single fields of it, to make what the kernel refuses or gets wrong.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "klp-relocs.h"

extern int klp_test_level(void) KLP_RELOC_SYMBOL(klp_target, klp_helper, klp_helper_level, 0);
extern char *klp_test_command_line KLP_RELOC_SYMBOL(vmlinux, vmlinux, saved_command_line, 0);

int (*to_level)(void) = klp_test_level;
char **to_command_line = &klp_test_command_line;

static int livepatch_klp_target_show(struct seq_file *m, void *v)
{
	int (*level)(void) = READ_ONCE(to_level);
	char **command_line = READ_ONCE(to_command_line);

	if (level)
		seq_printf(m, "klp_helper_level %d\n", level());
	else
		seq_puts(m, "klp_helper_level at NULL\n");
	if (command_line)
		seq_printf(m, "saved_command_line %.13s\n", *command_line);
	else
		seq_puts(m, "saved_command_line at NULL\n");
	/* Whose size the kernel takes for this function's. */
	seq_printf(m, "function %ps\n", livepatch_klp_target_show);
	return 0;
}

#include "livepatch-target.h"

MODULE_DESCRIPTION("klp-convert test: pointers to symbols of two objects");
