/** Compressed files, which have to be decompressed before they are ELF files. */

export interface CompressedFormat {
  readonly format: "gzip" | "xz" | "zstd";
  /** First bytes, one character per byte. */
  readonly magic: string;
  readonly suffix: string;
  /** What decompresses its standard input. */
  readonly command: string;
}

export const COMPRESSED_FORMATS: readonly CompressedFormat[] = [
  { magic: "\x1f\x8b", format: "gzip", suffix: ".gz", command: "gzip -dc" },
  { magic: "\xfd7zXZ\0", format: "xz", suffix: ".xz", command: "xz -dc" },
  { magic: "\x28\xb5\x2f\xfd", format: "zstd", suffix: ".zst", command: "zstd -dc" },
];
