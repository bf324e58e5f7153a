// The kernel tells its symbols only while it runs, so a boot comes before every conversion that
// needs a symbols list.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeeded } from "./command.js";
import { makeSymbolsList } from "./conversion.js";
import { bootGuest } from "./guest.js";
import { GuestReport } from "./guest-report.js";
import type { KernelLab } from "./requirements.js";

/** What a kernel and some of its modules have, in two forms. */
export interface KernelSymbols {
  /** All of /proc/kallsyms. */
  readonly kallsyms: string;
  /** The file with the symbols list made of it, and of the modules. */
  readonly list: string;
}

/** Boots the kernel in a subfolder, loads `modules`, and leaves the symbols in `folder`. */
export async function listKernelSymbols(
  lab: KernelLab,
  folder: string,
  modules: readonly string[],
): Promise<KernelSymbols> {
  const boot = await bootGuest(lab, join(folder, "first-boot"), {
    script: "list-symbols.sh",
    modules: { targets: modules },
  });
  const kallsyms = new GuestReport(boot).kallsyms();
  const file = join(folder, "kallsyms.txt");
  const list = join(folder, "Symbols.list");
  await writeFile(file, kallsyms);
  // Of the modules kallsyms has what the kernel kept, and the files have all. They are put together
  // only if what is to be kept of a file is, in this order, what the kernel kept.
  await succeeded("making a symbols list", makeSymbolsList([file, ...modules], list));
  return { kallsyms, list };
}
