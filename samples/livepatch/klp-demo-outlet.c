// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outlet. `gauge_limit` and `read_gauge` are in klp-demo-inlet.c too: homonyms.
 *
 * The compiler must not get rid of names a livepatch is going to use. noipa keeps `read_gauge` a
 * function of that very name; READ_ONCE keeps a variable that is never written from becoming a
 * constant.
 */
#include <linux/compiler.h>

#include "klp-demo.h"

static int gauge_limit = 200;

static __attribute__((noipa)) int read_gauge(void)
{
	return READ_ONCE(gauge_limit) - 178;
}

int klp_demo_outlet(void)
{
	return read_gauge();
}
