// SPDX-License-Identifier: GPL-2.0-only

// Places where there is no room, or that nobody may write to, root neither: a small file system of the
// test's own, which no other process sees. Whatever is to be written there is refused by name, and no
// part of it is left.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const FULL = "cannot be written: no space left on device";
const READ_ONLY = "cannot be written: read-only file system";

/** Options of unshare with which file systems may be mounted, if there are any. */
const UNSHARE = [["-m"], ["-r", "-m"]].find((options) => {
  const script = ["bash", "-c", "mount -t tmpfs none /tmp"];
  return spawnSync("unshare", [...options, ...script]).status === 0;
});

beforeEach((context) => {
  context.skip(UNSHARE === undefined, "needs util-linux's unshare, and root or user namespaces");
});

/** A script that leaves no room, but for as many pages as it is told. */
const FILL = `fill() {
  local page=$(getconf PAGESIZE)
  head -c $(($1 * page)) /dev/zero > small/room
  cat /dev/zero > small/fill 2> /dev/null
  rm small/room
}`;

interface Mounted {
  readonly status: number | null;
  readonly stderr: string;
  /** The names in the file system at the end, but for what fills it. */
  readonly left: readonly string[];
}

/** Runs a script of bash with a file system of four pages in the folder \`small\`. */
function runMounted(folder: Folder, script: string): Mounted {
  mkdirSync(folder.at("small"), { recursive: true });
  folder.write(
    "script",
    `klp() { "$node" "$command" "$@"; }; ${FILL}
    mount -t tmpfs -o size=$((4 * $(getconf PAGESIZE))) none small || exit 99
    ${script}
    status=$?
    rm -f small/fill 2> /dev/null
    find small -mindepth 1 -printf '%P\\n'
    exit $status`,
  );
  const unshare = `unshare ${UNSHARE!.join(" ")} bash script`;
  const { status, stdout, stderr } = folder.runShell(unshare);
  const left = stdout.split("\n").filter((name) => !["", "fill"].includes(name));
  return { status, stderr, left: left.sort() };
}

/** What writes one file, \`OUT\` for its name. */
const WRITERS: readonly (readonly [string, string])[] = [
  ["convert", `klp ${IN} OUT -s ${LIST}`],
  ["a depfile", `klp ${IN} out.ko -s ${LIST} --depfile OUT`],
  ["symbols", `klp symbols -o OUT ${LIST}`],
  ["a page", `klp inspect ${IN} --html OUT`],
  ["report merge", "klp report merge r.json -o OUT"],
];

function folderWithReport(): Folder {
  const folder = new Folder(IN, LIST);
  const args = ["batch", "-o", "made", "-s", LIST, IN, "--report", "r.json"];
  expect(folder.run(args).status).toBe(0);
  return folder;
}

