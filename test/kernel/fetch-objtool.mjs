// objtool as `klp diff` and `klp post-link` need it: Linux has it since 6.19, and Debian's packages
// have it compiled without them. So it is built, from the newest kernel source of the backports to
// Debian's stable release: 170 MB to download, of which 6 MB are unpacked and only the program kept.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
  const aptOptions = readPackageLists(join(cache, suite));
  const name = newestKernelSource(aptOptions);
  console.error(`downloading ${name} for objtool, once (170 MB)`);
  const build = (root) => renameSync(buildObjtool(join(root, "usr/src"), name), objtool);
  unpackPackage(name, cache, build, aptOptions);
  return objtool;
}

/**
 * Has apt read the suite's lists into a folder, beside the machine's own lists and without a look at
 * them, and returns the options with which apt uses them.
 */
function readPackageLists(folder) {
  mkdirSync(join(folder, "lists/partial"), { recursive: true });
  const sources = join(folder, "sources.list");
  writeFileSync(sources, `deb ${debianMirror()} ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${folder}`,
    // A kernel source that is installed here is not in the suite.
    "Dir::State::status=/dev/null",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  execFileSync("apt-get", ["update", "-q", ...options], { stdio: ["ignore", 2, 2] });
  return options;
}

/** Where this machine has Debian from. */
function debianMirror() {
  const filters = ["Created-By: Packages", "Label: Debian", "Component: main"];
  const [mirror] = linesOf("apt-get", "indextargets", "--format", "$(REPO_URI)", ...filters);
  if (mirror === undefined) {
    throw new Error("apt knows no mirror of Debian");
  }
  return mirror;
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

function linesOf(command, ...args) {
  const output = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", 2] });
  return output.split("\n").filter((line) => line !== "");
}
