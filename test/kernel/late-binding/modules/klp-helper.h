/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KLP_HELPER_H
#define KLP_HELPER_H

int klp_helper_share(void);
int klp_helper_limit(void);

#endif /* KLP_HELPER_H */
