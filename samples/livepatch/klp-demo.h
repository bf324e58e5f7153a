/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KLP_DEMO_H
#define KLP_DEMO_H

int klp_demo_inlet(void);
int klp_demo_outlet(void);

#endif /* KLP_DEMO_H */
