// SPDX-License-Identifier: GPL-2.0-only

// Compressed modules as sources of symbols, and the decoders that are loaded for them alone.

import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { unxz, unzstd } from "../../src/cli/decoders.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { COMMAND, type Ended, Folder } from "./command.js";
import { GZIP, PLAIN, XZ, ZSTD } from "./packed-modules.js";
import { PATCH_UNKNOWN_NOTE, UNKNOWN_PATCH_LINE } from "./patch-unknown.js";
import { listOf } from "./sources.js";

/** What is said of a file that cannot be decompressed. */
function cannot(name: string, format: "gzip" | "xz" | "zstd"): string {
  return `klp-convert: error: ${name}: cannot be decompressed: it is damaged, or has more than 512 MiB, or is ${format} of a kind this tool does not read; see whether ${format} -dc can`;
}

const KINDS = [
  ["gzip", ".gz", GZIP],
  ["xz", ".xz", XZ],
  ["zstd", ".zst", ZSTD],
] as const;

const LIST = `klp-convert-symbol-data.0.2 release=6.1.0-1-amd64 arch=x86_64 order=symtab
*klp_packed
main.c - ax main.c
probe .text+0x10 t main.c
packed_init .init.text+0x0 ti main.c
other.c - ax other.c
probe .text+0x20 t other.c
packed_value .data+0x0 D
`;

test("a plain module gives a list", () => {
  const folder = new Folder();
  folder.write("klp-packed.ko", PLAIN);
  const ended = folder.run(["symbols", "-o", "-", "--format", "0.2", "klp-packed.ko"]);
  expect(ended).toMatchObject({ status: 0, stdout: LIST, stderr: "" });
});

describe.each(KINDS)("a module compressed with %s", (format, suffix, packed) => {
  const args = ["symbols", "-o", "-", "--format", "0.2"];

  test("gives the same list, whatever it is called, from a file, a pipe or a folder", () => {
    const folder = new Folder();
    mkdirSync(folder.at("lib"));
    for (const name of [`klp-packed.ko${suffix}`, "any.name", `lib/klp-packed.ko${suffix}`]) {
      folder.write(name, packed);
      expect(folder.run([...args, name])).toMatchObject({ status: 0, stdout: LIST, stderr: "" });
    }
    for (const source of ["lib", "-", "<(cat any.name)"]) {
      const ended = folder.runShell(`klp ${args.join(" ")} ${source} < any.name`);
      expect(ended).toMatchObject({ status: 0, stdout: LIST, stderr: "" });
    }
  });

  test("resolves a conversion's symbols", () => {
    const folder = new Folder();
    folder.write("packed", packed);
    folder.write("list", listOf("*vmlinux", "_printk"));
    const uses = { ".text": ["packed_value"] };
    folder.write("in.ko", buildIntermediate({ undefined: ["packed_value"], uses }));
    expect(folder.run(["in.ko", "out.ko", "-v", "-s", "packed", "-s", "list"])).toMatchObject({
      status: 0,
      stderr:
        UNKNOWN_PATCH_LINE +
        "klp-convert: in.ko: packed_value: klp_packed, position 0, at .data+0x0; 1 relocation in .text; only klp_packed has it, once\n" +
        PATCH_UNKNOWN_NOTE,
    });
  });

  describe("is refused with its name, and leaves nothing, when", () => {
    const refused = (bytes: Uint8Array) => {
      const folder = new Folder();
      folder.write("out", "precious");
      folder.write("bad.ko", bytes);
      folder.write("good.ko", PLAIN);
      const stderr = folder.refused(["symbols", "-o", "out", "good.ko", "bad.ko"]);
      expect(stderr).toBe(`${cannot("bad.ko", format)}\n`);
    };

    test("it is cut off, at any place", () => {
      for (let size = 6; size < packed.length; size += 45) refused(packed.subarray(0, size));
      refused(packed.subarray(0, packed.length - 1));
    });

    test("a byte of it is another", () => {
      for (let at = 12; at < packed.length - 12; at += 45) {
        const damaged = Uint8Array.from(packed);
        damaged[at]! ^= 0x5a;
        refused(damaged);
      }
    });

    test("its checksum is another", () => {
      // Of xz the CRC32 of the contents stands before the index of 12 bytes and the footer of 12.
      const at = { gzip: packed.length - 8, xz: packed.length - 28, zstd: packed.length - 4 };
      const damaged = Uint8Array.from(packed);
      damaged[at[format]]! ^= 1;
      refused(damaged);
    });

    test("something else follows it", () => {
      refused(Buffer.concat([packed, Buffer.from("trailing")]));
    });
  });

  test("is refused for what is in it, if that is no source", () => {
    const folder = new Folder();
    folder.write("twice", gzipSync(packed));
    expect(folder.refused(["symbols", "-o", "out", "twice"])).toMatch(
      `klp-convert: error: twice: the file is compressed with ${format}\n`,
    );
  });
});

test("all faults come out of one run, those of compressed files too", () => {
  const folder = new Folder();
  mkdirSync(folder.at("lib"));
  folder.write("lib/a.ko.gz", GZIP.subarray(0, 40));
  folder.write("lib/b.ko.zst", ZSTD.subarray(0, 40));
  folder.write("lib/c.ko", "");
  folder.write("lib/d.ko.xz", XZ);
  expect(folder.refused(["symbols", "-o", "out", "lib"]).match(/^klp-convert: .*$/gm)).toEqual([
    "klp-convert: error: lib/c.ko: the file is empty",
    cannot("lib/a.ko.gz", "gzip"),
    cannot("lib/b.ko.zst", "zstd"),
  ]);
});

