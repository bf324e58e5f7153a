/** The work on one module of a batch, in whichever thread. Nobody else has a turn meanwhile. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { digestOf, type JobOptions, type JobResult } from "../batch/index.js";
import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import { convert, namesToLookUp } from "../livepatch/index.js";
import { type SharedSymbols, UnaskedName } from "../symbols/index.js";
import { fileFault } from "./console-output.js";
import { FileError, writeFileNow } from "./files.js";
import { attemptRead, type InputFile, readOpenFile, throwIfChanged } from "./input-files.js";
import { internalFaultText } from "./internal-fault.js";
import { throwIfWrong } from "./result-check.js";

/** Says which names a module will want to have looked up. */
export interface NamesTask {
  readonly kind: "names";
  readonly input: string;
  readonly options: JobOptions;
}

/** Makes a module's output. */
export interface ConvertTask {
  readonly kind: "convert";
  readonly input: string;
  readonly output: string;
  /** Where the output is written before it has its name. */
  readonly temporary: string;
  readonly options: JobOptions;
  /** Whether anybody wants to know the digests. */
  readonly digests: boolean;
  /** Whether faults of this program are told with their stack. */
  readonly debug: boolean;
}

/** What a thread has to say beside the job's result. */
export interface TaskResult extends JobResult {
  /** Text for people about a fault of this program, which is no diagnostic. */
  readonly internalFault: string;
}

/** The names; none of a module that cannot be read or is refused, which converting it will tell. */
export function namesOfModule({ input, options }: NamesTask): string[] {
  try {
    return namesToLookUp(readNow(input).bytes, options);
  } catch {
    return [];
  }
}

/** Converts a module; whatever happens is a result. */
export function convertModule(task: ConvertTask, symbols: SharedSymbols | undefined): TaskResult {
  try {
    return { internalFault: "", ...attempt(task, symbols) };
  } catch (error) {
    return failureOf(error, task);
  }
}

/** The result of a job that this program itself has failed. */
export function failureOf(error: unknown, { input, debug }: ConvertTask): TaskResult {
  const diagnostics = new Diagnostics(input);
  const message = error instanceof Error ? error.message : String(error);
  diagnostics.error("internal", `internal error: ${message}`);
  const internalFault = internalFaultText(error, input, debug);
  return { internalFault, ...failed(diagnostics.list()) };
}

function attempt(task: ConvertTask, symbols: SharedSymbols | undefined): JobResult {
  const { input, output, temporary, options } = task;
  let module: InputFile;
  try {
    module = readNow(input);
  } catch (error) {
    return failed(fileFault(error, input));
  }
  const inputDigest = task.digests ? digestOf(module.bytes) : null;
  let result: ReturnType<typeof convert>;
  try {
    const lookedUp = symbols && { symbols };
    result = convert(module.bytes, { file: input, ...options, ...lookedUp, allocate });
  } catch (error) {
    if (!(error instanceof UnaskedName)) throw error;
    const change = new FileError("cannot be converted: it was changed meanwhile");
    return failed(fileFault(change, input));
  }
  const { diagnostics, outcome } = result;
  if (result.output === undefined) return { outcome, inputDigest, outputDigest: null, diagnostics };
  if (outcome === "converted") throwIfWrong(result.output, module.bytes);
  try {
    writeFileNow(output, result.output, module.mode, temporary);
  } catch (error) {
    return failed([...diagnostics, ...fileFault(error, output)], inputDigest);
  }
  const isSame = outcome === "unchanged";
  const outputDigest = isSame ? inputDigest : task.digests ? digestOf(result.output) : null;
  return { outcome, inputDigest, outputDigest, diagnostics };
}

function failed(diagnostics: readonly Diagnostic[], inputDigest: string | null = null): JobResult {
  return { outcome: "failed", inputDigest, outputDigest: null, diagnostics };
}

/** Files up to this size have memory that is used for one after the other. */
const ROOM_MOST = 16 << 20;

/** Memory that grows, and stays: to twice what was asked for. */
class Room {
  #bytes = new Uint8Array(1 << 20);

  /** All there is, more than `size` bytes. */
  beyond(size: number): Uint8Array {
    if (size >= this.#bytes.length) this.#bytes = new Uint8Array(2 * size);
    return this.#bytes;
  }
}

const inputRoom = new Room();
const outputRoom = new Room();

/** Memory for an output, which is written before the next one is made. */
function allocate(size: number): Uint8Array {
  if (size > ROOM_MOST) return new Uint8Array(size);
  return outputRoom.beyond(size).subarray(0, size).fill(0);
}

/** The file's bytes, which stay what they are until the next call. Throws FileError. */
function readNow(path: string): InputFile {
  return attemptRead(() => {
    const file = openSync(path, "r");
    try {
      const status = fstatSync(file);
      const { size } = status;
      const mode = status.isFile() ? status.mode & 0o777 : undefined;
      if (size === 0 || size > ROOM_MOST) return { bytes: readOpenFile(file), mode };
      const room = inputRoom.beyond(size);
      let read = 0;
      for (;;) {
        const more = readSync(file, room, read, room.length - read, null);
        read += more;
        if (more > 0 && read < room.length) continue;
        throwIfChanged(file, status);
        return { bytes: room.subarray(0, read), mode };
      }
    } finally {
      closeSync(file);
    }
  });
}
