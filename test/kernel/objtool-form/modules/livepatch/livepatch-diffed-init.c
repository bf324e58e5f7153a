// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a livepatch has besides the object that "objtool klp diff" makes: code that enables what the
 * object describes. The description is in a form of its own, in sections that are gone when the
 * module is initialised (struct klp_object_ext in include/linux/livepatch_external.h, since Linux
 * 6.19).
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>

struct described_func {
	const char *old_name;
	void *new_func;
	unsigned long sympos;
};

struct described_object {
	const char *name;
	struct described_func *funcs;
	struct klp_callbacks callbacks;
	unsigned int nr_funcs;
};

/* The section begins in this file, because it is linked first, and there is one object in it. */
extern const struct described_object described_object;
asm(".pushsection .init.klp_objects, \"a\"\n"
    ".balign 8\n"
    "described_object:\n"
    ".popsection");

/* Zeros end both arrays. */
static struct klp_func funcs[8];
static struct klp_object objs[2];

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_diffed_init(void)
{
	unsigned int i;

	if (described_object.nr_funcs >= ARRAY_SIZE(funcs))
		return -E2BIG;

	for (i = 0; i < described_object.nr_funcs; i++) {
		const struct described_func *func = &described_object.funcs[i];

		funcs[i].old_name = func->old_name;
		funcs[i].new_func = func->new_func;
		funcs[i].old_sympos = func->sympos;
	}
	objs[0].name = described_object.name;
	objs[0].funcs = funcs;
	return klp_enable_patch(&patch);
}

static void __exit livepatch_diffed_exit(void)
{
}

module_init(livepatch_diffed_init);
module_exit(livepatch_diffed_exit);
MODULE_DESCRIPTION("klp-convert test: what objtool makes of two versions of a module");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
