// The steps that make a kernel: source, configuration and build.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { trixieRoot } from "../fetch-newer.mjs";
import { commandIn } from "../other-system.mjs";
import { toolchains } from "./cells.mjs";
import { describePackage, downloadedPackage, downloadPackage } from "./debian-downloads.mjs";

const configs = fileURLToPath(new URL("configs/", import.meta.url));

/** Standard output is for what the caller has to say. */
const quietly = { stdio: ["ignore", 2, 2] };

/** Unpacks Debian's source of a kernel, without its documentation. */
export function sourceStep(cache, series, aptOptions) {
  const name = `linux-source-${series}`;
  const described = describePackage(name, aptOptions);
  const packages = join(cache, "packages");
  const folder = join(cache, "source", name);
  const stamp = join(folder, "package");
  const isDownloaded = downloadedPackage(described, packages) !== undefined;
  return {
    name: `source of Linux ${series}`,
    download: isDownloaded ? 0 : megabytes(described.size),
    disk: 1600 + (isDownloaded ? 0 : megabytes(described.size)),
    isDone: () => existsSync(stamp) && readFileSync(stamp, "utf8") === described.file,
    run() {
      const deb = downloadPackage(described, packages);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(cache, "source"), { recursive: true });
      const unpack = `dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz" |
        tar -xJ -C "$3" --exclude="$2/Documentation"`;
      execFileSync("sh", ["-c", unpack, "sh", deb, name, join(cache, "source")], quietly);
      // arch/*/Kconfig and others go on from there.
      mkdirSync(join(folder, "Documentation"));
      writeFileSync(join(folder, "Documentation/Kconfig"), "");
      writeFileSync(stamp, described.file);
    },
  };
}

/** Where the kernel of a cell is built: the folder that modules are built with. */
export function buildFolderOf(cache, { name }) {
  return join(cache, "build", name);
}

/** The stamp of a cell's kernel: what it was made of. */
export function isBuilt(cache, cell) {
  const stamp = join(buildFolderOf(cache, cell), "built");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === recipeOf(cache, cell);
}

/** Configures and builds the kernel of a cell. */
export function kernelStep(cache, cell) {
  const { architecture, series, name } = cell;
  const { targets, megabytes: disk } = toolchains[architecture];
  const build = buildFolderOf(cache, cell);
  const source = join(cache, "source", `linux-source-${series}`);
  return {
    name: `kernel ${name}`,
    download: 0,
    disk,
    isDone: () => isBuilt(cache, cell),
    run() {
      mkdirSync(build, { recursive: true });
      const asked = configOf(cell);
      writeFileSync(join(build, "asked.config"), asked);
      const make = (...args) => {
        const [command, rest] = makeCommand(cache, architecture, [
          ...["--silent", "-C", source, `O=${build}`],
          ...args,
        ]);
        execFileSync("nice", ["-n", "19", command, ...rest], {
          ...quietly,
          env: { ...process.env, LC_ALL: "C" },
        });
      };
      make("KCONFIG_ALLCONFIG=asked.config", "allnoconfig");
      checkConfig(asked, readFileSync(join(build, ".config"), "utf8"));
      make("-j2", ...targets);
      copyFileSync(join(build, toolchains[architecture].image), join(build, "booted-image"));
      writeFileSync(join(build, "built"), recipeOf(cache, cell));
    },
  };
}

/** The command that runs make for an architecture, with its arguments. */
export function makeCommand(cache, architecture, args) {
  const { arch, crossCompile, isInTrixie } = toolchains[architecture];
  const all = [`ARCH=${arch}`, `CROSS_COMPILE=${crossCompile}`, ...args];
  return isInTrixie ? commandIn(trixieRoot, [cache], "make", all) : ["make", all];
}

function configOf({ architecture, variant }) {
  const names = ["common", architecture];
  if (variant !== undefined) names.push(`${architecture}-${variant}`);
  return names.map((name) => readFileSync(join(configs, `${name}.config`), "utf8")).join("");
}

/** kconfig drops without a word what depends on something that is off. The last line about an option is meant. */
function checkConfig(asked, config) {
  const has = new Set(config.split("\n"));
  const wanted = new Map(
    asked.split("\n").flatMap((line) => {
      const [, name] = /^(?:# )?(CONFIG_\w+)(?:=| is not set)/.exec(line) ?? [];
      return name === undefined ? [] : [[name, line]];
    }),
  );
  const missing = [...wanted.values()].filter((line) => !line.startsWith("#") && !has.has(line));
  if (missing.length > 0) {
    throw new Error(`kconfig did not take ${missing.join(", ")}`);
  }
}

function recipeOf(cache, cell) {
  const source = join(cache, "source", `linux-source-${cell.series}`, "package");
  const parts = [existsSync(source) ? readFileSync(source, "utf8") : "", configOf(cell)];
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

function megabytes(bytes) {
  return Math.ceil(bytes / 1e6);
}
