// The good converted modules that cases are made of. They are built and converted as their authors
// would, from the samples and from modules of these tests.
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, succeeded } from "../command.js";
import { convertModule } from "../conversion.js";
import { listKernelSymbols } from "../kernel-symbols.js";
import { buildModules, copySources } from "../module-build.js";
import { type KernelLab, symversOf } from "../requirements.js";
import type { BaseName, FixtureBase, LoadedBase } from "./case.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A converted module, and what it was made with. */
export interface Base {
  readonly name: BaseName;
  /** What was converted. */
  readonly intermediate: string;
  readonly converted: string;
  /** What it was converted with. */
  readonly symbols: readonly string[];
  /** What it is checked with, which is all that is known. */
  readonly known: readonly string[];
  /** The files of the modules that it patches or waits for, in the order to load them in. */
  readonly targets: readonly string[];
  /** How it shows that it works; none where no kernel is booted. */
  readonly shown?: Shown;
}

export interface BuiltBases {
  readonly bases: ReadonlyMap<BaseName, Base>;
  /** The checksums of what the targets export. */
  readonly checksums: ReadonlyMap<string, number>;
}

/** A file in /proc, and what it has. */
export interface Shown {
  readonly file: string;
  readonly patched: readonly string[];
  /** What is there without the patch; `undefined` where that is for the kernel to say. */
  readonly original: readonly string[] | undefined;
}

/** The files of the modules that targets are, by the name of their folder and their own. */
const targetsOf: Readonly<Record<LoadedBase, readonly string[]>> = {
  "livepatch-cmdline": [],
  "livepatch-demo": ["samples/klp-demo"],
  "livepatch-places": ["late-binding/klp-helper", "late-binding/klp-target"],
  "livepatch-homonym": ["module-positions/klp-homonyms"],
};

const shownBy: Readonly<Record<LoadedBase, Shown>> = {
  "livepatch-cmdline": {
    file: "/proc/cmdline",
    patched: ["PARAMETERS livepatch=1"],
    original: ["PARAMETERS"],
  },
  "livepatch-demo": {
    file: "/proc/klp-demo",
    patched: ["inlet 11 of 100", "outlet 22 of 200"],
    original: ["inlet 11", "outlet 22"],
  },
  "livepatch-places": {
    file: "/proc/klp-target",
    patched: [
      ".data saved_command_line",
      ".data klp_target_function [klp_target]",
      ".rodata saved_command_line",
      ".rodata klp_target_function [klp_target]",
      ".data..read_mostly saved_command_line",
      ".data..read_mostly klp_target_function [klp_target]",
      "klp_test_places saved_command_line",
      "klp_test_places klp_target_function [klp_target]",
      ".init.data saved_command_line",
      "room of .data..percpu NULL",
      "own own_variable [livepatch_places]",
      "import seq_putc",
      "level klp_helper_level [klp_helper]",
      "elf load_elf_binary",
      "compat load_elf_binary",
      "order 1",
      "twin klp_target_twin [klp_target]",
      "twin 2",
    ],
    original: ["klp_helper_share 11"],
  },
  "livepatch-homonym": {
    file: "/proc/klp-homonyms",
    patched: ["unique only"],
    original: undefined,
  },
};

const fixtureNames: readonly FixtureBase[] = ["ppc64le", "s390x", "aarch64"];

/** Builds and converts all of them in a folder. */
export async function buildBases(lab: KernelLab, scratch: string): Promise<BuiltBases> {
  const folder = (name: string) => join(scratch, "built", name);
  const built = (name: string) => join(scratch, "built", `${name}.ko`);
  const klpRelocs = join(repository, "samples/livepatch/klp-relocs.h");
  const kernelTests = join(repository, "test/kernel");
  await mkdir(join(scratch, "built"));
  await mkdir(join(scratch, "converted"));
  await copySources(join(repository, "samples/livepatch"), folder("samples"));
  for (const name of ["late-binding", "module-positions", "agreement"]) {
    await copySources(join(kernelTests, name, "modules"), folder(name));
    await copyFile(klpRelocs, join(folder(name), "klp-relocs.h"));
  }
  for (const name of ["samples", "late-binding", "module-positions", "agreement"]) {
    await buildModules(lab, folder(name));
  }

  const targets = Object.values(targetsOf).flat().map(built);
  const { list } = await listKernelSymbols(lab, scratch, targets);
  const symvers = symversOf(lab);
  const symbols = [list, symvers];
  const known = [join(scratch, "kallsyms.txt"), symvers];

  // The homonym that it points to is for the one who converts it to say.
  const homonym = built("module-positions/livepatch-unique");
  const renaming = "klp_test_homonym=.klp.sym.rela.klp_homonyms.klp_homonyms.unique.0";
  const unnamed = built("module-positions/livepatch-homonym");
  await succeeded("objcopy", runCommand("objcopy", ["--redefine-sym", renaming, unnamed, homonym]));

  const intermediates: Readonly<Record<LoadedBase, string>> = {
    "livepatch-cmdline": built("samples/livepatch-cmdline"),
    "livepatch-demo": built("samples/livepatch-demo"),
    "livepatch-places": built("agreement/livepatch-places"),
    "livepatch-homonym": homonym,
  };
  const bases: Base[] = [
    ...Object.entries(intermediates).map(([name, intermediate]) => ({
      name: name as LoadedBase,
      intermediate,
      converted: join(scratch, "converted", `${name}.ko`),
      symbols,
      known,
      targets: targetsOf[name as LoadedBase].map(built),
      shown: shownBy[name as LoadedBase],
    })),
    ...fixtureNames.map((name) => ({
      name,
      intermediate: join(repository, `test/fixtures/${name}.in.ko`),
      converted: join(scratch, "converted", `${name}.ko`),
      symbols: [join(repository, "test/fixtures/Symbols.list")],
      known: [join(repository, "test/fixtures/Symbols.list")],
      targets: [],
    })),
  ];
  for (const base of bases) {
    const converting = convertModule(base.intermediate, base.converted, base.symbols);
    await succeeded(`converting ${base.name}`, converting);
  }
  return {
    bases: new Map(bases.map((base) => [base.name, base])),
    checksums: await readChecksums(join(folder("late-binding"), "Module.symvers")),
  };
}

/** Module.symvers: a checksum, a name and more in each line. */
async function readChecksums(file: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  const fields = lines.map((line) => line.split("\t"));
  return new Map(fields.map(([checksum, name]) => [name!, Number(checksum)]));
}
