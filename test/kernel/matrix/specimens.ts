// What a cell tries, as files: modules are built for it, livepatches are converted and checked on this
// machine, and of some of those one thing is changed (traps.ts).
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
import { cases, type MatrixCase } from "./cases.js";
import type { Cell } from "./prepare.mjs";
import { untried } from "./table.js";
import { type Trap, traps } from "./traps.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Where the sources of the modules are, by the folder that they are built in. */
const sources = {
  samples: "samples/livepatch",
  modules: "test/kernel/modules",
  "late-binding": "test/kernel/late-binding/modules",
  matrix: "test/kernel/matrix/modules",
};

/** A livepatch to try. */
export interface Specimen {
  readonly it: MatrixCase & Pick<Trap, "comesBack">;
  /** Its file, if there is one, and those of its targets. */
  readonly output: string;
  readonly targets: readonly string[];
  readonly isThere: boolean;
  /** What the tool said of it. */
  readonly conversion: string;
  readonly check: string;
}

/** All of a cell, and the folder with their files. */
export interface Specimens {
  readonly folder: string;
  readonly converted: readonly Specimen[];
  readonly spoiled: readonly Specimen[];
}

/** Builds, converts, changes and checks in a folder what the cell tries. */
export async function makeSpecimens(
  { architecture, machine }: Cell,
  lab: KernelLab,
  scratch: string,
): Promise<Specimens> {
  const chosen = cases.filter(({ architectures }) => architectures?.includes(architecture) ?? true);
  for (const [folder, from] of Object.entries(sources)) {
    const modules = join(scratch, folder);
    await copySources(join(repository, from), modules);
    if (folder !== "samples") {
      const header = "klp-relocs.h";
      await copyFile(join(repository, sources.samples, header), join(modules, header));
    }
    await buildModules(lab, modules);
  }
  if (chosen.some(({ name }) => name === "objtool")) {
    await buildDifference({ ...lab, objtool: cachedObjtool }, join(scratch, "objtool"));
  }
  await listKernelSymbols(lab, scratch, []);

  const folder = join(scratch, "converted");
  await mkdir(folder);
  const converted: Specimen[] = [];
  for (const it of chosen) converted.push(await convert(it, scratch, folder));
  const spoiled: Specimen[] = [];
  for (const trap of traps.filter(({ machines }) => machines.includes(machine))) {
    const base = converted.find(({ it, isThere }) => it.name === trap.base && isThere);
    if (base !== undefined) spoiled.push(await spoil(base, trap, scratch, folder));
  }
  return { folder, converted, spoiled };
}

async function convert(it: MatrixCase, scratch: string, folder: string): Promise<Specimen> {
  const fileOf = (module: string) => join(scratch, `${module}.ko`);
  const input = fileOf(it.livepatch);
  const output = join(folder, `${basename(it.livepatch)}.ko`);
  const targets = it.targets.map(fileOf);
  const symbols = [join(scratch, "Symbols.list"), ...targets];
  const conversion = await convertModule(input, output, symbols, ...(it.options ?? []));
  const isThere = conversion.status === 0;
  const check = isThere ? await verdictOf(output, input, scratch, targets) : untried;
  return { it, output, targets, isThere, conversion: wordsOf(conversion), check };
}

/** A copy with one thing changed. */
async function spoil(
  base: Specimen,
  { name, about, comesBack, edit }: Trap,
  scratch: string,
  folder: string,
): Promise<Specimen> {
  const file = new ModuleFile(await readFile(base.output));
  const it = { ...base.it, name, about, ...(comesBack && { comesBack }) };
  const output = join(folder, `${name}.ko`);
  const rest = { it, output, targets: base.targets, conversion: untried };
  try {
    edit(file);
  } catch (error) {
    if (!(error instanceof MissingPart)) throw error;
    return { ...rest, isThere: false, check: `impossible: ${error.message}` };
  }
  await writeFile(output, file.bytes);
  const check = await verdictOf(output, undefined, scratch, base.targets);
  return { ...rest, isThere: true, check };
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
  scratch: string,
  targets: readonly string[],
): Promise<string> {
  const of = targets.length > 0 ? ["--target", ...targets] : [];
  const from = input === undefined ? [] : ["--input", input];
  // Unlike the list this also says what is a function.
  const kallsyms = join(scratch, "kallsyms.txt");
  const args = ["--symbols", kallsyms, ...from, "--json", ...of];
  const { stdout, stderr } = await checkModule(file, args);
  const [checked] = JSON.parse(stdout || '{"files":[]}').files as CheckedFile[];
  if (checked?.verdict == null) return `nothing: ${stderr.trim()}`;
  const rules = new Set(checked.findings.map(({ rule, severity }) => `${severity} ${rule}`));
  return [checked.verdict.text, ...rules].join("; ");
}
