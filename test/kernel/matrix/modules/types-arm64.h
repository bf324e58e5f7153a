/* SPDX-License-Identifier: GPL-2.0-only */
STORED(R_AARCH64_ABS64, ".quad saved_command_line", saved_command_line);
STORED(R_AARCH64_ABS64, ".quad klp_target_data", klp_target_data);
STORED(R_AARCH64_PREL64, ".quad saved_command_line - .", saved_command_line);
STORED(R_AARCH64_PREL64, ".quad klp_target_data - .", klp_target_data);
STORED(R_AARCH64_PREL32, ".long saved_command_line - .", saved_command_line);
STORED(R_AARCH64_PREL32, ".long klp_target_data - .", klp_target_data);
/* Kernel and modules are in the first 4 GiB from 0xffff800000000000, and this takes them to 0. */
#define ROUND "+0x800000000000"
RELOCATED(R_AARCH64_ABS32, saved_command_line, ROUND, ".long 0");
RELOCATED(R_AARCH64_ABS32, klp_target_data, ROUND, ".long 0");
RELOCATED(R_AARCH64_NONE, saved_command_line, "", ".quad 0");
RELOCATED(R_AARCH64_NONE, klp_target_data, "", ".quad 0");
/* What it was in drafts of the ABI, and is in the kernel. */
RELOCATED(R_AARCH64_NULL, saved_command_line, "", ".quad 0");
RELOCATED(R_AARCH64_NULL, klp_target_data, "", ".quad 0");
/* ldr q0, [x0], which is only looked at: the kernel does not use these registers here. */
RELOCATED(R_AARCH64_LDST128_ABS_LO12_NC, saved_command_line, "", ".long 0x3dc00000");
RELOCATED(R_AARCH64_LDST128_ABS_LO12_NC, klp_target_data, "", ".long 0x3dc00000");

#define PAGE(symbol) "adrp %0, " #symbol "\n\tadd %0, %0, :lo12:" #symbol
#define MOVW(symbol) "movz %0, #:abs_g3:" #symbol "\n\tmovk %0, #:abs_g2_nc:" #symbol \
	"\n\tmovk %0, #:abs_g1_nc:" #symbol "\n\tmovk %0, #:abs_g0_nc:" #symbol
#define SIGNED(symbol) "movz %0, #:abs_g2_s:" #symbol \
	"\n\tmovk %0, #:abs_g1_nc:" #symbol "\n\tmovk %0, #:abs_g0_nc:" #symbol
#define ROUND_G2(symbol) "movz %0, #:abs_g2:" #symbol ROUND \
	"\n\tmovk %0, #:abs_g1_nc:" #symbol ROUND "\n\tmovk %0, #:abs_g0_nc:" #symbol ROUND
#define ROUND_G1(symbol) "movz %0, #:abs_g1:" #symbol ROUND \
	"\n\tmovk %0, #:abs_g0_nc:" #symbol ROUND
#define ROUND_G1_S(symbol) "movz %0, #:abs_g1_s:" #symbol ROUND \
	"\n\tmovk %0, #:abs_g0_nc:" #symbol ROUND

/* Distances from the first of the instructions. */
#define FROM_HERE(instructions) "1:\n\t" instructions "\n\tadr %1, 1b\n\tadd %0, %0, %1"
#define PREL_G3(symbol) FROM_HERE("movz %0, #:prel_g3:" #symbol \
	"\n\tmovk %0, #:prel_g2_nc:" #symbol "+4\n\tmovk %0, #:prel_g1_nc:" #symbol "+8" \
	"\n\tmovk %0, #:prel_g0_nc:" #symbol "+12")
#define PREL_G2(symbol) FROM_HERE("movz %0, #:prel_g2:" #symbol \
	"\n\tmovk %0, #:prel_g1_nc:" #symbol "+4\n\tmovk %0, #:prel_g0_nc:" #symbol "+8")
#define PREL_G1(symbol) FROM_HERE("movz %0, #:prel_g1:" #symbol \
	"\n\tmovk %0, #:prel_g0_nc:" #symbol "+4")

#define SHOW_ROUND(m, type, symbol, instructions) do {			\
	long address;							\
									\
	asm volatile(instructions : "=&r" (address));			\
	SHOW(m, type, symbol, address - 0x800000000000L);		\
} while (0)

#define SHOW_FROM_HERE(m, type, symbol, instructions) do {		\
	long address, here;						\
									\
	asm volatile(instructions : "=&r" (address), "=&r" (here));	\
	SHOW(m, type, symbol, address);					\
} while (0)

/* What an instruction loads of the symbol's page, and what is there. */
#define SHOW_PAGE_LOADED(m, type, symbol, instruction, register, integer) do {	\
	long value;								\
										\
	asm volatile("adrp %0, " #symbol "\n\t"				\
		     instruction " " register ", [%0, :lo12:" #symbol "]"	\
		     : "=&r" (value));						\
	SHOW_IF(m, type, symbol, (integer)value == READ_ONCE(*(integer *)&symbol)); \
} while (0)

