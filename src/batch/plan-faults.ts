/** What is wrong with jobs before any of them is begun, told where a user has said them. */

import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import type { Job } from "./job.js";

export class PlanFaults {
  readonly #manifest: Diagnostics | undefined;
  readonly #others: Diagnostics[] = [];

  /** Jobs are told by the lines of `manifest`, or by their inputs if there is none. */
  constructor(manifest: Diagnostics | undefined) {
    this.#manifest = manifest;
  }

  error(job: Job, code: string, message: string, notes: readonly string[] = []): void {
    if (this.#manifest !== undefined) {
      this.#manifest.error(code, message, job.line === undefined ? {} : { line: job.line }, notes);
    } else {
      this.of(job.input).error(code, message, {}, notes);
    }
  }

  /** The messages about a file that is not a job's affair alone. */
  of(file: string): Diagnostics {
    const diagnostics = new Diagnostics(file);
    this.#others.push(diagnostics);
    return diagnostics;
  }

  /** How other messages call a job. */
  name(job: Job): string {
    return this.#manifest === undefined ? job.input : `line ${job.line}`;
  }

  /** All of them, those of a manifest in the order of its lines. */
  list(): Diagnostic[] {
    const ofManifest = this.#manifest?.list() ?? [];
    const beyond = Number.POSITIVE_INFINITY;
    ofManifest.sort((a, b) => (a.line ?? beyond) - (b.line ?? beyond));
    return [...ofManifest, ...this.#others.flatMap((each) => each.list())];
  }
}
