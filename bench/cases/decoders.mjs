// SPDX-License-Identifier: GPL-2.0-only

// The decoders of xz and zstd are as large as the rest of the command. Shows which runs load them.
// Those that have to show that a loaded file is seen at all.

import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { RUN } from "../columns.mjs";
import { observed } from "../node-process.mjs";

const MODULE = "samples/prebuilt/klp-demo.ko";
/** Programs that compress, and what they put behind a name. */
const COMPRESSORS = { xz: "xz", zstd: "zst" };

export const decoders = {
  name: "decoders",
  title: "runs that load the decoders of xz and zstd",
  measure,
};

function measure({ workspace }) {
  const sample = (name) => workspace.project(`samples/prebuilt/${name}`);
  const output = workspace.path("output");
  const module = workspace.project(MODULE);
  const symbolsOf = (file) => ["symbols", "-o", output, file];
  const convert = [sample("livepatch-cmdline.ko"), output, "--symbols", sample("Symbols.list")];
  const runs = [
    { run: "--version", args: ["--version"], needed: false },
    { run: "conversion with a list", args: convert, needed: false },
    { run: `symbols of ${basename(module)}`, args: symbolsOf(module), needed: false },
    ...Object.entries(COMPRESSORS).flatMap(([program, ending]) => {
      const name = `${basename(module)}.${ending}`;
      const bytes = compressed(program, module);
      if (bytes === undefined) return [];
      const args = symbolsOf(workspace.add(name, bytes));
      return [{ run: `symbols of ${name}`, args, needed: true }];
    }),
  ];
  const rows = runs.map(({ run, args, needed }) => {
    const { loaded } = observed([workspace.tool, ...args], workspace);
    return { run, needed, loaded: loaded.some((file) => basename(file) === "decoders.cjs") };
  });
  const columns = [
    RUN,
    { head: "needs them", cell: ({ needed }) => (needed ? "yes" : "no") },
    { head: "loads them", cell: ({ loaded }) => (loaded ? "yes" : "no") },
    { head: "", cell: ({ needed, loaded }) => (needed === loaded ? "as it should" : "WRONG") },
  ];
  const missing = rows.length < 5 ? ["without xz or zstd here, not all of them could be run"] : [];
  return { about: missing, columns, rows };
}

/** A file compressed by a program; undefined where the program is not installed. */
function compressed(program, file) {
  try {
    return execFileSync(program, ["-q", "-c", file], { maxBuffer: 1 << 26 });
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
