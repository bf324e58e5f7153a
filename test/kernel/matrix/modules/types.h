/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine's references livepatch-types.c has. */
#ifndef TYPES_H
#define TYPES_H

#if defined(CONFIG_X86_64)
#define TYPES_OF_MACHINE "types-x86_64.h"
#elif defined(CONFIG_S390)
#define TYPES_OF_MACHINE "types-s390.h"
#elif defined(CONFIG_PPC64)
#define TYPES_OF_MACHINE "types-ppc64.h"
#elif defined(CONFIG_PPC32)
#define TYPES_OF_MACHINE "types-ppc32.h"
#elif defined(CONFIG_ARM64)
#define TYPES_OF_MACHINE "types-arm64.h"
#elif defined(CONFIG_LOONGARCH)
#define TYPES_OF_MACHINE "types-loongarch.h"
#endif

#endif /* TYPES_H */