#define SHOW_TIMES_16(m, symbol) \
	SHOW_IF(m, R_AARCH64_LDST128_ABS_LO12_NC, symbol,		\
		(READ_ONCE(*(u32 *)&R_AARCH64_LDST128_ABS_LO12_NC_##symbol) >> 10 & 0xfff) == \
		((long)&symbol >> 4 & 0xff))

/* A branch, and back to who called. */
asm(".pushsection .text\n"
    "\t.balign 8\n"
    "\t.type klp_test_branch, %function\n"
    "klp_test_branch:\n"
    "\tcbz xzr, klp_target_function\n"
    "\t.size klp_test_branch, . - klp_test_branch\n"
    "\t.popsection");
int klp_test_branch(void);

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
	long value;

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
	seq_printf(m, "call klp_target_function %d\n", klp_test_branch());
	SHOW(m, R_AARCH64_ABS32, saved_command_line,
	     (long)READ_ONCE(*(u32 *)&R_AARCH64_ABS32_saved_command_line) - 0x800000000000L);
	SHOW(m, R_AARCH64_ABS32, klp_target_data,
	     (long)READ_ONCE(*(u32 *)&R_AARCH64_ABS32_klp_target_data) - 0x800000000000L);
	SHOW_IF(m, R_AARCH64_NONE, saved_command_line, READ_ONCE(R_AARCH64_NONE_saved_command_line) == 0);
	SHOW_IF(m, R_AARCH64_NONE, klp_target_data, READ_ONCE(R_AARCH64_NONE_klp_target_data) == 0);
	SHOW_IF(m, R_AARCH64_NULL, saved_command_line, READ_ONCE(R_AARCH64_NULL_saved_command_line) == 0);
	SHOW_IF(m, R_AARCH64_NULL, klp_target_data, READ_ONCE(R_AARCH64_NULL_klp_target_data) == 0);
	SHOW_LOADED(m, R_AARCH64_ADR_PREL_PG_HI21_NC, saved_command_line,
		    "adrp %0, :pg_hi21_nc:saved_command_line\n\tadd %0, %0, :lo12:saved_command_line");
	SHOW_LOADED(m, R_AARCH64_MOVW_SABS_G2, saved_command_line, SIGNED(saved_command_line));
	SHOW_LOADED(m, R_AARCH64_MOVW_SABS_G2, klp_target_data, SIGNED(klp_target_data));
	SHOW_ROUND(m, R_AARCH64_MOVW_UABS_G2, saved_command_line, ROUND_G2(saved_command_line));
	SHOW_ROUND(m, R_AARCH64_MOVW_UABS_G2, klp_target_data, ROUND_G2(klp_target_data));
	SHOW_ROUND(m, R_AARCH64_MOVW_UABS_G1, saved_command_line, ROUND_G1(saved_command_line));
	SHOW_ROUND(m, R_AARCH64_MOVW_UABS_G1, klp_target_data, ROUND_G1(klp_target_data));
	SHOW_ROUND(m, R_AARCH64_MOVW_SABS_G1, saved_command_line, ROUND_G1_S(saved_command_line));
	SHOW_ROUND(m, R_AARCH64_MOVW_SABS_G1, klp_target_data, ROUND_G1_S(klp_target_data));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G3, saved_command_line, PREL_G3(saved_command_line));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G3, klp_target_data, PREL_G3(klp_target_data));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G2, saved_command_line, PREL_G2(saved_command_line));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G2, klp_target_data, PREL_G2(klp_target_data));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G1, saved_command_line, PREL_G1(saved_command_line));
	SHOW_FROM_HERE(m, R_AARCH64_MOVW_PREL_G1, klp_target_data, PREL_G1(klp_target_data));
	SHOW_PAGE_LOADED(m, R_AARCH64_LDST8_ABS_LO12_NC, klp_target_data, "ldrb", "%w0", u8);
	SHOW_PAGE_LOADED(m, R_AARCH64_LDST16_ABS_LO12_NC, klp_target_data, "ldrh", "%w0", u16);
	SHOW_PAGE_LOADED(m, R_AARCH64_LDST32_ABS_LO12_NC, klp_target_data, "ldr", "%w0", u32);
	SHOW_PAGE_LOADED(m, R_AARCH64_LDST64_ABS_LO12_NC, saved_command_line, "ldr", "%0", u64);
	SHOW_TIMES_16(m, saved_command_line);
	SHOW_TIMES_16(m, klp_target_data);
	/* As far as 1 MiB, which modules of few pages are from one another. */
	SHOW_LOADED(m, R_AARCH64_ADR_PREL_LO21, klp_target_data, "adr %0, klp_target_data");
	asm volatile("ldr %w0, klp_target_data" : "=r" (value));
	SHOW_IF(m, R_AARCH64_LD_PREL_LO19, klp_target_data, (u32)value == READ_ONCE(klp_target_data));
}
