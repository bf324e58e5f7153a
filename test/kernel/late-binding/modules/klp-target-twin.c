// SPDX-License-Identifier: GPL-2.0-only
/*
 * A homonym of a function in klp-target-main.c.
 */
#include <linux/compiler.h>

static __used __attribute__((noipa)) int klp_target_twin(void)
{
	return 2;
}
