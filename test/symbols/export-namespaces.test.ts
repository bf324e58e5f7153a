// SPDX-License-Identifier: GPL-2.0-only

// The namespaces of exports, as vmlinux and modules have them in __ksymtab_strings.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { SymbolSources } from "../../src/symbols/index.js";
import { type Pair, pairs, poke } from "../elf/record-fields.js";
import { SHF, SHT, STB, type SymbolDescription, type Word } from "../elf-builder.js";
import { describeWithBinutils } from "./binutils.js";
import { type BuiltElf, buildModule, buildVmlinux } from "./elf-sources.js";
import { bytesOf, linesOf02, listOf, sourcesOf } from "./reading.js";

const LOCAL = { bind: STB.LOCAL };
const STRINGS = "__ksymtab_strings";

/** Exports with their namespaces; the strings stand as the kernel's macros put them. */
interface Exports {
  readonly [name: string]: string;
}

/** Bytes of the strings, and where those of a namespace begin, by the export's name. */
function stringsOf(exports: Exports) {
  let text = "";
  const starts: Record<string, number> = {};
  for (const [name, namespace] of Object.entries(exports)) {
    text += `${name}\0`;
    starts[name] = text.length;
    text += `${namespace}\0`;
  }
  return { text, starts };
}

interface Options extends Partial<Pair> {
  /** Where the strings are: added to the value of each symbol. */
  readonly moved?: number;
  readonly strings?: string;
  readonly section?: string | number;
  readonly type?: number;
}

function describeFile(exports: Exports, base: bigint, options: Options) {
  const { moved = 0, section = STRINGS, type, strings, ...pair } = options;
  const { text, starts } = stringsOf(exports);
  const symbols = Object.entries(starts).flatMap(([name, start]): SymbolDescription[] => [
    { name: `__kstrtabns_${name}`, ...LOCAL, section, value: base + BigInt(start + moved) },
    { name: `__ksymtab_${name}`, ...LOCAL, section: ".data", value: 0 },
  ]);
  const contents = { name: STRINGS, flags: SHF.ALLOC | SHF.MERGE | SHF.STRINGS };
  const data = bytesOf(strings ?? text);
  const made = type === undefined ? { ...contents, data } : { ...contents, type, size: 256 };
  return { ...pair, symbols, sections: [{ ...made, address: base }] };
}

/** A module that exports; addresses are offsets there. */
const moduleWith = (exports: Exports, options: Options = {}) =>
  buildModule(describeFile(exports, 0n, options));

/** A vmlinux that does. */
const vmlinuxWith = (exports: Exports, options: Options = {}) =>
  buildVmlinux(
    describeFile(exports, options.class === 32 ? 0xc2000000n : 0xffffffff82600000n, options),
  );

/** The namespaces that are known of exports, by name; only of those that have one. */
function namespaces({ bytes }: Pick<BuiltElf, "bytes">, object: string, names: readonly string[]) {
  const map = sourcesOf({ bytes }).map(names, new Diagnostics("symbols"));
  return Object.fromEntries(
    names.flatMap((name) => {
      expect(map.exporters(name)).toEqual([object]);
      const namespace = map.namespace(name, object);
      return namespace === undefined ? [] : [[name, namespace]];
    }),
  );
}

const EXPORTS = { plain: "", f: "CRYPTO_INTERNAL", other: "", g: "module:kvm-intel,kvm-*", h: "N" };
const KNOWN = { f: "CRYPTO_INTERNAL", g: "module:kvm-intel,kvm-*", h: "N" };

