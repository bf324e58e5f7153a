// Everything that happens in one cell: modules are built, a first boot tells the symbols, the livepatches
// are converted and checked on this machine, and the kernel tries them.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandResult } from "../command.js";
import { checkModule, convertModule } from "../conversion.js";
import { cachedObjtool } from "../fetch.mjs";
import { listKernelSymbols } from "../kernel-symbols.js";
import { buildModules, copySources } from "../module-build.js";
import { MissingPart, ModuleFile } from "../module-file.js";
import { buildDifference } from "../objtool-form/scenario.js";
import type { KernelLab } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";
import {
  hasCallDepthTracking,
  trialWithCallDepthTracking,
  withCallDepthTracking,
} from "./call-depth.js";
import { cases, comparedSymbols, type MatrixCase } from "./cases.js";
import { playPositions } from "./positions.js";
import type { Cell } from "./prepare.mjs";
import { type Row, untried } from "./table.js";
import { type Trap, traps } from "./traps.js";
import { keyOf, makeTrials, type Order, type Outcome, type Trial, worked } from "./trials.js";
import { relocationTypesIn } from "./types-met.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Where the sources of the modules are, by the folder that they are built in. */
const sources = {
  samples: "samples/livepatch",
  modules: "test/kernel/modules",
  "late-binding": "test/kernel/late-binding/modules",
  matrix: "test/kernel/matrix/modules",
};

/** Builds, converts, checks and tries all cases of a cell. */
export async function playCell(
  { name, architecture, machine }: Cell,
  lab: KernelLab,
): Promise<Row[]> {
  const scratch = await emptyScratchFolder(`matrix/${name}`);
  for (const [folder, from] of Object.entries(sources)) {
    const modules = join(scratch, folder);
    await copySources(join(repository, from), modules);
    if (folder !== "samples") {
      const header = "klp-relocs.h";
      await copyFile(join(repository, sources.samples, header), join(modules, header));
    }
    await buildModules(lab, modules);
  }
  const ofMachine = cases.filter(
    ({ architectures }) => architectures?.includes(architecture) ?? true,
  );
  if (ofMachine.some(({ name }) => name === "objtool")) {
    await buildDifference({ ...lab, objtool: cachedObjtool }, join(scratch, "objtool"));
  }
  const { list } = await listKernelSymbols(lab, scratch, []);
  // Which also says what is a function.
  const kallsyms = join(scratch, "kallsyms.txt");

  const converted = join(scratch, "converted");
  await mkdir(converted);
  const fileOf = (module: string) => join(scratch, `${module}.ko`);
  const prepared = [];
  for (const it of ofMachine) {
    const output = join(converted, `${basename(it.livepatch)}.ko`);
    const targets = it.targets.map(fileOf);
    const symbols = [list, ...targets];
    const conversion = await convertModule(
      fileOf(it.livepatch),
      output,
      symbols,
      ...(it.options ?? []),
    );
    const isThere = conversion.status === 0;
    prepared.push({
      it,
      output,
      targets,
      conversion: wordsOf(conversion),
      check: isThere ? await verdictOf(output, fileOf(it.livepatch), kallsyms, targets) : untried,
      isThere,
    });
  }
  const spoiled = [];
  for (const trap of traps.filter(({ machines }) => machines.includes(machine))) {
    const base = prepared.find(({ it, isThere }) => it.name === trap.base && isThere);
    if (base === undefined) continue;
    const file = new ModuleFile(await readFile(base.output));
    let missing: string | undefined;
    try {
      trap.edit(file);
    } catch (error) {
      if (!(error instanceof MissingPart)) throw error;
      missing = error.message;
    }
    const { name: own, about, comesBack } = trap;
    const it = { ...base.it, name: own, about, comesBack };
    const output = join(converted, `${own}.ko`);
    await writeFile(output, file.bytes);
    const check =
      missing === undefined
        ? await verdictOf(output, undefined, kallsyms, base.targets)
        : `impossible: ${missing}`;
    spoiled.push({
      ...base,
      it,
      output,
      check,
      conversion: untried,
      isThere: missing === undefined,
    });
  }

  const all = [...prepared, ...spoiled];
  const trials = all
    .filter(({ isThere }) => isThere)
    .flatMap(({ it, output, targets }) => trialsOf(it, output, targets));
  const spacers = ["first", "second", "third"].map((which) => fileOf(`matrix/klp-spacer-${which}`));
  const outcomes = await makeTrials(lab, join(scratch, "boots"), spacers, comparedSymbols, trials);
  const counted = hasCallDepthTracking(architecture, lab)
    ? await makeTrials(
        withCallDepthTracking(lab),
        join(scratch, "call-depth"),
        spacers,
        comparedSymbols,
        trials.filter(({ name }) => !isTrap(name)).map(trialWithCallDepthTracking),
      )
    : new Map<string, Outcome>();
  const said = (name: string, order: Order, from = outcomes) =>
    from.get(keyOf({ name, order }))?.text ?? untried;
  const known = { cell: name, kernel: lab.version };
  const rows = all.map(({ it, conversion, check }) => ({
    ...known,
    case: it.name,
    conversion,
    check,
    first: said(it.name, "first"),
    last: said(it.name, "last"),
    again: said(it.name, "again"),
  }));
  const rowsOfCounted = rows
    .filter((row) => counted.has(keyOf({ name: row.case, order: "last" })))
    .map((row) => ({
      ...row,
      case: `${row.case}, retbleed=stuff`,
      first: said(row.case, "first", counted),
      last: said(row.case, "last", counted),
      again: said(row.case, "again", counted),
    }));
  const good = prepared
    .filter(({ it }) => said(it.name, "last") === worked)
    .map(({ output }) => output);
  const met = {
    ...{
      ...known,
      case: "types-met",
      check: untried,
      first: untried,
      last: worked,
      again: untried,
    },
    conversion: (await relocationTypesIn(lab, converted, good)).join(", "),
  };
  return [...rows, met, ...rowsOfCounted, ...(await playPositions(known, lab))];
}

