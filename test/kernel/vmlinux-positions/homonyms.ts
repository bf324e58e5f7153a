// Counting positions, as docs/dialects.md says it is done: line by line in /proc/kallsyms.

/** One of several symbols of a name. */
export interface Homonym {
  readonly name: string;
  /** 1, 2, 3 ... */
  readonly position: number;
  /** Sixteen digits, or eight. It is another one at every boot, unlike the position. */
  readonly address: string;
}

/** The names that vmlinux has more than once, each with its symbols in the order of positions. */
export function homonymsOfVmlinux(kallsyms: string): Map<string, Homonym[]> {
  const byName = new Map<string, Homonym[]>();
  for (const line of kallsyms.split("\n")) {
    // Modules' symbols have the module's name behind them.
    const match = /^([0-9a-f]{8}(?:[0-9a-f]{8})?) \S (\S+)$/.exec(line);
    if (match === null) {
      continue;
    }
    const [, address, name] = match as unknown as [string, string, string];
    const homonyms = byName.get(name) ?? [];
    homonyms.push({ name, position: homonyms.length + 1, address });
    byName.set(name, homonyms);
  }
  return new Map([...byName].filter(([, homonyms]) => homonyms.length > 1));
}

/** livepatch takes a symbol at address 0 for one that is not there. */
export function isAtZero({ address }: Homonym): boolean {
  return /^0+$/.test(address);
}

/**
 * The last of each name, which is not there if the count is one too high, and of all others one in
 * `spacing`, in the order of names and positions.
 */
export function sampleOf(names: Iterable<readonly Homonym[]>, spacing: number): Homonym[] {
  let others = 0;
  return [...names].flatMap((homonyms) =>
    homonyms.filter((_, i) => i === homonyms.length - 1 || others++ % spacing === 0),
  );
}
