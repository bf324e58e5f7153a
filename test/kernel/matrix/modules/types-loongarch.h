/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_LARCH_64, ".dword saved_command_line", saved_command_line);
STORED(R_LARCH_64, ".dword klp_target_data", klp_target_data);
RELOCATED(R_LARCH_64_PCREL, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_64_PCREL, klp_target_data, "", ".dword 0");
/* vmlinux is farther away. */
RELOCATED(R_LARCH_32_PCREL, klp_target_data, "", ".word 0");
/* Sums, which are right only for what comes once. */
RELOCATED(R_LARCH_ADD64, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_SUB64, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_ADD32, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_SUB32, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_NONE, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_MARK_LA, saved_command_line, "", ".dword 0");
RELOCATED(R_LARCH_MARK_PCREL, saved_command_line, "", ".dword 0");

/* The whole distance, of which the second half comes in another register. */
#define FAR(symbol) "pcalau12i %0, %%pc_hi20(" symbol ")\n\t" \
	"addi.d %1, $r0, %%pc_lo12(" symbol ")\n\t" \
	"lu32i.d %1, %%pc64_lo20(" symbol ")\n\t" \
	"lu52i.d %1, %1, %%pc64_hi12(" symbol ")\n\t" \
	"add.d %0, %0, %1"

#define SHOW_FAR(m, symbol) do {					\
	long address, rest;						\
									\
	asm volatile(FAR(#symbol) : "=&r" (address), "=&r" (rest));	\
	SHOW(m, R_LARCH_PCALA64_LO20, symbol, address);			\
} while (0)

#define SHOW_VMLINUX(m, type, wanted) \
	SHOW_IF(m, type, saved_command_line, READ_ONCE(type##_saved_command_line) == (wanted))

static void show_types(struct seq_file *m)
{
	long address = (long)&saved_command_line;

	SHOW_ADDRESS(m, R_LARCH_64, saved_command_line);
	SHOW_ADDRESS(m, R_LARCH_64, klp_target_data);
	SHOW_DISTANCE(m, R_LARCH_64_PCREL, saved_command_line, s64);
	SHOW_DISTANCE(m, R_LARCH_64_PCREL, klp_target_data, s64);
	SHOW_DISTANCE(m, R_LARCH_32_PCREL, klp_target_data, s32);
	SHOW_VMLINUX(m, R_LARCH_ADD64, address);
	SHOW_VMLINUX(m, R_LARCH_SUB64, -address);
	SHOW_VMLINUX(m, R_LARCH_ADD32, (long)(u32)address);
	SHOW_VMLINUX(m, R_LARCH_SUB32, (long)(u32)-address);
	SHOW_VMLINUX(m, R_LARCH_NONE, 0);
	SHOW_VMLINUX(m, R_LARCH_MARK_LA, 0);
	SHOW_VMLINUX(m, R_LARCH_MARK_PCREL, 0);
	SHOW_LOADED(m, R_LARCH_GOT_PC_HI20, saved_command_line, "la.got %0, saved_command_line");
	SHOW_LOADED(m, R_LARCH_GOT_PC_HI20, klp_target_data, "la.got %0, klp_target_data");
	SHOW_LOADED(m, R_LARCH_PCALA_HI20, klp_target_data, "la.pcrel %0, klp_target_data");
	SHOW_FAR(m, klp_target_data);
}
