// SPDX-License-Identifier: GPL-2.0-only

// The files that mutations begin with: modules of every machine, class and byte order, before and
// after conversion, and everything that symbols can be read from.

import { readFileSync } from "node:fs";
import { convert } from "../src/index.js";
import { SHF, STB, STT } from "../test/elf-builder.js";
import { FIXTURES, fixture, fixtureSymbols } from "../test/fixtures.js";
import { buildIntermediate, LAYOUTS, symbolsList } from "../test/livepatch/intermediate.js";
import { buildObjtoolForm } from "../test/livepatch/objtool-form.js";
import { debugInfoOf, ModuleData } from "../test/livepatch/patch-data.js";
import { buildModule, buildVmlinux, TEXT } from "../test/symbols/elf-sources.js";
import { bytesOfLatin1, type Draft, latin1, putTogether, takeApart } from "./draft.js";

export interface CorpusModule {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly draft: Draft;
  /** The list that resolves its symbols. */
  readonly list: string;
}

export interface CorpusSource {
  readonly name: string;
  readonly text: string;
  /** Of an ELF file that is a relocatable. */
  readonly draft?: Draft;
}

export interface Corpus {
  readonly modules: readonly CorpusModule[];
  readonly sources: readonly CorpusSource[];
}

// Bundled, this file is in fuzz/build.
const root = new URL("../../", import.meta.url);
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));

const DEBUG_FIXTURES = [
  "aarch64",
  "ppc32",
  "ppc64le",
  "s390x",
  "x86_64-clang",
  "x86_64-clang-two",
  "x86_64-dwarf2",
  "x86_64-dwarf4",
  "x86_64-dwarf5",
  "x86_64-dwarf64",
  "x86_64-lto",
  "x86_64-two",
  "x86_64-types",
];

const SAMPLES = ["klp-demo", "livepatch-cmdline", "livepatch-demo"];

export function readCorpus(): Corpus {
  const fixtureList = latin1(fixtureSymbols().bytes);
  const sampleList = latin1(read("samples/prebuilt/Symbols.list"));
  const debugList = latin1(
    symbolsList({ vmlinux: ["f", "show", "cmdline_proc_show", "saved_command_line"], ext4: ["g"] })
      .bytes,
  );
  const found: [name: string, bytes: Uint8Array, list: string][] = [
    ...FIXTURES.map((name): [string, Uint8Array, string] => [name, fixture(name), fixtureList]),
    ...SAMPLES.map((name): [string, Uint8Array, string] => [
      name,
      read(`samples/prebuilt/${name}.ko`),
      sampleList,
    ]),
    ...DEBUG_FIXTURES.map((name): [string, Uint8Array, string] => [
      `dwarf/${name}`,
      asLivepatch(read(`test/dwarf/fixtures/${name}.ko`)),
      debugList,
    ]),
    ...builtModules(),
  ];
  const converted = found.flatMap(([name, bytes, list]): [string, Uint8Array, string][] => {
    const symbols = { file: "list", bytes: Uint8Array.from(Buffer.from(list, "latin1")) };
    const { output } = convert(bytes, { symbols });
    return output === undefined || output === bytes ? [] : [[`${name}, converted`, output, list]];
  });
  const modules = [...found, ...converted].map(([name, bytes, list]) => {
    return { name, bytes, list, draft: takeApart(bytes) };
  });
  return { modules, sources: [...sources(fixtureList), ...modulesAsSources(modules)] };
}

/** A module that says that it is a livepatch module. */
function asLivepatch(bytes: Uint8Array): Uint8Array {
  const draft = takeApart(bytes);
  if (draft.sections.some(({ name }) => name === ".modinfo")) return bytes;
  const data = bytesOfLatin1("livepatch=Y\0vermagic=6.1.0-1-amd64 SMP mod_unload \0");
  const numbers = { address: 0n, link: 0, info: 0, addralign: 1n, entsize: 0n };
  draft.sections.push({ name: ".modinfo", type: 1, flags: 2n, ...numbers, data });
  return putTogether(draft);
}

/** Small modules of all four layouts, with what the fixtures have for some machines only. */
function builtModules(): [string, Uint8Array, string][] {
  const list = latin1(
    symbolsList({
      vmlinux: ["one", "two", "__ksymtab_two", "twin", "twin", "show"],
      ext4: ["other", "ext4_show"],
    }).bytes,
  );
  return LAYOUTS.flatMap((layout): [string, Uint8Array, string][] => {
    const plain = buildIntermediate({
      layout,
      modinfo:
        "license=GPL\0livepatch=Y\0depends=ext4,xfs\0vermagic=6.1.0-1-amd64 SMP mod_unload modversions \0",
      undefined: [
        "one",
        "two",
        "other",
        { name: "perhaps", bind: STB.WEAK },
        ".klp.sym.rela.vmlinux.vmlinux.twin.2",
        ".klp.sym.rela.ext4.ext4.ext4_show,0",
      ],
      annotations: { vmlinux: [["one", 0]], ext4: [["other", 0]] },
      sections: [{ name: "__versions", flags: SHF.ALLOC, size: 128 }],
      uses: {
        ".text": ["one", ".klp.sym.rela.vmlinux.vmlinux.twin.2"],
        ".data": ["other", "one", "two", ".klp.sym.rela.ext4.ext4.ext4_show,0"],
        ".debug_info": ["one"],
      },
    });
    const objtool = buildObjtoolForm({
      layout,
      undefined: ["two"],
      entries: {
        vmlinux: [{ symbol: "vmlinux.one,0", section: ".data", offset: 8 }],
        ext4: [
          { symbol: "ext4.other,0", section: ".data", offset: 16, addend: 4 },
          { symbol: "ext4.other,0", section: ".data", offset: 24, standIn: "other" },
        ],
      },
    });
    const data = new ModuleData({ layout, bySection: layout.order === "big" });
    const made = data.patch({
      objects: [
        { name: null, funcs: [{ name: "show", position: 0 }] },
        { name: "ext4", funcs: [{ name: "ext4_show", position: 1 }], callbacks: [0, 2] },
      ],
    });
    const patch = data.build({ undefined: ["one"], uses: { ".text": ["one"] } }, debugInfoOf(made));
    return [
      [`${layout.name}, annotated`, plain, list],
      [`${layout.name}, of objtool's form`, objtool, list],
      [`${layout.name}, with a patch`, patch, list],
    ];
  });
}

