/* SPDX-License-Identifier: GPL-2.0-only */
/* The longest name that the kernel reads (KSYM_NAME_LEN), and one that is longer. */
#ifndef KLP_LONG_H
#define KLP_LONG_H

#define KLP_X8 "xxxxxxxx"
#define KLP_X56 KLP_X8 KLP_X8 KLP_X8 KLP_X8 KLP_X8 KLP_X8 KLP_X8
#define KLP_X504 KLP_X56 KLP_X56 KLP_X56 KLP_X56 KLP_X56 KLP_X56 KLP_X56 KLP_X56 KLP_X56

#define KLP_NAME_511 KLP_X504 "xxxxxxx"
#define KLP_NAME_512 KLP_X504 "xxxxxxxx"

#endif /* KLP_LONG_H */
