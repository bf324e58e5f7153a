/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_PPC_ADDR32, ".long saved_command_line", saved_command_line);
STORED(R_PPC_ADDR32, ".long klp_target_data", klp_target_data);
STORED(R_PPC_REL32, ".long saved_command_line - .", saved_command_line);
STORED(R_PPC_REL32, ".long klp_target_data - .", klp_target_data);

#define HA_LO(symbol) "lis %0," #symbol "@ha\n\taddi %0,%0," #symbol "@l"
#define HI_LO(symbol) "lis %0," #symbol "@h\n\tori %0,%0," #symbol "@l"

static void show_types(struct seq_file *m)
{
	long address;

	SHOW_ADDRESS(m, R_PPC_ADDR32, saved_command_line);
	SHOW_ADDRESS(m, R_PPC_ADDR32, klp_target_data);
	SHOW_DISTANCE(m, R_PPC_REL32, saved_command_line, s32);
	SHOW_DISTANCE(m, R_PPC_REL32, klp_target_data, s32);
	/* addi takes r0 for 0. */
	asm volatile(HA_LO(saved_command_line) : "=b" (address));
	SHOW(m, R_PPC_ADDR16_HA, saved_command_line, address);
	asm volatile(HA_LO(klp_target_data) : "=b" (address));
	SHOW(m, R_PPC_ADDR16_HA, klp_target_data, address);
	SHOW_LOADED(m, R_PPC_ADDR16_HI, saved_command_line, HI_LO(saved_command_line));
	SHOW_LOADED(m, R_PPC_ADDR16_HI, klp_target_data, HI_LO(klp_target_data));
}
