// The entries of livepatch sections, and of ordinary ones.
import type { ModuleFile, Relocation } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import {
  R_X86_64_16,
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_GOTPCREL,
  R_X86_64_NONE,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_REX_GOTPCRELX,
  SHN_LIVEPATCH,
} from "../elf-values.js";
import {
  commandLine,
  firstElf,
  helperLevel,
  targetFunction,
  versionShow,
} from "../livepatch-section.js";

const places = "livepatch-places";
const ofVmlinux = ".klp.rela.vmlinux.data";
const ofTarget = ".klp.rela.klp_target.data";

/** Changes the only relocation of a section. */
function changed(section: string, change: Partial<Relocation>): (file: ModuleFile) => void {
  return (file) => file.setRelocation(section, 0, change);
}

/** Has a pointer of this module, with an ordinary relocation, point to another symbol. */
function pointTo(pointer: string, symbol: string): (file: ModuleFile) => void {
  return (file) => {
    const index = file.relocationAt(".rela.rodata", file.placeOf(pointer).offset);
    file.setRelocation(".rela.rodata", index, { symbol: file.symbolIndex(symbol), addend: 0 });
  };
}

export const entries: readonly Case[] = [
  ...casesOf(
    "L32",
    places,
    {
      "symbol-beyond": [
        `${ofVmlinux}: r_info with the index behind the last symbol`,
        (file) => file.setRelocation(ofVmlinux, 0, { symbol: file.symbolCount }),
      ],
      "target-symbol-beyond": [
        `${ofTarget}: r_info with the index behind the last symbol`,
        (file) => file.setRelocation(ofTarget, 0, { symbol: file.symbolCount }),
      ],
    },
    { isAlone: true, isByChance: true },
  ),
  ...casesOf(
    "L32",
    places,
    {
      "symbol-far-beyond": [
        `${ofVmlinux}: r_info with symbol 0xfffffff`,
        changed(ofVmlinux, { symbol: 0xfff_ffff }),
      ],
    },
    { isAlone: true },
  ),
  ...casesOf(
    "L31",
    places,
    {
      "place-far-away": [
        `${ofVmlinux}: r_offset 0x40000000`,
        changed(ofVmlinux, { offset: 0x4000_0000 }),
      ],
      "target-place-far-away": [
        `${ofTarget}: r_offset 0x40000000`,
        changed(ofTarget, { offset: 0x4000_0000 }),
      ],
    },
    { isAlone: true },
  ),
  ...casesOf(
    "L31",
    places,
    {
      "place-behind-section": [
        ".klp.rela.vmlinux.klp_test_places: r_offset of the end of klp_test_places",
        (file) =>
          file.setRelocation(".klp.rela.vmlinux.klp_test_places", 0, {
            offset: file.section("klp_test_places", "sh_size"),
          }),
      ],
    },
    { isAlone: true, isByChance: true },
  ),
  ...casesOf("L33", places, {
    "entry-of-symbol-0": [`${ofVmlinux}: symbol 0`, changed(ofVmlinux, { symbol: 0 })],
    "entry-of-own": [
      `${ofVmlinux}: the symbol own_variable`,
      (file) => file.setRelocation(ofVmlinux, 0, { symbol: file.symbolIndex("own_variable") }),
    ],
    "entry-of-import": [
      `${ofTarget}: the symbol seq_putc`,
      (file) => file.setRelocation(ofTarget, 0, { symbol: file.symbolIndex("seq_putc") }),
    ],
    "nothing-of-symbol-0": [
      ".klp.rela.vmlinux.text: R_X86_64_NONE of symbol 0",
      changed(".klp.rela.vmlinux.text", { type: R_X86_64_NONE, symbol: 0 }),
    ],
    "target-nothing-of-symbol-0": [
      ".klp.rela.klp_target.text: R_X86_64_NONE of symbol 0",
      changed(".klp.rela.klp_target.text", { type: R_X86_64_NONE, symbol: 0 }),
    ],
  }),
  ...casesOf("L35", places, {
    "import-is-livepatch": [
      "seq_putc: st_shndx SHN_LIVEPATCH",
      (file) => file.setSymbol("seq_putc", "st_shndx", SHN_LIVEPATCH),
    ],
    "tombstone-of-ordinary": [
      "seq_putc: st_shndx SHN_LIVEPATCH, called .klp.tombstone.seq_putc",
      (file) => {
        file.setSymbol("seq_putc", "st_shndx", SHN_LIVEPATCH);
        file.renameSymbol("seq_putc", ".klp.tombstone.seq_putc");
      },
    ],
  }),
  ...casesOf("L34", places, {
    "tombstone-used": [
      `${firstElf} is called .klp.tombstone.load_elf_binary`,
      (file) => file.renameSymbol(firstElf, ".klp.tombstone.load_elf_binary"),
    ],
  }),
  ...casesOf("L36", places, {
    "ordinary-of-livepatch": [
      `.rela.rodata: to_own is relocated by ${commandLine}`,
      pointTo("to_own", commandLine),
    ],
    "ordinary-of-target": [
      `.rela.rodata: to_own is relocated by ${targetFunction}`,
      pointTo("to_own", targetFunction),
    ],
  }),
  ...casesOf("L58", places, {
    "type-gotpcrel": [
      `${ofVmlinux}: R_X86_64_GOTPCREL`,
      changed(ofVmlinux, { type: R_X86_64_GOTPCREL }),
    ],
    "type-gotpcrelx": [
      `${ofTarget}: R_X86_64_REX_GOTPCRELX`,
      changed(ofTarget, { type: R_X86_64_REX_GOTPCRELX }),
    ],
    "type-16": [`${ofVmlinux}: R_X86_64_16`, changed(ofVmlinux, { type: R_X86_64_16 })],
    "type-200": [`${ofVmlinux}: type 200`, changed(ofVmlinux, { type: 200 })],
  }),
  ...casesOf("L59", places, {
    "place-nonzero": [
      "in_data: 0x11 where saved_command_line is to be",
      (file) => file.setLong(file.placeOf("in_data"), 0x11),
    ],
    "target-place-nonzero": [
      "in_undotted: 0x11 where klp_target_function is to be",
      (file) => {
        const { section, offset } = file.placeOf("in_undotted");
        file.setLong({ section, offset: offset + 8 }, 0x11);
      },
    ],
    "relocated-twice": [
      ".klp.rela.vmlinux.rodata: its first entry twice",
      (file) => {
        const all = file.relocations(".klp.rela.vmlinux.rodata");
        file.setRelocations(".klp.rela.vmlinux.rodata", [...all, all[0]!]);
      },
    ],
    "target-relocated-twice": [
      ".klp.rela.klp_target.rodata: its first entry twice",
      (file) => {
        const all = file.relocations(".klp.rela.klp_target.rodata");
        file.setRelocations(".klp.rela.klp_target.rodata", [...all, all[0]!]);
      },
    ],
    "relocated-here-and-there": [
      ".rela.rodata: to_own's entry once more, for the place of to_elf",
      (file) => {
        const all = file.relocations(".rela.rodata");
        const own = all[file.relocationAt(".rela.rodata", file.placeOf("to_own").offset)]!;
        const { offset } = file.placeOf("to_elf");
        file.setRelocations(".rela.rodata", [...all, { ...own, offset }]);
      },
    ],
    "places-overlap": [
      ".klp.rela.vmlinux.rodata: to_elf four bytes further, half of to_own's place",
      (file) => {
        const { offset } = file.placeOf("to_own");
        const index = file.relocationOf(".klp.rela.vmlinux.rodata", firstElf);
        file.setRelocation(".klp.rela.vmlinux.rodata", index, { offset: offset + 4 });
      },
    ],
  }),
  ...casesOf("L67", places, {
    "addend-changed": [
      `.klp.rela.klp_target.rodata: addend -1 for ${helperLevel}`,
      (file) => {
        const index = file.relocationOf(".klp.rela.klp_target.rodata", helperLevel);
        file.setRelocation(".klp.rela.klp_target.rodata", index, { addend: -1 });
      },
    ],
    "type-pc64": [`${ofVmlinux}: R_X86_64_PC64`, changed(ofVmlinux, { type: R_X86_64_PC64 })],
    "type-32": [`${ofVmlinux}: R_X86_64_32`, changed(ofVmlinux, { type: R_X86_64_32 })],
    "type-32s": [`${ofVmlinux}: R_X86_64_32S`, changed(ofVmlinux, { type: R_X86_64_32S })],
    "type-pc32": [`${ofTarget}: R_X86_64_PC32`, changed(ofTarget, { type: R_X86_64_PC32 })],
    "type-none": [`${ofTarget}: R_X86_64_NONE`, changed(ofTarget, { type: R_X86_64_NONE })],
    "entry-lost": [`${ofVmlinux}: no entry`, (file) => file.setRelocations(ofVmlinux, [])],
    "target-entry-lost": [`${ofTarget}: no entry`, (file) => file.setRelocations(ofTarget, [])],
    "ordinary-entry-lost": [
      ".rela.rodata: no entry for to_own",
      (file) => {
        const { offset } = file.placeOf("to_own");
        const all = file.relocations(".rela.rodata");
        file.setRelocations(
          ".rela.rodata",
          all.filter((each) => each.offset !== offset),
        );
      },
    ],
    "call-moved": [
      `.klp.rela.vmlinux.text: r_offset of ${versionShow}'s call one byte further`,
      (file) => {
        const [entry] = file.relocations(".klp.rela.vmlinux.text");
        file.setRelocation(".klp.rela.vmlinux.text", 0, { offset: entry!.offset + 1 });
      },
    ],
  }),
  ...casesOf("L67", "livepatch-demo", {
    "call-addend": [
      ".klp.rela.klp_demo.text: addend 4 more for gauge_limit",
      (file) => {
        const section = ".klp.rela.klp_demo.text";
        const index = file.relocationOf(section, ".klp.sym.klp_demo.gauge_limit,1");
        const { addend } = file.relocations(section)[index]!;
        file.setRelocation(section, index, { addend: addend + 4 });
      },
    ],
  }),
  ...casesOf("L68", places, {
    "order-reversed": [
      ".klp.rela.vmlinux.rodata: its entries in reverse",
      (file) => {
        const all = file.relocations(".klp.rela.vmlinux.rodata");
        file.setRelocations(".klp.rela.vmlinux.rodata", all.reverse());
      },
    ],
    "ordinary-order-reversed": [
      ".rela.data: its entries in reverse",
      (file) => file.setRelocations(".rela.data", file.relocations(".rela.data").reverse()),
    ],
  }),
];
