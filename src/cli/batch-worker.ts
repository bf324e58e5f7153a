/** A thread that works for a batch: it is told what to do, does it, and says what came of it. */

import { parentPort } from "node:worker_threads";
import { SharedSymbols, type SharedSymbolsData } from "../symbols/index.js";
import { type ConvertTask, convertModule, type NamesTask, namesOfModule } from "./batch-tasks.js";

/** What a thread is told. */
export type Request =
  | NamesTask
  | ConvertTask
  /** Tasks from here on have other symbols; nothing is answered. */
  | { readonly kind: "symbols"; readonly symbols: SharedSymbolsData | undefined };

/** Answers requests for as long as the thread lives. */
export function serveJobs(): void {
  let symbols: SharedSymbols | undefined;
  /** What was said already. */
  let said = new Set<string>();
  parentPort!.on("message", (request: Request) => {
    if (request.kind === "symbols") {
      symbols = request.symbols && new SharedSymbols(request.symbols);
      said = new Set();
    } else if (request.kind === "convert") {
      parentPort!.postMessage(convertModule(request, symbols));
    } else {
      const names = namesOfModule(request).filter((name) => !said.has(name));
      for (const name of names) said.add(name);
      parentPort!.postMessage(names);
    }
  });
}
