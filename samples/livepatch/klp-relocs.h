/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Annotations that klp-convert reads from an intermediate livepatch module.
 *
 * A livepatch refers to symbols nobody exports, and the symbols list tells which object has them.
 * A list alone cannot tell apart two symbols of one name in one object: the author has to say
 * which one is meant. There are two ways, and one module may use both.
 *
 *   KLP_MODULE_RELOC   says it of a name, for every reference to that name in the module
 *   KLP_RELOC_SYMBOL   says it of a declaration, so that two homonyms can have two C names;
 *                      it also works without a symbols list
 *
 * Positions are those of the kernel: 0 for a name that is unique within its object, otherwise
 * 1, 2, 3 ... in the order in which /proc/kallsyms shows that object's symbols of that name.
 *
 * Objects are named as the kernel names them: vmlinux, or the module with `_` for every `-`.
 */
#ifndef KLP_RELOCS_H
#define KLP_RELOCS_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * One annotated name. klp-convert finds the symbol by the relocation at @sym and takes the
 * section with all its entries out of the module again, so no kernel ever sees this.
 */
struct klp_module_reloc {
	union {
		void *sym;
		__u64 sym64;	/* keeps an entry at 12 bytes where pointers have 32 bits */
	};
	__u32 sympos;
} __packed;

_Static_assert(sizeof(struct klp_module_reloc) == 12, "klp-convert expects 12 bytes an entry");

/*
 * The names that belong to @obj:
 *
 *   KLP_MODULE_RELOC(ext4) ext4_relocs[] = {
 *           KLP_SYMPOS(some_static_function, 2),
 *   };
 */
#define KLP_MODULE_RELOC(obj) \
	static struct klp_module_reloc __used __aligned(4) __section(".klp.module_relocs." #obj)

/* By way of a number: on x86, percpu variables of Linux 7.3 have an address space of their own. */
#define KLP_SYMPOS(symbol, pos) { .sym = (void *)(unsigned long)&(symbol), .sympos = (pos) }

/*
 * Put behind a declaration, before the semicolon: what C calls by the declared name is @name of
 * @sym_object, at position @pos, and is resolved when @lp_object, the object being patched, is
 * there. A symbol of vmlinux has vmlinux for both.
 *
 *   extern int second_show(struct seq_file *m)
 *           KLP_RELOC_SYMBOL(ext4, ext4, some_show, 2);
 */
#define KLP_RELOC_SYMBOL(lp_object, sym_object, name, pos) \
	asm(".klp.sym.rela." #lp_object "." #sym_object "." #name "." #pos)

#endif /* KLP_RELOCS_H */
