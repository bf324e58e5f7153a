// What the kernel tests need of the machine they run on. All of it is in Debian; where a part is
// missing the tests say which, in one line that can be pasted.
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cachedObjtool, installedHeadersVersion, kernelCache } from "./fetch.mjs";
import { preparedNewerKernel } from "./fetch-newer.mjs";
import { missingLibraries } from "./fetch-objtool.mjs";
import { type GuestMachine, machines } from "./machines.js";

/** The kernel to boot and what goes with it. */
export interface KernelLab {
  /** Version of the headers, and so of the kernel: `6.1.0-56-amd64`. */
  readonly version: string;
  /** The folder kbuild builds modules in. */
  readonly headers: string;
  /** The folder of the system that the headers are in and kbuild runs in, if not this machine's. */
  readonly root?: string;
  /** Folders of this machine's that kbuild needs in there, under the names they have here. */
  readonly folders?: readonly string[];
  /** What kbuild has to be told of another architecture. */
  readonly kbuild?: readonly string[];
  /** What the names of binutils begin with, for another architecture. */
  readonly crossCompile?: string;
  readonly machine: GuestMachine;
  /** The folder of the system that has QEMU, if not this machine's. */
  readonly emulatorRoot?: string;
  readonly vmlinuz: string;
  readonly busybox: string;
}

/** What vmlinux exports, which comes with the headers: the file, as this machine has it. */
export function symversOf({ root = "", folders, headers }: KernelLab): string {
  return join(folders === undefined ? root : "", headers, "Module.symvers");
}

/** With what makes a livepatch of two versions of an object. */
export interface ObjtoolLab extends KernelLab {
  /** A program that knows `klp diff` and `klp post-link`. */
  readonly objtool: string;
}

/** What was found, or what to do to have it. */
export type Requirements<Lab = KernelLab> =
  | { readonly lab: Lab; readonly missing?: never }
  | { readonly lab?: never; readonly missing: string };

const packagesByCommand = new Map([
  ["qemu-system-x86_64", "qemu-system-x86"],
  ["cpio", "cpio"],
  ["kmod", "kmod"],
  ["make", "build-essential"],
  ["gcc", "build-essential"],
]);

/** Looks for everything at once, so that one round of installing is enough. */
export function findRequirements(): Requirements {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { missing: "the kernel tests need Linux on x86_64" };
  }
  const packages = new Set<string>();
  for (const [command, name] of packagesByCommand) {
    if (!isInstalled(command)) {
      packages.add(name);
    }
  }
  const busybox = findBusybox();
  if (busybox === undefined) {
    packages.add("busybox-static");
  }
  const headers = findHeaders();
  const version = headers && releaseOf(headers);
  if (headers !== undefined && version === undefined) {
    return {
      missing: `${headers} has no include/generated/utsrelease.h: modules cannot be built in it`,
    };
  }
  if (version === undefined) {
    packages.add("linux-headers-amd64");
  }
  const vmlinuz = version === undefined ? undefined : findVmlinuz(version);

  if (busybox && headers && version && vmlinuz && packages.size === 0) {
    return { lab: { version, headers, machine: machines.x86_64, vmlinuz, busybox } };
  }
  const steps: string[] = [];
  if (packages.size > 0) {
    steps.push(`apt-get install ${[...packages].join(" ")}`);
  }
  if (vmlinuz === undefined) {
    const chosen = process.env.KLP_TEST_VMLINUZ;
    steps.push(chosen ? `unset KLP_TEST_VMLINUZ (${chosen})` : "node test/kernel/fetch.mjs");
  }
  return { missing: `the kernel tests need: ${steps.join(" && ")}` };
}

/** The busybox of this machine, if there is one that needs no libraries. */
export function findBusybox(): string | undefined {
  return ["/bin/busybox", "/usr/bin/busybox"].find(isStaticExecutable);
}

/** Looks for the newer kernel too, which only one of the tests boots. */
export function findNewerRequirements(): Requirements {
  const { lab, missing } = findRequirements();
  if (lab === undefined) {
    return { missing };
  }
  const newer = preparedNewerKernel();
  if (newer === undefined) {
    const step = "node test/kernel/fetch-newer.mjs, as root";
    return { missing: `the kernel test of a newer kernel needs: ${step}` };
  }
  if (process.getuid?.() !== 0) {
    return { missing: "the kernel test of a newer kernel builds modules in a chroot, as root" };
  }
  return { lab: { ...lab, ...newer } };
}

/** Looks for objtool too, which only one of the tests needs. */
export function findObjtoolRequirements(): Requirements<ObjtoolLab> {
  const { lab, missing } = findRequirements();
  if (lab === undefined) {
    return { missing };
  }
  if (isAccessible(cachedObjtool, constants.X_OK)) {
    return { lab: { ...lab, objtool: cachedObjtool } };
  }
  const libraries = missingLibraries();
  const steps = libraries.length > 0 ? [`apt-get install ${libraries.join(" ")}`] : [];
  steps.push("node test/kernel/fetch.mjs");
  return { missing: `the kernel test of objtool's form needs: ${steps.join(" && ")}` };
}

function isInstalled(command: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => isAccessible(join(folder, command), constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** A program that asks for an interpreter (PT_INTERP) is dynamic: no use where there is no libc. */
function isStaticExecutable(path: string): boolean {
  if (!existsSync(path)) {
    return false;
  }
  const ptInterp = 3;
  const elf = readFileSync(path);
  const start = Number(elf.readBigUInt64LE(32));
  const size = elf.readUInt16LE(54);
  const count = elf.readUInt16LE(56);
  return !Array.from({ length: count }, (_, i) => elf.readUInt32LE(start + i * size)).includes(
    ptInterp,
  );
}

/** Where kbuild builds modules: what was stated, or the newest headers that are installed. */
function findHeaders(): string | undefined {
  const chosen = process.env.KLP_TEST_HEADERS;
  const installed = installedHeadersVersion();
  return chosen || (installed && `/usr/src/linux-headers-${installed}`);
}

/** The kernel's release as it prints it itself; undefined where no modules can be built. */
export function releaseOf(headers: string): string | undefined {
  const file = join(headers, "include/generated/utsrelease.h");
  if (!isAccessible(file, constants.R_OK)) return undefined;
  return /^#define UTS_RELEASE "(.*)"$/m.exec(readFileSync(file, "utf8"))?.[1];
}

function findVmlinuz(version: string): string | undefined {
  const chosen = process.env.KLP_TEST_VMLINUZ;
  const candidates = chosen
    ? [chosen]
    : [`/boot/vmlinuz-${version}`, join(kernelCache, `vmlinuz-${version}`)];
  return candidates.find((path) => isAccessible(path, constants.R_OK));
}
