// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { convert } from "../../src/index.js";
import { COMMAND, Folder } from "./command.js";

/** Converts without a word. */
const IN = "x86_64-dup.in.ko";
const LIST = "Symbols.list";
const QUIET = { status: 0, stdout: "", stderr: "" };

function converted(folder: Folder): Uint8Array {
  const symbols = { file: LIST, bytes: folder.read(LIST) };
  return new Uint8Array(convert(folder.read(IN), { symbols }).output!);
}

/** A user without rights; none is needed for a user that is not root. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** False for root where Node or the project is out of other users' reach. */
function canRunUnprivileged(): boolean {
  const { status } = spawnSync(process.execPath, [COMMAND, "-V"], { cwd: "/", ...UNPRIVILEGED });
  return status === 0;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

describe("the output", () => {
  test.each([0o644, 0o600, 0o444, 0o755, 0o666])("has the input's mode %o", (mode) => {
    const folder = new Folder(IN, LIST);
    chmodSync(folder.at(IN), mode);
    folder.write("existing.ko", "old");
    chmodSync(folder.at("existing.ko"), 0o640);
    for (const out of ["out.ko", "existing.ko"]) {
      expect(folder.run([IN, out, "-s", LIST])).toMatchObject(QUIET);
      expect(modeOf(folder.at(out))).toBe(mode.toString(8));
      expect(folder.read(out)).toEqual(converted(folder));
    }
    expect(modeOf(folder.at(IN))).toBe(mode.toString(8));
  });

  test("may never be read by more users than the input, not even while it is written", () => {
    const folder = new Folder(IN, LIST);
    chmodSync(folder.at(IN), 0o600);
    folder.write(
      "mode.cjs",
      `const fs = require("node:fs");
    const { openSync } = fs;
    fs.openSync = (path, flags, ...mode) => {
      const file = openSync(path, flags, ...mode);
      if (flags === "wx") console.log(fs.fstatSync(file).mode.toString(8));
      return file;
    };`,
    );
    const ended = folder.run([IN, "out.ko", "-s", LIST], {
      env: { NODE_OPTIONS: `--require=${folder.at("mode.cjs")}` },
    });
    expect(ended).toMatchObject({ status: 0, stdout: "100600\n", stderr: "" });
  });

  test("has the mode of any new file if the input has none", () => {
    const folder = new Folder(IN, LIST);
    const command = 'umask 027; exec "$@"';
    const args = ["-c", command, "sh", process.execPath, COMMAND, "-", "out.ko", "-s", LIST];
    const ended = folder.runProgram("sh", args, { input: folder.read(IN) });
    expect(ended).toMatchObject(QUIET);
    expect(modeOf(folder.at("out.ko"))).toBe("640");
  });

  test("has the mode of any new file if the input is a pipe", () => {
    const folder = new Folder(IN, LIST);
    const ended = folder.runShell(`umask 027; klp <(cat ${IN}) out.ko -s ${LIST}`);
    expect(ended).toMatchObject(QUIET);
    expect(modeOf(folder.at("out.ko"))).toBe("640");
    expect(folder.read("out.ko")).toEqual(converted(folder));
  });

  test("replaces an existing file, whose other names keep the old contents", () => {
    const folder = new Folder(IN, LIST);
    folder.write("out.ko", "old");
    linkSync(folder.at("out.ko"), folder.at("other-name.ko"));
    expect(folder.run([IN, "out.ko", "-s", LIST])).toMatchObject(QUIET);
    expect(folder.read("out.ko")).toEqual(converted(folder));
    expect(Buffer.from(folder.read("other-name.ko")).toString()).toBe("old");
    expect(folder.names()).toEqual([LIST, "other-name.ko", "out.ko", IN]);
  });

  test("may be the input", () => {
    const folder = new Folder(IN, LIST);
    const expected = converted(folder);
    chmodSync(folder.at(IN), 0o600);
    expect(folder.run([IN, IN, "-s", LIST])).toMatchObject(QUIET);
    expect(folder.read(IN)).toEqual(expected);
    expect(modeOf(folder.at(IN))).toBe("600");
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("may be the input by another name", () => {
    const folder = new Folder(IN, LIST);
    const expected = converted(folder);
    symlinkSync(IN, folder.at("link.ko"));
    expect(folder.run([IN, "./link.ko", "-s", LIST])).toMatchObject(QUIET);
    expect(folder.read(IN)).toEqual(expected);
    expect(readlinkSync(folder.at("link.ko"))).toBe(IN);
  });

  test("goes to the file that a symbolic link names, and the link stays", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("elsewhere"));
    folder.write("elsewhere/out.ko", "old");
    symlinkSync("elsewhere/out.ko", folder.at("link.ko"));
    symlinkSync("link.ko", folder.at("link-to-link.ko"));
    expect(folder.run([IN, "link-to-link.ko", "-s", LIST])).toMatchObject(QUIET);
    expect(folder.read("elsewhere/out.ko")).toEqual(converted(folder));
    expect(readlinkSync(folder.at("link.ko"))).toBe("elsewhere/out.ko");
    expect(readlinkSync(folder.at("link-to-link.ko"))).toBe("link.ko");
    expect(folder.names()).toEqual([LIST, "elsewhere", "link-to-link.ko", "link.ko", IN]);
  });

  test("is made where the last of several links says, relative to each link's real folder", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("a/b"), { recursive: true });
    symlinkSync("a/b", folder.at("d"));
    symlinkSync("../second.ko", folder.at("a/b/first.ko"));
    symlinkSync("made.ko", folder.at("a/second.ko"));
    expect(folder.run([IN, "d/first.ko", "-s", LIST])).toMatchObject(QUIET);
    expect(readlinkSync(folder.at("a/second.ko"))).toBe("made.ko");
    expect(folder.read("a/made.ko").length).toBeGreaterThan(folder.read(IN).length);
    expect(folder.names()).toEqual([LIST, "a", "d", IN]);
  });

  test("never replaces the symbols list, by whatever link", () => {
    const folder = new Folder(IN, LIST);
    symlinkSync(LIST, folder.at("link"));
    expect(folder.refused([IN, "link", "-s", LIST], { status: 2 })).toBe(
      "klp-convert: error: OUT is the symbols list\nklp-convert: try klp-convert --help\n",
    );
  });

  test("goes where standard output goes, if it is /dev/stdout, and leaves what is there", () => {
    const folder = new Folder(IN, LIST);
    folder.runShell(`{ echo head; klp ${IN} /dev/stdout -s ${LIST}; echo tail; } > all`);
    expect(folder.run([IN, "out.ko", "-s", LIST])).toMatchObject(QUIET);
    const module = Buffer.from(folder.read("out.ko"));
    const expected = Buffer.concat([Buffer.from("head\n"), module, Buffer.from("tail\n")]);
    expect(expected.equals(folder.read("all"))).toBe(true);
  });

  test("is made where a symbolic link says, if there is no such file yet", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("elsewhere"));
    symlinkSync("elsewhere/new.ko", folder.at("link.ko"));
    expect(folder.run([IN, "link.ko", "-s", LIST])).toMatchObject(QUIET);
    expect(readlinkSync(folder.at("link.ko"))).toBe("elsewhere/new.ko");
    expect(folder.read("elsewhere/new.ko")).toEqual(converted(folder));
    expect(folder.names()).toEqual([LIST, "elsewhere", "link.ko", IN]);
  });

  test("may be a device, which stays one", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.run([IN, "/dev/null", "-s", LIST])).toMatchObject(QUIET);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    symlinkSync("/dev/null", folder.at("null"));
    expect(folder.run([IN, "null", "-s", LIST])).toMatchObject(QUIET);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(folder.names()).toEqual([LIST, "null", IN]);
  });

  test("may be a named pipe, which stays one", async () => {
    const folder = new Folder(IN, LIST);
    execFileSync("mkfifo", [folder.at("pipe")]);
    const reader = folder.startProgram("cat", ["pipe"]);
    const writer = folder.start([IN, "pipe", "-s", LIST]);
    expect(await writer.ended).toMatchObject(QUIET);
    expect((await reader.ended).stdoutBytes).toEqual(converted(folder));
    expect(lstatSync(folder.at("pipe")).isFIFO()).toBe(true);
    expect(folder.names()).toEqual([LIST, "pipe", IN]);
  });
});

