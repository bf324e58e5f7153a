/**
 * Make's jobserver: a pipe with a byte in it for each job that may be begun. Whoever takes one puts it
 * back, whatever happens. A process has one slot without asking: make gave it when it started it.
 * https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html
 */

import {
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../diagnostics.js";
import { asFileError, FileError, isFileError } from "./files.js";

const NO_SLOT = new Set(["EAGAIN", "EWOULDBLOCK", "EINTR"]);

export class Jobserver {
  readonly #reader: number;
  readonly #writer: number;
  readonly #held: Uint8Array[] = [];

  /** Throws FileError if there is no such pipe. */
  constructor(auth: string) {
    const fifo = auth.startsWith("fifo:") ? auth.slice("fifo:".length) : undefined;
    try {
      const [reader, writer] = fifo === undefined ? inheritedPipe(auth) : [fifo, fifo];
      // Both ends are opened anew, because others share those that were inherited, and how they read.
      const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
      this.#reader = openSync(reader, O_RDONLY | O_NONBLOCK);
      this.#writer = openSync(writer, O_WRONLY | O_NONBLOCK);
      if (!fstatSync(this.#reader).isFIFO()) throw new FileError("is no pipe");
    } catch (error) {
      throw asFileError(error, "cannot be opened");
    }
    process.on("exit", () => this.releaseAll());
  }

  /** How many slots were taken. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes a slot if there is one. */
  acquire(): boolean {
    const token = new Uint8Array(1);
    try {
      if (readSync(this.#reader, token, 0, 1, null) === 0) return false;
    } catch (error) {
      if (NO_SLOT.has((error as NodeJS.ErrnoException).code ?? "")) return false;
      throw error;
    }
    this.#held.push(token);
    return true;
  }

  /** Gives one back: the very byte, which may mean something to who made the pipe. */
  release(): void {
    const token = this.#held.pop();
    if (token !== undefined) writeSync(this.#writer, token);
  }

  releaseAll(): void {
    while (this.held > 0) this.release();
  }
}

/** What MAKEFLAGS says of a jobserver: the last word counts, and behind `--` are variables. */
export function jobserverAuth(makeflags: string): string | undefined {
  const [flags = ""] = makeflags.split(/(?:^| )-- /);
  const found = [...flags.matchAll(/(?:^|\s)--jobserver-(?:auth|fds)=(\S+)/g)];
  return found.at(-1)?.[1];
}

/** Joins the jobserver that the environment offers; a warning if there is one that cannot be. */
export function joinJobserver(makeflags: string | undefined): Jobserver | Diagnostic | undefined {
  const auth = makeflags === undefined ? undefined : jobserverAuth(makeflags);
  if (auth === undefined) return undefined;
  try {
    return new Jobserver(auth);
  } catch (error) {
    if (!isFileError(error)) throw error;
    return {
      severity: "warning",
      code: "jobserver",
      file: "MAKEFLAGS",
      message: `make's jobserver ${auth} ${error.message}; one job is done at a time`,
      notes: ["put + in front of the recipe's line, so that make hands its jobserver down"],
    };
  }
}

/** Names for both ends of a pipe that make has handed down as `R,W`. */
function inheritedPipe(auth: string): readonly [string, string] {
  const [, reader, writer] = /^([0-9]{1,6}),([0-9]{1,6})$/.exec(auth) ?? [];
  if (reader === undefined || writer === undefined) throw new FileError("is not open");
  const [one, other] = [reader, writer].map(Number);
  const [status, others] = [statusOf(one!), statusOf(other!)];
  // A number that make did not hand down may by now be one of this process's own pipes. What was
  // handed down came through the parent, which has it still.
  const isPipe = status.isFIFO() && others.isFIFO() && status.ino === others.ino;
  if (!isPipe || !isOfParent(reader)) throw new FileError("is not open");
  return [`/proc/self/fd/${reader}`, `/proc/self/fd/${writer}`];
}

function statusOf(descriptor: number) {
  try {
    return fstatSync(descriptor);
  } catch {
    throw new FileError("is not open");
  }
}

function isOfParent(descriptor: string): boolean {
  const own = readlinkSync(`/proc/self/fd/${descriptor}`);
  const folder = `/proc/${process.ppid}/fd`;
  return readdirSync(folder).some((each) => {
    try {
      return readlinkSync(join(folder, each)) === own;
    } catch {
      // It was closed meanwhile.
      return false;
    }
  });
}