/** So many blocks of 128 KiB in one byte, repeated, of 4 bytes each (RFC 8878, 3.1.1.2). */
function zstdOfBlocks(count: number): Uint8Array {
  const blocks = Array.from({ length: count }, (_, i) => {
    const header = (i === count - 1 ? 1 : 0) | (1 << 1) | ((1 << 17) << 3);
    return [header & 0xff, (header >> 8) & 0xff, header >> 16, 0x41];
  });
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, ...blocks.flat()]);
}

describe("a file that becomes larger than 512 MiB is refused:", () => {
  test.each([
    ["gzip", () => Buffer.concat(Array.from({ length: 513 }, () => MEGABYTE))],
    ["zstd", () => zstdOfBlocks(513 * 8)],
  ] as const)("%s", (format, packed) => {
    const folder = new Folder();
    folder.write("large.ko", packed());
    expect(folder.refused(["symbols", "-o", "out", "large.ko"])).toBe(
      `${cannot("large.ko", format)}\n`,
    );
  });
});

/** A member of a gzip file; such files may have several. */
const MEGABYTE = gzipSync(new Uint8Array(1 << 20));

describe("a decoder", () => {
  test.each([
    ["xz", unxz, XZ, "too large"],
    ["zstd", unzstd, ZSTD, "damaged, or too large"],
  ] as const)("of %s gives all bytes, and no more than it may", async (_, decode, packed, why) => {
    expect(Buffer.compare(await decode(packed, 1 << 20), PLAIN)).toBe(0);
    expect(Buffer.compare(await decode(packed, PLAIN.length), PLAIN)).toBe(0);
    await expect(decode(packed, PLAIN.length - 1)).rejects.toThrow(new Error(why));
  });

  test("of zstd takes a file that becomes a thousand times as large", async () => {
    const packed = zstdOfBlocks(20);
    const unpacked = await unzstd(packed, 1 << 22);
    expect(unpacked.length).toBe(20 << 17);
    expect(unpacked.every((byte) => byte === 0x41)).toBe(true);
    expect(await unzstd(packed, 20 << 17)).toHaveLength(20 << 17);
    await expect(unzstd(packed, (20 << 17) - 1)).rejects.toThrow(
      new Error("damaged, or too large"),
    );
  });
});

describe("the decoders are loaded", () => {
  /** A copy of the command whose decoders say on standard error that they were loaded. */
  function run(folder: Folder, ...args: string[]): Ended {
    const root = dirname(dirname(COMMAND));
    for (const part of ["bin", "dist"]) {
      cpSync(join(root, part), folder.at(`copy/${part}`), { recursive: true });
    }
    const decoders = Buffer.from(folder.read("copy/dist/decoders.cjs")).toString();
    folder.write("copy/dist/decoders.cjs", `console.error("decoders");${decoders}`);
    return folder.runProgram(process.execPath, [folder.at("copy/bin/klp-convert.js"), ...args]);
  }

  function folderOfSources(): Folder {
    const folder = new Folder();
    for (const [, suffix, packed] of KINDS) folder.write(`m.ko${suffix}`, packed);
    folder.write("m.ko", PLAIN);
    folder.write("map", "ffffffff81000000 T _stext\nffffffff81000010 t probe\n");
    folder.write("list", listOf("*vmlinux", "probe"));
    const uses = { ".text": ["packed_value"] };
    folder.write("in.ko", buildIntermediate({ undefined: ["packed_value"], uses }));
    return folder;
  }

  test.each([["m.ko.xz"], ["m.ko.zst"]])("for %s, once", (source) => {
    const folder = folderOfSources();
    const sources = [source, "m.ko.xz", "m.ko.zst"];
    expect(run(folder, "symbols", "-o", "-", "--format", "0.2", ...sources)).toMatchObject({
      status: 0,
      stdout: LIST,
      stderr: "decoders\n",
    });
    expect(run(folder, "in.ko", "out.ko", "-s", source, "-s", "list").stderr).toBe(
      `decoders\n${PATCH_UNKNOWN_NOTE}`,
    );
  });

  test("for nothing else", () => {
    const folder = folderOfSources();
    for (const args of [
      ["symbols", "-o", "out", "m.ko", "m.ko.gz", "map", "list"],
      ["symbols", "--help"],
      ["--help"],
      ["--version"],
      ["in.ko", "out.ko", "-s", "m.ko"],
      ["in.ko", "out.ko", "-s", "m.ko.gz", "-s", "map"],
      ["in.ko", "out.ko"],
    ]) {
      const { status, stderr } = run(folder, ...args);
      expect({ args, status, stderr }).toEqual({
        args,
        status: 0,
        stderr: expect.not.stringContaining("decoders"),
      });
    }
    expect(run(folder, "m.ko.xz", "out.ko").stderr).toBe(
      "klp-convert: error: m.ko.xz: the module is compressed with xz\n" +
        "    decompress it first: xz -dc < m.ko.xz > m.ko\n",
    );
  });
});