test.each([
  ["standard output by its path", `set -o pipefail; klp ${IN} /dev/stdout -s ${LIST} | cat > read`],
  ["a pipe of the shell's", `klp ${IN} >(cat > read) -s ${LIST} && wait $!`],
])("the output may be %s", (_, script) => {
  const folder = new Folder(IN, LIST);
  expect(folder.runShell(script)).toMatchObject(QUIET);
  expect(folder.read("read")).toEqual(converted(folder));
  expect(folder.names()).toEqual([LIST, "read", IN]);
});

describe("inputs may be pipes", () => {
  test("named ones", async () => {
    const folder = new Folder(IN, LIST);
    execFileSync("mkfifo", [folder.at("module"), folder.at("symbols")]);
    const running = folder.start(["module", "out.ko", "-s", "symbols"]);
    const writers = [
      folder.startProgram("sh", ["-c", `cat ${IN} > module`]),
      folder.startProgram("sh", ["-c", `cat ${LIST} > symbols`]),
    ];
    expect(await running.ended).toMatchObject(QUIET);
    await Promise.all(writers.map((each) => each.ended));
    expect(folder.read("out.ko")).toEqual(converted(folder));
  });
});

describe("the same input gives the same bytes", () => {
  test("from any folder, by relative and absolute paths, under any name", () => {
    const folder = new Folder(IN, LIST);
    const expected = converted(folder);
    mkdirSync(folder.at("a"));
    mkdirSync(folder.at("a/b"));
    const absolute = [folder.at(IN), folder.at("absolute.ko"), "-s", folder.at(LIST)];
    const deep = [`../../${IN}`, "../../relative.ko", "-s", `../../${LIST}`];
    const parent = relative(dirname(folder.path), folder.path);
    expect(parent).toBe(basename(folder.path));
    const above = [`${parent}/${IN}`, `${parent}/above.ko`, "-s", `${parent}/${LIST}`];
    expect(folder.run(absolute, { cwd: "/" })).toMatchObject(QUIET);
    expect(folder.run(deep, { cwd: folder.at("a/b") })).toMatchObject(QUIET);
    expect(folder.run(above, { cwd: dirname(folder.path) })).toMatchObject(QUIET);
    folder.write("another name.ko", folder.read(IN));
    expect(folder.run(["another name.ko", "other.ko", "-s", LIST])).toMatchObject(QUIET);
    for (const out of ["absolute.ko", "relative.ko", "above.ko", "other.ko"]) {
      expect(folder.read(out)).toEqual(expected);
    }
  });

  test("in any environment", () => {
    const folder = new Folder(IN, LIST);
    const env = { TZ: "Asia/Tokyo", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
    expect(folder.run([IN, "out.ko", "-s", LIST], { env })).toMatchObject(QUIET);
    expect(folder.read("out.ko")).toEqual(converted(folder));
  });
});

describe("a refusal leaves an existing output as it was when", () => {
  test("the module is at fault", () => {
    const folder = new Folder(LIST);
    folder.write("in.ko", "this is no module at all");
    folder.write("out.ko", "precious");
    expect(folder.refused(["in.ko", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: in.ko: not an ELF file: it does not begin with 0x7f ELF\n",
    );
  });

  test("the module is to be converted in place", () => {
    const folder = new Folder("x86_64.in.ko");
    folder.write("list", "klp-convert-symbol-data.0.3\n");
    expect(folder.refused(["x86_64.in.ko", "x86_64.in.ko", "-s", "list"])).toBe(
      "klp-convert: error: list:1: the list has version 0.3; this tool reads 0.1 and 0.2\n" +
        "    a symbols list begins with the line klp-convert-symbol-data.0.1; klp-convert symbols makes one\n",
    );
  });

  test("the output is a link", () => {
    const folder = new Folder(LIST);
    folder.write("in.ko", "this is no module at all");
    folder.write("out.ko", "precious");
    symlinkSync("out.ko", folder.at("link.ko"));
    folder.refused(["in.ko", "link.ko", "-s", LIST]);
    expect(readlinkSync(folder.at("link.ko"))).toBe("out.ko");
  });

  test("the output is a pipe that nobody reads", () => {
    const folder = new Folder(LIST);
    folder.write("in.ko", "this is no module at all");
    execFileSync("mkfifo", [folder.at("pipe")]);
    folder.refused(["in.ko", "pipe", "-s", LIST]);
  });
});

describe("a file that cannot be read is named with the reason:", () => {
  test("a missing module", () => {
    expect(new Folder(LIST).refused(["in.ko", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: in.ko: cannot be read: no such file or directory\n",
    );
  });

  test("a missing list", () => {
    expect(new Folder(IN).refused([IN, "out.ko", "-s", "missing/list"])).toBe(
      "klp-convert: error: missing/list: cannot be read: no such file or directory\n",
    );
  });

  test("both, in one run", () => {
    expect(new Folder().refused(["in.ko", "out.ko", "-s", "list"])).toBe(
      "klp-convert: error: in.ko: cannot be read: no such file or directory\n" +
        "klp-convert: error: list: cannot be read: no such file or directory\n",
    );
  });

  test("a folder for a module", () => {
    const folder = new Folder(LIST);
    mkdirSync(folder.at("folder"));
    expect(folder.refused(["folder", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: folder: cannot be read: illegal operation on a directory\n",
    );
  });

  test("a folder without modules for a list", () => {
    const folder = new Folder(IN);
    mkdirSync(folder.at("folder"));
    expect(folder.refused([IN, "out.ko", "-s", "folder"])).toBe(
      "klp-convert: error: folder: has no modules in it: no file *.ko, *.ko.gz, *.ko.xz or *.ko.zst\n",
    );
  });

  test("a module below a file", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused([`${IN}/in.ko`, "out.ko", "-s", LIST])).toBe(
      `klp-convert: error: ${IN}/in.ko: cannot be read: not a directory\n`,
    );
  });

  test.skipIf(!canRunUnprivileged())("a module that may not be read", () => {
    const folder = new Folder(IN, LIST);
    chmodSync(folder.at(IN), 0);
    chmodSync(folder.path, 0o777);
    expect(folder.refused([IN, "out.ko", "-s", LIST], UNPRIVILEGED)).toBe(
      `klp-convert: error: ${IN}: cannot be read: permission denied\n`,
    );
  });

  test("a link to itself", () => {
    const folder = new Folder(LIST);
    symlinkSync("loop.ko", folder.at("loop.ko"));
    expect(folder.refused(["loop.ko", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: loop.ko: cannot be read: too many symbolic links encountered\n",
    );
  });
});

describe("an output that cannot be written is named with the reason, and nothing is left:", () => {
  test("in a missing folder", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused([IN, "missing/out.ko", "-s", LIST])).toBe(
      "klp-convert: error: missing/out.ko: cannot be written: no such file or directory\n",
    );
  });

  test("below a file", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused([IN, `${LIST}/out.ko`, "-s", LIST])).toBe(
      `klp-convert: error: ${LIST}/out.ko: cannot be written: not a directory\n`,
    );
  });

  test("a folder", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("folder"));
    expect(folder.refused([IN, "folder", "-s", LIST])).toBe(
      "klp-convert: error: folder: cannot be written: illegal operation on a directory\n",
    );
  });

  test("a folder that does not exist yet", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused([IN, "folder/", "-s", LIST])).toBe(
      "klp-convert: error: folder/: cannot be written: not a directory\n",
    );
  });

  test("a link to itself", () => {
    const folder = new Folder(IN, LIST);
    symlinkSync("loop.ko", folder.at("loop.ko"));
    expect(folder.refused([IN, "loop.ko", "-s", LIST])).toBe(
      "klp-convert: error: loop.ko: cannot be written: too many symbolic links encountered\n",
    );
  });

  // Root may write anywhere, so as root the command is run as a user that may not.
  test.skipIf(!canRunUnprivileged())("in a folder that may not be written to", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("folder"));
    folder.write("folder/out.ko", "precious");
    chmodSync(folder.at("folder"), 0o555);
    onTestFinished(() => chmodSync(folder.at("folder"), 0o755));
    chmodSync(folder.path, 0o755);
    for (const out of ["folder/new.ko", "folder/out.ko"]) {
      expect(folder.refused([IN, out, "-s", LIST], UNPRIVILEGED)).toBe(
        `klp-convert: error: ${out}: cannot be written: permission denied\n`,
      );
    }
    expect(Buffer.from(folder.read("folder/out.ko")).toString()).toBe("precious");
    expect(readdirSync(folder.at("folder"))).toEqual(["out.ko"]);
  });

  test("a device that is full", () => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused([IN, "/dev/full", "-s", LIST])).toBe(
      "klp-convert: error: /dev/full: cannot be written: no space left on device\n",
    );
  });
});
