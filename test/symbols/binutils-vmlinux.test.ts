// SPDX-License-Identifier: GPL-2.0-only

// One small kernel, read from its ELF file and from two texts that nm makes of it.

import { expect, test } from "vitest";
import { describeWithBinutils } from "./binutils.js";
import { linesOf, listOf } from "./reading.js";

/** Names that kallsyms leaves out of any kernel, or of some. */
const IGNORED = [
  "$x",
  "L0",
  "__efistub_f",
  "__kvm_nvhe_$x",
  "__kvm_nvhe_.L1",
  "__pi_$x",
  "__pi_.L1",
  "__AArch64ADRPThunk_f",
  "__ARMV5PILongThunk_f",
  "__ARMV7PILongThunk_f",
  "__ThumbV7PILongThunk_f",
  "__LA25Thunk_f",
  "__microLA25Thunk_f",
  "f_from_arm",
  "f_from_thumb",
  "f_veneer",
  "x.long_branch.f",
  "x.plt_branch.f",
  "__kcfi_typeid_f",
  "__kvm_nvhe___kcfi_typeid_f",
  "__pi___kcfi_typeid_f",
  "__crc_f",
  "__kstrtab_f",
  "__kstrtabns_f",
  "__mod_device_table__x",
  "__UNIQUE_ID_modinfo7",
  "_SDA_BASE_",
  "_SDA2_BASE_",
  "kallsyms_addresses",
  "kallsyms_names",
  "kallsyms_seqs_of_names",
];

const ONE = `
  .file "one.c"
  .text
  .globl f
f:
  nop
twin:
alias:
_alias:
__alias:
  .weak weak_alias
weak_alias:
  .weak a_weak_alias
a_weak_alias:
  .globl __start_alias
__start_alias:
__alias_end:
  .globl same
same:
  nop
  .section .rodata,"a"
  .globl linux_banner
linux_banner:
  .asciz "Linux version RELEASE (x) #1\\n"
constant:
  .data
  .weak weak_object
  .type weak_object, @object
weak_object:
  .quad missing
  .weak missing
  .section .data..percpu,"aw"
first_percpu:
  .quad 0
second_percpu:
  .quad 0
  .bss
  .zero 8
in_bss:
  .zero 8
  .set local_absolute, 0x12345
  .globl absolute
  .set absolute, 0xffffffff81000003
  .comm common, 8, 8
  .section .comment.x,"",@progbits
not_loaded:
  .zero 1
  .text
  .globl chosen
  .type chosen, @gnu_indirect_function
chosen:
${IGNORED.map((name) => `"${name}":\n nop\n`).join("")}
`;

const TWO = `
  .file "two.c"
  .text
twin:
  nop
same:
  nop
Upper:
lower:
_lower:
  nop
`;

const THREE = `
  .file "three.c"
  .data
twin:
  .quad 0
`;

const FOUR = `
  .file "four.c"
  .section .init.text,"ax"
twin:
  nop
`;

const SCRIPT = `
SECTIONS {
  .data..percpu 0 : { *(.data..percpu) }
  . = 0xffffffff81000000;
  .text : { _text = .; _stext = .; *(.text) _etext = .; }
  .rodata : { *(.rodata) }
  .data : { *(.data) }
  .init.text : { __init_begin = .; *(.init.text) }
  .bss : { __bss_start = .; *(.bss) *(COMMON) }
  _end = .;
  .comment.x 0 : { *(.comment.x) }
}
`;

describeWithBinutils("the list of vmlinux", (binutils) => {
  for (const release of ["6.1.0-56-amd64", "7.3.4"]) {
    test(`of ${release} is the same from ELF, nm -n and nm -f posix`, () => {
      const sources = [ONE.replace("RELEASE", release), TWO, THREE, FOUR];
      const vmlinux = binutils.link(
        ["--no-warn-rwx-segments"],
        sources.map((source) => binutils.assemble(source)),
        SCRIPT,
      );
      const sorted = linesOf(...binutils.nm(vmlinux, "-n"));
      const posix = linesOf(...binutils.nm(vmlinux, "-f", "posix"));
      const [fromElf, fromSorted, fromPosix] = [vmlinux, sorted, posix].map((bytes) => {
        const { list, said } = listOf({ bytes }, { format: "0.2", release });
        expect(said).toEqual([]);
        return list!.replace(/ arch=x86_64/, "");
      });
      expect(fromSorted).toBe(fromPosix);
      expect(fromElf!.replace(/ (?:one|two|three|four)\.c$/gm, "")).toBe(fromSorted);

      // That they are equal is worth nothing if nothing is in them.
      const lines = fromSorted!.split("\n");
      expect(lines.slice(0, 4)).toEqual([
        `klp-convert-symbol-data.0.2 release=${release} order=kallsyms`,
        "*vmlinux",
        "first_percpu 0000000000000000 d",
        "second_percpu 0000000000000008 d",
      ]);
      const names = lines.map((line) => line.split(" ")[0]!);
      expect(names.filter((name) => name === "twin")).toHaveLength(4);
      expect(names.filter((name) => name === "same")).toHaveLength(2);
      expect(names.filter((name) => /alias/.test(name))).toEqual([
        "alias",
        "_alias",
        "__alias",
        "__alias_end",
        "__start_alias",
        "a_weak_alias",
        "weak_alias",
      ]);
      expect(names).not.toContain("absolute");
      expect(names).not.toContain("local_absolute");
      expect(names).not.toContain("not_loaded");
      expect(names).not.toContain("missing");
      expect(fromElf).toMatch(/^twin ffffffff81000001 t one\.c$/m);
      const is61 = release.startsWith("6.1");
      const kept = IGNORED.filter((name) => names.includes(name));
      expect(kept).toEqual(
        IGNORED.filter((name) =>
          is61
            ? /^__pi_|kvm_nvhe___kcfi|__mod_device|modinfo/.test(name)
            : name.startsWith("kallsyms_"),
        ),
      );
      expect(listOf({ vmlinux, sorted, posix }, { release }).said).toEqual([]);
    });
  }

  test("is refused before the kernel is linked, from any of them", () => {
    const object = binutils.assemble(`${TWO}\n .quad _text\n .quad __bss_start\n`);
    for (const bytes of [
      object,
      linesOf(...binutils.nm(object, "-n")),
      linesOf(...binutils.nm(object, "-f", "posix")),
    ]) {
      const { said } = listOf({ bytes });
      expect(said.map(({ code }) => code)).toEqual(["source-relocatable"]);
    }
  });
});
