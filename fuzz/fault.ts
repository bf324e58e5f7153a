// SPDX-License-Identifier: GPL-2.0-only

// What is not as it should be.

/** A property that does not hold. */
export class Fault extends Error {
  override readonly name = "Fault";

  constructor(
    /** Which property. */
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** What is told of a fault; one of the same key is the same fault. */
export interface FaultReport {
  readonly key: string;
  readonly property: string;
  readonly text: string;
}

export function reportOf(error: unknown): FaultReport {
  if (error instanceof Fault) {
    const { property, message } = error;
    return { key: `${property}: ${withoutNumbers(message)}`, property, text: message };
  }
  const { message = String(error), stack = "" } = error instanceof Error ? error : {};
  // The innermost line of the sources tells one exception from another.
  const at =
    stack
      .split("\n")
      .find((line) => /\bsrc\//.test(line))
      ?.trim() ?? "";
  return {
    key: `uncaught exception: ${withoutNumbers(message)} ${at}`,
    property: "uncaught exception",
    text: stack || message,
  };
}

const withoutNumbers = (text: string) => text.slice(0, 300).replace(/0x[0-9a-f]+|\d+/g, "N");

export function claim(holds: boolean, property: string, message: () => string): void {
  if (!holds) throw new Fault(property, message());
}
