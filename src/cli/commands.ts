/**
 * The commands that most runs are of: files of their own beside the command line's, which the start does
 * not pay for.
 */

export { printRule, printRules, runCheck } from "./check-command.js";
export { runConvert } from "./convert-command.js";
export { hasPrintedMessages } from "./messages.js";
export { runSymbols } from "./symbols-command.js";
