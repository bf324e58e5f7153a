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
/* Kernel and modules are in the last GiBs below 0x40000000000. */
#define BELOW "-0x3ff00000000"
RELOCATED(R_390_32, saved_command_line, BELOW, ".long 0");
RELOCATED(R_390_32, klp_target_data, BELOW, ".long 0");
/* It is taken for positive. vmlinux is farther away. */
RELOCATED(R_390_GOTOFF32, klp_target_data, "+0x80000000", ".long 0");
RELOCATED(R_390_NONE, saved_command_line, "", ".quad 0");
RELOCATED(R_390_NONE, klp_target_data, "", ".quad 0");

/* Where the address is in the GOT. */
#define RELOCATED_SLOT(type, contents) \
	RELOCATED(type, saved_command_line, "", contents); \
	RELOCATED(type, klp_target_data, "", contents)
RELOCATED_SLOT(R_390_GOT12, ".short 0");
RELOCATED_SLOT(R_390_GOT16, ".short 0");
RELOCATED_SLOT(R_390_GOT20, ".long 0");
RELOCATED_SLOT(R_390_GOT32, ".long 0");
RELOCATED_SLOT(R_390_GOTPLT12, ".short 0");
RELOCATED_SLOT(R_390_GOTPLT16, ".short 0");
RELOCATED_SLOT(R_390_GOTPLT20, ".long 0");
RELOCATED_SLOT(R_390_GOTPLT32, ".long 0");
RELOCATED_SLOT(R_390_GOTPLT64, ".quad 0");
RELOCATED_SLOT(R_390_GOTPLTENT, ".long 0");

/* Where code in the PLT is that jumps there, in front of the rest of the text. */
RELOCATED_IN(".text", R_390_PLT32, klp_target_function, "+0x10000", ".long 0");
RELOCATED_IN(".text", R_390_PLT64, klp_target_function, "", ".quad 0");
RELOCATED(R_390_PLTOFF16, klp_target_function, "", ".short 0");
RELOCATED(R_390_PLTOFF32, klp_target_function, "", ".long 0");
RELOCATED(R_390_PLTOFF64, klp_target_function, "", ".quad 0");
/*
 * Of vmlinux: a module that is 64 KiB to 2 MiB away the kernel takes to be in reach of 16 bits times two,
 * and then refuses (apply_rela, R_390_PLT16DBL).
 */
RELOCATED_IN(".text", R_390_PLT16DBL, version_proc_show, "", ".short 0");

#define READ_AS(integer, place) ((long)READ_ONCE(*(integer *)&(place)))

#define SHOW_SLOT_AT(m, type, symbol, offset) SHOW(m, type, symbol, *(long *)(got + (offset)))

#define SHOW_SLOT(m, type, integer) do {					\
	SHOW_SLOT_AT(m, type, saved_command_line,				\
		     READ_AS(integer, type##_saved_command_line));		\
	SHOW_SLOT_AT(m, type, klp_target_data,					\
		     READ_AS(integer, type##_klp_target_data));			\
} while (0)

/* 12 bits, and then 8 more: offsets of so few slots are in the first ones. */
#define LOW_12(place) (READ_AS(u32, place) >> 16 & 0xfff)

#define SHOW_SLOT_20(m, type) do {						\
	SHOW_SLOT_AT(m, type, saved_command_line,				\
		     LOW_12(type##_saved_command_line));			\
	SHOW_SLOT_AT(m, type, klp_target_data, LOW_12(type##_klp_target_data));	\
} while (0)

#define SHOW_CALL(m, address) \
	seq_printf(m, "call klp_target_function %d\n", ((int (*)(void))(address))())

static void show_types(struct seq_file *m)
{
	long got, address;

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
	SHOW(m, R_390_32, saved_command_line, READ_AS(u32, R_390_32_saved_command_line) + 0x3ff00000000);
	SHOW(m, R_390_32, klp_target_data, READ_AS(u32, R_390_32_klp_target_data) + 0x3ff00000000);
	SHOW(m, R_390_GOTOFF32, klp_target_data,
	     got + READ_AS(u32, R_390_GOTOFF32_klp_target_data) - 0x80000000L);
	SHOW_IF(m, R_390_NONE, saved_command_line, READ_ONCE(R_390_NONE_saved_command_line) == 0);
	SHOW_IF(m, R_390_NONE, klp_target_data, READ_ONCE(R_390_NONE_klp_target_data) == 0);
	SHOW_SLOT(m, R_390_GOT12, u16);
	SHOW_SLOT(m, R_390_GOT16, u16);
	SHOW_SLOT_20(m, R_390_GOT20);
	SHOW_SLOT(m, R_390_GOT32, u32);
	SHOW_SLOT(m, R_390_GOTPLT12, u16);
	SHOW_SLOT(m, R_390_GOTPLT16, u16);
	SHOW_SLOT_20(m, R_390_GOTPLT20);
	SHOW_SLOT(m, R_390_GOTPLT32, u32);
	SHOW_SLOT(m, R_390_GOTPLT64, u64);
	SHOW(m, R_390_GOTPLTENT, saved_command_line,
	     *(long *)((long)&R_390_GOTPLTENT_saved_command_line +
		       2 * READ_AS(s32, R_390_GOTPLTENT_saved_command_line)));
	SHOW(m, R_390_GOTPLTENT, klp_target_data,
	     *(long *)((long)&R_390_GOTPLTENT_klp_target_data +
		       2 * READ_AS(s32, R_390_GOTPLTENT_klp_target_data)));
	SHOW_CALL(m, (long)&R_390_PLT32_klp_target_function +
		     READ_AS(u32, R_390_PLT32_klp_target_function) - 0x10000);
	SHOW_CALL(m, (long)&R_390_PLT64_klp_target_function +
		     READ_AS(u64, R_390_PLT64_klp_target_function));
	/* Behind 14 bytes of code the address. */
	memcpy(&address, (char *)&R_390_PLT16DBL_version_proc_show +
			 2 * READ_AS(s16, R_390_PLT16DBL_version_proc_show) + 14, sizeof(address));
	SHOW(m, R_390_PLT16DBL, version_proc_show, address);
	SHOW_CALL(m, got + READ_AS(u16, R_390_PLTOFF16_klp_target_function));
	SHOW_CALL(m, got + READ_AS(u32, R_390_PLTOFF32_klp_target_function));
	SHOW_CALL(m, got + READ_AS(u64, R_390_PLTOFF64_klp_target_function));
}
