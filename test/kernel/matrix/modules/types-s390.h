/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_390_64, ".quad saved_command_line", saved_command_line);
STORED(R_390_64, ".quad klp_target_data", klp_target_data);
STORED(R_390_PC64, ".quad saved_command_line - .", saved_command_line);
STORED(R_390_PC64, ".quad klp_target_data - .", klp_target_data);
STORED(R_390_PC32, ".long klp_target_data - .", klp_target_data);
STORED(R_390_GOTOFF64, ".quad saved_command_line@GOTOFF", saved_command_line);
STORED(R_390_GOTOFF64, ".quad klp_target_data@GOTOFF", klp_target_data);
STORED(R_390_GOT64, ".quad saved_command_line@GOT", saved_command_line);
STORED(R_390_GOT64, ".quad klp_target_data@GOT", klp_target_data);

static void show_types(struct seq_file *m)
{
	long got;

	asm volatile("larl %0,_GLOBAL_OFFSET_TABLE_" : "=r" (got));
	SHOW_ADDRESS(m, R_390_64, saved_command_line);
	SHOW_ADDRESS(m, R_390_64, klp_target_data);
	SHOW_DISTANCE(m, R_390_PC64, saved_command_line, s64);
	SHOW_DISTANCE(m, R_390_PC64, klp_target_data, s64);
	SHOW_DISTANCE(m, R_390_PC32, klp_target_data, s32);
	SHOW(m, R_390_GOTOFF64, saved_command_line, got + READ_ONCE(R_390_GOTOFF64_saved_command_line));
	SHOW(m, R_390_GOTOFF64, klp_target_data, got + READ_ONCE(R_390_GOTOFF64_klp_target_data));
	SHOW(m, R_390_GOT64, saved_command_line,
	     *(long *)(got + READ_ONCE(R_390_GOT64_saved_command_line)));
	SHOW(m, R_390_GOT64, klp_target_data,
	     *(long *)(got + READ_ONCE(R_390_GOT64_klp_target_data)));
	SHOW_LOADED(m, R_390_PC32DBL, saved_command_line, "larl %0,saved_command_line");
	SHOW_LOADED(m, R_390_PC32DBL, klp_target_data, "larl %0,klp_target_data");
	SHOW_LOADED(m, R_390_GOTENT, saved_command_line, "lgrl %0,saved_command_line@GOTENT");
	SHOW_LOADED(m, R_390_GOTENT, klp_target_data, "lgrl %0,klp_target_data@GOTENT");
}