describe("on a full disk", () => {
  test.each(WRITERS)("%s leaves nothing", (_, command) => {
    const folder = folderWithReport();
    const before = folder.names();
    const script = `fill 0; ${command.replace("OUT", "small/out")}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: `klp-convert: error: small/out: ${FULL}\n`,
      left: [],
    });
    expect(folder.names()).toEqual([...before, "script", "small"].sort());
  });

  test("what was there stays as it was", () => {
    const folder = new Folder(IN, LIST);
    const script = `echo precious > small/out; fill 0; klp ${IN} small/out -s ${LIST}; cp small/out kept`;
    const { stderr, left } = runMounted(folder, script);
    expect({ stderr, left }).toEqual({
      stderr: `klp-convert: error: small/out: ${FULL}\n`,
      left: ["out"],
    });
    expect(Buffer.from(folder.read("kept")).toString()).toBe("precious\n");
  });

  test("with room for an output and not for its depfile, neither is there", () => {
    const folder = new Folder(IN, LIST);
    // The depfile is written first, so that it is the output there is no room for.
    const script = `fill 1; klp ${IN} small/out -s ${LIST} --depfile small/out.d`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: `klp-convert: error: small/out: ${FULL}\n`,
      left: [],
    });
  });

  test("a batch has the outputs that there is room for, and says so", () => {
    const folder = new Folder(IN, LIST);
    folder.write("b.ko", folder.read(IN));
    folder.write("c.ko", folder.read(IN));
    const script = `fill 1; klp batch -o small -s ${LIST} ${IN} b.ko c.ko --report r.json`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr:
        `klp-convert: error: small/b.ko: ${FULL}\n` +
        `klp-convert: error: small/c.ko: ${FULL}\n` +
        "klp-convert: 2 jobs are not done:\n" +
        "    b.ko -> small/b.ko: failed\n" +
        "    c.ko -> small/c.ko: failed\n" +
        "klp-convert: 3 jobs: 1 converted, 2 failed\n",
      left: [IN],
    });
    const { jobs } = JSON.parse(Buffer.from(folder.read("r.json")).toString());
    expect(jobs.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      "converted",
      "failed",
      "failed",
    ]);
  });

  test.each([
    // What is there of lines is what a later run begins with.
    ["r.ndjson", ["r.ndjson"], "converted, 1 not begun"],
    ["r.json", [], "converted, 1 not begun"],
  ])("a report ends the batch: %s", (name, left, rest) => {
    const folder = new Folder(IN, LIST);
    folder.write("b.ko", folder.read(IN));
    const script = `fill 0; klp batch -o out -s ${LIST} ${IN} b.ko --report small/${name}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: `klp-convert: 2 jobs: 1 ${rest}\n` + `klp-convert: error: small/${name}: ${FULL}\n`,
      left,
    });
  });
});

describe("where nobody may write", () => {
  test.each(WRITERS)("%s leaves nothing", (_, command) => {
    const folder = folderWithReport();
    const before = folder.names();
    const script = `mount -o remount,ro small; ${command.replace("OUT", "small/out")}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: `klp-convert: error: small/out: ${READ_ONLY}\n`,
      left: [],
    });
    expect(folder.names()).toEqual([...before, "script", "small"].sort());
  });

  test.each(["r.json", "r.ndjson"])("a batch with its report there does nothing: %s", (name) => {
    const folder = new Folder(IN, LIST);
    const script = `mount -o remount,ro small; klp batch -o a/b -s ${LIST} ${IN} --report small/${name}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: `klp-convert: error: small/${name}: ${READ_ONLY}\n`,
      left: [],
    });
    expect(folder.names()).toEqual([LIST, "script", "small", IN].sort());
  });

  test("a batch cannot make its folder there", () => {
    const folder = new Folder(IN, LIST);
    const script = `mount -o remount,ro small; klp batch -o small/a/b -s ${LIST} ${IN}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr: "klp-convert: error: small/a/b: cannot be made: read-only file system\n",
      left: [],
    });
  });

  test("a batch's outputs fail one by one", () => {
    const folder = new Folder(IN, LIST);
    const script = `mount -o remount,ro small; klp batch -o small -s ${LIST} ${IN}`;
    expect(runMounted(folder, script)).toEqual({
      status: 1,
      stderr:
        `klp-convert: error: small/${IN}: ${READ_ONLY}\n` +
        "klp-convert: 1 job is not done:\n" +
        `    ${IN} -> small/${IN}: failed\n` +
        "klp-convert: 1 job: 1 failed\n",
      left: [],
    });
  });
});

test("an output on which a file is mounted cannot be replaced, and its depfile goes with it", () => {
  const folder = new Folder(IN, LIST);
  folder.write("other", "precious");
  const script = `touch small/out; mount --bind other small/out
    klp ${IN} small/out -s ${LIST} --depfile small/out.d`;
  expect(runMounted(folder, script)).toEqual({
    status: 1,
    stderr: "klp-convert: error: small/out: cannot be written: resource busy or locked\n",
    left: ["out"],
  });
  expect(Buffer.from(folder.read("other")).toString()).toBe("precious");
});
