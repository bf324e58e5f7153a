// SPDX-License-Identifier: GPL-2.0-only

// Names that the kernel's build leaves out of kallsyms, by release: scripts/mksysmap and
// is_ignored_symbol of scripts/kallsyms.c, as 6.1 and 7.3 have them.

import { describe, expect, test } from "vitest";
import { linesOf, listOf } from "./reading.js";

const RELEASES = [
  "5.10.0",
  "6.1.0-56-amd64",
  "6.2",
  "7.2.9",
  "7.3.4",
  "7.10.1",
  "10.0",
  undefined,
  "next",
];

/** Whether kernels keep a name: yes, no, or not known from the release alone, by RELEASES. */
type Kept = "always" | "never" | "until 6.1" | "from 7.3";

const ROWS: readonly (readonly [name: string, kept: Kept])[] = [
  ["$x", "never"],
  ["$d.1", "never"],
  [".L123", "never"],
  [".Ltmp0", "never"],
  ["L0", "never"],
  ["__efistub_memcpy", "never"],
  ["__kvm_nvhe_$x", "never"],
  ["__kvm_nvhe_.L1", "never"],
  ["__pi_$x", "until 6.1"],
  ["__pi_.L1", "until 6.1"],
  ["__AArch64ADRPThunk_f", "never"],
  ["__ARMV5PILongThunk_f", "never"],
  ["__ARMV7PILongThunk_f", "never"],
  ["__ThumbV7PILongThunk_f", "never"],
  ["__LA25Thunk_f", "never"],
  ["__microLA25Thunk_f", "never"],
  ["f_from_arm", "never"],
  ["f_from_thumb", "never"],
  ["f_veneer", "never"],
  ["1.long_branch.f", "never"],
  ["1.plt_branch.f", "never"],
  ["__kcfi_typeid_f", "never"],
  ["__kvm_nvhe___kcfi_typeid_f", "until 6.1"],
  ["__pi___kcfi_typeid_f", "until 6.1"],
  ["__crc_f", "never"],
  ["__kstrtab_f", "never"],
  ["__kstrtabns_f", "never"],
  ["__mod_device_table__pci__x", "until 6.1"],
  ["__UNIQUE_ID_modinfo1", "until 6.1"],
  ["__UNIQUE_ID_modinfo_123", "until 6.1"],
  ["_SDA_BASE_", "never"],
  ["_SDA2_BASE_", "never"],
  ["kallsyms_addresses", "from 7.3"],
  ["kallsyms_offsets", "from 7.3"],
  ["kallsyms_relative_base", "from 7.3"],
  ["kallsyms_num_syms", "from 7.3"],
  ["kallsyms_names", "from 7.3"],
  ["kallsyms_markers", "from 7.3"],
  ["kallsyms_token_table", "from 7.3"],
  ["kallsyms_token_index", "from 7.3"],
  ["kallsyms_seqs_of_names", "from 7.3"],
  // Near to a rule, and no match of it.
  ["f$x", "always"],
  ["x.L1", "always"],
  ["L0x", "always"],
  ["xL0", "always"],
  ["L1", "always"],
  ["efistub_memcpy", "always"],
  ["x__efistub_", "always"],
  ["__kvm_nvhe_f", "always"],
  ["__pi_f", "always"],
  ["__pi_L1", "always"],
  ["__AArch64Thunk_f", "always"],
  ["AArch64ADRPThunk_f", "always"],
  ["f_from_arms", "always"],
  ["from_arm", "always"],
  ["f_veneer1", "always"],
  ["long_branch", "always"],
  ["x.long_branchx", "always"],
  ["kcfi_typeid_f", "always"],
  ["__x___kcfi_typeid_f", "always"],
  ["x__crc_f", "always"],
  ["_crc_f", "always"],
  ["__kstrtabx_f", "always"],
  ["__mod_device_table_x", "always"],
  ["__UNIQUE_ID_modinfo", "always"],
  ["__UNIQUE_ID_modinfo_x", "always"],
  ["__UNIQUE_ID_modinfo1x", "always"],
  ["__UNIQUE_ID_license1", "always"],
  ["_SDA3_BASE_", "always"],
  ["_SDA_BASE_x", "always"],
  ["kallsyms_lookup_name", "always"],
  ["kallsyms_namesx", "always"],
  ["xkallsyms_names", "always"],
  // KSYM_NAME_LEN is 512 with the NUL, and was 128 before 6.1.
  ["n".repeat(127), "always"],
  ["n".repeat(511), "always"],
  ["n".repeat(512), "never"],
];

/** undefined where nobody can tell. */
function isKept(kept: Kept, release: string | undefined): boolean | undefined {
  if (kept === "always" || kept === "never") return kept === "always";
  if (release === "5.10.0" || release === "6.1.0-56-amd64") return kept === "until 6.1";
  if (release === "7.3.4" || release === "7.10.1" || release === "10.0") return kept === "from 7.3";
  return undefined;
}

const CASES = ROWS.flatMap(([name, kept]) =>
  RELEASES.map((release) => [name, release, kept] as const),
);

function textWith(name: string): string {
  return linesOf(
    "0000000000000001 a not_kallsyms",
    `ffffffff81000000 t ${name}`,
    "ffffffff81000010 T kept",
  );
}

describe("a name that kallsyms may leave out", () => {
  test.each(CASES)("%s of %s", (name, release, kept) => {
    const expected = name.length === 511 && release === "5.10.0" ? false : isKept(kept, release);
    const given = { "System.map": textWith(name) };
    const { list, said } = listOf(given, release === undefined ? {} : { release });
    expect(list).toBe(
      linesOf(
        "klp-convert-symbol-data.0.1",
        "*vmlinux",
        ...(expected === true ? [name] : []),
        "kept",
      ),
    );
    if (expected !== undefined) {
      expect(said).toEqual([]);
      return;
    }
    expect(said).toMatchObject([
      {
        severity: "note",
        code: "symbols-release",
        file: "System.map",
        message: `1 symbol left out that only some kernels keep, first ${name}`,
        notes: [expect.stringContaining("--release 6.1.0-56-amd64")],
      },
    ]);
  });

  test("is counted with the others of which nobody can tell", () => {
    const text = textWith("__pi_$x") + textWith("kallsyms_names");
    const { said } = listOf({ text });
    expect(said).toMatchObject([
      { message: "2 symbols left out that only some kernels keep, first kallsyms_names" },
    ]);
  });

  test("takes all its homonyms with it", () => {
    const text = textWith("__crc_f") + linesOf("ffffffff81000020 D __crc_f");
    expect(listOf({ text }).list).not.toMatch(/__crc_f/);
  });

  test("is a sign of nm where no kernel keeps it, and keeps the text from being kallsyms", () => {
    const text = linesOf(
      "ffffffff81000000 T ___b",
      "ffffffff81000000 T a",
      "ffffffff81000010 T .L1",
    );
    expect(listOf({ text }).list).toBe(
      linesOf("klp-convert-symbol-data.0.1", "*vmlinux", "a", "___b"),
    );
  });
});
