// What a script printed with guest/functions.sh, for asking.
import { gunzipSync } from "node:zlib";
import type { GuestRun } from "./guest.js";

/** Words the kernel uses when something went wrong in it; a tainted kernel alone is no fault. */
const complaint = /\b(?:Oops|BUG|WARNING|Call Trace|Kernel panic|general protection fault)\b/;

export class GuestReport {
  readonly #run: GuestRun;
  readonly #cases = new Map<string, string>();
  readonly #addresses = new Map<string, string[]>();
  readonly #kallsyms: string;
  /** The kernel's log, a message a line. */
  readonly log: readonly string[];

  constructor(run: GuestRun) {
    this.#run = run;
    const log: string[] = [];
    const [report = "", kallsyms = ""] = run.report.split("KALLSYMS\n");
    this.#kallsyms = kallsyms;
    for (const line of report.split("\n")) {
      const [kind = ""] = line.split(" ", 1);
      const rest = line.slice(kind.length + 1);
      if (kind === "CASE") {
        const colon = rest.indexOf(": ");
        this.#cases.set(rest.slice(0, colon), rest.slice(colon + 2));
      } else if (kind === "SYMBOL") {
        const [address = "", , name = ""] = rest.split(/\s/);
        this.#addresses.set(name, [...this.addressesOf(name), address]);
      } else if (kind === "DMESG") {
        log.push(rest);
      }
    }
    this.log = log;
  }

  /** Whether the script said anything of that. */
  has(name: string): boolean {
    return this.#cases.has(name);
  }

  /** The status of a command of the script. */
  status(name: string): number {
    return Number(this.#value(name));
  }

  /** A text the script read, as lines. */
  lines(name: string): string[] {
    return this.#value(name).replace(/\|$/, "").split("|");
  }

  /** The addresses of all symbols of a name, in the order of /proc/kallsyms. */
  addressesOf(name: string): readonly string[] {
    return this.#addresses.get(name) ?? [];
  }

  /** All of /proc/kallsyms. */
  kallsyms(): string {
    if (this.#kallsyms === "" || this.#run.fault !== undefined) {
      throw new Error(`the guest did not send its symbols: ${this.faults().join("\n")}`);
    }
    return gunzipSync(Buffer.from(this.#kallsyms, "base64")).toString("latin1");
  }

  /** Everything that says the kernel suffered, and why the script did not end if it did not. */
  faults(): string[] {
    const said = [...this.#run.console.split("\n"), ...this.log].filter((line) =>
      complaint.test(line),
    );
    return this.#run.fault === undefined ? said : [...said, this.#run.fault];
  }

  #value(name: string): string {
    const value = this.#cases.get(name);
    if (value === undefined) {
      throw new Error(`the guest did not get as far as "${name}": ${this.faults().join("\n")}`);
    }
    return value;
  }
}