function isTrap(name: string): boolean {
  return name.startsWith("trap-");
}

/** A livepatch of vmlinux alone has no target that it could be loaded before. */
function trialsOf(
  it: MatrixCase & Pick<Trap, "comesBack">,
  livepatch: string,
  targets: readonly string[],
): Trial[] {
  const all: Order[] = ["first", "last", "again"];
  const some = isTrap(it.name) && !it.comesBack ? all.slice(0, 2) : all;
  const orders: Order[] = targets.length > 0 ? some : ["last"];
  const { name, file, patched, original } = it;
  const module = basename(it.livepatch).replaceAll("-", "_");
  return orders.map((order) => ({
    ...{ name, order, module, livepatch, targets, file, patched, original },
  }));
}

/** How a conversion ended, with its first words where it has any, and without folders. */
function wordsOf({ status, stderr }: CommandResult): string {
  const [line] = stderr.split("\n").filter((each) => /^klp-convert: (?:error|warning)/.test(each));
  const message = line
    ?.replace(/^klp-convert: /, "")
    .replace(/\S+\.ko: /, "")
    .replaceAll(/\/\S+\//g, "");
  return status === 0 ? (message ?? "converted") : `refused: ${message ?? stderr.trim()}`;
}

/** A file in the report of check, as far as it matters here. */
interface CheckedFile {
  readonly verdict: { readonly text: string } | null;
  readonly findings: readonly { readonly rule: string; readonly severity: string }[];
}

/** What check says before anything is loaded: the verdict, and the rules that it warns of. */
async function verdictOf(
  file: string,
  input: string | undefined,
  symbols: string,
  targets: readonly string[],
): Promise<string> {
  const of = targets.length > 0 ? ["--target", ...targets] : [];
  const from = input === undefined ? [] : ["--input", input];
  const args = ["--symbols", symbols, ...from, "--json", ...of];
  const { stdout, stderr } = await checkModule(file, args);
  const [checked] = JSON.parse(stdout || '{"files":[]}').files as CheckedFile[];
  if (checked?.verdict == null) return `nothing: ${stderr.trim()}`;
  const rules = new Set(checked.findings.map(({ rule, severity }) => `${severity} ${rule}`));
  return [checked.verdict.text, ...rules].join("; ");
}
