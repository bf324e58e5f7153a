// SPDX-License-Identifier: GPL-2.0-only

// A folder as a source of symbols: which files in it are modules, and what is said of it.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { COMMAND, type Ended, Folder } from "./command.js";
import { PATCH_UNKNOWN_NOTE, UNKNOWN_PATCH_LINE } from "./patch-unknown.js";
import { buildModule, fromFile, listOf } from "./sources.js";

const NO_MODULES = "has no modules in it: no file *.ko, *.ko.gz, *.ko.xz or *.ko.zst";

/** A user without rights; none is needed for a user that is not root. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** False for root where Node or the project is out of other users' reach. */
function canRunUnprivileged(): boolean {
  const { status } = spawnSync(process.execPath, [COMMAND, "-V"], { cwd: "/", ...UNPRIVILEGED });
  return status === 0;
}

/** A module that has one symbol, which is called like the module. */
function moduleOf(name: string): Uint8Array {
  return buildModule(name, { symbols: fromFile(`${name}.c`, [`${name}_symbol`, ".text", 0]) });
}

/** What a list says of such modules. */
function listOfModules(...names: readonly string[]): string {
  return listOf(...names.flatMap((name) => [`*${name}`, `${name}_symbol`]));
}

function folderWith(...modules: readonly string[]): Folder {
  const folder = new Folder();
  for (const path of modules) {
    const folders = path.split("/").slice(0, -1).join("/");
    mkdirSync(folder.at(folders), { recursive: true });
    const name = path.replace(/^.*\//, "").replace(/\.ko.*$/, "");
    folder.write(path, path.endsWith(".gz") ? gzipSync(moduleOf(name)) : moduleOf(name));
  }
  return folder;
}

describe("a folder stands for", () => {
  test("all modules in it and below it", () => {
    const folder = folderWith("lib/zeta.ko", "lib/kernel/fs/deep/alpha.ko", "lib/kernel/mid.ko.gz");
    const list = listOfModules("alpha", "mid", "zeta");
    for (const name of ["lib", "lib/", "./lib", folder.at("lib")]) {
      const ended = folder.run(["symbols", "-o", "-", name]);
      expect(ended).toMatchObject({ status: 0, stdout: list, stderr: "" });
    }
  });

  test("nothing in it that is not called like a module", () => {
    const folder = folderWith("lib/good.ko");
    for (const name of ["bad.ko.txt", "bad.o", "Module.symvers", "bad.ko.bz2", "ko", "bad.KO"]) {
      folder.write(`lib/${name}`, "nonsense");
    }
    const ended = folder.run(["symbols", "-o", "-", "lib"]);
    expect(ended).toMatchObject({ status: 0, stdout: listOfModules("good"), stderr: "" });
  });

  test("the files that links in it lead to, but not the folders", () => {
    const folder = folderWith("lib/good.ko", "elsewhere/linked.ko", "build/not.ko");
    symlinkSync("../elsewhere/linked.ko", folder.at("lib/link.ko"));
    symlinkSync("../build", folder.at("lib/build"));
    symlinkSync(".", folder.at("lib/loop"));
    const ended = folder.run(["symbols", "-o", "-", "lib"]);
    expect(ended).toMatchObject({ status: 0, stdout: listOfModules("good", "linked"), stderr: "" });
  });

  test("the folder behind it, if it is a link itself", () => {
    const folder = folderWith("lib/good.ko");
    symlinkSync("lib", folder.at("link"));
    const ended = folder.run(["symbols", "-o", "-", "link"]);
    expect(ended).toMatchObject({ status: 0, stdout: listOfModules("good"), stderr: "" });
  });

  test("its modules beside other sources, one of which may be the same", () => {
    const folder = folderWith("lib/one.ko", "two.ko", "other/three.ko");
    const ended = folder.run(["symbols", "-o", "-", "two.ko", "lib", "other", "lib/one.ko"]);
    expect(ended).toMatchObject({
      status: 0,
      stdout: listOfModules("one", "three", "two"),
      stderr: "",
    });
  });
});

describe("a folder is refused", () => {
  test.each([
    ["that is empty", []],
    ["that has files, but no modules", ["empty/Module.symvers", "empty/sub/x.o"]],
  ] as [string, string[]][])("%s", (_, files) => {
    const folder = new Folder();
    mkdirSync(folder.at("empty/sub"), { recursive: true });
    for (const name of files) folder.write(name, "");
    expect(folder.refused(["symbols", "-o", "out", "empty"])).toBe(
      `klp-convert: error: empty: ${NO_MODULES}\n`,
    );
  });

  test("that has modules only behind a link to another folder", () => {
    const folder = folderWith("modules/good.ko");
    mkdirSync(folder.at("empty"));
    symlinkSync("../modules", folder.at("empty/link"));
    expect(folder.refused(["symbols", "-o", "out", "empty"])).toBe(
      `klp-convert: error: empty: ${NO_MODULES}\n`,
    );
  });

  test("for the file in it that is at fault, in the order of names", () => {
    const folder = folderWith("lib/good.ko", "lib/b/good2.ko");
    folder.write("lib/z.ko", "");
    folder.write("lib/a.ko", "\x01");
    folder.write("lib/b/c.ko", "\x02");
    symlinkSync("nowhere", folder.at("lib/c.ko"));
    const stderr = folder.refused(["symbols", "-o", "out", "lib"]);
    expect(stderr.match(/^klp-convert: .*$/gm)).toEqual([
      "klp-convert: error: lib/a.ko:1: not a source of symbols: it is not text",
      "klp-convert: error: lib/b/c.ko:1: not a source of symbols: it is not text",
      "klp-convert: error: lib/z.ko: the file is empty",
      "klp-convert: error: lib/c.ko: cannot be read: no such file or directory",
    ]);
  });

  test("that has a link to a module that is gone", () => {
    const folder = folderWith("lib/good.ko");
    symlinkSync("nowhere", folder.at("lib/gone.ko"));
    expect(folder.refused(["symbols", "-o", "out", "lib"])).toBe(
      "klp-convert: error: lib/gone.ko: cannot be read: no such file or directory\n",
    );
  });

  test.skipIf(!canRunUnprivileged())("that may not be read, or has one below it", () => {
    const folder = folderWith("lib/good.ko", "lib/below/other.ko");
    chmodSync(folder.path, 0o755);
    for (const closed of ["lib", "lib/below"]) {
      chmodSync(folder.at(closed), 0o311);
      onTestFinished(() => chmodSync(folder.at(closed), 0o755));
      const stderr = folder.refused(["symbols", "-o", "out", "lib"], UNPRIVILEGED);
      expect(stderr).toBe("klp-convert: error: lib: cannot be read: permission denied\n");
      chmodSync(folder.at(closed), 0o755);
    }
  });

  test.skipIf(!canRunUnprivileged())("that has a module that may not be read", () => {
    const folder = folderWith("lib/good.ko", "lib/closed.ko");
    chmodSync(folder.path, 0o755);
    chmodSync(folder.at("lib/closed.ko"), 0);
    expect(folder.refused(["symbols", "-o", "out", "lib"], UNPRIVILEGED)).toBe(
      "klp-convert: error: lib/closed.ko: cannot be read: permission denied\n",
    );
  });
});

describe("what is no file is skipped, though it is called like a module:", () => {
  /** Ends what waits for a pipe. */
  function symbolsOfLib(folder: Folder): Ended {
    const args = ["symbols", "-o", "-", "lib"];
    return folder.runProgram("timeout", ["5", process.execPath, COMMAND, ...args]);
  }

  test.each<[string, (folder: Folder) => void]>([
    ["a pipe", (folder) => execFileSync("mkfifo", [folder.at("lib/pipe.ko")])],
    [
      "a link to a pipe",
      (folder) => {
        execFileSync("mkfifo", [folder.at("pipe")]);
        symlinkSync("../pipe", folder.at("lib/link.ko"));
      },
    ],
    ["a link to a device", (folder) => symlinkSync("/dev/zero", folder.at("lib/zero.ko.xz"))],
    ["a link to a folder", (folder) => symlinkSync("../build", folder.at("lib/build.ko"))],
  ])("%s", (_, make) => {
    const folder = folderWith("lib/good.ko", "build/not.ko");
    make(folder);
    expect(symbolsOfLib(folder)).toMatchObject({
      status: 0,
      stdout: listOfModules("good"),
      stderr: "",
    });
    rmSync(folder.at("lib/good.ko"));
    expect(symbolsOfLib(folder)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `klp-convert: error: lib: ${NO_MODULES}\n`,
    });
  });

  test("a folder, in which there may be modules all the same", () => {
    const folder = folderWith("lib/odd.ko/good.ko");
    expect(symbolsOfLib(folder)).toMatchObject({ status: 0, stdout: listOfModules("good") });
  });
});

