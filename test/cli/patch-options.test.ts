// SPDX-License-Identifier: GPL-2.0-only

// --late-bind and --patched-object, and what -v and --json say of the patch.

import { describe, expect, test } from "vitest";
import { sectionContents } from "../elf-contents.js";
import type { Intermediate } from "../livepatch/intermediate.js";
import { listOf, uses } from "../livepatch/messages.js";
import { debugInfoOf, ModuleData, type ObjectData } from "../livepatch/patch-data.js";
import { Folder } from "./command.js";

const TRY_HELP = "klp-convert: try klp-convert --help\n";

const LIST = listOf(
  "order=symtab",
  "*vmlinux order=kallsyms",
  "show ffffffff81000010 t a.c",
  "show ffffffff81000020 t b.c",
  "*ext4 depends=jbd2",
  "f .text+0x0 t",
  "g .text+0x8 t",
  "f .text+0x10 t",
  "*jbd2",
  "start .text+0x10 T",
  "__ksymtab_start - -",
);
const PATCHED: readonly ObjectData[] = [
  { name: null, funcs: [{ name: "show", position: 1 }] },
  { name: "ext4", funcs: [{ name: "f", position: 2 }, "g"] },
];
/** Uses what jbd2 exports, and says that it depends on it. */
const MODULE: Intermediate = {
  ...uses("start"),
  modinfo: "livepatch=Y\0depends=jbd2,ext4\0vermagic=6.1.0 SMP mod_unload \0",
};

/** A folder with in.ko, which has a patch of `objects`, if any, and a list. */
function folderWith(objects: readonly ObjectData[] | undefined, module = MODULE): Folder {
  const folder = new Folder();
  const data = new ModuleData();
  if (objects !== undefined) data.patch({ objects });
  folder.write("in.ko", data.build(module));
  folder.write("list", LIST);
  return folder;
}

const ARGS = ["in.ko", "out.ko", "-s", "list"];
const modinfoOf = (bytes: Uint8Array) =>
  Buffer.from(sectionContents(bytes).get(".modinfo")!).toString("latin1");

describe("--late-bind", () => {
  test.each([
    [["--late-bind", "jbd2=ext4"]],
    [["--late-bind=jbd2=ext4"]],
    [["--late-bind", "jbd2=ext4", "--late-bind", "jbd2=ext4"]],
  ])("says what symbols wait for: %j", (options) => {
    const folder = folderWith(PATCHED);
    const { status, stdout, stderr } = folder.run([...ARGS, ...options]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    const output = folder.read("out.ko");
    expect([...sectionContents(output).keys()]).toContain(".klp.rela.ext4.text");
    expect(modinfoOf(output)).toBe(
      "livepatch=Y\0depends=ext4\0\0\0\0\0\0vermagic=6.1.0 SMP mod_unload \0",
    );
  });

  test("is what a warning says, ready to paste", () => {
    const folder = folderWith(PATCHED);
    const { status, stderr } = folder.run(ARGS);
    expect(status).toBe(0);
    expect(
      stderr,
    ).toBe(`klp-convert: warning: in.ko: .text+0x0: symbol start stays an ordinary import of module jbd2
    the patch cannot be loaded before jbd2
    jbd2 cannot be unloaded while a patch that was bound to it is loaded
    ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4
klp-convert: note: in.ko: nothing to convert: the module stays as it is
`);
    const pasted = /--late-bind .*$/m.exec(stderr)![0].split(" ");
    expect(folder.run([...ARGS, ...pasted]).stderr).toBe("");
  });

  test("may be given several times, and all of them count", () => {
    const folder = folderWith(PATCHED);
    const late = ["jbd2=ext4", "crc=ext4"].flatMap((each) => ["--late-bind", each]);
    const { status, stderr } = folder.run([...ARGS, ...late]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        "klp-convert: warning: in.ko: --late-bind crc=ext4 has no effect: no symbol of crc is bound by livepatch\n",
    });
  });

  test("that contradicts another is refused, and nothing is written", () => {
    const late = ["jbd2=ext4", "jbd2=xfs"].flatMap((each) => ["--late-bind", each]);
    expect(folderWith(PATCHED).refused([...ARGS, ...late])).toBe(
      "klp-convert: error: in.ko: --late-bind jbd2=xfs contradicts --late-bind jbd2=ext4\n" +
        "    all symbols of a module are bound with one object; to tell symbols apart, give them their annotated names\n",
    );
  });
});

