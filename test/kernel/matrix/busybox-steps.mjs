// The steps that get busybox for another architecture: from the newest Debian that has it, or built of
// Debian's source for one that Debian has left.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { readPackageLists } from "../debian-lists.mjs";
import { toolchains } from "./cells.mjs";
import { describePackage, downloadPackage } from "./debian-downloads.mjs";

/** Standard output is for what the caller has to say. */
const quietly = { stdio: ["ignore", 2, 2] };

/** Where the busybox of an architecture is kept. */
export function busyboxOf(cache, architecture) {
  return join(cache, "busybox", architecture);
}

/** Puts busybox for another architecture into the cache. */
export function busyboxStep(cache, architecture) {
  const { busyboxSuite } = toolchains[architecture];
  const busybox = busyboxOf(cache, architecture);
  return {
    name: `busybox for ${architecture}`,
    download: 11,
    disk: 12,
    isDone: () => existsSync(busybox),
    run() {
      mkdirSync(join(cache, "busybox"), { recursive: true });
      const unfinished = join(cache, `busybox-${architecture}`);
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished);
      const made =
        busyboxSuite === undefined
          ? buildBusybox(cache, unfinished, architecture)
          : unpackBusybox(cache, unfinished, architecture);
      renameSync(made, busybox);
      rmSync(unfinished, { recursive: true });
    },
  };
}

function unpackBusybox(cache, folder, architecture) {
  const { debian, busyboxSuite } = toolchains[architecture];
  const lists = join(cache, `lists-${debian}`);
  const aptOptions = readPackageLists(lists, [busyboxSuite], { architecture: debian });
  const described = describePackage("busybox-static", aptOptions);
  const deb = downloadPackage(described, join(cache, "packages"));
  execFileSync("dpkg-deb", ["--extract", deb, folder], quietly);
  return ["usr/bin/busybox", "bin/busybox"].map((path) => join(folder, path)).find(existsSync);
}

function buildBusybox(cache, folder, architecture) {
  const lists = readPackageLists(join(cache, "lists-source"), ["trixie"], { kind: "deb-src" });
  execFileSync("apt-get", ["source", "-q", ...lists, "busybox"], { ...quietly, cwd: folder });
  const name = readdirSync(folder).find((each) => /^busybox-[\d.]+$/.test(each));
  const source = join(folder, name);
  const make = (...args) => {
    const cross = `CROSS_COMPILE=${toolchains[architecture].crossCompile}`;
    const options = { ...quietly, cwd: source, env: { ...process.env, LC_ALL: "C" } };
    execFileSync("nice", ["-n", "19", "make", "-s", cross, ...args], options);
  };
  make("defconfig");
  const config = join(source, ".config");
  const text = readFileSync(config, "utf8")
    .replace("# CONFIG_STATIC is not set", "CONFIG_STATIC=y")
    // Of a time when the kernel had another queue.
    .replace("CONFIG_TC=y", "# CONFIG_TC is not set");
  writeFileSync(config, text);
  make("-j2", "busybox");
  return join(source, "busybox");
}
