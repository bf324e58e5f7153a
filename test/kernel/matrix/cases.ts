// What every cell tries: livepatches, what they patch, and what is to be seen when they work.
import type { View } from "./trials.js";

export interface MatrixCase {
  /** What the row is called. */
  readonly name: string;
  /** What it is about, in a few words. */
  readonly about: string;
  /** The livepatch and its targets: the name of their folder and their own. */
  readonly livepatch: string;
  readonly targets: readonly string[];
  /** All machines if absent. */
  readonly architectures?: readonly string[];
  /** Options of the conversion. */
  readonly options?: readonly string[];
  /** A file in /proc, and what it has. */
  readonly file: string;
  readonly patched: (view: View) => readonly string[];
  /** What is there without the patch, where that is known. */
  readonly original?: (view: View) => readonly string[];
}

const demo = {
  targets: ["samples/klp-demo"],
  file: "/proc/klp-demo",
  original: () => ["inlet 11", "outlet 22"],
};

const lateTarget = {
  targets: ["late-binding/klp-helper", "late-binding/klp-target"],
  file: "/proc/klp-target",
  original: () => ["klp_helper_share 11"],
};

export const cases: readonly MatrixCase[] = [
  {
    name: "vmlinux",
    about: "unexported data of vmlinux, by the symbols list",
    livepatch: "samples/livepatch-cmdline",
    targets: [],
    file: "/proc/cmdline",
    patched: ({ parameters }) => [`${parameters} livepatch=1`],
    original: ({ parameters }) => [parameters],
  },
  {
    name: "homonyms-1-2",
    about: "homonyms of a module, position 1 by KLP_MODULE_RELOC, 2 by KLP_RELOC_SYMBOL",
    livepatch: "samples/livepatch-demo",
    ...demo,
    patched: () => ["inlet 11 of 100", "outlet 22 of 200"],
  },
  {
    name: "homonyms-2-1",
    about: "the same, 2 by KLP_MODULE_RELOC, 1 by KLP_RELOC_SYMBOL",
    livepatch: "modules/livepatch-demo-swapped",
    ...demo,
    patched: () => ["outlet 22 of 200", "inlet 11 of 100"],
  },
  {
    name: "sections",
    about: "references in .text, .init.text and every kind of data section",
    livepatch: "modules/livepatch-references",
    targets: ["modules/klp-target"],
    file: "/proc/klp-target",
    patched: referencesOf,
  },
  {
    name: "variants",
    about: "weak symbols, a static key, percpu data, an addend, an annotated export",
    livepatch: "modules/livepatch-variants",
    targets: [],
    file: "/proc/cmdline",
    patched: ({ version, addressesOf }) => [
      `weak ${version}`,
      "weak-nobody 0",
      "static-key 0",
      `percpu ${addressesOf("process_counts")[0]}`,
      `addend ${plus(addressesOf("saved_command_line")[0], 3)}`,
      "annotated-export yes",
    ],
    original: ({ parameters }) => [parameters],
  },
  {
    name: "exports",
    about: "exports of the patched module",
    livepatch: "late-binding/livepatch-exports",
    ...lateTarget,
    patched: () => [".text 1234 5678", ".data 1234 5678"],
  },
  {
    name: "helper",
    about: "symbols of a module that the patched one depends on (--late-bind)",
    livepatch: "late-binding/livepatch-helper",
    ...lateTarget,
    options: ["--late-bind", "klp_helper=klp_target"],
    patched: () => ["klp_helper_level 33 of 99"],
  },
  {
    name: "objtool",
    about: "objtool's form: what differs between two builds of a module",
    livepatch: "objtool/livepatch/livepatch-diffed",
    targets: ["objtool/original/klp-dependency", "objtool/original/klp-diffed"],
    // objtool has `klp` for this machine only.
    architectures: ["x86_64"],
    file: "/proc/klp-diffed",
    patched: ({ lines, parameters }) => [
      countedIn(lines),
      "inlet 11 of 100",
      "outlet 22 of 200",
      "dependency 33",
      ...[".text", ".data", ".rodata"].map((section) => `${section} 11 33 44 55 ${parameters}`),
    ],
    original: ({ restored }) => [countedIn(restored), "inlet 11", "outlet 22", "dependency 33"],
  },
  {
    name: "types",
    about: "each type of relocation that reaches the symbol",
    livepatch: "matrix/livepatch-types",
    targets: ["modules/klp-target"],
    file: "/proc/klp-target",
    patched: typesOf,
  },
  {
    name: "name-511",
    about: "a name of 511 characters, the most that the kernel reads",
    livepatch: "matrix/livepatch-name-511",
    targets: ["matrix/klp-long"],
    file: "/proc/klp-long",
    patched: () => ["name of 511"],
    original: () => ["not patched"],
  },
  {
    name: "name-512",
    about: "a name of 512 characters",
    livepatch: "matrix/livepatch-name-512",
    targets: ["matrix/klp-long"],
    file: "/proc/klp-long",
    patched: () => ["name of 512"],
    original: () => ["not patched"],
  },
  {
    name: "endbr",
    about:
      "addresses of functions, of which the kernel leaves ENDBR to those that it calls by address",
    livepatch: "matrix/livepatch-endbr",
    targets: [],
    architectures: ["x86_64"],
    file: "/proc/cmdline",
    // Debian's 6.1 is built without IBT.
    patched: ({ version }) => [
      `version_proc_show ${version.startsWith("Linux version 6.1.") ? "no ENDBR" : "ENDBR"}`,
      "arch_show_interrupts no ENDBR",
    ],
    original: ({ parameters }) => [parameters],
  },
  {
    name: "rodata",
    about: "a pointer to a module's data; the traps are made of it",
    livepatch: "matrix/livepatch-rodata",
    targets: ["modules/klp-target"],
    file: "/proc/klp-target",
    patched: () => ["klp_target_data 5678"],
  },
];

