// Everything that has to happen before there is something to assert: the modules are built, a
// first boot tells the symbols, the livepatches are converted, and a second boot tries them.
import { mkdir, readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { type CommandResult, succeeded } from "./command.js";
import { convertModule, klpConvertCommand } from "./conversion.js";
import { bootGuest } from "./guest.js";
import { GuestReport } from "./guest-report.js";
import { listKernelSymbols } from "./kernel-symbols.js";
import { buildModules, copySources, make } from "./module-build.js";
import type { KernelLab } from "./requirements.js";
import { emptyScratchFolder } from "./scratch.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  /** How each of the tests' own livepatches was converted, by the module's name. */
  readonly conversions: ReadonlyMap<string, CommandResult>;
  /** The samples' own Makefile, converting, and once more when there was nothing left to do. */
  readonly sampleBuild: CommandResult;
  readonly sampleRebuild: CommandResult;
  /** The module with an undefined symbol that no relocation uses. */
  readonly unreferenced: string;
  /** The intermediate module with references out of the ordinary. */
  readonly variants: string;
  readonly report: GuestReport;
}

export async function playScenario(lab: KernelLab): Promise<Scenario> {
  const scratch = await emptyScratchFolder("kernel");
  // The samples and the modules of the tests, side by side.
  const samples = join(scratch, "livepatch");
  const modules = join(scratch, "modules");
  await copySources(join(repository, "samples/livepatch"), samples);
  await copySources(join(repository, "test/kernel/modules"), modules);
  await copySources(join(samples, "klp-relocs.h"), join(modules, "klp-relocs.h"));
  const makeSamples = (...args: string[]) =>
    make(`--directory=${samples}`, `KDIR=${lab.headers}`, ...args);
  await Promise.all([
    succeeded("building the samples", makeSamples("modules")),
    buildModules(lab, modules),
  ]);

  const targets = [join(samples, "klp-demo.ko"), join(modules, "klp-target.ko")];
  const { list } = await listKernelSymbols(lab, scratch, targets);

  const convertSamples = () =>
    makeSamples("--keep-going", `KLP_CONVERT=${klpConvertCommand}`, `SYMBOLS=${list}`);
  const sampleBuild = await convertSamples();
  const sampleRebuild = await convertSamples();

  const converted = join(modules, "converted");
  await mkdir(converted, { recursive: true });
  // A whole symbols list is read by each of them, so no more run at once than there are cores.
  const oneOfFew = pLimit(availableParallelism());
  const conversions = await oneOfFew.map(
    ["livepatch-demo-swapped.ko", "livepatch-references.ko", "livepatch-variants.ko"],
    async (file) => {
      const result = await convertModule(join(modules, file), join(converted, file), [list]);
      return [basename(file, ".ko"), result] as const;
    },
  );

  const unreferenced = join(modules, "unreferenced.ko");
  const trial = await bootGuest(lab, join(scratch, "second-boot"), {
    script: "cases.sh",
    modules: {
      targets,
      intermediate: [join(samples, "livepatch-cmdline.ko"), unreferenced],
      // Not all, if a conversion failed: then only its own tests fail.
      converted: [
        ...(await modulesIn(join(samples, "converted"))),
        ...(await modulesIn(converted)),
      ],
    },
  });
  return {
    conversions: new Map(conversions),
    sampleBuild,
    sampleRebuild,
    unreferenced,
    variants: join(modules, "livepatch-variants.ko"),
    report: new GuestReport(trial),
  };
}

async function modulesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /^[^.].*\.ko$/.test(name)).map((name) => join(folder, name));
}
