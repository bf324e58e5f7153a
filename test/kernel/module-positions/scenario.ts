// One livepatch for each position, loaded before the target and after it, all in one boot.
import { copyFile, mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { type CommandResult, succeeded } from "../command.js";
import { convertModule } from "../conversion.js";
import { bootGuest } from "../guest.js";
import { GuestReport } from "../guest-report.js";
import { buildModules, copySources } from "../module-build.js";
import { editModule } from "../module-file.js";
import { type KernelLab, symversOf } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";

const sources = fileURLToPath(new URL("modules/", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  readonly lab: KernelLab;
  readonly target: string;
  /** Each conversion with the symbols of the target, by name and position. */
  readonly conversions: ReadonlyMap<string, Conversion>;
  readonly report: GuestReport;
}

/** How a conversion ended, and where its output is if it has one. */
export interface Conversion extends CommandResult {
  readonly output: string;
}

/** What a position is called in folders and reports: `twin_data.2`. */
export function keyOf(name: string, position: number): string {
  return `${name}.${position}`;
}

/** `keys` are the positions to try. */
export async function playScenario(
  lab: KernelLab,
  keys: readonly string[],
  folder = "module-positions",
): Promise<Scenario> {
  const scratch = await emptyScratchFolder(folder);
  const modules = join(scratch, "modules");
  await copySources(sources, modules);
  await buildModules(lab, modules);
  const target = join(modules, "klp-homonyms.ko");

  for (const name of ["intermediate", "converted", "unchecked"]) {
    await mkdir(join(scratch, name));
  }
  // What vmlinux exports, which any livepatch needs some of, comes with the headers.
  const symbols = [target, symversOf(lab)];
  const oneOfFew = pLimit(availableParallelism());
  const trials = await oneOfFew.map(keys, async (key) => {
    const file = `${key}.ko`;
    const intermediate = join(scratch, "intermediate", file);
    await pointTo(key, join(modules, "livepatch-homonym.ko"), intermediate);
    const output = join(scratch, "converted", file);
    const conversion = { ...(await convertModule(intermediate, output, symbols)), output };
    if (conversion.status === 0) {
      return { key, conversion, livepatch: output };
    }
    // Without a list an annotated name is taken at its word: the kernel gets what was refused, too.
    const livepatch = join(scratch, "unchecked", file);
    await succeeded("converting without a list", convertModule(intermediate, livepatch, []));
    return { key, conversion, livepatch };
  });

  const boot = await bootGuest(
    lab,
    join(scratch, "boot"),
    {
      script: "module-positions.sh",
      modules: { targets: [target], livepatches: trials.map(({ livepatch }) => livepatch) },
    },
    { timeLimit: 300_000 },
  );
  return {
    lab,
    target,
    conversions: new Map(trials.map(({ key, conversion }) => [key, conversion])),
    report: new GuestReport(boot),
  };
}

/** Renaming one symbol takes a moment where building a module takes a second. */
async function pointTo(key: string, livepatch: string, output: string): Promise<void> {
  await copyFile(livepatch, output);
  const name = `.klp.sym.rela.klp_homonyms.klp_homonyms.${key}`;
  await editModule(output, (file) => file.renameSymbol("klp_test_homonym", name));
}