const lines = (...all: readonly string[]) => all.map((line) => `${line}\n`).join("");

/** Texts that symbols are read from, and a linked kernel. */
function sources(list: string): CorpusSource[] {
  const LOCAL = { bind: STB.LOCAL };
  const symbols = (section: string, value: bigint) => [
    { name: "a.c", ...LOCAL, type: STT.FILE, section: "abs" },
    { name: "one", ...LOCAL, section, value },
    { name: "b.c", ...LOCAL, type: STT.FILE, section: "abs" },
    { name: "one", ...LOCAL, section: ".data", value: value + 8n },
    { name: "two", ...LOCAL, section: "common", value: 8 },
    { name: "show", section, value: value + 16n },
    { name: "weak", bind: STB.WEAK },
  ];
  const elf = (name: string, bytes: Uint8Array): CorpusSource => ({
    name,
    text: latin1(bytes),
    draft: takeApart(bytes),
  });
  return [
    { name: "a list of format 0.1", text: list },
    {
      name: "a list of format 0.2",
      text: lines(
        "klp-convert-symbol-data.0.2 release=6.1.0 arch=x86_64 order=kallsyms",
        "*vmlinux",
        "one ffffffff81000000 t a file.c",
        "__ksymtab_two - - NAMESPACE",
        "two ffffffff81000020 T",
        "boot_command_line ffffffff82000000 Di init/main.c",
        "*klp_demo order=symtab release=6.1.0",
        "demo_homonym .text+0x10 t super.c",
        "demo_homonym .init.text+0x10 ti super.c",
        "probe - ax",
      ),
    },
    {
      name: "kallsyms",
      text: lines(
        "0000000000000000 A fixed_percpu_data",
        "0000000000000000 D __per_cpu_start",
        "ffffffff81000000 T _text",
        "ffffffff81000010 t one",
        "ffffffff81000020 t one",
        "ffffffff81000030 T two",
        "ffffffff82000010 r __ksymtab_two",
        "ffffffff82000020 A __crc_two",
        "ffffffffc0000000 t demo_homonym\t[klp_demo]",
        "ffffffffc0000010 t show\t[klp-demo]",
        "ffffffffc0000020 t x\t[bpf]",
      ),
    },
    {
      name: "System.map",
      text: lines(
        "                 w weak",
        "0000000000000000 D __per_cpu_start",
        "0000000000000000 A absolute",
        "ffffffff81000000 T _text",
        "ffffffff81000010 t one",
        "ffffffff81000010 W show",
        "ffffffff81000020 t __crc_two",
        "ffffffff81000030 t two",
      ),
    },
    {
      name: "nm -f posix",
      text: lines(
        "two T ffffffff81000010 0000000000000010",
        "one t ffffffff81000020 ",
        "weak U         ",
        "x A 0000000000000001 ",
      ),
    },
    {
      name: "Module.symvers",
      text: lines(
        "0x12345678\tone\tvmlinux\tEXPORT_SYMBOL\t",
        "0x12345678\ttwo\tfs/some-fs/ext4\tEXPORT_SYMBOL_GPL\tNAMESPACE",
        "0x12345678\tfirst\tOLD\tfs/xfs\tEXPORT_SYMBOL_GPL",
      ),
    },
    elf("vmlinux", buildVmlinux({ symbols: symbols(".text", TEXT) }).bytes),
    elf(
      "a vmlinux of 32 bits, big-endian",
      buildVmlinux({ class: 32, order: "big", symbols: symbols(".text", 0x81000000n) }).bytes,
    ),
    elf("a module", buildModule({ symbols: symbols(".init.text", 0n) }).bytes),
    elf(
      "an old module of 32 bits, big-endian",
      buildModule({
        class: 32,
        order: "big",
        thisModule: "small",
        modinfo: "vermagic=4.4.0 SMP \0",
        symbols: symbols(".text", 0n),
      }).bytes,
    ),
  ];
}

function modulesAsSources(modules: readonly CorpusModule[]): CorpusSource[] {
  return modules
    .filter(({ name }) => ["klp-demo", "s390x", "ppc32", "aarch64, converted"].includes(name))
    .map(({ name, bytes, draft }) => ({ name: `${name} as a source`, text: latin1(bytes), draft }));
}
