/**
 * How many modules are worked on at once, and where. A few are done in this very thread: another takes
 * longer to start than they do. A module is in memory, and its files are open, only while it is worked
 * on, so the number of lanes bounds both.
 */

import { Worker } from "node:worker_threads";
import pLimit from "p-limit";
import type { SharedSymbols } from "../symbols/index.js";
import {
  type ConvertTask,
  convertModule,
  failureOf,
  type NamesTask,
  namesOfModule,
  type TaskResult,
} from "./batch-tasks.js";
import type { Request } from "./batch-worker.js";
import { discardFile } from "./files.js";
import type { Jobserver } from "./jobserver.js";

/** Milliseconds between two questions whether make has another slot. */
const ASKED_EVERY = 20;

export interface LanesOptions {
  /** How many at most. */
  readonly most: number;
  /** Whether threads are worth their start. */
  readonly inThreads: boolean;
  readonly jobserver: Jobserver | undefined;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #temporaries = new Set<string>();
  #symbols: SharedSymbols | undefined;
  #asking: NodeJS.Timeout | undefined;

  constructor(options: LanesOptions) {
    this.#options = options;
    const { most, inThreads, jobserver } = options;
    // One slot of make's is this process's own.
    this.#limit = pLimit(inThreads && jobserver === undefined ? most : 1);
    if (inThreads && jobserver !== undefined) {
      this.#asking = setInterval(() => this.#ask(jobserver), ASKED_EVERY);
    }
  }

  /** The symbols for all conversions from here on. */
  set symbols(symbols: SharedSymbols | undefined) {
    this.#symbols = symbols;
    for (const thread of this.#threads) thread.tell({ kind: "symbols", symbols: symbols?.data });
  }

  /** Does `job` with each item, as many at once as there are lanes; returns when all are done. */
  async each<Item>(items: readonly Item[], job: (item: Item) => Promise<void>): Promise<void> {
    await Promise.all(items.map((item) => this.#limit(() => job(item))));
  }

  /** Names that a module wants, but for such that were returned before. */
  async names(task: NamesTask): Promise<readonly string[]> {
    if (!this.#options.inThreads) {
      await nextTurn();
      return namesOfModule(task);
    }
    try {
      return (await this.#inThread(task)) as string[];
    } catch {
      // Converting it will tell.
      return [];
    }
  }

  async convert(task: ConvertTask): Promise<TaskResult> {
    if (!this.#options.inThreads) {
      await nextTurn();
      return convertModule(task, this.#symbols);
    }
    this.#temporaries.add(task.temporary);
    try {
      return (await this.#inThread(task)) as TaskResult;
    } catch (error) {
      // The thread is gone, with whatever it was about to write.
      discardFile(task.temporary);
      return failureOf(error, task);
    } finally {
      this.#temporaries.delete(task.temporary);
    }
  }

  /** Ends all threads; what is in flight stays undone. */
  async end(): Promise<void> {
    clearInterval(this.#asking);
    await Promise.all([...this.#threads].map((thread) => thread.end()));
    for (const temporary of this.#temporaries) discardFile(temporary);
    this.#options.jobserver?.releaseAll();
  }

  async #inThread(task: NamesTask | ConvertTask): Promise<unknown> {
    const thread = this.#idle.pop() ?? this.#start();
    try {
      const answer = await thread.ask(task);
      this.#idle.push(thread);
      return answer;
    } catch (error) {
      this.#threads.delete(thread);
      throw error;
    }
  }

  #start(): Thread {
    const thread = new Thread();
    this.#threads.add(thread);
    thread.tell({ kind: "symbols", symbols: this.#symbols?.data });
    return thread;
  }

  /** Takes a slot if there is work for it, and gives back those there is none for. */
  #ask(jobserver: Jobserver): void {
    const limit = this.#limit;
    while (jobserver.held > 0 && limit.pendingCount === 0 && limit.activeCount <= jobserver.held) {
      jobserver.release();
    }
    while (limit.pendingCount > 0 && jobserver.held + 1 < this.#options.most) {
      if (!jobserver.acquire()) break;
      if (jobserver.held >= limit.activeCount + limit.pendingCount) break;
    }
    limit.concurrency = jobserver.held + 1;
  }
}

/** A thread, and the one task it has. */
class Thread {
  readonly #worker = new Worker(__filename);
  #isGone = false;
  #settle: { resolve(answer: unknown): void; reject(error: unknown): void } | undefined;

  constructor() {
    this.#worker.on("message", (answer) => this.#settle?.resolve(answer));
    this.#worker.on("error", (error) => this.#settle?.reject(error));
    this.#worker.on("exit", () => {
      this.#isGone = true;
      this.#settle?.reject(new Error("a thread has ended"));
    });
  }

  tell(request: Request): void {
    this.#worker.postMessage(request);
  }

  ask(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(new Error("a thread has ended"));
      this.#settle = { resolve, reject };
      this.tell(request);
    });
  }

  async end(): Promise<void> {
    this.#settle = undefined;
    await this.#worker.terminate();
  }
}

/** Lets signals in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
