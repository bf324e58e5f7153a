// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import type { ModuleFile } from "../../kernel/module-file.js";
import { buildIntermediate } from "../../livepatch/intermediate.js";
import { livepatchModule, RELEASE_6_1, said } from "../checked-module.js";
import { saidOf, setInfo } from "../edited-modules.js";
import { ruleOf, testCases, uncheckedOf } from "./file-cases.js";

const THIS_MODULE = ".gnu.linkonce.this_module";
const ALLOC = 0x2;
const NO_GPL = "refused in imports: klp_fixture: Unknown symbol klp_enable_patch (err -2) ENOENT";

/** Refusals of struct module: 6.1 and those since say it in other words. */
function refusals(early: string, ...later: readonly [string, string]): [string, string, string] {
  const refused = (line: string) => `refused in module information: ${line} ENOEXEC`;
  return [
    refused(`klp_fixture: ${early}`),
    refused(`module klp_fixture: ${THIS_MODULE} ${later[0]}`),
    refused(`module klp_fixture: ${THIS_MODULE} ${later[1]}`),
  ];
}

describe(".modinfo", () => {
  testCases("L09", [
    [
      "no .modinfo",
      (file) => file.renameSection(".modinfo", ".modinfx"),
      "there is no .modinfo",
      NO_GPL,
    ],
    [
      "a .modinfo that is not loaded",
      (file) => file.removeFlags(".modinfo", ALLOC),
      ".modinfo: it has no SHF_ALLOC",
      [NO_GPL, "harmless", "harmless"],
    ],
    [
      "two",
      (file) => {
        const fields = { sh_type: 1, sh_flags: ALLOC };
        file.addSection(".modinfo", Buffer.from("a=b\0", "latin1"), fields);
      },
      ".modinfo: 2 sections are called .modinfo: 2, 41",
      [
        "harmless",
        "refused in module information: Only one .modinfo section must exist. ENOEXEC",
        "refused in module information: Only one .modinfo section must exist. ENOEXEC",
      ],
    ],
  ]);

  test("L09: without .modinfo, and no patch to be enabled", () => {
    const lines = saidOf(ruleOf("L09"), (file) => {
      file.renameSection(".modinfo", ".modinfx");
      file.renameSymbol("klp_enable_patch", "klp_other");
    });
    expect(lines[0]).toBe(
      "error: there is no .modinfo -> wrong: it is loaded only if forced to, and is no livepatch module then",
    );
  });

  testCases("L10", [
    [
      "no livepatch=",
      (file) => setInfo(file, "livepatch=", "livepatsch="),
      ".modinfo: it has no livepatch=",
      "refused in patch: livepatch: module klp_fixture is not marked as a livepatch module EINVAL",
    ],
    [
      "no livepatch= and another name, which the kernel takes from struct module",
      (file) => {
        setInfo(file, "livepatch=", "livepatsch=");
        setInfo(file, "name=klp_fixture", "name=another");
      },
      ".modinfo: it has no livepatch=",
      "refused in patch: livepatch: module klp_fixture is not marked as a livepatch module EINVAL",
    ],
    [
      "no livepatch=, and no patch to be enabled",
      (file) => {
        setInfo(file, "livepatch=", "livepatsch=");
        file.renameSymbol("klp_enable_patch", "klp_other");
      },
      ".modinfo: it has no livepatch=",
      "wrong: nothing that waits for a module is ever applied",
    ],
  ]);

  test("L10: any value will do, and no .modinfo has another rule", () => {
    expect(saidOf(ruleOf("L10"), (file) => setInfo(file, "livepatch=Y", "livepatch=N"))).toEqual(
      [],
    );
    expect(uncheckedOf("L10", (file) => file.renameSection(".modinfo", ".x"))).toEqual([
      "unchecked: there is no .modinfo",
    ]);
  });

  test("L10: a name that is in .modinfo alone", () => {
    const module = livepatchModule({ undefined: ["klp_enable_patch"], modinfo: "name=out\0" });
    expect(said(ruleOf("L10"), module, { release: RELEASE_6_1 })).toEqual([
      "error: .modinfo: it has no livepatch= -> refused in patch: livepatch: module out is not marked as a livepatch module EINVAL",
    ]);
  });
});

