/**
 * src/cli is the thin caller: it reads files, asks the library, prints and sets the exit status; it
 * must not know any rule of the format.
 */

import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { runProgram } from "./program.js";

const argv = process.argv.slice(2);

runProgram(argv).then(
  ({ status, isSilent }) => {
    process.exitCode ??= status;
    // Node would tidy up memory that goes all the same. What it has still to print would be lost.
    if (isSilent) process.exit();
  },
  (error: unknown) => {
    const debug = argv.includes("--debug");
    printMessages(internalFaultText(error, "the command line", debug));
    process.exitCode = 1;
  },
);
