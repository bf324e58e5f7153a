// SPDX-License-Identifier: GPL-2.0-only

// One small livepatch, converted with little and with much to look through.

import { readFileSync } from "node:fs";
import { barsOf } from "../bars.mjs";
import { COMPARED, count, megabytes } from "../columns.mjs";
import { fullList, generateVmlinux, kallsymsText, vmlinuxList } from "../generated-kernel.mjs";
import { timed } from "../node-process.mjs";
import { Failed } from "../outcomes.mjs";
import { compareWithNode } from "../rounds.mjs";

export const conversion = {
  name: "conversion",
  title: "livepatch-cmdline.ko with symbols of several sizes, against a Node that does nothing",
  rounds: 20,
  measure,
};

async function measure({ workspace, rounds }) {
  const module = workspace.project("samples/prebuilt/livepatch-cmdline.ko");
  const sampleList = workspace.project("samples/prebuilt/Symbols.list");
  const sources = { "sample list": sampleList, ...generatedSources(workspace) };
  const output = workspace.path("livepatch-cmdline.klp.ko");
  const argsWith = (source) => [workspace.tool, module, output, "--symbols", source];
  checkSources(sampleList, sources, (source) => {
    timed(argsWith(source));
    return readFileSync(output);
  });
  const about = Object.entries(sources).map(([run, file]) => sizeText(run, readFileSync(file)));
  const runs = Object.entries(sources).map(([run, file]) => ({ run, args: argsWith(file) }));
  const rows = await compareWithNode(runs, rounds, workspace);
  const of = (name) => rows.filter(({ run }) => run === name);
  const bars = [
    ...barsOf(of("list of vmlinux"), { ratio: 1.35 }),
    ...barsOf(of("list of everything"), { ratio: 1.8, morePeak: 80e6 }),
  ];
  return { about, columns: COMPARED, rows, bars };
}

/** Files with generated symbols, under the names of their rows. */
function generatedSources({ add }) {
  const vmlinux = generateVmlinux();
  return {
    "list of vmlinux": add("vmlinux.list", vmlinuxList(vmlinux)),
    "list of everything": add("full.list", fullList(vmlinux)),
    "kallsyms text": add("kallsyms", kallsymsText(vmlinux)),
  };
}

/** The livepatch comes out the same with all sources; if not, other work was measured. */
function checkSources(sampleList, sources, convertWith) {
  const expected = convertWith(sampleList);
  for (const [name, file] of Object.entries(sources)) {
    if (convertWith(file).equals(expected)) continue;
    throw new Failed(`the conversion with the ${name} gives something else than with the sample's`);
  }
}

function sizeText(name, bytes) {
  const lines = bytes.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0);
  return `${name}: ${count(lines)} lines, ${megabytes(bytes.length)} MB`;
}
