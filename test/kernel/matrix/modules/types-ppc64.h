/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_PPC64_ADDR64, ".quad saved_command_line", saved_command_line);
STORED(R_PPC64_ADDR64, ".quad klp_target_data", klp_target_data);
STORED(R_PPC64_REL64, ".quad saved_command_line - .", saved_command_line);
STORED(R_PPC64_REL64, ".quad klp_target_data - .", klp_target_data);
#ifndef CONFIG_PPC_KERNEL_PCREL
/* A mark, of a call that the linker need not make room for: nothing is written. */
RELOCATED(R_PPC64_TOCSAVE, saved_command_line, "", ".quad 0");
RELOCATED(R_PPC64_TOCSAVE, klp_target_data, "", ".quad 0");
#endif
STORED(R_PPC64_REL32, ".long klp_target_data - .", klp_target_data);

static void show_types(struct seq_file *m)
{
	SHOW_ADDRESS(m, R_PPC64_ADDR64, saved_command_line);
	SHOW_ADDRESS(m, R_PPC64_ADDR64, klp_target_data);
	SHOW_DISTANCE(m, R_PPC64_REL64, saved_command_line, s64);
	SHOW_DISTANCE(m, R_PPC64_REL64, klp_target_data, s64);
	SHOW_DISTANCE(m, R_PPC64_REL32, klp_target_data, s32);
#ifndef CONFIG_PPC_KERNEL_PCREL
	SHOW_IF(m, R_PPC64_TOCSAVE, saved_command_line, READ_ONCE(R_PPC64_TOCSAVE_saved_command_line) == 0);
	SHOW_IF(m, R_PPC64_TOCSAVE, klp_target_data, READ_ONCE(R_PPC64_TOCSAVE_klp_target_data) == 0);
#endif
	/*
	 * As the compiler does it: by way of .toc, where modules of a large code model have addresses, or
	 * with CONFIG_PPC_KERNEL_PCREL through the GOT and by the distance.
	 */
	SHOW(m, compiler, saved_command_line, &saved_command_line);
	SHOW(m, compiler, klp_target_data, &klp_target_data);
}
