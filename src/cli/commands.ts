/**
 * All that tests modules by the rules: a file of its own beside the command's, which the start of other
 * commands does not pay for.
 */

export { printRule, printRules, runCheck } from "./check-command.js";
export { throwIfWrong } from "./result-check.js";
