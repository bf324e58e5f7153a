// What the tests need of a cell that was prepared.
import { join } from "node:path";
import { preparedNewerKernel, trixieRoot } from "../fetch-newer.mjs";
import { machines } from "../machines.js";
import { findBusybox, findRequirements, type KernelLab, releaseOf } from "../requirements.js";
import { busyboxOf } from "./busybox-steps.mjs";
import { toolchains } from "./cells.mjs";
import { buildFolderOf, isBuilt } from "./kernel-steps.mjs";
import { type Cell, matrixCache } from "./prepare.mjs";

/** The kernel of a cell, and how modules are built for it and it is booted. */
export function labOf(cell: Cell): KernelLab {
  return cell.architecture === "x86_64" ? debianLab(cell) : builtLab(cell);
}

function debianLab({ name, series }: Cell): KernelLab {
  const newer = preparedNewerKernel(series);
  const busybox = findBusybox();
  if (newer !== undefined && busybox !== undefined) {
    return { ...newer, busybox, machine: machines.x86_64 };
  }
  const { lab, missing } = findRequirements();
  if (lab === undefined) throw new Error(missing);
  if (!lab.version.startsWith(`${series}.`)) throw new Error(`${name} is not prepared`);
  return lab;
}

function builtLab(cell: Cell): KernelLab {
  const { name, architecture, machine } = cell;
  if (!isBuilt(matrixCache, cell)) throw new Error(`${name} is not prepared`);
  const { arch, crossCompile, isInTrixie, isEmulatedInTrixie } = toolchains[architecture]!;
  const headers = buildFolderOf(matrixCache, cell);
  return {
    version: releaseOf(headers)!,
    headers,
    kbuild: [`ARCH=${arch}`, `CROSS_COMPILE=${crossCompile}`],
    crossCompile,
    machine: machines[machine],
    vmlinuz: join(headers, "booted-image"),
    busybox: busyboxOf(matrixCache, architecture),
    ...(isInTrixie && { root: trixieRoot, folders: [matrixCache] }),
    ...(isEmulatedInTrixie && { emulatorRoot: trixieRoot }),
  };
}
