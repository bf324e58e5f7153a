/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KLP_TARGET_H
#define KLP_TARGET_H

int klp_target_function(void);
extern int klp_target_data;

#endif /* KLP_TARGET_H */
