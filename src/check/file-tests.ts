/**
 * The tests that the kernel puts a file to before it takes anything in it for a module, in their order:
 * of several things wrong with a file it tells the first. The order changed twice: in 6.4, when the
 * sections that it looks for came to be counted, and in 6.13, when each table got a test of its own
 * (kernel/module/main.c, elf_validity_check and setup_load_info; elf_validity_cache_copy since 6.4).
 */

import { HARMLESS, type Outcome, refused, type Stage } from "./outcome.js";
import type { Violation } from "./rule.js";
import type { Subject } from "./subject.js";

export type FileTest =
  | "file header"
  | "header size"
  | "header table"
  | "section 0"
  | "contents"
  | "index of names"
  | "type of names"
  | "contents of names"
  | "size of names"
  | "end of names"
  | "name"
  | ".modinfo"
  | "this_module"
  | "symbol tables"
  | "index of symbol names"
  | "type of symbol names"
  | "symbol names";

/** Tests in their order; those in one row are put to one section after the other. */
type Row = readonly [stage: Stage, ...tests: FileTest[]];

const HEADERS: readonly Row[] = [
  ["ELF header", "file header"],
  ["section headers", "header size"],
  ["section headers", "header table"],
];

const SINCE_6_13: readonly Row[] = [
  ...HEADERS,
  ["section headers", "section 0"],
  ["section headers", "contents"],
  ["section names", "index of names"],
  ["section names", "type of names"],
  ["section names", "size of names"],
  ["section names", "end of names"],
  ["section names", "name"],
  ["module information", ".modinfo"],
  ["module information", "this_module"],
  ["symbol table", "symbol tables"],
  ["symbol table", "index of symbol names"],
  ["symbol table", "type of symbol names"],
  ["symbol table", "symbol names"],
];

const BEFORE_6_13: readonly Row[] = [
  ...HEADERS,
  ["section names", "index of names"],
  ["section names", "contents of names"],
  ["section names", "size of names"],
  ["section names", "end of names"],
  ["section names", "section 0"],
  ["section names", "index of symbol names", "contents", "name"],
  ["module information", ".modinfo"],
  ["module information", "symbol tables"],
  ["module information", "this_module"],
];

/** Room for the tests of a row on every section. */
const ROW = 2 ** 20;
const TESTS_OF_A_ROW = 4;

/** The kernel refuses the file by a test, with ENOEXEC; `index` is of the section or symbol it is about. */
export function refusedByTest(
  subject: Subject,
  test: FileTest,
  message: string,
  index = 0,
): Outcome {
  const rows = subject.isBefore("6.13") ? BEFORE_6_13 : SINCE_6_13;
  const at = rows.findIndex(([, ...tests]) => tests.includes(test));
  const [stage, ...tests] = rows[at] ?? (["section headers"] as const);
  const within = Math.min(index, 0xffff) * TESTS_OF_A_ROW + tests.indexOf(test);
  return refused(stage, "ENOEXEC", message, { order: at * ROW + within });
}

/** The kernel does not mind, though others do. */
export const TOLERATED: Pick<Violation, "outcome" | "severity"> = {
  outcome: HARMLESS,
  severity: "warning",
};
