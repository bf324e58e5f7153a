// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { VERSION } from "../../src/index.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { type Ended, Folder } from "./command.js";
import { PATCH_UNKNOWN, PATCH_UNKNOWN_NOTE, UNKNOWN_PATCH } from "./patch-unknown.js";

/** The first fields of every document, which say what the rest means. */
const HEAD = { schema: "klp-convert-report", schemaVersion: 1, version: VERSION };

function documentOf({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("--json prints one document on standard output", () => {
  test("when a module was converted", () => {
    const folder = new Folder("Symbols.list");
    const annotated = ".klp.sym.rela.klp_demo.klp_demo.demo_homonym.3";
    const names = ["_printk", "saved_command_line", "demo_counter", annotated];
    folder.write(
      "in.ko",
      buildIntermediate({
        undefined: [...names, "vm_local_func"],
        uses: { ".text": names, ".data": ["saved_command_line"] },
        annotations: { klp_demo: [["demo_counter", 0]] },
      }),
    );
    const ended = folder.run(["in.ko", "out.ko", "--symbols", "Symbols.list", "--json"]);
    expect(ended.status).toBe(0);
    const order = {
      message:
        "positions in klp_demo are unverified: its names stand in alphabetical order in Symbols.list, which is not the kernel's",
      notes: ["demo_homonym at 3", "klp-convert symbols makes a list in the kernel's order"],
    };
    expect(ended.stderr).toBe(
      `klp-convert: note: in.ko: ${order.message}\n${order.notes.map((each) => `    ${each}\n`).join("")}${PATCH_UNKNOWN_NOTE}`,
    );
    expect(ended.stdout).toMatch(/^\{\n {2}"schema": "klp-convert-report",\n.*\n\}\n$/s);
    expect(documentOf(ended)).toEqual({
      ...HEAD,
      input: "in.ko",
      output: "out.ko",
      dryRun: false,
      symbols: "Symbols.list",
      symbolSources: ["Symbols.list"],
      outcome: "converted",
      report: {
        machine: "x86_64",
        patch: UNKNOWN_PATCH,
        symbols: [
          {
            name: "_printk",
            decision: "stays",
            why: "vmlinux exports it",
            relocations: 1,
            sections: [".text"],
          },
          {
            name: "saved_command_line",
            decision: "livepatch",
            why: "only vmlinux has it, once",
            relocations: 2,
            sections: [".text", ".data"],
            object: "vmlinux",
            position: 0,
            homonyms: 1,
            gate: "vmlinux",
            livepatchName: ".klp.sym.vmlinux.saved_command_line,0",
          },
          {
            name: "demo_counter",
            decision: "livepatch",
            why: "annotated in .klp.module_relocs.klp_demo",
            relocations: 1,
            sections: [".text"],
            object: "klp_demo",
            position: 0,
            homonyms: 1,
            gate: "klp_demo",
            livepatchName: ".klp.sym.klp_demo.demo_counter,0",
          },
          {
            name: annotated,
            decision: "livepatch",
            why: "its own name says so",
            relocations: 1,
            sections: [".text"],
            object: "klp_demo",
            position: 3,
            homonyms: 3,
            gate: "klp_demo",
            livepatchName: ".klp.sym.klp_demo.demo_homonym,3",
          },
          {
            name: "vm_local_func",
            decision: "livepatch",
            why: "only vmlinux has it, once",
            relocations: 0,
            sections: [],
            object: "vmlinux",
            position: 0,
            homonyms: 1,
            gate: "vmlinux",
            livepatchName: ".klp.sym.vmlinux.vm_local_func,0",
          },
        ],
        sections: [
          { name: ".klp.rela.vmlinux.text", gate: "vmlinux", target: ".text", relocations: 1 },
          { name: ".klp.rela.klp_demo.text", gate: "klp_demo", target: ".text", relocations: 2 },
          { name: ".klp.rela.vmlinux.data", gate: "vmlinux", target: ".data", relocations: 1 },
        ],
        removedSections: [".klp.module_relocs.klp_demo"],
        removedDependencies: [],
      },
      diagnostics: [
        { severity: "note", code: "unverified-order", file: "in.ko", ...order },
        PATCH_UNKNOWN,
      ],
    });
  });

  test("when there was nothing to convert", () => {
    const folder = new Folder("x86_64-plain.in.ko");
    const ended = folder.run(["x86_64-plain.in.ko", "out.ko", "--json"]);
    expect(ended.status).toBe(0);
    const assumed =
      "2 undefined symbols without an annotation are taken for exports and stay, as there is no symbols list";
    const lookedUp = "with --symbols LIST each is looked up";
    const nothing = "nothing to convert: the module stays as it is";
    expect(ended.stderr).toBe(
      `klp-convert: note: x86_64-plain.in.ko: ${assumed}\n    ${lookedUp}\n` +
        `klp-convert: note: x86_64-plain.in.ko: ${nothing}\n`,
    );
    const file = "x86_64-plain.in.ko";
    const note = { severity: "note", file };
    const stays = { decision: "stays", relocations: 1, sections: [".text"] };
    const taken = { ...stays, why: "there is no symbols list, so it is taken for an export" };
    expect(documentOf(ended)).toEqual({
      ...HEAD,
      input: file,
      output: "out.ko",
      dryRun: false,
      symbols: null,
      symbolSources: [],
      outcome: "unchanged",
      report: {
        machine: "x86_64",
        patch: {
          source: "layout",
          objects: [{ name: "vmlinux", functions: [{ name: "cmdline_proc_show", position: 0 }] }],
        },
        symbols: [
          { ...taken, name: "klp_enable_patch", sections: [".init.text"] },
          { ...stays, name: "__fentry__", why: "ftrace finds its calls by name" },
          { ...taken, name: "_printk" },
        ],
        sections: [],
        removedSections: [],
        removedDependencies: [],
      },
      diagnostics: [
        { ...note, code: "assumed-exported", message: assumed, notes: [lookedUp] },
        { ...note, code: "nothing-to-convert", message: nothing, notes: [] },
      ],
    });
  });

  test("when a module was refused, with what was found until then", () => {
    const folder = new Folder("Symbols.list");
    folder.write(
      "in.ko",
      buildIntermediate({
        undefined: ["_printk", "probe"],
        uses: { ".text": ["_printk", "probe"] },
      }),
    );
    const ended = folder.run(["in.ko", "out.ko", "-s", "Symbols.list", "--json"]);
    expect(folder.names()).toEqual(["Symbols.list", "in.ko"]);
    expect(ended.status).toBe(1);
    const notes = [
      "used by 1 relocation, first in patched",
      "vmlinux, position 1 (Symbols.list:14): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 1) };",
      "vmlinux, position 2 (Symbols.list:15): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 2) };",
      "klp_demo, position 0 (Symbols.list:33): KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = { KLP_SYMPOS(probe, 0) };",
      "snd_hda_intel, position 0 (Symbols.list:38): KLP_MODULE_RELOC(snd_hda_intel) snd_hda_intel_relocs[] = { KLP_SYMPOS(probe, 0) };",
    ];
    expect(ended.stderr).toBe(
      "klp-convert: error: in.ko: .text+0x8: symbol probe is ambiguous: it stands in 3 objects\n" +
        notes.map((each) => `    ${each}\n`).join(""),
    );
    expect(documentOf(ended)).toEqual({
      ...HEAD,
      input: "in.ko",
      output: null,
      dryRun: false,
      symbols: "Symbols.list",
      symbolSources: ["Symbols.list"],
      outcome: "refused",
      report: {
        machine: "x86_64",
        patch: UNKNOWN_PATCH,
        symbols: [
          {
            name: "_printk",
            decision: "stays",
            why: "vmlinux exports it",
            relocations: 1,
            sections: [".text"],
          },
        ],
        sections: [],
        removedSections: [],
        removedDependencies: [],
      },
      diagnostics: [
        {
          severity: "error",
          code: "ambiguous",
          file: "in.ko",
          section: ".text",
          offset: 8,
          symbol: "probe",
          message: "symbol probe is ambiguous: it stands in 3 objects",
          notes,
        },
      ],
    });
  });

  test("when a list was refused, with the line", () => {
    const folder = new Folder("x86_64-plain.in.ko");
    folder.write("list", "klp-convert-symbol-data.0.1\n*vmlinux\n_printk\n\n");
    const ended = folder.run(["x86_64-plain.in.ko", "out.ko", "-s", "list", "--json"]);
    expect(folder.names()).toEqual(["list", "x86_64-plain.in.ko"]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toBe("klp-convert: error: list:4: the line is empty\n");
    expect(documentOf(ended)).toMatchObject({
      ...HEAD,
      output: null,
      dryRun: false,
      outcome: "refused",
      diagnostics: [
        {
          severity: "error",
          code: "list-line",
          file: "list",
          line: 4,
          message: "the line is empty",
          notes: [],
        },
      ],
    });
  });

  test("when neither module nor list could be read, with both reasons", () => {
    const folder = new Folder();
    const ended = folder.run(["in.ko", "out.ko", "-s", "list", "--json"]);
    expect(folder.names()).toEqual([]);
    expect(ended.status).toBe(1);
    const message = "cannot be read: no such file or directory";
    expect(ended.stderr).toBe(
      `klp-convert: error: in.ko: ${message}\nklp-convert: error: list: ${message}\n`,
    );
    const error = { severity: "error", code: "file", message, notes: [] };
    expect(documentOf(ended)).toEqual({
      ...HEAD,
      input: "in.ko",
      output: null,
      dryRun: false,
      symbols: "list",
      symbolSources: ["list"],
      outcome: "failed",
      report: null,
      diagnostics: [
        { ...error, file: "in.ko" },
        { ...error, file: "list" },
      ],
    });
  });

  test("when the result could not be written", () => {
    const folder = new Folder("x86_64-dup.in.ko", "Symbols.list");
    const out = "missing/out.ko";
    const ended = folder.run(["x86_64-dup.in.ko", out, "-s", "Symbols.list", "--json"]);
    expect(ended.status).toBe(1);
    const message = "cannot be written: no such file or directory";
    expect(ended.stderr).toBe(`klp-convert: error: ${out}: ${message}\n`);
    const document = documentOf(ended);
    expect(document).toMatchObject({
      ...HEAD,
      output: null,
      dryRun: false,
      outcome: "failed",
      report: { machine: "x86_64" },
      diagnostics: [{ severity: "error", code: "file", file: out, message, notes: [] }],
    });
    expect(document).not.toHaveProperty("report.outcome");
  });

  test("when the file is for no machine that has livepatch, with null for the machine", () => {
    const folder = new Folder();
    folder.write("in.ko", "x");
    const ended = folder.run(["in.ko", "out.ko", "--json"]);
    expect(ended.status).toBe(1);
    const message = "not an ELF file: it does not begin with 0x7f ELF";
    expect(ended.stderr).toBe(`klp-convert: error: in.ko: ${message}\n`);
    expect(documentOf(ended)).toEqual({
      ...HEAD,
      input: "in.ko",
      output: null,
      dryRun: false,
      symbols: null,
      symbolSources: [],
      outcome: "refused",
      report: {
        machine: null,
        patch: null,
        symbols: [],
        sections: [],
        removedSections: [],
        removedDependencies: [],
      },
      diagnostics: [{ severity: "error", code: "elf-magic", file: "in.ko", message, notes: [] }],
    });
  });

  test("for a module from standard input", () => {
    const folder = new Folder("x86_64-dup.in.ko", "Symbols.list");
    const ended = folder.run(["-", "out.ko", "-s", "Symbols.list", "--json"], {
      input: folder.read("x86_64-dup.in.ko"),
    });
    expect(ended.status).toBe(0);
    expect(documentOf(ended)).toMatchObject({ ...HEAD, input: "-", output: "out.ko" });
  });
});

test("--json leaves what --verbose and --color print on standard error", () => {
  const folder = new Folder("x86_64-plain.in.ko", "Symbols.list");
  const args = ["x86_64-plain.in.ko", "out.ko", "-s", "Symbols.list"];
  const verbose = [...args, "--verbose", "--color", "always"];
  const without = folder.run(verbose);
  const ended = folder.run([...verbose, "--json"]);
  expect(without.stdout).toBe("");
  expect(ended.stderr).toBe(without.stderr);
  expect(ended.stdout).toBe(folder.run([...args, "--json"]).stdout);
});

test("without --json a refusal prints nothing on standard output", () => {
  const folder = new Folder("Symbols.list");
  expect(folder.refused(["in.ko", "out.ko", "-s", "Symbols.list"])).toBe(
    "klp-convert: error: in.ko: cannot be read: no such file or directory\n",
  );
});

test("--json is JSON whatever a hostile file calls its symbols", () => {
  const folder = new Folder();
  const name = 'a"\\\n\x1b[2J\x7f';
  folder.write("in.ko", buildIntermediate({ undefined: [name], uses: { ".text": [name] } }));
  const ended = folder.run(["in.ko", "out.ko", "--json"]);
  expect(documentOf(ended)).toMatchObject({ report: { symbols: [{ name }] } });
  expect(ended.stdout).not.toContain("\x1b");
});
