// What the tests need of a Debian package, without installing it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Downloads a package and has `use` take from the folder it is unpacked in what is to be kept. That
 * folder is within `cache`, so that files can be renamed into place and appear whole or not at all.
 * `aptOptions` are for packages that are not in the release this machine has.
 */
export function unpackPackage(name, cache, use, aptOptions = []) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "download-"));
  // Standard output is for what the caller has to say.
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: folder, stdio: ["ignore", 2, 2] });
  try {
    // apt's own user may not write into a folder of ours, and apt would complain of it.
    run("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", ...aptOptions, name);
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
