// SPDX-License-Identifier: GPL-2.0-only

// The modules of a Debian kernel: a folder that KLP_BENCH_MODULES names, or those of a package that
// is downloaded once and unpacked into cache/. It is not installed: its hooks would build an
// initramfs and touch the boot loader.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unpackPackage } from "../test/kernel/debian-package.mjs";
import { installedHeadersVersion } from "../test/kernel/fetch.mjs";
import { Skipped } from "./outcomes.mjs";

const cache = fileURLToPath(new URL("cache/", import.meta.url));
/** As `klp-convert symbols` knows modules in a folder. */
const MODULE_NAME = /\.ko(?:\.gz|\.xz|\.zst)?$/;
/** Where packages have modules: before Debian 13, and since. */
const FOLDERS = ["lib/modules", "usr/lib/modules"];
const REMEDY = "\n  set KLP_BENCH_MODULES to a folder with modules, such as /lib/modules/VERSION";

/** The folder, how many modules are in it, their bytes, and how many of them are compressed. */
export function kernelModules() {
  const folder = process.env.KLP_BENCH_MODULES || cachedModules() || fetchModules();
  if (!existsSync(folder)) throw new Skipped(`there is no ${folder}${REMEDY}`);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && MODULE_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  if (files.length === 0) throw new Skipped(`there are no modules in ${folder}${REMEDY}`);
  return {
    folder,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    compressed: files.filter((file) => !file.endsWith(".ko")).length,
  };
}

function cachedModules() {
  if (!existsSync(cache)) return undefined;
  const versions = readdirSync(cache).filter((name) => /^\d/.test(name));
  versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const newest = versions.at(-1);
  return newest && join(cache, newest);
}

function fetchModules() {
  try {
    const image = `linux-image-${installedHeadersVersion() ?? versionInArchive()}`;
    console.error(`downloading ${image} for its modules, once (70 MB)`);
    return unpackModules(image);
  } catch (error) {
    const reason = error.message.split("\n", 1)[0];
    throw new Skipped(`no modules: ${reason}\n  on a Debian try apt-get update, or${REMEDY}`);
  }
}

/** The version of Debian's present kernel, such as `6.1.0-56-amd64`. */
function versionInArchive() {
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const depends = execFileSync("apt-cache", ["depends", "linux-image-amd64"], options);
  const version = /Depends: linux-image-(\d\S+-amd64)\s/.exec(depends)?.[1];
  if (version === undefined) throw new Error("apt-cache knows no kernel of linux-image-amd64");
  return version;
}

function unpackModules(image) {
  let kept;
  unpackPackage(image, cache, (root) => {
    const modules = FOLDERS.map((name) => join(root, name)).find(existsSync);
    const [version] = modules === undefined ? [] : readdirSync(modules);
    if (version === undefined) throw new Error(`the package ${image} has no modules`);
    kept = join(cache, version);
    renameSync(join(modules, version), kept);
  });
  return kept;
}
