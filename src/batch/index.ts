/**
 * src/batch plans many conversions and accounts for them: who the jobs are, what they are known by,
 * and what became of them. It must not know files or the console.
 */

export { findConflicts, type Identities, type KeptFile, type PlacedJob } from "./conflicts.js";
export { digestOf, digestOfSources, keyOfJob } from "./digest.js";
export type { Job, JobOptions } from "./job.js";
export { parseManifest } from "./manifest.js";
export { mergeReports, missingShards, type NamedReport } from "./merge-reports.js";
export { PlanFaults } from "./plan-faults.js";
export {
  Counts,
  documentOf,
  type JobRecord,
  type JobResult,
  type ListRecord,
  lineOfJob,
  lineOfSummary,
  parseReport,
  type ReadReport,
  type ReportFrame,
  recordOfJob,
  type Summary,
} from "./report.js";
export { isInShard, parseShard, type Shard } from "./shard.js";
export { splitWords, type Words } from "./words.js";
