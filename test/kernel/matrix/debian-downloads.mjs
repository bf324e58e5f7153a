// Packages of other releases and architectures of Debian, kept where they were downloaded, so that
// a run that was interrupted has them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "../debian-lists.mjs";

/** What apt would download for a package: the file's name and its size in bytes. */
export function describePackage(name, aptOptions) {
  const [line] = linesOf("apt-get", "download", "--print-uris", "-q", ...aptOptions, name);
  // 'URI' FILE SIZE HASH
  const [, file, size] = /^'\S+' (\S+) (\d+) /.exec(line ?? "") ?? [];
  if (file === undefined) {
    throw new Error(`apt does not know where to get ${name}`);
  }
  return { name, file, size: Number(size), aptOptions };
}

/** Where a package is in the folder, if it was downloaded whole. */
export function downloadedPackage({ file, size }, folder) {
  const path = join(folder, file);
  return existsSync(path) && statSync(path).size === size ? path : undefined;
}

/** Downloads a package into the folder, unless it is there, and returns its path. */
export function downloadPackage(described, folder) {
  const present = downloadedPackage(described, folder);
  if (present !== undefined) {
    return present;
  }
  // apt writes the file as it comes, so it does that elsewhere.
  const unfinished = join(folder, "unfinished");
  mkdirSync(unfinished, { recursive: true });
  const args = ["download", "-q", "-o", "APT::Sandbox::User=root", ...described.aptOptions];
  const options = { cwd: unfinished, stdio: ["ignore", 2, 2] };
  execFileSync("apt-get", [...args, described.name], options);
  const path = join(folder, described.file);
  renameSync(join(unfinished, described.file), path);
  return path;
}
