// Where relocations of livepatch sections stand: in sections that are not there when they are
// applied, or that the kernel has read or rewritten before.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import {
  addLivepatchSection,
  relocateForTarget,
  relocateForVmlinux,
  targetFunction,
} from "../livepatch-section.js";

const places = "livepatch-places";
const ofVmlinux = ".klp.rela.vmlinux.data";
const ofTarget = ".klp.rela.klp_target.data";

function forTarget(target: string, offset = 0): readonly [string, (file: ModuleFile) => void] {
  return [
    `another livepatch section: klp_target_function to ${target}+${offset}, for klp_target`,
    relocateForTarget(target, offset),
  ];
}

function forVmlinux(target: string, offset = 0): readonly [string, (file: ModuleFile) => void] {
  return [
    `another livepatch section: saved_command_line to ${target}+${offset}, for vmlinux`,
    relocateForVmlinux(target, offset),
  ];
}

/** An ordinary relocation waits for klp_target, and is then of its function. */
function forTargetInstead(
  target: string,
  index: number,
): readonly [string, (file: ModuleFile) => void] {
  const edit = (file: ModuleFile) => {
    const ordinary = `.rela${target}`;
    const all = file.relocations(ordinary);
    const moved = { ...all[index]!, symbol: file.symbolIndex(targetFunction) };
    file.setRelocations(
      ordinary,
      all.filter((_, i) => i !== index),
    );
    addLivepatchSection(file, "klp_target", target, [moved]);
  };
  return [`${target}: its relocation ${index} waits for klp_target, for klp_target_function`, edit];
}

/** What they read and write was the module's, and is somebody else's by then. */
const byChance = { isAlone: true, isByChance: true } as const;

const roomOfPercpu = 8;
const roomOfInitData = 0x20 + 8;

export const placesOfRelocations: readonly Case[] = [
  ...casesOf("L23", places, {
    "section-0": [`${ofVmlinux}: sh_info 0`, (file) => file.setSection(ofVmlinux, "sh_info", 0)],
    "section-beyond": [
      `${ofVmlinux}: sh_info e_shnum`,
      (file) => file.setSection(ofVmlinux, "sh_info", file.header("e_shnum")),
    ],
    "section-of-symbols": [
      `${ofVmlinux}: sh_info .symtab`,
      (file) => file.setSection(ofVmlinux, "sh_info", file.sectionIndex(".symtab")),
    ],
  }),
  ...casesOf(
    "L23",
    places,
    {
      "section-of-relocations": [
        `${ofVmlinux}: sh_info .klp.rela.vmlinux.rodata`,
        (file) =>
          file.setSection(ofVmlinux, "sh_info", file.sectionIndex(".klp.rela.vmlinux.rodata")),
      ],
    },
    byChance,
  ),
  ...casesOf(
    "L23",
    places,
    {
      "target-section-0": [
        `${ofTarget}: sh_info 0`,
        (file) => file.setSection(ofTarget, "sh_info", 0),
      ],
      "target-section-beyond": [
        `${ofTarget}: sh_info 0xffff`,
        (file) => file.setSection(ofTarget, "sh_info", 0xffff),
      ],
    },
    byChance,
  ),
  ...casesOf("L24", places, {
    "vmlinux-in-unloaded": [
      `${ofVmlinux}: sh_info .comment`,
      (file) => file.setSection(ofVmlinux, "sh_info", file.sectionIndex(".comment")),
    ],
    "vmlinux-in-debug-info": forVmlinux(".debug_info"),
  }),
  ...casesOf("L24", places, { "target-in-unloaded": forTarget(".comment") }, byChance),
  ...casesOf(
    "L25",
    places,
    {
      "target-in-init-data": forTarget(".init.data", roomOfInitData),
      "target-in-init-text": [
        ".klp.rela.klp_target.data: called .klp.rela.klp_target.init.text, sh_info .init.text, at 1",
        (file) => {
          file.renameSection(ofTarget, ".klp.rela.klp_target.init.text");
          const moved = ".klp.rela.klp_target.init.text";
          file.setSection(moved, "sh_info", file.sectionIndex(".init.text"));
          file.setRelocation(moved, 0, { offset: 1 });
        },
      ],
    },
    byChance,
  ),
  ...casesOf(
    "L26",
    places,
    { "target-in-percpu": forTarget(".data..percpu", roomOfPercpu) },
    byChance,
  ),
  ...casesOf(
    "L26",
    places,
    { "vmlinux-in-percpu": forVmlinux(".data..percpu", roomOfPercpu) },
    {
      before: "7.2",
      patched: [["room of .data..percpu NULL", "room of .data..percpu saved_command_line"]],
    },
  ),
  ...casesOf("L27", places, {
    "vmlinux-in-modinfo": forVmlinux(".modinfo"),
    "vmlinux-in-versions": forVmlinux("__versions", 24),
    "vmlinux-in-this-module": forVmlinux(".gnu.linkonce.this_module"),
  }),
  ...casesOf(
    "L27",
    places,
    {
      "target-in-versions": forTarget("__versions", 24),
      "target-in-this-module": forTarget(".gnu.linkonce.this_module", 8),
    },
    byChance,
  ),
  // Of a key and of what the entry is for, the first entry of each table.
  ...casesOf(
    "L65",
    places,
    { "replacement-of-alternative": forTargetInstead(".altinstructions", 1) },
    { isAlone: true },
  ),
  // The keys are taken for others, and the table is sorted by where its memory is.
  ...casesOf(
    "L65",
    places,
    {
      "target-in-jump-table": forTargetInstead("__jump_table", 2),
      "target-in-unwind-table": forTargetInstead(".orc_unwind_ip", 0),
    },
    byChance,
  ),
  // What comes of others (exceptions, warnings, functions that cannot be traced) is not looked at.
  ...casesOf("L65", places, {
    "target-in-alternatives": forTargetInstead(".altinstructions", 0),
  }),
  ...casesOf("L27", places, {
    "init-of-this-module": forTargetInstead(".gnu.linkonce.this_module", 0),
  }),
  ...casesOf("L66", places, {
    "target-in-alternative": [
      ".klp.rela.klp_target.text: r_offset in an instruction that is an alternative",
      (file) => {
        const { offset } = file.placeOf("klp_test_alternative");
        file.setRelocation(".klp.rela.klp_target.text", 0, { offset: offset + 4 });
      },
    ],
    "target-in-return": [
      ".klp.rela.klp_target.text: r_offset in a jump to the return thunk",
      (file) => {
        const thunk = file.symbolIndex("__x86_return_thunk");
        const all = file.relocations(".rela.text");
        const { offset } = all.find(({ symbol }) => symbol === thunk)!;
        file.setRelocation(".klp.rela.klp_target.text", 0, { offset });
      },
    ],
  }),
  ...casesOf("L59", places, {
    "vmlinux-in-return": [
      ".klp.rela.vmlinux.text: r_offset in a jump to the return thunk",
      (file) => {
        const thunk = file.symbolIndex("__x86_return_thunk");
        const all = file.relocations(".rela.text");
        const { offset } = all.find(({ symbol }) => symbol === thunk)!;
        file.setRelocation(".klp.rela.vmlinux.text", 0, { offset });
      },
    ],
  }),
];
