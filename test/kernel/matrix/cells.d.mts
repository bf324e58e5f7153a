/** What it takes to build a kernel, and modules for it. */
export interface Toolchain {
  readonly arch: string;
  readonly crossCompile: string;
  readonly isInTrixie?: boolean;
}

export declare const toolchains: Readonly<Record<string, Toolchain>>;
