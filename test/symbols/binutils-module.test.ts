// SPDX-License-Identifier: GPL-2.0-only

// A module's list against what nm says of the module.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Binutils, describeWithBinutils } from "./binutils.js";
import { linesOf02, listOf } from "./reading.js";

const SECTIONS = [
  `.text,"ax",@progbits`,
  `.text.unlikely,"ax",@progbits`,
  `.init.text,"ax",@progbits`,
  `.init.data,"aw",@progbits`,
  `.init.rodata,"a",@progbits`,
  `.exit.text,"ax",@progbits`,
  `.exit.data,"aw",@progbits`,
  `.data,"aw",@progbits`,
  `.data..percpu,"aw",@progbits`,
  `.data..read_mostly,"aw",@progbits`,
  `.rodata,"a",@progbits`,
  `.rodata.str1.1,"aMS",@progbits,1`,
  `.bss,"aw",@nobits`,
  `__ksymtab,"a",@progbits`,
  `__versions,"a",@progbits`,
  `.sdata,"aw",@progbits`,
  `.fini,"a",@progbits`,
  `vars,"aw",@progbits`,
  `code,"a",@progbits`,
  `.comment.x,"",@progbits`,
  `.writable,"w",@progbits`,
  `.note.x,"a",@note`,
  `.note.gnu.x,"",@note`,
  `.debug_x,"",@progbits`,
  `.zdebug_x,"",@progbits`,
  `.line,"",@progbits`,
  `.gdb_index,"",@progbits`,
  `.gnu.linkonce.wi.x,"",@progbits`,
  `.nobits,"",@nobits`,
  `.odd-name+x,"a",@progbits`,
];

/** Symbols of every kind in every section. */
const SOURCE = `
  .file "one.c"
  .section .modinfo,"a"
modinfo_string:
  .asciz "name=klp-hand"
  .asciz "vermagic=6.1.0-1-amd64 SMP preempt mod_unload modversions "
  .section .gnu.linkonce.this_module,"aw"
  .globl __this_module
__this_module:
  .zero 64
${SECTIONS.map((section, at) =>
  `
  .section ${section}
  .zero ${at + 1}
local${at}:
  .zero 1
  .globl global${at}
global${at}:
  .weak weak${at}
weak${at}:
  .weak weak_object${at}
  .type weak_object${at}, @object
weak_object${at}:
  .type function${at}, @function
function${at}:
  .zero 2
`
    .replace(/^twin:$/m, `twin${at % 3}:`)
    .replace(/^twin\d:$/m, at < 3 ? "$&" : ""),
).join("")}
  .text
  .globl __ksymtab_global0
  .set __ksymtab_global0, local3
  .set absolute, 0x1234
  .globl absolute_global
  .set absolute_global, 0x5678
  .comm common, 8, 8
  .type chosen, @gnu_indirect_function
  .globl chosen
chosen:
  call printk
  .weak weak_undefined
  .quad weak_undefined
  .type unique, @gnu_unique_object
unique:
`;

/** Homonyms of the first one's, some of which stay and some of which do not. */
const SECOND = `
  .file "two.c"
  .section .init.text,"ax"
local0:
  nop
  .text
local1:
  nop
local2:
  nop
  .section .rodata,"a"
local7:
  .zero 1
  .data
local3:
  .zero 1
  .set absolute, 5
`;

/** NAME TYPE as nm -p prints them, in the table's order. */
function namesAndTypes(lines: readonly string[]): string[] {
  return lines
    .map((line) => /^(?:[0-9a-f]{16}| {16}) (.) (.+)$/.exec(line)!)
    .filter(([, type]) => !/[UwV]/.test(type!) || type === "V")
    .map(([, type, name]) => `${name} ${type}`);
}

/** The same of a list. nm does not show names of source files. */
function namesAndTypesOfList(bytes: Uint8Array): string[] {
  return linesOf02({ bytes })
    .slice(1)
    .map((line) => line.split(" "))
    .filter(([name, address, type, file]) => !(address === "-" && type === "ax" && file === name))
    .map(([name, , type]) => `${name} ${type![0]}`);
}

/** Sections that a module has no longer once it is live, or never had in memory. */
function isGone(section: string, alloc: ReadonlySet<string>): boolean {
  if (section.startsWith(".init") || !alloc.has(section)) return true;
  return section === ".modinfo" || section === "__versions";
}

/** NAME SECTION as nm -p -f sysv prints them. */
function namesAndSections(lines: readonly string[]): [string, string][] {
  return lines
    .filter((line) => line.split("|").length === 7)
    .slice(1)
    .map((line) => line.split("|").map((field) => field.trim()))
    .map((fields): [string, string] => [fields[0]!, fields[6]!]);
}

function expectLikeNm(bytes: Uint8Array, alloc: ReadonlySet<string>, binutils: Binutils): void {
  const expected = namesAndTypes(binutils.nm(bytes, "-p"));
  expect(expected.length).toBeGreaterThan(10);
  expect(namesAndTypesOfList(bytes)).toEqual(expected);

  const all = namesAndSections(binutils.nm(bytes, "-p", "-f", "sysv"));
  const gone = new Set(all.filter(([, section]) => isGone(section, alloc)).map(([name]) => name));
  const staying = all
    .filter(([, section]) => section !== "*UND*")
    .map(([name]) => name)
    .filter((name) => !gone.has(name));
  const { list } = listOf({ bytes });
  expect(list!.split("\n").slice(2, -1)).toEqual(staying);
}

describeWithBinutils("the list of a module", (binutils) => {
  test("is what nm shows of the demo module", () => {
    const file = new URL("../../samples/prebuilt/klp-demo.ko", import.meta.url);
    const bytes = new Uint8Array(readFileSync(file));
    const alloc = new Set([".text", ".data", ".bss", ".rodata", ".exit.text", ".init.text"]);
    for (const [, section] of namesAndSections(binutils.nm(bytes, "-p", "-f", "sysv"))) {
      if (!/^\*|^\.comment|^\.debug/.test(section)) alloc.add(section);
    }
    expectLikeNm(bytes, alloc, binutils);
  });

  test("is what nm shows of a module with symbols of every kind", () => {
    const alloc = new Set(
      SECTIONS.filter((section) => section.split(",")[1]!.includes("a")).map(
        (section) => section.split(",")[0]!,
      ),
    );
    alloc.add(".gnu.linkonce.this_module");
    const objects = [SOURCE, SECOND].map((source) => binutils.assemble(source));
    expectLikeNm(binutils.link(["-r"], objects), alloc, binutils);
  });
});
