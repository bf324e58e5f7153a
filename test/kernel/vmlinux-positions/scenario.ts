// A livepatch that has nothing but pointers to homonyms of vmlinux, written when a first boot has
// told which there are, and tried in a second one.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { succeeded } from "../command.js";
import { convertModule } from "../conversion.js";
import { bootGuest } from "../guest.js";
import { GuestReport } from "../guest-report.js";
import { listKernelSymbols } from "../kernel-symbols.js";
import { buildModules, copySources } from "../module-build.js";
import type { KernelLab } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";
import { type Homonym, homonymsOfVmlinux } from "./homonyms.js";

const sources = fileURLToPath(new URL("modules/", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  /** What there was to choose from, as the first boot had it. */
  readonly homonyms: ReadonlyMap<string, readonly Homonym[]>;
  /** What the livepatch has pointers to, in their order. */
  readonly chosen: readonly Homonym[];
  readonly report: GuestReport;
  /** What the second boot had where, the one in which the pointers were resolved. */
  readonly homonymsThen: ReadonlyMap<string, readonly Homonym[]>;
}

/**
 * `choose` says which homonyms to try, `timeLimit` in milliseconds how long that may take, `folder` what
 * the scratch folder is called.
 */
export async function playScenario(
  lab: KernelLab,
  choose: (names: Iterable<readonly Homonym[]>) => Homonym[],
  timeLimit: number,
  folder = "vmlinux-positions",
): Promise<Scenario> {
  const scratch = await emptyScratchFolder(folder);
  const { kallsyms, list } = await listKernelSymbols(lab, scratch, []);
  const homonyms = homonymsOfVmlinux(kallsyms);
  const chosen = choose(homonyms.values());

  const modules = join(scratch, "modules");
  await copySources(sources, modules);
  await writeFile(join(modules, "pointers.S"), pointersTo(chosen));
  await buildModules(lab, modules);
  const converted = join(modules, "converted");
  await mkdir(converted);
  const intermediate = join(modules, "livepatch-positions.ko");
  const livepatch = join(converted, "livepatch-positions.ko");
  await succeeded("converting", convertModule(intermediate, livepatch, [list]));

  const trial = await bootGuest(
    lab,
    join(scratch, "second-boot"),
    { script: "vmlinux-positions.sh", modules: { converted: [livepatch] } },
    // Walking through all symbols calls a function for each of them. Without the detours that
    // guard such calls against speculation, an emulated processor is through a quarter sooner.
    { timeLimit, kernelParameters: "mitigations=off" },
  );
  const report = new GuestReport(trial);
  return { homonyms, chosen, report, homonymsThen: homonymsOfVmlinux(report.kallsyms()) };
}

/** Assembly, because a C name has neither dots nor a position. */
function pointersTo(homonyms: readonly Homonym[]): string {
  const pointers = homonyms.map(
    ({ name, position }) => `\t.dc.a\t".klp.sym.rela.vmlinux.vmlinux.${name}.${position}"`,
  );
  return [
    "/* SPDX-License-Identifier: GPL-2.0-only */",
    "\t.data",
    "\t.balign\t8",
    "\t.globl\tklp_test_pointers, klp_test_pointers_end",
    "klp_test_pointers:",
    ...pointers,
    "klp_test_pointers_end:",
    "",
  ].join("\n");
}
