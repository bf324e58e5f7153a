// SPDX-License-Identifier: GPL-2.0-only
/*
 * One reference for each type of relocation that the module loader applies and that reaches as far as
 * vmlinux or another module. What arrived is a line of /proc/klp-target:
 *
 *   TYPE SYMBOL ADDRESS
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "types.h"

extern int klp_target_function(void);
#ifdef CONFIG_PPC_KERNEL_PCREL
/* Or the compiler would have it reached through the GOT, which is read-only when the target comes. */
extern int __attribute__((visibility("hidden"))) klp_target_data;
#else
extern int klp_target_data;
#endif

/* A place of that many bits, with the symbol's address in it, or its distance from there. */
#define STORED_IN(section, type, directive, symbol)			\
	asm(".pushsection " section "\n\t.balign 8\n"			\
	    #type "_" #symbol ": " directive "\n\t.popsection");	\
	extern long type##_##symbol

#define STORED(type, directive, symbol) STORED_IN(".data", type, directive, symbol)

/* The same by the type's name, for those that no directive or instruction has. */
#define RELOCATED_IN(section, type, symbol, addend, contents)		\
	STORED_IN(section, type,					\
		  ".reloc .," #type "," #symbol addend "\n\t" contents, symbol)

#define RELOCATED(type, symbol, addend, contents)			\
	RELOCATED_IN(".data", type, symbol, addend, contents)

#define SHOW(m, type, symbol, address) \
	seq_printf(m, #type " " #symbol " %px\n", (void *)(address))

/* What arrived is not an address, but can be compared with what is there. */
#define SHOW_IF(m, type, symbol, is_right) \
	SHOW(m, type, symbol, (is_right) ? (long)&symbol : 0)

#define SHOW_ADDRESS(m, type, symbol) SHOW(m, type, symbol, READ_ONCE(type##_##symbol))

#define SHOW_DISTANCE(m, type, symbol, integer)				\
	SHOW(m, type, symbol, (long)&type##_##symbol +			\
			      (long)READ_ONCE(*(integer *)&type##_##symbol))

/* Instructions that leave the address in a register, `%0`. */
#define SHOW_LOADED(m, type, symbol, instructions) do {			\
	long address;							\
									\
	asm volatile(instructions : "=&r" (address));			\
	SHOW(m, type, symbol, address);					\
} while (0)

#include TYPES_OF_MACHINE

static int livepatch_show(struct seq_file *m, void *v)
{
	/* The compiler's own: a call, and data. */
	seq_printf(m, "call klp_target_function %d\n", klp_target_function());
	seq_printf(m, "data klp_target_data %d\n", READ_ONCE(klp_target_data));
	show_types(m);
	return 0;
}

#define PATCHED_OBJECT "klp_target"
#define PATCHED_FUNCTION "klp_target_show"
#include "livepatch-of-one.h"

MODULE_DESCRIPTION("klp-convert test: relocation types");
