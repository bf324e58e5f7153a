// The steps that install packages: on this machine, and in the system of a newer Debian.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cachedObjtool, fetchKernel, installedHeadersVersion } from "../fetch.mjs";
import {
  installInTrixie,
  preparedNewerKernel,
  prepareNewest,
  prepareOfRelease,
  prepareTrixie,
  trixieRoot,
} from "../fetch-newer.mjs";
import { fetchObjtool } from "../fetch-objtool.mjs";

/** What Linux is built with, whatever for. */
const buildTools = ["bc", "bison", "build-essential", "flex", "libelf-dev", "libssl-dev"];

/** What the kernel tests need everywhere, and the tests' scripts. */
const testTools = [
  ...["busybox-static", "cpio", "debootstrap", "kmod", "qemu-system-x86"],
  ...["libelf-dev", "libxxhash-dev"],
];

/** Installs compilers, emulators and tools on this machine. */
export function systemStep(toolchains) {
  const here = toolchains.filter(({ isInTrixie }) => !isInTrixie);
  const forCells = [
    ...here.flatMap(({ compiler, libraries = [] }) => [compiler, ...libraries]),
    ...toolchains.flatMap((each) => (each.isEmulatedInTrixie ? [] : each.qemuPackage)),
  ];
  const names = [...new Set([...testTools, ...(here.length > 0 ? buildTools : []), ...forCells])];
  const missing = missingPackages(names);
  const { download, disk } = missing.length > 0 ? sizesOf(missing) : { download: 0, disk: 0 };
  return {
    name: `packages ${missing.join(" ")}`,
    download,
    disk,
    needsRoot: true,
    isDone: () => missingPackages(names).length === 0,
    run() {
      aptGet("update", "-q");
      aptGet("install", "-q", "-y", "--no-install-recommends", ...missing);
    },
  };
}

/** Installs what only a newer Debian has, in a system of its own. */
export function trixieStep(toolchains) {
  const compilers = toolchains.flatMap((each) => (each.isInTrixie ? each.compiler : []));
  const emulators = toolchains.flatMap((each) => (each.isEmulatedInTrixie ? each.qemuPackage : []));
  const wanted = [
    ...(compilers.length > 0 ? [...buildTools, ...compilers] : []),
    ...new Set(emulators),
  ];
  const missing = () => (existsSync(trixieRoot) ? missingPackages(wanted, trixieRoot) : wanted);
  return {
    name: `trixie in cache/trixie ${missing().join(" ")}`.trim(),
    download: (existsSync(trixieRoot) ? 0 : 150) + (missing().length > 0 ? 150 : 0),
    disk: (existsSync(trixieRoot) ? 0 : 800) + (missing().length > 0 ? 700 : 0),
    needsRoot: true,
    isDone: () => existsSync(trixieRoot) && missing().length === 0,
    run() {
      prepareTrixie();
      if (missing().length > 0) {
        installInTrixie(missing());
      }
    },
  };
}

/** Gets a kernel that Debian has for x86_64, with its headers. */
export function trixieKernelStep(series, kernel, lists) {
  if (series === "6.1") {
    return {
      name: "Debian's Linux 6.1",
      download: 70,
      disk: 8,
      needsRoot: installedHeadersVersion() === undefined,
      isDone: () => {
        const version = installedHeadersVersion();
        return version !== undefined && existsSync(imageOf(version));
      },
      run() {
        if (installedHeadersVersion() === undefined) {
          aptGet("install", "-q", "-y", "--no-install-recommends", "linux-headers-amd64");
        }
        fetchKernel(installedHeadersVersion());
      },
    };
  }
  return {
    name: `Debian's Linux ${series}`,
    ...(kernel === "newest" ? { download: 35, disk: 100 } : { download: 150, disk: 650 }),
    needsRoot: true,
    isDone: () => preparedNewerKernel(series) !== undefined,
    run: () => (kernel === "newest" ? prepareNewest() : prepareOfRelease(lists)),
  };
}

/** Builds objtool, which makes livepatches for x86_64. */
export function objtoolStep() {
  return {
    name: "objtool of the newest Linux",
    download: 170,
    disk: 2,
    isDone: () => existsSync(cachedObjtool),
    run: () => fetchObjtool(cachedObjtool),
  };
}

function imageOf(version) {
  return new URL(`../cache/vmlinuz-${version}`, import.meta.url);
}

function missingPackages(names, root = "/") {
  const admin = `--admindir=${join(root, "var/lib/dpkg")}`;
  return names.filter((name) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are for dpkg-query
    const query = ["-W", "-f=${db:Status-Status}", admin, name];
    return spawnSync("dpkg-query", query, { encoding: "utf8" }).stdout !== "installed";
  });
}

/** What apt says that installing would download and take, in megabytes. */
function sizesOf(names) {
  const args = ["install", "--assume-no", "--no-install-recommends", ...names];
  const env = { ...process.env, LC_ALL: "C" };
  const { stdout } = spawnSync("apt-get", args, { encoding: "utf8", env });
  const sizeIn = (pattern) => {
    const [, number, unit] = pattern.exec(stdout) ?? [];
    const factor = { kB: 0.001, MB: 1, GB: 1000 }[unit] ?? 0;
    return Math.ceil(Number(number?.replaceAll(",", "") ?? 0) * factor);
  };
  return {
    download: sizeIn(/Need to get ([\d.,]+) ([kMG]B)/),
    disk: sizeIn(/operation, ([\d.,]+) ([kMG]B) of additional/),
  };
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  execFileSync("apt-get", args, { env, stdio: ["ignore", 2, 2] });
}
