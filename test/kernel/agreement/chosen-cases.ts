// Loading all cases takes minutes. So a third is tried, another one every time, and all of them
// where that is asked for.
import { createHash, randomInt } from "node:crypto";
import type { Case } from "./case.js";

export interface Choice {
  readonly cases: readonly Case[];
  /** What to say of it, and how to have the same again. */
  readonly what: string;
}

export function chooseCases(corpus: readonly Case[]): Choice {
  const named = process.env.KLP_TEST_CASES?.split(",");
  if (named !== undefined) {
    const cases = corpus.filter(({ id }) => named.includes(id));
    return { cases, what: `the ${cases.length} cases that KLP_TEST_CASES names` };
  }
  if (process.env.KLP_TEST_ALL === "1") {
    return { cases: corpus, what: `all ${corpus.length} cases` };
  }
  const seed = process.env.KLP_TEST_SEED ?? String(randomInt(1_000_000));
  const cases = corpus.filter(({ id }) => {
    const hash = createHash("sha256").update(`${seed} ${id}`).digest();
    return hash.readUInt32LE(0) % 3 === 0;
  });
  return {
    cases,
    what: `${cases.length} of ${corpus.length} cases, again with KLP_TEST_SEED=${seed}`,
  };
}
