// SPDX-License-Identifier: GPL-2.0-only

// The command as its users start it: a process of its own, in a folder of its own, with nothing of
// the environment that would change what it prints.

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FIXTURES = join(ROOT, "test/fixtures");
/** The file that npm installs as the command. */
export const COMMAND = join(ROOT, "bin/klp-convert.js");

/** How a run ended. Standard error is always text; standard output may be a module. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderr: string;
}

export interface RunOptions {
  /** Standard input; nothing, at its end, if absent. */
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory, the folder itself if absent. */
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds, 20,000 if absent. */
  readonly timeout?: number;
}

export interface RefusedOptions extends RunOptions {
  /** The exit status expected, 1 if absent. */
  readonly status?: number;
}

/** A temporary folder with copies of fixtures in it; the test that made it takes it along. */
export class Folder {
  readonly path: string;

  constructor(...fixtures: readonly string[]) {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), "klp-convert-test-")));
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
    for (const name of fixtures) {
      copyFileSync(join(FIXTURES, name), this.at(name));
      chmodSync(this.at(name), 0o644);
    }
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, contents: Uint8Array | string): void {
    writeFileSync(this.at(name), contents);
  }

  read(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.at(name)));
  }

  /** Everything in it, hidden files too, sorted. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  /** Runs `klp-convert ARGS` and waits for its end. */
  run(args: readonly string[], options: RunOptions = {}): Ended {
    return this.runProgram(process.execPath, [COMMAND, ...args], options);
  }

  /**
   * Runs `klp-convert ARGS`, which has to fail with `status`, print nothing on standard output and
   * leave every file of the folder as it was, with no other beside it. Returns standard error.
   */
  refused(args: readonly string[], { status = 1, ...options }: RefusedOptions = {}): string {
    const before = this.#contents();
    const ended = this.run(args, options);
    expect(this.#contents()).toEqual(before);
    expect({ ...ended, stderr: "", stdoutBytes: undefined }).toEqual({
      status,
      signal: null,
      stdout: "",
      stderr: "",
    });
    return ended.stderr;
  }

  /** Runs a script of bash in which `klp` is the command. */
  runShell(script: string, options: RunOptions = {}): Ended {
    const { env = {}, ...rest } = options;
    return this.runProgram("bash", ["-c", `klp() { "$node" "$command" "$@"; }; ${script}`], {
      env: { node: process.execPath, command: COMMAND, ...env },
      ...rest,
    });
  }

  /** Runs any program as the command is run. */
  runProgram(program: string, args: readonly string[], options: RunOptions = {}): Ended {
    const { input = "", env = {}, ...rest } = options;
    const ended = spawnSync(program, args, {
      cwd: this.path,
      input,
      env: environment(env),
      timeout: 20_000,
      maxBuffer: 256 * 1024 * 1024,
      ...rest,
    });
    if (ended.error !== undefined) throw ended.error;
    const { status, signal, stdout, stderr } = ended;
    return {
      status,
      signal,
      stdout: stdout.toString(),
      stdoutBytes: new Uint8Array(stdout),
      stderr: stderr.toString(),
    };
  }

  /** Type, permission bits and contents of everything, by name. */
  #contents(): Map<string, string> {
    const found = this.names().map((name): [string, string] => {
      const stat = lstatSync(this.at(name));
      const isReadable = stat.isFile() && (stat.mode & 0o400) !== 0;
      const contents = isReadable ? Buffer.from(this.read(name)).toString("latin1") : "";
      return [name, `${stat.mode.toString(8)} ${contents}`];
    });
    return new Map(found);
  }

  /** Starts `klp-convert ARGS`; it is killed with the test, if it still runs by then. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    return this.startProgram(process.execPath, [COMMAND, ...args], env);
  }

  startProgram(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Running {
    const options: SpawnOptions = { cwd: this.path, env: environment(env), stdio: "pipe" };
    const running = new Running(spawn(program, args, options));
    onTestFinished(() => {
      running.kill("SIGKILL");
    });
    return running;
  }
}

/** A process that was started. */
export class Running {
  readonly #process: ChildProcess;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  /** Resolves when the process is gone and its output read. */
  readonly ended: Promise<Ended>;

  constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.on("data", (chunk: Buffer) => this.#stdout.push(chunk));
    process.stderr?.on("data", (chunk: Buffer) => this.#stderr.push(chunk));
    this.ended = new Promise((resolve, reject) => {
      process.on("error", reject);
      process.on("close", (status, signal) => {
        const stdout = Buffer.concat(this.#stdout);
        const stderr = Buffer.concat(this.#stderr).toString();
        resolve({
          status,
          signal,
          stdout: stdout.toString(),
          stdoutBytes: new Uint8Array(stdout),
          stderr,
        });
      });
    });
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves once standard output has brought `text`; rejects if the process ends before. */
  async printed(text: string): Promise<void> {
    const ended = this.ended.then(({ stderr }) => {
      throw new Error(`the process ended before it printed ${text}: ${stderr}`);
    });
    ended.catch(() => {});
    const has = () => Buffer.concat(this.#stdout).toString().includes(text);
    while (!has()) {
      await Promise.race([
        ended,
        new Promise((resolve) => this.#process.stdout?.once("data", resolve)),
      ]);
    }
  }
}

function environment(added: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, NODE_OPTIONS, COLUMNS, ...inherited } = process.env;
  return { ...inherited, ...added };
}
