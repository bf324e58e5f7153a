/**
 * What this tool has to say about a file, as data. Every layer makes these; only the command
 * line turns them into text.
 */

export type Severity = "error" | "warning" | "note";

/**
 * Where in a file something was found; all parts optional, `offset` and `line` are plain numbers.
 */
export interface Place {
  /** Name of the section, as in the section header string table. */
  readonly section?: string;
  /** Bytes from the start of `section`. */
  readonly offset?: number;
  /** Name of the symbol concerned. */
  readonly symbol?: string;
  /** Line of a text file, counted from 1. */
  readonly line?: number;
}

/** One message. `code` is stable between releases, `message` is not. */
export interface Diagnostic extends Place {
  readonly severity: Severity;
  readonly code: string;
  readonly file: string;
  readonly message: string;
  /** Further lines: candidates, reasons, and the remedy ready to paste. */
  readonly notes: readonly string[];
}

/** Notes, or what makes them: asked only if the message is kept. */
export type Notes = readonly string[] | (() => readonly string[]);

/** How many messages of each severity are kept; a hostile file could cause one per byte. */
export const KEPT_PER_SEVERITY = 100;

/** Collects the messages about one file, so that all its faults come out of one run. */
export class Diagnostics {
  readonly #kept: Diagnostic[] = [];
  readonly #added: Record<Severity, number> = { error: 0, warning: 0, note: 0 };

  constructor(readonly file: string) {}

  error(code: string, message: string, place?: Place, notes?: Notes): void {
    this.#add("error", code, message, place, notes);
  }

  warning(code: string, message: string, place?: Place, notes?: Notes): void {
    this.#add("warning", code, message, place, notes);
  }

  note(code: string, message: string, place?: Place, notes?: Notes): void {
    this.#add("note", code, message, place, notes);
  }

  /** There are `count` more errors, behind as many as are kept: nothing is told of them. */
  moreErrors(count: number): void {
    this.#added.error += count;
  }

  /** True once any error was added, kept or not. */
  get failed(): boolean {
    return this.#added.error > 0;
  }

  /** Ends a step that the next one builds on: throws a {@link Refusal} if there was an error. */
  throwIfFailed(): void {
    if (this.failed) this.refuse();
  }

  /** Throws a {@link Refusal}; the error that is its reason must have been added. */
  refuse(): never {
    throw new Refusal(this.file);
  }

  /** The messages in the order they were found, and how many there are beyond the cap. */
  list(): Diagnostic[] {
    const list = [...this.#kept];
    for (const severity of ["error", "warning", "note"] as const) {
      const beyond = this.#added[severity] - KEPT_PER_SEVERITY;
      if (beyond <= 0) continue;
      const message = `${counted(beyond, `more ${severity}`)} not shown`;
      list.push({ severity, code: "too-many", file: this.file, message, notes: [] });
    }
    return list;
  }

  #add(
    severity: Severity,
    code: string,
    message: string,
    place: Place = {},
    notes: Notes = [],
  ): void {
    if (++this.#added[severity] > KEPT_PER_SEVERITY) return;
    const lines = typeof notes === "function" ? notes() : notes;
    this.#kept.push({ severity, code, file: this.file, ...place, message, notes: lines });
  }
}

/** Work on a file cannot go on; why is in the {@link Diagnostics} it was done with. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(file: string) {
    super(`${file} is refused`);
  }
}

/** `0x1f`: how offsets, types and flags are written in messages. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** `1 relocation`, `2 relocations`: a count with its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/**
 * `word` as one word of a shell's command line, for commands to paste; files name hostile words. What
 * a terminal would obey is spelled as bash, zsh and POSIX of 2024 take it.
 */
export function shellWord(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
  if (/[\x00-\x1f\x7f-\x9f]/.test(word)) {
    const escaped = word.replace(/['\\]/g, "\\$&");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
    return `$'${escaped.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
      const code = character.charCodeAt(0);
      return code < 0x80
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    })}'`;
  }
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
