/** What a converted module has beside relocations is what it was made from. */

import { counted, hex } from "../../diagnostics.js";
import { type Section, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE } from "../../elf/index.js";
import { comparisonOf } from "../comparison.js";
import { crash, HARMLESS, wrong } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import { firstDifference } from "../same-bytes.js";
import type { Subject } from "../subject.js";

/** struct modversion_info (include/linux/module.h). */
const VERSION_SIZE = 64;

export const L72: Rule = {
  id: "L72",
  title: "Loaded sections that are no relocations are as they were before conversion",
  severity: "error",
  needs: ["object", "input"],
  consequences: [
    { kind: "wrong", text: "the code or data is other than what was built" },
    { kind: "crash", text: "memory that is written or executed has not the rights for it" },
  ],
  remedy: "convert the intermediate module again, and do nothing to the result",
  source: "kernel/module/main.c, move_module",
  isStructural: true,
  test(subject, findings) {
    for (const [before, after] of comparisonOf(subject).contents()) {
      // What .modinfo says is a matter of other rules.
      if (before.name === ".modinfo") continue;
      const place = { section: before.name };
      if (after === undefined) {
        findings.add({
          place,
          message: `the section is gone, with ${counted(before.size, "byte")}`,
          outcome: before.size === 0 ? HARMLESS : wrong("what was in it is not loaded"),
        });
        continue;
      }
      compareHeaders(subject, before, after, findings);
      if (before.type !== after.type) continue;
      if (before.name === "__versions") compareVersions(before, after, findings);
      else compareContents(before, after, findings);
    }
  },
};

const RIGHTS = SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR;

function compareHeaders(
  { elf, input }: Subject,
  before: Section,
  after: Section,
  findings: Findings,
): void {
  const place = { section: after.name };
  if (before.type !== after.type) {
    findings.add({
      place,
      message: `sh_type is ${after.type} when it was ${before.type}`,
      outcome: wrong("its contents are other than what was built"),
    });
  }
  if (before.flags !== after.flags) {
    const isSame = (before.flags & RIGHTS) === (after.flags & RIGHTS);
    findings.add({
      place,
      message: `sh_flags is ${hex(after.flags >>> 0)} when it was ${hex(before.flags >>> 0)}`,
      ...(isSame
        ? { severity: "warning", outcome: HARMLESS }
        : { outcome: crash("its memory has other rights than it was built for") }),
    });
  }
  const was = input!.layout.shdr.sh_addralign.get(before.header, 0);
  const is = elf.layout.shdr.sh_addralign.get(after.header, 0);
  if (was !== is) {
    findings.add({
      place,
      message: `sh_addralign is ${is} when it was ${was}`,
      ...(is > was
        ? { severity: "warning", outcome: HARMLESS }
        : { outcome: wrong("it may be loaded less aligned than it was built to be") }),
    });
  }
}

function compareContents(before: Section, after: Section, findings: Findings): void {
  if (before.size !== after.size) {
    // The size of struct module is a rule of its own.
    if (before.name === ".gnu.linkonce.this_module") return;
    findings.add({
      place: { section: after.name },
      message: `it has ${counted(after.size, "byte")} when it had ${before.size}`,
      outcome: wrong("its contents are other than what was built"),
    });
    return;
  }
  const at = firstDifference(before.data, after.data);
  if (at === before.data.length) return;
  const byte = (data: Uint8Array) => (data[at] ?? 0).toString(16).padStart(2, "0");
  findings.add({
    place: { section: after.name, offset: at },
    message: `the byte is ${byte(after.data)} when it was ${byte(before.data)}`,
    outcome: wrong("its contents are other than what was built"),
  });
}

/** Checksums of what is no import any more may go, and nothing else may be changed. */
function compareVersions(before: Section, after: Section, findings: Findings): void {
  const left = before.data.length;
  let next = 0;
  for (let at = 0; at < after.data.length; at += VERSION_SIZE) {
    const entry = after.data.subarray(at, at + VERSION_SIZE);
    while (next < left && !isSame(before.data.subarray(next, next + VERSION_SIZE), entry)) {
      next += VERSION_SIZE;
    }
    if (next >= left) {
      findings.add({
        place: { section: after.name, offset: at },
        message: "the checksum is none of before conversion, or in another order",
        outcome: wrong("an import is held against another checksum than was meant"),
      });
      return;
    }
    next += VERSION_SIZE;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
