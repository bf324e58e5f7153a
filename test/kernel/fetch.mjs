// Gets the kernel the tests boot: Debian's own, of the version whose headers are installed. Only
// the image and its configuration are kept. The package is not installed, because its hooks would
// build an initramfs and touch the boot loader of the machine the tests run on.
//
// And objtool, for one of the tests.
import { existsSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unpackPackage } from "./debian-package.mjs";
import { fetchObjtool } from "./fetch-objtool.mjs";

/** Where what was downloaded and built is kept. */
export const kernelCache = fileURLToPath(new URL("cache/", import.meta.url));

/** Where objtool is put. */
export const cachedObjtool = join(kernelCache, "objtool");

/**
 * The newest kernel version whose headers are installed, such as `6.1.0-56-amd64`; undefined where
 * there are none.
 */
export function installedHeadersVersion() {
  if (!existsSync("/usr/src")) {
    return undefined;
  }
  return readdirSync("/usr/src")
    .map((name) => /^linux-headers-(\d.*-amd64)$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
}

/** Puts the kernel image of a version into the cache, unless it is there, and returns its path. */
export function fetchKernel(version) {
  const image = join(kernelCache, `vmlinuz-${version}`);
  if (existsSync(image)) {
    return image;
  }
  unpackPackage(`linux-image-${version}`, kernelCache, (root) => {
    for (const name of [`config-${version}`, basename(image)]) {
      renameSync(join(root, "boot", name), join(kernelCache, name));
    }
  });
  return image;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = installedHeadersVersion();
  if (version === undefined) {
    console.error("no kernel headers are installed: apt-get install linux-headers-amd64");
    process.exitCode = 1;
  } else {
    try {
      console.log(fetchKernel(version));
      console.log(fetchObjtool(cachedObjtool));
    } catch (error) {
      console.error(`${error.message}\nif the package was not found: apt-get update`);
      process.exitCode = 1;
    }
  }
}
