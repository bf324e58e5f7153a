/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_AARCH64_ABS64, ".quad saved_command_line", saved_command_line);
STORED(R_AARCH64_ABS64, ".quad klp_target_data", klp_target_data);
STORED(R_AARCH64_PREL64, ".quad saved_command_line - .", saved_command_line);
STORED(R_AARCH64_PREL64, ".quad klp_target_data - .", klp_target_data);
STORED(R_AARCH64_PREL32, ".long saved_command_line - .", saved_command_line);
STORED(R_AARCH64_PREL32, ".long klp_target_data - .", klp_target_data);

#define PAGE(symbol) "adrp %0, " #symbol "\n\tadd %0, %0, :lo12:" #symbol
#define MOVW(symbol) "movz %0, #:abs_g3:" #symbol "\n\tmovk %0, #:abs_g2_nc:" #symbol \
	"\n\tmovk %0, #:abs_g1_nc:" #symbol "\n\tmovk %0, #:abs_g0_nc:" #symbol

/* A jump, and back to who called. */
asm(".pushsection .text\n"
    "\t.balign 8\n"
    "\t.type klp_test_jump, %function\n"
    "klp_test_jump:\n"
    "\tb klp_target_function\n"
    "\t.size klp_test_jump, . - klp_test_jump\n"
    "\t.popsection");
int klp_test_jump(void);

static void show_types(struct seq_file *m)
{
	SHOW_ADDRESS(m, R_AARCH64_ABS64, saved_command_line);
	SHOW_ADDRESS(m, R_AARCH64_ABS64, klp_target_data);
	SHOW_DISTANCE(m, R_AARCH64_PREL64, saved_command_line, s64);
	SHOW_DISTANCE(m, R_AARCH64_PREL64, klp_target_data, s64);
	SHOW_DISTANCE(m, R_AARCH64_PREL32, saved_command_line, s32);
	SHOW_DISTANCE(m, R_AARCH64_PREL32, klp_target_data, s32);
	SHOW_LOADED(m, R_AARCH64_ADR_PREL_PG_HI21, saved_command_line, PAGE(saved_command_line));
	SHOW_LOADED(m, R_AARCH64_ADR_PREL_PG_HI21, klp_target_data, PAGE(klp_target_data));
	SHOW_LOADED(m, R_AARCH64_MOVW_UABS_G3, saved_command_line, MOVW(saved_command_line));
	SHOW_LOADED(m, R_AARCH64_MOVW_UABS_G3, klp_target_data, MOVW(klp_target_data));
	seq_printf(m, "call klp_target_function %d\n", klp_test_jump());
}
