/**
 * src/cli is the thin caller: it reads files, asks the library, prints and sets the exit status; it
 * must not know any rule of the format.
 */

import { internalFaultText } from "./internal-fault.js";
import { runProgram } from "./program.js";

const argv = process.argv.slice(2);

// Whoever reads the messages may go away; the work goes on.
process.stderr.on("error", () => {});
// A report or a module that cannot be written is an error where it is written; this is for help.
process.stdout.on("error", () => {
  process.exitCode = 1;
});

runProgram(argv).then(
  (status) => {
    process.exitCode ??= status;
  },
  (error: unknown) => {
    const debug = argv.includes("--debug");
    process.stderr.write(internalFaultText(error, "the command line", debug));
    process.exitCode = 1;
  },
);