describe.each(pairs)("namespaces of exports: $class, $order", (pair) => {
  test.each([
    ["demo", moduleWith],
    ["vmlinux", vmlinuxWith],
  ] as const)("are read of %s", (object, fileWith) => {
    const file = fileWith(EXPORTS, pair);
    expect(namespaces(file, object, Object.keys(EXPORTS))).toEqual(KNOWN);
    // A list has them, and they are read back.
    const { list } = listOf({ bytes: file.bytes }, { format: "0.2" });
    expect(namespaces({ bytes: bytesOf(list!) }, object, Object.keys(EXPORTS))).toEqual(KNOWN);
    expect(listOf({ list: list! }, { format: "0.2" }).list).toBe(list);
  });

  test("are in a list behind everything else, and an export stands once", () => {
    const ofModule = linesOf02({ bytes: moduleWith({ f: "", g: "NS" }, pair).bytes });
    expect(ofModule).toEqual([
      "*demo",
      "__kstrtabns_f __ksymtab_strings+0x2 r",
      "__ksymtab_f .data+0x0 d",
      "__kstrtabns_g __ksymtab_strings+0x5 r",
      "__ksymtab_g - - NS",
    ]);
    const zero = "0".repeat(pair.class / 4);
    expect(linesOf02({ bytes: vmlinuxWith({ f: "", g: "NS" }, pair).bytes })).toEqual([
      "*vmlinux",
      `__ksymtab_f ${zero} d`,
      "__ksymtab_g - - NS",
    ]);
  });

  test("take nothing from the order and the positions of other symbols", () => {
    const { list } = listOf({ bytes: moduleWith({ f: "", g: "NS" }, pair).bytes });
    expect(list).toBe(
      "klp-convert-symbol-data.0.1\n*demo\n__kstrtabns_f\n__ksymtab_f\n__kstrtabns_g\n__ksymtab_g\n",
    );
  });
});

test("a namespace may have up to 1023 characters", () => {
  const long = "n".repeat(1023);
  expect(namespaces(moduleWith({ f: long, g: `${long}n` }), "demo", ["f", "g"])).toEqual({
    f: long,
  });
});

describe("nothing is known of a namespace", () => {
  const none = (file: BuiltElf, object: string) =>
    expect(namespaces(file, object, Object.keys(EXPORTS))).toEqual({});

  test.each<[string, Options]>([
    ["behind the end of the section", { moved: 200 }],
    ["in a section that has nothing in the file", { type: SHT.NOBITS }],
    ["that is absolute", { section: "abs" }],
    ["that is common", { section: "common" }],
    ["in a reserved section", { section: 0xff05 }],
    ["in an empty section", { strings: "" }],
    ["that has no end", { strings: "n".repeat(2000) }],
    ["with white space", { strings: "a b \0".repeat(30) }],
    ["that is not ASCII", { strings: "\xe4\0".repeat(60) }],
    ["with control characters", { strings: "\x01\0".repeat(60) }],
  ])("%s", (_, options) => {
    none(moduleWith(EXPORTS, options), "demo");
    none(vmlinuxWith(EXPORTS, options), "vmlinux");
  });

  test("before the section, or 4 GiB away", () => {
    none(vmlinuxWith(EXPORTS, { moved: -200 }), "vmlinux");
    none(vmlinuxWith(EXPORTS, { moved: -(2 ** 32) }), "vmlinux");
    none(moduleWith(EXPORTS, { moved: 2 ** 32 }), "demo");
  });

  test("in a section that reaches out of the file", () => {
    for (const field of ["sh_offset", "sh_size"] as const) {
      for (const value of [1 << 20, 0xffffffff] satisfies Word[]) {
        const { bytes, headerOffsets, sections } = moduleWith(EXPORTS);
        poke(bytes, headerOffsets[sections.get(STRINGS)!]!, field, value);
        expect(namespaces({ bytes }, "demo", Object.keys(EXPORTS))).toEqual({});
      }
    }
  });

  test("of an undefined symbol", () => {
    const symbols = [
      { name: "__kstrtabns_f", section: "undef" },
      { name: "__ksymtab_f", section: ".data" },
    ];
    expect(linesOf02({ bytes: buildModule({ symbols }).bytes })).toEqual([
      "*demo",
      "__ksymtab_f .data+0x0 D",
    ]);
  });

  test.each([
    "__kstrtabns_",
    "__kstrtabns",
    "_kstrtabns_f",
    "__kstrtab_f",
    "x__kstrtabns_f",
    "x_kstrtabns_f",
  ])("of a symbol called %s", (name) => {
    const { bytes } = buildModule({
      sections: [{ name: STRINGS, flags: SHF.ALLOC, data: "NS\0" }],
      symbols: [{ name, ...LOCAL, section: STRINGS }],
    });
    expect(linesOf02({ bytes })).toEqual(["*demo", `${name} ${STRINGS}+0x0 r`]);
  });
});

