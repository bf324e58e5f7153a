/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KLP_DEPENDENCY_H
#define KLP_DEPENDENCY_H

int klp_dependency_level(void);

#endif /* KLP_DEPENDENCY_H */