test("a folder of modules resolves a conversion's symbols", () => {
  const folder = folderWith("lib/demo.ko", "lib/sub/bare.ko.gz");
  folder.write("list", listOf("*vmlinux", "_printk"));
  const names = ["demo_symbol", "bare_symbol"];
  folder.write("in.ko", buildIntermediate({ undefined: names, uses: { ".text": names } }));
  expect(folder.run(["in.ko", "out.ko", "-v", "-s", "list", "-s", "lib"])).toMatchObject({
    status: 0,
    stdout: "",
    stderr:
      UNKNOWN_PATCH_LINE +
      "klp-convert: in.ko: demo_symbol: demo, position 0, at .text+0x0, from demo.c; 1 relocation in .text; only demo has it, once\n" +
      "klp-convert: in.ko: bare_symbol: bare, position 0, at .text+0x0, from bare.c; 1 relocation in .text; only bare has it, once\n" +
      PATCH_UNKNOWN_NOTE,
  });
});

describe("a module in a folder is not replaced", () => {
  test.each(["lib/good.ko", "./lib/good.ko", "link.ko"])("by what is called %s", (output) => {
    const folder = folderWith("lib/good.ko");
    symlinkSync("lib/good.ko", folder.at("link.ko"));
    const before = folder.read("lib/good.ko");
    const said = `klp-convert: error: ${output}: is not written: it is also a source of symbols, which it would replace\n`;
    expect(folder.run(["symbols", "-o", output, "lib"])).toMatchObject({ status: 1, stderr: said });
    expect(folder.read("lib/good.ko")).toEqual(before);

    folder.write(
      "in.ko",
      buildIntermediate({ undefined: [".klp.sym.rela.good.good.good_symbol.0"] }),
    );
    const converted = folder.run(["in.ko", output, "--symbols", "lib"]);
    expect(converted).toMatchObject({ status: 1, stderr: PATCH_UNKNOWN_NOTE + said });
    expect(folder.read("lib/good.ko")).toEqual(before);
  });
});

test("a link loop called like a module is told of itself, beside what else is wrong", () => {
  const folder = folderWith("lib/good.ko");
  symlinkSync("loop.ko", folder.at("lib/loop.ko"));
  folder.write("lib/bad.ko", "nonsense !");
  expect(folder.refused(["symbols", "-o", "out", "lib"])).toContain(
    "klp-convert: error: lib/loop.ko: cannot be read: too many symbolic links encountered\n",
  );
});
