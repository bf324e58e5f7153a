// What the test files have in common: they need a kernel, which not every machine can boot.
import { describe, expect, test } from "vitest";
import {
  findNewerRequirements,
  findObjtoolRequirements,
  findRequirements,
  type KernelLab,
  type ObjtoolLab,
  type Requirements,
} from "./requirements.js";

/** When a livepatch is loaded, in words and as the guest's scripts call it. */
export const loadOrders = [
  ["before its target", "first"],
  ["after its target", "last"],
] as const;

export type LoadOrder = (typeof loadOrders)[number][1];

/**
 * A suite of tests on the kernel. Where something is missing they are skipped, and what to install
 * is said; with KLP_REQUIRE_KERNEL=1 that is a failure.
 *
 * `lab` may only be used in hooks and tests, which do not run when they are skipped.
 */
export function describeOnKernel(subject: string, tests: (lab: KernelLab) => void): void {
  describeWith(findRequirements(), subject, tests);
}

/** The same for tests that need objtool besides. */
export function describeWithObjtool(subject: string, tests: (lab: ObjtoolLab) => void): void {
  describeWith(findObjtoolRequirements(), subject, tests);
}

/** The same with a newer kernel, which is tested where it was prepared and nowhere demanded. */
export function describeOnNewerKernel(subject: string, tests: (lab: KernelLab) => void): void {
  const { lab, missing } = findNewerRequirements();
  if (missing !== undefined) {
    console.warn(missing);
  }
  describe.skipIf(lab === undefined)(`Linux ${lab?.version ?? ""}${subject}`, () => tests(lab!));
}

function describeWith<Lab extends KernelLab>(
  { lab, missing }: Requirements<Lab>,
  subject: string,
  tests: (lab: Lab) => void,
): void {
  if (missing !== undefined) {
    if (process.env.KLP_REQUIRE_KERNEL === "1") {
      test("everything the kernel tests need is there", () => {
        expect.fail(missing);
      });
    } else {
      console.warn(missing);
    }
  }
  describe.skipIf(lab === undefined)(`Linux ${lab?.version ?? ""}${subject}`, () => tests(lab!));
}
