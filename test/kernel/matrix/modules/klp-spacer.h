/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module that takes the place which another one left, so that that comes back elsewhere. There are several of it.
 */
#include <linux/init.h>
#include <linux/module.h>

static char space[16384] = { 1 };
module_param_string(space, space, sizeof(space), 0444);

static int __init klp_spacer_init(void)
{
	return 0;
}

static void __exit klp_spacer_exit(void)
{
}

module_init(klp_spacer_init);
module_exit(klp_spacer_exit);
MODULE_DESCRIPTION("klp-convert test: something in the way");
MODULE_LICENSE("GPL");
