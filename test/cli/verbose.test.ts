// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { Folder } from "./command.js";
import { PATCH_UNKNOWN_NOTE, UNKNOWN_PATCH_LINE } from "./patch-unknown.js";

const WEAK_NOTE =
  "klp-convert: note: x86_64.in.ko: .data+0x538: weak symbol maybe_absent is in no object of Symbols.list and stays: the module loader makes it 0\n";
const ORDER_NOTE = `klp-convert: note: x86_64.in.ko: positions in klp_demo are unverified: its names stand in alphabetical order in Symbols.list, which is not the kernel's
    demo_value.isra.3 at 2, demo_homonym at 2
    klp-convert symbols makes a list in the kernel's order
`;

describe.each(["-v", "--verbose"])("%s", (option) => {
  test("prints what is patched, and each decision with its sections and its reason", () => {
    const folder = new Folder("x86_64.in.ko", "Symbols.list");
    const { status, stdout, stderr } = folder.run([
      "x86_64.in.ko",
      "out.ko",
      "-s",
      "Symbols.list",
      option,
    ]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const decisions = [
      "patch (layout): vmlinux: cmdline_proc_show",
      "patch (layout): klp_demo: demo_read",
      ".klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.2: klp_demo, position 2 of 2; 1 relocation in .text; its own name says so",
      "klp_enable_patch: stays; 1 relocation in .init.text; vmlinux exports it",
      "saved_command_line: vmlinux, position 0; 5 relocations in .text, .text.unlikely, .data, .data..read_mostly; annotated in .klp.module_relocs.vmlinux",
      "__fentry__: stays; 2 relocations in .text; ftrace finds its calls by name",
      "_printk: stays; 2 relocations in .text.unlikely, .data; vmlinux exports it",
      "vm_local_func: vmlinux, position 0; 5 relocations in .text, .text.demo_once, .rodata, __bug_table; only vmlinux has it, once",
      "maybe_absent: stays; 1 relocation in .data; it is weak and no object has it",
      "seq_printf: stays; 1 relocation in .text; vmlinux exports it",
      "demo_homonym: klp_demo, position 2 of 3; 2 relocations in .text, .data; annotated in .klp.module_relocs.klp_demo",
      "demo_counter: klp_demo, position 0; 2 relocations in .text, .data; annotated in .klp.module_relocs.klp_demo",
    ];
    const lines = decisions.map((each) => `klp-convert: x86_64.in.ko: ${each}\n`);
    expect(stderr).toBe(lines.join("") + WEAK_NOTE + ORDER_NOTE);
  });
});

test("without --verbose no decision is printed", () => {
  const folder = new Folder("x86_64.in.ko", "Symbols.list");
  const { stderr } = folder.run(["x86_64.in.ko", "out.ko", "-s", "Symbols.list"]);
  expect(stderr).toBe(WEAK_NOTE + ORDER_NOTE);
});

test("--verbose says what a relocation waits for, and that a symbol is unused", () => {
  const folder = new Folder("Symbols.list");
  const name = ".klp.sym.rela.snd_hda_intel.klp_demo.demo_counter.0";
  folder.write(
    "in.ko",
    buildIntermediate({ undefined: [name, "vm_local_func"], uses: { ".text": [name] } }),
  );
  const { stderr } = folder.run(["-vs", "Symbols.list", "in.ko", "out.ko"]);
  expect(stderr).toBe(
    UNKNOWN_PATCH_LINE +
      `klp-convert: in.ko: ${name}: klp_demo, position 0, applied with snd_hda_intel; 1 relocation in .text; its own name says so\n` +
      "klp-convert: in.ko: vm_local_func: vmlinux, position 0; no relocation; only vmlinux has it, once\n" +
      PATCH_UNKNOWN_NOTE,
  );
});

test("--verbose without a list says that names were taken for exports", () => {
  const folder = new Folder();
  folder.write(
    "in.ko",
    buildIntermediate({ undefined: ["vm_local_func"], uses: { ".text": ["vm_local_func"] } }),
  );
  const { stderr } = folder.run(["-v", "in.ko", "out.ko"]);
  expect(stderr).toBe(
    UNKNOWN_PATCH_LINE +
      "klp-convert: in.ko: vm_local_func: stays; 1 relocation in .text; there is no symbols list, so it is taken for an export\n" +
      "klp-convert: note: in.ko: 1 undefined symbol without an annotation is taken for an export and stays, as there is no symbols list\n" +
      "    with --symbols LIST each is looked up\n" +
      "klp-convert: note: in.ko: nothing to convert: the module stays as it is\n",
  );
});

test("--verbose has nothing to add when a file cannot be read", () => {
  const folder = new Folder("Symbols.list");
  expect(folder.refused(["-v", "missing.ko", "out.ko", "-s", "Symbols.list"])).toBe(
    "klp-convert: error: missing.ko: cannot be read: no such file or directory\n",
  );
});
