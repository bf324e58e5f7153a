// Livepatches are converted as their authors would, and spoiled as no author would. The kernel gets
// them all, each before its target and after it, in one boot.
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
import { faults } from "./faults.js";

const sources = fileURLToPath(new URL("modules/", import.meta.url));
const samples = fileURLToPath(new URL("../../../samples/livepatch/", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  /** The livepatches as they are meant to be converted, by name. */
  readonly conversions: ReadonlyMap<string, Conversion>;
  /** livepatch-helper without --late-bind. */
  readonly unbound: Conversion;
  /** livepatch-percpu, for the kernel it was built for. */
  readonly percpu: Conversion;
  /** The intermediate modules with faults, by the fault's key. */
  readonly refusals: ReadonlyMap<string, Conversion>;
  /** A converted module with a fault, that of a symbol that waits for what is not patched. */
  readonly foreign: Conversion;
  readonly report: GuestReport;
}

/** How a conversion ended, what of, and where its output is if it has one. */
export interface Conversion extends CommandResult {
  readonly input: string;
  readonly output: string;
}

export async function playScenario(lab: KernelLab): Promise<Scenario> {
  const scratch = await emptyScratchFolder("late-binding");
  const inFolder = (folder: string, name: string) => join(scratch, folder, `${name}.ko`);
  const modules = join(scratch, "modules");
  await copySources(sources, modules);
  await copySources(join(samples, "klp-relocs.h"), join(modules, "klp-relocs.h"));
  await buildModules(lab, modules);
  for (const folder of ["converted", "spoiled-intermediate", "spoiled", "refused"]) {
    await mkdir(join(scratch, folder));
  }

  const targets = ["klp-helper", "klp-target"].map((name) => inFolder("modules", name));
  // What vmlinux exports, which any livepatch needs some of, comes with the headers.
  const symbols = [...targets, symversOf(lab)];
  const oneOfFew = pLimit(availableParallelism());
  const convert = async (input: string, output: string, ...options: string[]) => {
    const result = await oneOfFew(convertModule, input, output, symbols, ...options);
    return { ...result, input, output };
  };
  const accept = (name: string, ...options: string[]) =>
    convert(inFolder("modules", name), inFolder("converted", name), ...options);
  const refuse = (input: string, name: string) => convert(input, inFolder("refused", name));

  const [exports, helper, pointers, unbound, percpu] = await Promise.all([
    accept("livepatch-exports"),
    accept("livepatch-helper", "--late-bind", "klp_helper=klp_target"),
    accept("livepatch-pointers"),
    refuse(inFolder("modules", "livepatch-helper"), "livepatch-helper"),
    refuse(inFolder("modules", "livepatch-percpu"), "livepatch-percpu"),
  ]);

  // What is spoiled is made of this one.
  await succeeded("converting livepatch-pointers", Promise.resolve(pointers));
  const spoiled = await Promise.all(
    faults.map(async ({ key, ...spoil }) => {
      const intermediate = inFolder("spoiled-intermediate", key);
      await copyFile(pointers.input, intermediate);
      await spoil.intermediate(intermediate);
      const refusal = await refuse(intermediate, key);

      const converted = inFolder("spoiled", key);
      await copyFile(pointers.output, converted);
      await spoil.converted(converted);
      return { key, refusal, converted };
    }),
  );
  const foreign = await refuse(inFolder("spoiled", "not-patched"), "foreign");
  const percpuAllTheSame = inFolder("spoiled", "percpu");
  await convertForOtherKernel(lab, percpu.input, percpuAllTheSame);

  const boot = await bootGuest(lab, join(scratch, "boot"), {
    script: "late-binding.sh",
    modules: {
      targets,
      intermediate: [exports.input, helper.input],
      // If a conversion failed, only its own tests are to fail.
      converted: [exports, helper, pointers]
        .filter(({ status }) => status === 0)
        .map(({ output }) => output),
      spoiled: [...spoiled.map(({ converted }) => converted), percpuAllTheSame],
    },
  });
  return {
    conversions: new Map([
      ["livepatch-exports", exports],
      ["livepatch-helper", helper],
      ["livepatch-pointers", pointers],
    ]),
    unbound,
    percpu,
    refusals: new Map(spoiled.map(({ key, refusal }) => [key, refusal])),
    foreign,
    report: new GuestReport(boot),
  };
}

/** Converts a module as if it were for a kernel yet to come, and has it be for this one again. */
async function convertForOtherKernel(
  { version }: KernelLab,
  intermediate: string,
  converted: string,
): Promise<void> {
  const other = version.replace(/^\d+\.\d+/, (release) => release.replaceAll(/\d/g, "9"));
  const setVersion = (from: string, to: string) =>
    editModule(converted, (file) =>
      file.replaceText(".modinfo", `vermagic=${from} `, `vermagic=${to} `),
    );
  await copyFile(intermediate, converted);
  await setVersion(version, other);
  await succeeded("converting for another kernel", convertModule(converted, converted, []));
  await setVersion(other, version);
}
