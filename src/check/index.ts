/**
 * src/check knows what the kernel makes of a module: the rules of its module loader and of livepatch,
 * each by itself, and the verdict that they add up to. It works on bytes and must not know files,
 * streams or consoles.
 */

export {
  type CheckOptions,
  type CheckResult,
  type ConversionPlan,
  check,
  checkOutput,
  isClean,
} from "./check.js";
export { RULES } from "./contract.js";
export { documentRule, documentRules } from "./documentation.js";
export type { Examination } from "./examine.js";
export type { Form } from "./form.js";
export type { Outcome } from "./outcome.js";
export type { Finding, Rule, Unchecked } from "./rule.js";
export type { Ending, Verdict } from "./verdict.js";
