// Gets the kernel the tests boot: Debian's own, of the version whose headers are installed. Only
// the image and its configuration are kept. The package is not installed, because its hooks would
// build an initramfs and touch the boot loader of the machine the tests run on.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where downloaded kernels are kept. */
export const kernelCache = fileURLToPath(new URL("cache/", import.meta.url));

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

/**
 * Downloads a package and has `use` take from the folder it is unpacked in what is to be kept. That
 * folder is within `cache`, so that files can be renamed into place and appear whole or not at all.
 */
export function unpackPackage(name, cache, use) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "download-"));
  // Standard output is for what the caller has to say.
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: folder, stdio: ["ignore", 2, 2] });
  try {
    // apt's own user may not write into a folder of ours, and apt would complain of it.
    run("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name);
    const archive = readdirSync(folder).find((file) => file.endsWith(".deb"));
    if (archive === undefined) {
      throw new Error(`apt-get download ${name} left no package behind`);
    }
    run("dpkg-deb", "--extract", archive, "package");
    use(join(folder, "package"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
    } catch (error) {
      console.error(`${error.message}\nif the package was not found: apt-get update`);
      process.exitCode = 1;
    }
  }
}
