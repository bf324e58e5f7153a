/**
 * src/cli is the thin caller: it reads files, asks the library, prints and sets the exit status; it
 * must not know any rule of the format.
 */

import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { runProgram } from "./program.js";

const argv = process.argv.slice(2);

runProgram(argv).then(
  (status) => {
    process.exitCode ??= status;
  },
  (error: unknown) => {
    const debug = argv.includes("--debug");
    printMessages(internalFaultText(error, "the command line", debug));
    process.exitCode = 1;
  },
);
