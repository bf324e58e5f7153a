/** What it takes to build a kernel, and modules for it. */
export interface Toolchain {
  readonly arch: string;
  readonly crossCompile: string;
  /** The compiler is that of a newer Debian, in a system of its own; or QEMU is. */
  readonly isInTrixie?: boolean;
  readonly isEmulatedInTrixie?: boolean;
}

export declare const toolchains: Readonly<Record<string, Toolchain>>;
