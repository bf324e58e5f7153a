/**
 * Something in the debug information is not as the standard has it, or costs more work than it is
 * worth. The kernel never reads it, so it is no fault of the module: thrown and caught within this
 * folder, and all that comes of it is that something is not found. The message says why.
 */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** What `read` answers, or why it cannot. */
export function tried<Answer>(read: () => Answer): Answer | Unreadable {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}

/**
 * How much may be done. Files can be made in which a short entry refers to a long chain, or a
 * thousand units to one large table; what that costs altogether is bounded here.
 */
export class Allowance {
  #left: number;

  constructor(
    /** A step is about what it takes to read a byte. */
    steps: number,
  ) {
    this.#left = steps;
  }

  get left(): number {
    return this.#left;
  }

  /** Throws {@link Unreadable} if so much is not left. */
  spend(steps: number): void {
    if (steps > this.#left) throw new Unreadable("it would take too long");
    this.#left -= steps;
  }
}
