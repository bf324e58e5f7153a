/** Text for people on standard error, and help on standard output. */

let hasPrinted = false;

/** Something was printed on standard error by this bundle's own code, and may still be on its way. */
export function hasPrintedMessages(): boolean {
  return hasPrinted;
}

/**
 * Prints messages. Whoever reads them may go away; the work goes on. The stream is not touched while
 * there is nothing to say: making it costs Node about 6 ms.
 */
export function printMessages(text: string): void {
  if (text === "") return;
  if (!hasPrinted) process.stderr.on("error", () => {});
  hasPrinted = true;
  process.stderr.write(text);
}

/** Prints help or the version; sets the exit status if nobody can read it. */
export function printHelp(text: string): void {
  process.stdout.once("error", () => {
    process.exitCode = 1;
  });
  process.stdout.write(text);
}