describe("--patched-object", () => {
  const annotated: Intermediate = { ...uses("f"), annotations: { ext4: [["f", 1]] } };

  test("states what cannot be read, as often as there are objects", () => {
    const folder = folderWith(undefined, annotated);
    for (const objects of [
      ["--patched-object", "vmlinux", "--patched-object=ext4"],
      ["--patched-object", "ext4", "--patched-object=vmlinux"],
    ]) {
      const { status, stderr } = folder.run([...ARGS, ...objects]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    expect(
      folder.refused([...ARGS, "--patched-object", "vmlinux"]),
    ).toBe(`klp-convert: error: in.ko: .text+0x0: f of ext4 would wait for ext4, which the patch does not patch: the kernel would never apply the relocation, and the code would use address 0
    the patch patches vmlinux (as --patched-object says)
    symbols of modules are bound for patched ones only: patch a function of ext4, or of one that depends on it
`);
  });

  test("is asked for where it is not known", () => {
    const { status, stderr } = folderWith(undefined, annotated).run(ARGS);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `klp-convert: note: in.ko: which objects the patch patches is unknown: nothing in the module's data has the form of a klp_patch
    so exports of patched modules stay imports, and it is not checked whether livepatch would apply what waits for a module, nor the functions that are replaced
    --patched-object OBJ says what is patched, vmlinux or a module, once for each
`,
    });
  });

  test("should agree with what is read", () => {
    const folder = folderWith(PATCHED);
    expect(folder.run([...ARGS, "--patched-object", "ext4"]).status).toBe(0);
    const other = folderWith(PATCHED, annotated);
    expect(other.run([...ARGS, "--patched-object", "snd-hda"])).toMatchObject({
      status: 0,
      stderr:
        "klp-convert: warning: in.ko: --patched-object snd_hda: the module does not say so itself\n" +
        "    the patch patches vmlinux, ext4 (read from its klp_patch, by the relocations in it)\n" +
        "    if the patch does not patch it, what waits for it is never applied\n",
    });
  });
});

describe("wrong usage ends with status 2 and touches nothing", () => {
  const BOTH =
    "both are modules; symbols of vmlinux are bound when the patch is loaded, those of a module cannot be";

  test.each([
    [["--late-bind"], "option '--late-bind <OWNER=PATCHED>' argument missing"],
    [["--late-bind", "jbd2"], '--late-bind: "jbd2" is not OWNER=PATCHED'],
    [["--late-bind", ""], '--late-bind: "" is not OWNER=PATCHED'],
    [["--late-bind=jbd2="], '--late-bind: "jbd2=" is not OWNER=PATCHED'],
    [
      ["--late-bind", "jbd2=ext4.ko"],
      '--late-bind: "jbd2=ext4.ko": object "ext4.ko" has a dot in its name',
    ],
    [["--late-bind", "vmlinux=ext4"], `--late-bind: "vmlinux=ext4": ${BOTH}`],
    [["--late-bind", "ext4=vmlinux"], `--late-bind: "ext4=vmlinux": ${BOTH}`],
    [["--late-bind", "jbd2=ext4", "--late-bind", "x"], '--late-bind: "x" is not OWNER=PATCHED'],
    [["--patched-object"], "option '--patched-object <OBJ>' argument missing"],
    [["--patched-object", ""], "--patched-object: the object's name is empty"],
    [
      ["--patched-object", "fs/ext4.ko"],
      '--patched-object: object "fs/ext4.ko" has a dot in its name',
    ],
    [
      ["--patched-object", "ext4", "--patched-object", "a b"],
      '--patched-object: object "a b" has characters in its name that no module\'s has',
    ],
    [
      ["--patched-object", "m".repeat(56)],
      `--patched-object: object "${"m".repeat(56)}" has 56 characters; the kernel reads 55`,
    ],
    [["--late-bin"], "unknown option '--late-bin'\n    did you mean --late-bind?"],
    [
      ["--patched-objects"],
      "unknown option '--patched-objects'\n    did you mean --patched-object?",
    ],
  ])("%j", (options, message) => {
    expect(folderWith(PATCHED).refused([...ARGS, ...options], { status: 2 })).toBe(
      `klp-convert: error: ${message}\n${TRY_HELP}`,
    );
  });

  test("in klp-convert symbols, which does not have them", () => {
    for (const option of ["--late-bind", "--patched-object"]) {
      const said = folderWith(PATCHED).refused(["symbols", "-o", "x", "list", option, "ext4"], {
        status: 2,
      });
      expect(said.split("\n")[0]).toBe(`klp-convert: error: unknown option '${option}'`);
    }
  });
});

