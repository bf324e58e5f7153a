// objtool as `klp diff` and `klp post-link` need it: Linux has it since 6.19, and Debian's packages
// have it compiled without them. So it is built, from the newest kernel source of the backports to
// Debian's stable release: 170 MB to download, of which 6 MB are unpacked and only the program kept.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { linesOf, readPackageLists } from "./debian-lists.mjs";
import { unpackPackage } from "./debian-package.mjs";

const suite = "trixie-backports";

/** What of the kernel's source objtool is made of. */
const parts = ["arch/x86", "build", "include", "lib", "objtool", "scripts"];

/** The packages with the libraries that objtool needs, as far as they are not installed. */
export function missingLibraries() {
  const packagesByHeader = { "gelf.h": "libelf-dev", "xxhash.h": "libxxhash-dev" };
  return Object.entries(packagesByHeader)
    .filter(([header]) => !existsSync(join("/usr/include", header)))
    .map(([, name]) => name);
}

/** Makes objtool at this path, unless it is there, and returns the path. */
export function fetchObjtool(objtool) {
  if (existsSync(objtool)) {
    return objtool;
  }
  const libraries = missingLibraries();
  if (libraries.length > 0) {
    throw new Error(`objtool cannot be built without: apt-get install ${libraries.join(" ")}`);
  }
  const cache = dirname(objtool);
  const aptOptions = readPackageLists(join(cache, suite), [suite]);
  const name = newestKernelSource(aptOptions);
  console.error(`downloading ${name} for objtool, once (170 MB)`);
  const build = (root) => renameSync(buildObjtool(join(root, "usr/src"), name), objtool);
  unpackPackage(name, cache, build, aptOptions);
  return objtool;
}

function newestKernelSource(aptOptions) {
  const name = linesOf("apt-cache", "pkgnames", ...aptOptions, "linux-source-")
    .filter((line) => /^linux-source-\d[\d.]*$/.test(line))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (name === undefined) {
    throw new Error(`${suite} has no linux-source-VERSION`);
  }
  return name;
}

function buildObjtool(folder, name) {
  const tools = join(name, "tools");
  const wanted = parts.map((part) => join(tools, part));
  const archive = readdirSync(folder).find((file) => file.startsWith(`${name}.tar`));
  if (archive === undefined) {
    throw new Error(`the package ${name} has no source archive`);
  }
  const options = { cwd: folder, stdio: ["ignore", 2, 2] };
  execFileSync("tar", ["--extract", "--file", archive, ...wanted], options);
  execFileSync("make", ["--silent", "-C", join(tools, "objtool")], options);

  const objtool = join(folder, tools, "objtool/objtool");
  if (!spawnSync(objtool, ["klp"], { encoding: "utf8" }).stderr.includes("post-link")) {
    throw new Error(`objtool of ${name} has no klp post-link`);
  }
  return objtool;
}
