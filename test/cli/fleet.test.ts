// SPDX-License-Identifier: GPL-2.0-only

// The recipes of samples/fleet, as far as one machine can run them. Other hosts are network namespaces
// with an sshd in each.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { COMMAND, Folder } from "./command.js";

const FLEET = fileURLToPath(new URL("../../samples/fleet/", import.meta.url));
const LIST = "Symbols.list";
const MODULES = ["x86_64-dup.in.ko", "x86_64-plain.in.ko"];
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const textOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString();

/** Modules in the folder `build`, two contents under many names, and a manifest of them. */
function folderWithModules(count: number): Folder {
  const folder = new Folder(LIST, ...MODULES);
  for (const name of ["build", "expected"]) mkdirSync(folder.at(name));
  const names = Array.from({ length: count }, (_, i) => `m${i}.ko`);
  for (const [i, name] of names.entries()) {
    copyFileSync(folder.at(MODULES[i % 2]!), folder.at(`build/${name}`));
  }
  folder.write("jobs.txt", names.map((name) => `build/${name} out/${name} ${LIST}\n`).join(""));
  const args = ["batch", "-s", LIST, "-o", "expected", ...names.map((name) => `build/${name}`)];
  expect(folder.run(args).status).toBe(0);
  return folder;
}

function expectAll(folder: Folder): void {
  const names = readdirSync(folder.at("expected"));
  expect(readdirSync(folder.at("out")).filter((name) => name.endsWith(".ko"))).toEqual(names);
  for (const name of names) {
    expect(folder.read(`out/${name}`)).toEqual(folder.read(`expected/${name}`));
  }
}

describe.skipIf(!has("make"))("the Makefile", () => {
  test("converts what has changed, with make's slots", () => {
    const folder = folderWithModules(80);
    const args = ["-s", "-j3", "-f", `${FLEET}Makefile`, "MODULES=build", "OUT=out"];
    args.push(`KLP_CONVERT=${process.execPath} ${COMMAND}`);
    const first = folder.runProgram("make", args);
    expect(first).toMatchObject({ status: 0 });
    expect(first.stderr).toMatch(/80 jobs: 40 converted, 40 unchanged\n$/);
    expect(first.stderr).not.toContain("warning");
    expectAll(folder);
    expect(folder.runProgram("make", args)).toMatchObject({ status: 0, stderr: "" });
    folder.write("build/m1.ko", folder.read("build/m0.ko"));
    expect(folder.runProgram("make", args).stderr).toMatch(
      /80 jobs: 41 converted, 39 unchanged, 79 were up to date\n$/,
    );
    expect(folder.read("out/m1.ko")).toEqual(folder.read("expected/m0.ko"));
  }, 60_000);
});

/** What the test over ssh needs and does not find; undefined if nothing. */
function missingForSsh(): string | undefined {
  const programs = ["parallel", "/usr/sbin/sshd", "ssh", "ssh-keygen", "ip", "tar"];
  const missing = programs.filter((program) => !has(program));
  if (missing.length > 0) {
    return `${missing.join(", ")}: apt-get install parallel openssh-server openssh-client iproute2`;
  }
  if (process.getuid?.() !== 0) return "root, for network namespaces";
  const name = `klp-try-${process.pid}`;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return "network namespaces";
  spawnSync("ip", ["netns", "del", name]);
  return undefined;
}

const missing = missingForSsh();
const isRequired = process.env.KLP_REQUIRE_FLEET === "1";

/** A host: a namespace, and an sshd in it. Takes them away with the test. */
async function startHost(folder: Folder, number: number): Promise<string> {
  const name = `klp-${process.pid}-${number}`;
  const link = `klp${process.pid % 100_000}${number}`;
  // Addresses for documentation (RFC 5737), which nobody has.
  const [here, there] = [`192.0.2.${4 * number + 1}`, `192.0.2.${4 * number + 2}`];
  const ip = (...args: readonly string[]) => execFileSync("ip", args);
  ip("netns", "add", name);
  onTestFinished(() => {
    spawnSync("ip", ["netns", "del", name]);
    spawnSync("ip", ["link", "del", link]);
  });
  ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip("addr", "add", `${here}/30`, "dev", link);
  ip("link", "set", link, "up");
  ip("-n", name, "addr", "add", `${there}/30`, "dev", "eth0");
  ip("-n", name, "link", "set", "eth0", "up");
  ip("-n", name, "link", "set", "lo", "up");
  const key = folder.at(`host-${number}`);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  folder.write(
    `sshd-${number}`,
    `ListenAddress ${there}\nHostKey ${key}\nPidFile none\nUsePAM no\nStrictModes no\n` +
      `PasswordAuthentication no\nPermitRootLogin yes\nAuthorizedKeysFile ${folder.at("key.pub")}\n`,
  );
  const sshd = [
    "netns",
    "exec",
    name,
    "/usr/sbin/sshd",
    "-D",
    "-e",
    "-f",
    folder.at(`sshd-${number}`),
  ];
  const running = spawn("ip", sshd, { stdio: "ignore" });
  onTestFinished(() => {
    running.kill();
  });
  for (let tries = 0; !(await answers(there)); tries++) {
    if (tries === 100) throw new Error(`sshd of ${name} does not answer`);
    await sleep(100);
  }
  return there;
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(22, address);
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}

describe.skipIf(missing !== undefined && !isRequired)(
  `over-ssh${missing === undefined ? "" : ` (skipped, there is no ${missing})`}`,
  () => {
    test("converts a manifest on two hosts, and only what is not done yet when it is run again", async () => {
      expect(missing).toBeUndefined();
      const folder = folderWithModules(20);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", folder.at("key")]);
      mkdirSync("/run/sshd", { recursive: true });
      const hosts = [await startHost(folder, 1), await startHost(folder, 2)];
      const quiet = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
      const env = {
        FLEET_SSH: `ssh -F none -o BatchMode=yes ${quiet} -o IdentitiesOnly=yes -i ${folder.at("key")} -l root`,
        KLP_CONVERT: `${process.execPath} ${COMMAND}`,
        PARALLEL_HOME: folder.at("parallel"),
      };
      const args = [hosts.join(","), "jobs.txt", "out", "build", LIST];
      const over = () => folder.runProgram(`${FLEET}over-ssh`, args, { env, timeout: 120_000 });

      const first = over();
      expect(first.status, first.stderr).toBe(0);
      expectAll(folder);
      const summary = () =>
        JSON.parse(textOf(folder, "out/batch.ndjson").trimEnd().split("\n").at(-1)!);
      expect(summary()).toMatchObject({
        shards: [],
        jobs: 20,
        converted: 10,
        unchanged: 10,
        upToDate: 0,
      });
      const parts = [1, 2].map(
        (i) => textOf(folder, `out/shard-${i}.ndjson`).split("\n").length - 2,
      );
      expect(parts[0]! + parts[1]!).toBe(20);
      expect(Math.min(...parts)).toBeGreaterThan(0);

      rmSync(folder.at("out/m0.ko"));
      expect(over().status).toBe(0);
      expectAll(folder);
      expect(summary()).toMatchObject({ jobs: 20, upToDate: 19 });

      // One module that is refused is the whole's fault, and the rest is done.
      folder.write("build/m3.ko", "");
      const refused = over();
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("klp-convert: error: build/m3.ko: the file is empty\n");
      expect(summary()).toMatchObject({ jobs: 20, refused: 1, upToDate: 19 });
    }, 300_000);
  },
);