describe("struct module", () => {
  const notOne = refusals("No module found in object", "", "").map((line, i) =>
    i === 0
      ? line
      : `refused in module information: module klp_fixture: ${i === 1 ? "Only" : "Exactly"} one ${THIS_MODULE} section must exist. ENOEXEC`,
  ) as [string, string, string];
  const size = "section size must match the kernel's built struct module size at run time";

  testCases("L09", [
    [
      "none",
      (file) => file.renameSection(THIS_MODULE, ".this_module"),
      `there is no ${THIS_MODULE}`,
      notOne,
    ],
    [
      "two",
      (file) => {
        file.addSection(THIS_MODULE, Buffer.alloc(128), { sh_type: 1, sh_flags: ALLOC });
      },
      `${THIS_MODULE}: 2 sections are called ${THIS_MODULE}: 23, 41`,
      ["harmless", notOne[1], notOne[2]],
    ],
    [
      "without contents",
      (file) => file.setSection(THIS_MODULE, "sh_type", 8),
      `${THIS_MODULE}: it is of type SHT_NOBITS, and has no contents`,
      [
        "crash: it takes what is at sh_offset for the module, and then zeros",
        notOne[1],
        refusals("", "", "section must have a size set")[2],
      ],
    ],
    [
      "not loaded",
      (file) => file.removeFlags(THIS_MODULE, ALLOC),
      `${THIS_MODULE}: it has no SHF_ALLOC`,
      refusals(
        "No module found in object",
        "must occupy memory during process execution",
        "must occupy memory during process execution",
      ),
    ],
  ]);

  testCases(
    "L09",
    [
      [
        "shorter than before",
        (file) => file.setSection(THIS_MODULE, "sh_size", 64),
        `${THIS_MODULE}: it has 64 bytes, and had 128 before conversion`,
        [
          "crash: it reads and writes behind struct module",
          ...refusals("", size, size).slice(1),
        ] as [string, string, string],
      ],
      [
        "longer than before",
        (file) => file.setContents(THIS_MODULE, Buffer.alloc(192)),
        `${THIS_MODULE}: it has 192 bytes, and had 128 before conversion`,
        ["harmless", ...refusals("", size, size).slice(1)] as [string, string, string],
      ],
    ],
    { isCompared: true },
  );

  test("L09: its size is not known without the module before conversion", () => {
    const reason =
      "unchecked: whether struct module has the kernel's size: the module before conversion";
    expect(uncheckedOf("L09", () => {})).toEqual([`${reason} is not given: --input`]);
    const input = buildIntermediate({});
    expect(uncheckedOf("L09", () => {}, { input })).toEqual([`${reason} has none`]);
  });

  test("L09: names that cannot be read", () => {
    expect(saidOf(ruleOf("L09"), (file) => file.setHeader("e_shstrndx", 0))).toEqual([
      "unchecked: the names of sections cannot be read",
    ]);
  });
});

describe("sections of a machine", () => {
  const without = (name: string) => (file: ModuleFile) => file.renameSection(name, ".other");

  testCases(
    "L16",
    [
      [
        "powerpc64 without stubs",
        without(".stubs"),
        "there is no section .stubs",
        "refused in layout: module_64: klp_fixture: doesn't contain .stubs. ENOEXEC",
      ],
    ],
    { fixture: "ppc64le" },
  );

  testCases(
    "L16",
    [
      [
        "powerpc without .plt",
        without(".plt"),
        "there is no section .plt",
        "refused in layout: module_32: Module doesn't contain .plt or .init.plt sections. ENOEXEC",
      ],
      [
        "powerpc without .init.plt",
        without(".init.plt"),
        "there is no section .init.plt",
        "refused in layout: module_32: Module doesn't contain .plt or .init.plt sections. ENOEXEC",
      ],
    ],
    { fixture: "ppc32" },
  );

  test.each([
    [".plt", "refused in layout: klp_fixture: module PLT section(s) missing ENOEXEC"],
    [".init.plt", "refused in layout: klp_fixture: module PLT section(s) missing ENOEXEC"],
    [".text.ftrace_trampoline", "refused in relocation:  ENOEXEC"],
  ])("L16: arm64 without %s", (name, outcome) => {
    const setting = { fixture: "aarch64", release: "6.12.0" } as const;
    expect(saidOf(ruleOf("L16"), without(name), setting)).toEqual([
      `error: there is no section ${name} -> ${outcome}`,
    ]);
  });

  test("L16: arm64 wants another trampoline since 6.17", () => {
    const missing =
      "error: there is no section .init.text.ftrace_trampoline -> refused in relocation:  ENOEXEC";
    const on = (release: string, edit: (file: ModuleFile) => void = () => {}) =>
      saidOf(ruleOf("L16"), edit, { fixture: "aarch64", release });
    expect(on("6.16.0")).toEqual([]);
    expect(on("6.17.0")).toEqual([missing]);
    const name = ".init.text.ftrace_trampoline";
    expect(on("6.17.0", (file) => void file.addSection(name, Buffer.alloc(1), {}))).toEqual([]);
  });

  test("L16: loongarch", () => {
    const lines = saidOf(ruleOf("L16"), (file) => file.setHeader("e_machine", 258));
    const refused = (what: string) =>
      `refused in layout: klp_fixture: module ${what} section(s) missing ENOEXEC`;
    expect(lines).toEqual([
      `error: there is no section .got -> ${refused("GOT")}`,
      `error: there is no section .plt -> ${refused("PLT")}`,
      `error: there is no section .plt.idx -> ${refused("PLT.IDX")}`,
    ]);
  });

  test("L16: powerpc64 with PC-relative code, which is known from the module before conversion", () => {
    const edit = (file: ModuleFile) => void file.addSection(".mygot", Buffer.alloc(8), {});
    const input = livepatchModule({ sections: [{ name: ".mygot", size: 8 }] });
    const setting = { fixture: "ppc64le", input } as const;
    expect(saidOf(ruleOf("L16"), edit, setting)).toEqual([]);
    expect(saidOf(ruleOf("L16"), () => {}, setting)).toEqual([
      "error: there is no section .mygot -> refused in layout: module_64: klp_fixture: doesn't contain .mygot. ENOEXEC",
    ]);
  });
});
