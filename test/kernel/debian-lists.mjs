// Package lists of other suites of Debian than that of this machine.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Has apt read the lists of suites into a folder, beside the machine's own lists and without a look at
 * them, and returns the options with which apt uses them. `architecture` is Debian's word for it;
 * `kind` is `deb`, or `deb-src` for sources.
 */
export function readPackageLists(folder, suites, { architecture = "amd64", kind = "deb" } = {}) {
  mkdirSync(join(folder, "lists/partial"), { recursive: true });
  writeFileSync(join(folder, "sources.list"), sourceLines(suites, kind));
  const options = packageListOptions(folder, architecture);
  execFileSync("apt-get", ["update", "-q", ...options], { stdio: ["ignore", 2, 2] });
  return options;
}

/** The options with which apt uses lists that were read into a folder. */
export function packageListOptions(folder, architecture = "amd64") {
  return [
    `Dir::Etc::sourcelist=${join(folder, "sources.list")}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${folder}`,
    // A kernel source that is installed here is not in the suite.
    "Dir::State::status=/dev/null",
    "APT::Sandbox::User=root",
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
  ].flatMap((option) => ["-o", option]);
}

/** Suites as lines of sources.list. */
export function sourceLines(suites, kind = "deb") {
  const mirror = debianMirror();
  return suites.map((suite) => `${kind} ${mirror} ${suite} main\n`).join("");
}

/** Where this machine has Debian from. */
export function debianMirror() {
  const filters = ["Created-By: Packages", "Label: Debian", "Component: main"];
  const [mirror] = linesOf("apt-get", "indextargets", "--format", "$(REPO_URI)", ...filters);
  if (mirror === undefined) {
    throw new Error("apt knows no mirror of Debian");
  }
  return mirror;
}

/** What a command prints. */
export function linesOf(command, ...args) {
  const output = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", 2] });
  return output.split("\n").filter((line) => line !== "");
}
