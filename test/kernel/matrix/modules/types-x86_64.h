/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_X86_64_64, ".quad saved_command_line", saved_command_line);
STORED(R_X86_64_64, ".quad klp_target_data", klp_target_data);
STORED(R_X86_64_PC64, ".quad saved_command_line - .", saved_command_line);
STORED(R_X86_64_PC64, ".quad klp_target_data - .", klp_target_data);
STORED(R_X86_64_PC32, ".long saved_command_line - .", saved_command_line);
STORED(R_X86_64_PC32, ".long klp_target_data - .", klp_target_data);
/* The kernel's addresses are the last ones, so that they fit when they have gone round. */
RELOCATED(R_X86_64_32, saved_command_line, "+0x100000000", ".long 0");
RELOCATED(R_X86_64_32, klp_target_data, "+0x100000000", ".long 0");
RELOCATED(R_X86_64_NONE, saved_command_line, "", ".quad 0");
RELOCATED(R_X86_64_NONE, klp_target_data, "", ".quad 0");

#define SHOW_ROUND(m, symbol) SHOW(m, R_X86_64_32, symbol, \
	(long)READ_ONCE(*(u32 *)&R_X86_64_32_##symbol) - 0x100000000L)

static void show_types(struct seq_file *m)
{
	SHOW_ADDRESS(m, R_X86_64_64, saved_command_line);
	SHOW_ADDRESS(m, R_X86_64_64, klp_target_data);
	SHOW_DISTANCE(m, R_X86_64_PC64, saved_command_line, s64);
	SHOW_DISTANCE(m, R_X86_64_PC64, klp_target_data, s64);
	SHOW_DISTANCE(m, R_X86_64_PC32, saved_command_line, s32);
	SHOW_DISTANCE(m, R_X86_64_PC32, klp_target_data, s32);
	SHOW_ROUND(m, saved_command_line);
	SHOW_ROUND(m, klp_target_data);
	SHOW_IF(m, R_X86_64_NONE, saved_command_line, READ_ONCE(R_X86_64_NONE_saved_command_line) == 0);
	SHOW_IF(m, R_X86_64_NONE, klp_target_data, READ_ONCE(R_X86_64_NONE_klp_target_data) == 0);
	SHOW_LOADED(m, R_X86_64_32S, saved_command_line, "movq $saved_command_line, %0");
	SHOW_LOADED(m, R_X86_64_32S, klp_target_data, "movq $klp_target_data, %0");
}
