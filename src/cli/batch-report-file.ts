/**
 * The report of a batch as a file. Lines are there as soon as their jobs have ended, so that a batch
 * that is killed can be resumed; a document is there at the end.
 */

import { closeSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  documentOf,
  type JobRecord,
  lineOfJob,
  lineOfSummary,
  type ReportFrame,
} from "../batch/index.js";
import {
  asFileError,
  discardFile,
  fileBehind,
  isReplaced,
  ownDescriptor,
  temporaryBeside,
} from "./files.js";

export interface ReportFile {
  /** Takes a job's record. Throws FileError. */
  add(record: JobRecord): void;
  /** Puts the file in its place, with what was added so far, if it is one of lines. */
  begin(): void;
  /** Completes the file. Throws FileError. */
  end(frame: ReportFrame): void;
}

/** Opens the report; nothing is under its name before `begin`. Throws FileError. */
export function openReport(path: string): ReportFile {
  return path.endsWith(".ndjson") ? new ReportLines(path) : new ReportDocument(path);
}

function attempt<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    throw asFileError(error, "cannot be written");
  }
}

interface Target {
  readonly file: number;
  /** The name it has until it is complete; none if what is there is written to as it is. */
  readonly temporary: string | undefined;
}

/** Opens what is to become a file; a device or a pipe is written to as it is. */
function openTarget(path: string): Target {
  return attempt(() => {
    if (!isReplaced(path)) {
      return { file: ownDescriptor(path) ?? openSync(path, "w"), temporary: undefined };
    }
    const temporary = temporaryBeside(fileBehind(path));
    return { file: openSync(temporary, "wx"), temporary };
  });
}

class ReportLines implements ReportFile {
  readonly #path: string;
  readonly #file: number;
  #temporary: string | undefined;

  constructor(path: string) {
    this.#path = path;
    const { file, temporary } = openTarget(path);
    this.#file = file;
    this.#temporary = temporary;
    if (temporary !== undefined) process.on("exit", () => this.#discard());
  }

  add(record: JobRecord): void {
    attempt(() => writeAll(this.#file, lineOfJob(record)));
  }

  begin(): void {
    const temporary = this.#temporary;
    if (temporary !== undefined) attempt(() => renameSync(temporary, fileBehind(this.#path)));
    this.#temporary = undefined;
  }

  end(frame: ReportFrame): void {
    attempt(() => {
      writeAll(this.#file, lineOfSummary(frame));
      closeSync(this.#file);
    });
  }

  #discard(): void {
    if (this.#temporary !== undefined) discardFile(this.#temporary);
  }
}

/** Records wait in a file without a name, so that memory does not grow with the jobs. */
class ReportDocument implements ReportFile {
  readonly #path: string;
  /** What is written to as it is has to be there before anything is done. */
  readonly #target: Target | undefined;
  readonly #spool: number;
  #size = 0;
  readonly #places: { readonly job: number; readonly start: number; readonly size: number }[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#target = attempt(() => isReplaced(path)) ? undefined : openTarget(path);
    this.#spool = attempt(() => {
      // Beside a device or a pipe there may be no place for files.
      const place = this.#target === undefined ? fileBehind(path) : join(tmpdir(), "report");
      const name = temporaryBeside(place);
      const file = openSync(name, "wx+");
      discardFile(name);
      return file;
    });
  }

  add(record: JobRecord): void {
    const bytes = Buffer.from(JSON.stringify(record));
    attempt(() => writeAll(this.#spool, bytes));
    this.#places.push({ job: record.job, start: this.#size, size: bytes.length });
    this.#size += bytes.length;
  }

  begin(): void {}

  end(frame: ReportFrame): void {
    const { file, temporary } = this.#target ?? openTarget(this.#path);
    try {
      attempt(() => {
        for (const piece of documentOf(frame, this.#records())) writeAll(file, piece);
        closeSync(file);
        if (temporary !== undefined) renameSync(temporary, fileBehind(this.#path));
      });
    } catch (error) {
      if (temporary !== undefined) discardFile(temporary);
      throw error;
    }
    closeSync(this.#spool);
  }

  *#records(): Iterable<string> {
    this.#places.sort((a, b) => a.job - b.job);
    for (const { start, size } of this.#places) {
      const bytes = Buffer.alloc(size);
      readSync(this.#spool, bytes, 0, size, start);
      yield bytes.toString();
    }
  }
}

function writeAll(file: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  let at = 0;
  while (at < bytes.length) at += writeSync(file, bytes, at);
}
