/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KLP_DIFFED_H
#define KLP_DIFFED_H

struct seq_file;

int klp_diffed_exported(void);
void klp_diffed_show_outlet(struct seq_file *m);

#endif /* KLP_DIFFED_H */
