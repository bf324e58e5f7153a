/**
 * What only `batch` and `report` need, and the threads that work for a batch. It is bundled into a file
 * of its own, see build.mjs: no other run loads it, and a thread loads nothing else.
 */

import { isMainThread } from "node:worker_threads";
import { serveJobs } from "./batch-worker.js";

export { runBatch } from "./batch-command.js";
export { runMerge } from "./report-command.js";

if (!isMainThread) serveJobs();