describe("-v says of the patch", () => {
  const lines = (stderr: string) =>
    stderr.split("\n").flatMap((line) => {
      const [, said] = /^klp-convert: in\.ko: ((?:patch|depends=).*)$/.exec(line) ?? [];
      return said ?? [];
    });

  test("each object with its functions, first of all; and what went from depends=, last", () => {
    const folder = folderWith([...PATCHED, { name: "snd_hda", funcs: [] }]);
    const { status, stdout, stderr } = folder.run([...ARGS, "-v", "--late-bind", "jbd2=ext4"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toBe(
      [
        "patch (layout): vmlinux: show at position 1",
        "patch (layout): ext4: f at position 2, g",
        "patch (layout): snd_hda",
        "start: jbd2, position 0, at .text+0x10, applied with ext4; 1 relocation in .text; jbd2 exports it, and waits for ext4",
        "depends= of .modinfo: jbd2 removed",
      ]
        .map((line) => `klp-convert: in.ko: ${line}\n`)
        .join(""),
    );
  });

  test("that it is unknown, and why", () => {
    const { stderr } = folderWith(undefined).run([...ARGS, "--verbose"]);
    expect(lines(stderr)).toEqual([
      "patch: unknown: nothing in the module's data has the form of a klp_patch",
    ]);
  });

  test("that it was stated", () => {
    const { stderr } = folderWith(undefined).run([...ARGS, "-v", "--patched-object", "snd-hda"]);
    expect(lines(stderr)).toEqual(["patch (stated): snd_hda"]);
  });

  test("that debug info has it, or objtool's sections", () => {
    const folder = folderWith(PATCHED);
    const described = new ModuleData();
    const debug = debugInfoOf(described.patch({ objects: PATCHED }));
    folder.write("in.ko", described.build(MODULE, debug));
    expect(lines(folder.run([...ARGS, "-v"]).stderr)).toEqual([
      "patch (debug info): vmlinux: show at position 1",
      "patch (debug info): ext4: f at position 2, g",
    ]);
    const ofObjtool = new ModuleData();
    ofObjtool.klpSections(PATCHED);
    folder.write("in.ko", ofObjtool.build(MODULE));
    expect(lines(folder.run([...ARGS, "-v"]).stderr)).toEqual([
      "patch (sections): vmlinux: show at position 1",
      "patch (sections): ext4: f at position 2, g",
    ]);
  });

  test("what is there also of a module that is refused", () => {
    const folder = folderWith(PATCHED, { ...MODULE, ...uses("nowhere") });
    const stderr = folder.refused([...ARGS, "-v"]);
    expect(lines(stderr)).toHaveLength(2);
    expect(stderr).toMatch(
      /^klp-convert: error: in\.ko: \.text\+0x0: symbol nowhere is in no object/m,
    );
  });

  test("nothing of a file that is no module", () => {
    const folder = folderWith(PATCHED);
    folder.write("in.ko", "no module");
    expect(lines(folder.refused([...ARGS, "-v"]))).toEqual([]);
  });

  test("names so that no terminal obeys them", () => {
    const folder = folderWith([{ name: null, funcs: ["gr\xf6\xdfe", "\x9b2Jx"] }]);
    const [line] = lines(folder.run(["in.ko", "out.ko", "-v"]).stderr);
    expect(line).toMatch(/^patch \(layout\): vmlinux: /);
    expect(line).not.toMatch(/[\x80-\x9f]/);
  });
});

describe("--json says of the patch", () => {
  const reportOf = (folder: Folder, ...options: readonly string[]) => {
    const { stdout } = folder.run([...ARGS, "--json", ...options]);
    return (JSON.parse(stdout) as { report: Record<string, unknown> }).report;
  };

  test("how it was read and what it is, and what went from depends=", () => {
    expect(reportOf(folderWith(PATCHED), "--late-bind", "jbd2=ext4")).toMatchObject({
      patch: {
        source: "layout",
        objects: [
          { name: "vmlinux", functions: [{ name: "show", position: 1 }] },
          {
            name: "ext4",
            functions: [
              { name: "f", position: 2 },
              { name: "g", position: 0 },
            ],
          },
        ],
      },
      removedDependencies: ["jbd2"],
    });
  });

  test("why it is unknown", () => {
    expect(reportOf(folderWith(undefined))).toMatchObject({
      patch: {
        source: "unknown",
        reason: "nothing in the module's data has the form of a klp_patch",
        objects: null,
      },
      removedDependencies: [],
    });
  });

  test("nothing of a file that is no module", () => {
    const folder = folderWith(PATCHED);
    folder.write("in.ko", "no module");
    expect(reportOf(folder)).toMatchObject({ patch: null, removedDependencies: [] });
  });
});
