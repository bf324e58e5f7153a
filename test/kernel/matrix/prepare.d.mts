import type { machines } from "../machines.js";

/** A cell of the matrix by its own name, `s390x-6.12`. */
export interface Cell {
  readonly name: string;
  readonly architecture: string;
  /** The architecture, with the variant of the configuration if it is one. */
  readonly machine: keyof typeof machines;
  /** `6.12`, also where the newest is meant. */
  readonly series: string;
}

export declare const matrixCache: string;
export declare function chooseCells(only?: string): Cell[];
export declare function prepareCells(chosen: readonly Cell[], isPlan?: boolean): void;
