// Prepares a newer kernel than that of this machine's release: the newest of the backports to Debian's
// stable release. The tools that build modules for it need that release's libraries, so they go into a
// system of their own, cache/trixie, which nothing but the tests uses.
//
// It is a gigabyte on disk, and needs root, as chroot does. What is there already is not made again.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { debianMirror, linesOf, readPackageLists, sourceLines } from "./debian-lists.mjs";
import { unpackPackage } from "./debian-package.mjs";

const suite = "trixie";
const backports = `${suite}-backports`;

const kernelCache = fileURLToPath(new URL("cache/", import.meta.url));
/** The folder that system is in. */
export const trixieRoot = join(kernelCache, suite);

/**
 * The newer kernel with its headers and the system they are in; undefined until all of it is there.
 * `series` is such as `6.12`, where not the newest one is meant.
 */
export function preparedNewerKernel(series = "") {
  const versions = headersIn(join(trixieRoot, "usr/src"));
  const version = versions.findLast(
    (each) => each.startsWith(series && `${series}.`) && existsSync(imageOf(each)),
  );
  if (version === undefined) {
    return undefined;
  }
  const headers = `/usr/src/linux-headers-${version}`;
  return { version, headers, root: trixieRoot, vmlinuz: imageOf(version) };
}

function headersIn(folder) {
  return !existsSync(folder)
    ? []
    : readdirSync(folder)
        .map((name) => /^linux-headers-(\d.*-amd64)$/.exec(name)?.[1])
        .filter((version) => version !== undefined)
        .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function imageOf(version) {
  return join(kernelCache, `vmlinuz-${version}`);
}

/** Prepares the newest kernel of the backports and returns its image. */
export function prepareNewest() {
  prepareTrixie();
  const aptOptions = readPackageLists(join(kernelCache, `${suite}-lists`), [backports]);
  const version = newestKernel(aptOptions);
  if (!headersIn(join(trixieRoot, "usr/src")).includes(version)) {
    console.error(`installing the headers of ${version}: 20 MB to download, 80 MB on disk`);
    installInTrixie([`linux-headers-${version}`], backports);
  }
  const image = imageOf(version);
  if (!existsSync(image)) {
    console.error(`downloading the kernel ${version}: 14 MB`);
    const packed = `usr/lib/modules/${version}/vmlinuz`;
    const keep = (folder) => renameSync(join(folder, packed), image);
    unpackPackage(`linux-binary-${version}`, kernelCache, keep, aptOptions);
  }
  return image;
}

/** Prepares the release's own kernel, with lists that were read, and returns its image. */
export function prepareOfRelease(aptOptions) {
  prepareTrixie();
  const [, version] = linesOf("apt-cache", "depends", ...aptOptions, "linux-image-amd64")
    .map((line) => /Depends: linux-image-(\S+)$/.exec(line))
    .find((match) => match !== null);
  if (!headersIn(join(trixieRoot, "usr/src")).includes(version)) {
    installInTrixie([`linux-headers-${version}`]);
  }
  const image = imageOf(version);
  // These headers depend on the image, so it was installed, too.
  copyFileSync(join(trixieRoot, "boot", `vmlinuz-${version}`), image);
  return image;
}

/** Installs the system the newer kernels' modules are built in, unless it is there. */
export function prepareTrixie() {
  if (existsSync(trixieRoot)) {
    return;
  }
  console.error(`installing ${suite} in ${trixieRoot}: 150 MB to download, 800 MB on disk`);
  const unfinished = `${trixieRoot}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const include = "--include=ca-certificates,gcc,make,libelf-dev";
  run("debootstrap", "--variant=minbase", include, suite, unfinished, debianMirror());
  renameSync(unfinished, trixieRoot);
}

/** Installs packages in there, of the release itself or of its backports. */
export function installInTrixie(packages, release = suite) {
  writeFileSync(join(trixieRoot, "etc/apt/sources.list"), sourceLines([suite, backports]));
  runIn("apt-get", "update", "-q");
  const options = ["-q", "-y", "--no-install-recommends", "-t", release];
  runIn("apt-get", "install", ...options, ...packages);
}

function newestKernel(aptOptions) {
  const name = linesOf("apt-cache", "pkgnames", ...aptOptions, "linux-binary-")
    .filter((line) => /^linux-binary-\d[^-]*-amd64$/.test(line))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (name === undefined) {
    throw new Error(`${backports} has no linux-binary-VERSION-amd64`);
  }
  return name.replace("linux-binary-", "");
}

function run(command, ...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  // Standard output is for what the caller has to say.
  execFileSync(command, args, { env, stdio: ["ignore", 2, 2] });
}

function runIn(command, ...args) {
  run("chroot", trixieRoot, command, ...args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(prepareNewest());
  } catch (error) {
    const isMissing = error.code === "ENOENT" && error.path === "debootstrap";
    console.error(isMissing ? "apt-get install debootstrap" : error.message);
    process.exitCode = 1;
  }
}
