/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_LARCH_64, ".dword saved_command_line", saved_command_line);
STORED(R_LARCH_64, ".dword klp_target_data", klp_target_data);

static void show_types(struct seq_file *m)
{
	SHOW_ADDRESS(m, R_LARCH_64, saved_command_line);
	SHOW_ADDRESS(m, R_LARCH_64, klp_target_data);
	SHOW_LOADED(m, R_LARCH_GOT_PC_HI20, saved_command_line, "la.got %0, saved_command_line");
	SHOW_LOADED(m, R_LARCH_GOT_PC_HI20, klp_target_data, "la.got %0, klp_target_data");
	SHOW_LOADED(m, R_LARCH_PCALA_HI20, klp_target_data, "la.pcrel %0, klp_target_data");
}