/** The symbols that the views of cases know the addresses of. */
export const comparedSymbols = [
  "version_proc_show",
  "saved_command_line",
  "load_elf_binary",
  "process_counts",
];

/** What livepatch-references shows; klp-target, no longer patched, says where it has its symbols. */
function referencesOf({ version, parameters, restored, addressesOf, lines }: View): string[] {
  const values = [
    ["version_proc_show", version],
    ["saved_command_line", parameters],
    ["klp_target_function", "1234"],
    ["klp_target_data", "5678"],
    ["klp_target_exported", "91011"],
    ["klp_target_dotted", "1213"],
  ] as const;
  const inTarget = new Map(restored.map((line) => line.split(" ") as [string, string]));
  // powerpc cannot write there when the target comes.
  const isWritten = lines.some((line) => line.startsWith(".rodata "));
  const sections = [
    ...[".text", ".data"],
    ...(isWritten ? [".rodata"] : []),
    ...[".data..read_mostly", "klp_test_references"],
  ];
  const atAddresses = sections.flatMap((section) =>
    values.map(([name, value]) => {
      const address = inTarget.get(name) ?? addressesOf(name)[0];
      return `${section} ${name} ${address} ${value}`;
    }),
  );
  const direct = values.map(([name, value]) => `direct ${name} - ${value}`);
  const homonyms = addressesOf("load_elf_binary");
  return [
    ...atAddresses,
    ...direct,
    `.init.text saved_command_line - ${parameters}`,
    // A kernel without 32-bit programs has but one.
    ...(homonyms.length === 2
      ? homonyms.map((address, i) => `homonym-${i + 1} load_elf_binary ${address} -`)
      : lines.filter((line) => line.startsWith("homonym-")).map(() => "no homonym")),
  ];
}

/** What livepatch-types shows: a line for each type, with the address of the symbol in it. */
function typesOf({ lines, restored, addressesOf }: View): string[] {
  const inTarget = new Map(restored.map((line) => line.split(" ") as [string, string]));
  const right = lines.slice(2).map((line) => {
    const [type, symbol = ""] = line.split(" ");
    const value = type === "call" ? "1234" : (inTarget.get(symbol) ?? addressesOf(symbol)[0]);
    return `${type} ${symbol} ${value}`;
  });
  return ["call klp_target_function 1234", "data klp_target_data 5678", ...right];
}

/** A static local variable counts how often the file was read, which the order of loading changes. */
function countedIn(lines: readonly string[]): string {
  const [first = ""] = lines;
  return /^reads \d+$/.test(first) ? first : "reads";
}

function plus(address = "0", addend: number): string {
  return (BigInt(`0x${address}`) + BigInt(addend)).toString(16).padStart(address.length, "0");
}