describe("of several sources", () => {
  const file = moduleWith({ f: "NS", g: "" });
  const symvers = (namespace: string) => `0x00000001\tf\tdemo\tEXPORT_SYMBOL\t${namespace}\n`;

  test("the module's own namespace is not lost to one that does not know it", () => {
    for (const given of [
      { ko: file.bytes, symvers: symvers("NS") },
      { symvers: symvers(""), ko: file.bytes },
      { list: "klp-convert-symbol-data.0.1\n*demo\n__ksymtab_f\n__ksymtab_g\n", ko: file.bytes },
    ]) {
      const map = sourcesOf(given).map(["f", "g"], new Diagnostics("symbols"));
      expect(map.namespace("f", "demo")).toBe("NS");
      expect(map.namespace("g", "demo")).toBeUndefined();
      expect(map.namespace("f", "vmlinux")).toBeUndefined();
      const { list } = listOf(given, { format: "0.2" });
      expect(list!.match(/^__ksymtab_f .*$/gm)).toEqual(["__ksymtab_f - - NS"]);
    }
  });
});

test("of a file on a disk only the strings are read for it, and once", () => {
  const filler = { name: ".filler", flags: SHF.ALLOC, size: 100_000 };
  const described = describeFile(EXPORTS, 0n, {});
  const built = buildModule({ ...described, sections: [filler, ...described.sections] });
  const { bytes, contentOffsets, sections } = built;
  const reads: [number, number][] = [];
  const sources = new SymbolSources();
  sources.add({
    file: "demo.ko",
    bytes: {
      size: bytes.length,
      read: (offset, size) => {
        reads.push([offset, size]);
        return bytes.slice(offset, offset + size);
      },
    },
  });
  const map = sources.map(["f", "g"], new Diagnostics("symbols"));
  expect(map.namespace("g", "demo")).toBe("module:kvm-intel,kvm-*");
  const at = contentOffsets[sections.get(STRINGS)!]!;
  expect(reads.filter(([offset]) => offset === at)).toEqual([[at, stringsOf(EXPORTS).text.length]]);
  expect(reads.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(10_000);
});

test("many exports with one long namespace make no list without end", () => {
  const count = 20_000;
  const name = "n".repeat(499);
  const built = moduleWith({ [name]: "n".repeat(1023) });
  const first = built.symbolOffsets[1]!;
  const size = first - built.symbolOffsets[0]!;
  const at = built.bytes.length;
  const bytes = new Uint8Array(at + (count + 1) * size);
  bytes.set(built.bytes);
  bytes.set(built.bytes.subarray(first - size, first), at);
  for (let i = 1; i <= count; i++)
    bytes.set(built.bytes.subarray(first, first + size), at + i * size);
  const header = built.headerOffsets[built.sections.get(".symtab")!]!;
  poke(bytes, header, "sh_offset", at);
  poke(bytes, header, "sh_size", (count + 1) * size);
  poke(bytes, header, "sh_info", count + 1);
  const written = sourcesOf({ bytes }).list({ format: "0.2" })!;
  const length = written.pieces.reduce((sum, piece) => sum + piece.length, 0);
  expect(length).toBeLessThan(50 * bytes.length);
});

/** EXPORT_SYMBOL as include/linux/export-internal.h has it, without what the entries point to. */
const exported = (name: string, namespace: string) => `
  .section ${STRINGS},"aMS",@progbits,1
__kstrtab_${name}:
  .asciz "${name}"
__kstrtabns_${name}:
  .asciz "${namespace}"
  .section "___ksymtab+${name}","a"
  .balign 4
__ksymtab_${name}:
  .long 0
`;

describeWithBinutils("namespaces that an assembler and a linker made", (binutils) => {
  const one = `.text\n.globl f\nf: nop\n${exported("f", "ONE")}${exported("plain", "")}`;
  const two = `${exported("g", "module:a,b-c")}${exported("h", "ONE")}${exported("i", "E")}`;
  const modinfo = `.section .modinfo,"a"\n.asciz "name=demo"\n`;
  const names = ["f", "plain", "g", "h", "i"];
  const expected = { f: "ONE", g: "module:a,b-c", h: "ONE", i: "E" };

  test("are read of a module", () => {
    const objects = [modinfo + one, two].map((source) => binutils.assemble(source));
    const bytes = binutils.link(["-r"], objects);
    expect(namespaces({ bytes }, "demo", names)).toEqual(expected);
  });

  test("are read of vmlinux, where equal strings are one", () => {
    const objects = [one, two].map((source) => binutils.assemble(source));
    const options = ["-e", "f", "-Ttext=0xffffffff81000000"];
    const bytes = binutils.link(options, objects);
    expect(namespaces({ bytes }, "vmlinux", names)).toEqual(expected);
  });
});
