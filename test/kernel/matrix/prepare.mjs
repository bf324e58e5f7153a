// Prepares what the cells of the matrix boot: kernels, compilers, emulators and busybox. Everything is
// kept in ../cache, a step that is done is not done again, and one that was interrupted begins anew.
// Before anything happens it says what is to be done, what that downloads and what stays on disk.
//
//   node test/kernel/matrix/prepare.mjs [--only s390x,6.12] [--plan]
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linesOf, packageListOptions, readPackageLists } from "../debian-lists.mjs";
import { kernelCache } from "../fetch.mjs";
import { busyboxStep } from "./busybox-steps.mjs";
import { cells, toolchains } from "./cells.mjs";
import { kernelStep, sourceStep } from "./kernel-steps.mjs";
import { objtoolStep, systemStep, trixieKernelStep, trixieStep } from "./system-steps.mjs";

/** Where what is only for the matrix is kept. */
export const matrixCache = join(kernelCache, "matrix");

const suites = ["trixie", "trixie-backports"];

/**
 * The cells that are meant by words with commas, architectures and kernels, or all; with the kernel's
 * series for `newest` and a name.
 */
export function chooseCells(only) {
  const words = only === undefined ? [] : only.split(",");
  const named = cells.map(({ architecture, kernel, variant }) => {
    const series = kernel === "newest" ? newestSeries() : kernel;
    const parts = [architecture, ...(variant === undefined ? [] : [variant]), series];
    const machine = parts.slice(0, -1).join("-");
    return { architecture, kernel, variant, machine, series, name: parts.join("-") };
  });
  const isMeant = ({ architecture, series, name }, word) =>
    [architecture, series, name].includes(word);
  const unknown = words.filter((word) => !named.some((cell) => isMeant(cell, word)));
  if (unknown.length > 0) {
    const names = named.map(({ name }) => name).join(", ");
    throw new Error(`there is no cell ${unknown.join(", ")}: there are ${names}`);
  }
  return words.length === 0
    ? named
    : named.filter((cell) => words.some((word) => isMeant(cell, word)));
}

/** Of the lists that were read last, which is within a day of now. */
function newestSeries() {
  const name = linesOf("apt-cache", "pkgnames", ...readLists(), "linux-source-")
    .filter((line) => /^linux-source-\d[\d.]*$/.test(line))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  return name.replace("linux-source-", "");
}

/** The lists of what Debian has now, as options for apt. */
function readLists() {
  const folder = join(matrixCache, "lists");
  const sources = join(folder, "sources.list");
  const day = 24 * 60 * 60 * 1000;
  const isFresh = existsSync(sources) && Date.now() - statSync(sources).mtimeMs < day;
  return isFresh ? packageListOptions(folder) : readPackageLists(folder, suites);
}

/** All that has to be there for these cells, in an order in which it can be made. */
export function stepsFor(chosen) {
  mkdirSync(matrixCache, { recursive: true });
  const lists = readLists();
  const built = chosen.filter(({ architecture }) => architecture in toolchains);
  const sources = new Map(
    built.map(({ series }) => [series, sourceStep(matrixCache, series, lists)]),
  );
  const architectures = [...new Set(built.map(({ architecture }) => architecture))];
  const ofX86 = chosen.filter(({ architecture }) => architecture === "x86_64");
  const needsTrixie =
    architectures.some((each) => toolchains[each].isEmulatedInTrixie) ||
    ofX86.some(({ series }) => series !== "6.1");
  return [
    systemStep(architectures.map((each) => toolchains[each])),
    ...(needsTrixie ? [trixieStep(architectures.map((each) => toolchains[each]))] : []),
    ...ofX86.map(({ series, kernel }) => trixieKernelStep(series, kernel, lists)),
    ...(ofX86.length > 0 ? [objtoolStep()] : []),
    ...sources.values(),
    ...architectures.map((each) => busyboxStep(matrixCache, each)),
    ...built.map((cell) => kernelStep(matrixCache, cell)),
  ];
}

/** What a command line says of cells, and what else is in it. */
export function readArguments(args) {
  const others = args.filter((each) => each !== "--plan");
  const isPlan = others.length < args.length;
  const at = others.indexOf("--only");
  if (at < 0) return { only: undefined, isPlan, others };
  const [, only = ""] = others.splice(at, 2);
  if (only === "" || only.startsWith("-")) {
    throw new Error("--only wants cells: architectures, kernels or names, with commas");
  }
  return { only, isPlan, others };
}

/** Says what is to be done, and does it. */
export function prepareCells(chosen, isPlan = false) {
  const steps = stepsFor(chosen).filter((step) => !step.isDone());
  const megabytes = (what) => steps.reduce((sum, step) => sum + step[what], 0);
  for (const { name, download, disk, needsRoot } of steps) {
    const root = needsRoot ? ", as root" : "";
    console.log(`to do: ${name} (${download} MB to download, ${disk} MB on disk${root})`);
  }
  if (steps.length === 0) {
    console.log("everything is prepared");
  } else {
    console.log(`in all: ${megabytes("download")} MB to download, ${megabytes("disk")} MB on disk`);
  }
  for (const step of isPlan ? [] : steps) {
    if (step.needsRoot && process.getuid() !== 0) {
      throw new Error(`${step.name} has to be done by root`);
    }
    console.log(step.name);
    const started = Date.now();
    step.run();
    console.log(`${step.name}: done in ${Math.round((Date.now() - started) / 1000)} s`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { only, isPlan } = readArguments(process.argv.slice(2));
    prepareCells(chooseCells(only), isPlan);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
