// What klp-convert refuses, and what the kernel makes of it. Each fault is put into livepatch-pointers
// twice: into the intermediate module, for klp-convert to find it, and into the converted one, as a
// tool that did not look would have written it.
//
// Some faults are missing, because what they lead to is up to chance. Relocations that wait for a
// module are written to memory that was freed, if they are of .init.text, .init.data or .data..percpu:
// that is a BUG in the kernel's text_poke, or a change of what is there by then. In __jump_table the
// kernel has taken the entry itself for its key, and written there.
import { runCommand, succeeded } from "../command.js";
import { editModule, type ModuleFile } from "../module-file.js";

/** Puts a fault into a file, where it is. */
type Spoil = (file: string) => Promise<void>;

export interface Fault {
  /** What files are called, and the guest's report. */
  readonly key: string;
  readonly what: string;
  readonly intermediate: Spoil;
  /** What klp-convert says of that. */
  readonly refusal: string | RegExp;
  readonly converted: Spoil;
  /** What becomes of that. */
  readonly outcome: Outcome;
}

export type Outcome =
  /** The livepatch is refused, with a message. */
  | { readonly livepatchRefused: string }
  /** What is loaded last is refused, livepatch or target, with a message, by some kernels at least. */
  | { readonly lastRefused: string; readonly orShown?: readonly (string | RegExp)[] }
  /** Everything is loaded, and the target shows this. */
  | { readonly shown: readonly (string | RegExp)[] };

/** What livepatch-pointers has the target show, if nothing is wrong with it. */
export const shownByPointers = [
  "klp_helper_level 33",
  "saved_command_line console=ttyS0",
  "function livepatch_klp_target_show [livepatch_pointers]",
] as const;

const annotatedName = ".klp.sym.rela.klp_target.klp_helper.klp_helper_level.0";
const wantsZeros =
  /cannot be applied: its place has 11( 00){7}, where the module loader wants zeros/;
// Linux 6.1 begins it with "Skipping invalid", later kernels with "Invalid".
const isNonzero = "nvalid relocation target, existing value is nonzero for ";

export const faults: readonly Fault[] = [
  {
    key: "not-patched",
    what: "a symbol that waits for a module that is not patched",
    intermediate: replacing(
      ".strtab",
      annotatedName,
      ".klp.sym.rela.klp_helper.klp_helper.klp_helper_level.0",
    ),
    refusal:
      "klp_helper_level of klp_helper would wait for klp_helper, which the patch does not patch: " +
      "the kernel would never apply the relocation, and the code would use address 0",
    converted: replacing(".shstrtab", ".klp.rela.klp_target.data", ".klp.rela.klp_helper.data"),
    outcome: { shown: ["klp_helper_level at NULL", ...shownByPointers.slice(1)] },
  },
  {
    key: "vmlinux-symbol",
    what: "a symbol of vmlinux that waits for a module",
    intermediate: replacing(
      ".strtab",
      annotatedName,
      ".klp.sym.rela.klp_target.vmlinux.saved_command_line.0",
    ),
    refusal:
      "a vmlinux symbol cannot wait for klp_target: " +
      "the kernel refuses it in a module's livepatch section",
    converted: replacing(
      ".strtab",
      ".klp.sym.klp_helper.klp_helper_level,0",
      ".klp.sym.vmlinux.saved_command_line,0",
    ),
    outcome: {
      lastRefused:
        "livepatch: invalid access to vmlinux symbol 'saved_command_line' " +
        "from module-specific livepatch relocation section",
    },
  },
  {
    key: "function-unknown",
    what: "a function to replace that the target does not have",
    ...inBoth(replacingFunction("klp_target_gone", 0)),
    refusal: "the patch says that klp_target_gone is klp_target's, but ",
    outcome: { lastRefused: "livepatch: symbol 'klp_target_gone' not found in symbol table" },
  },
  {
    key: "function-ambiguous",
    what: "a function to replace that the target has twice, without saying which",
    ...inBoth(replacingFunction("klp_target_twin", 0)),
    refusal:
      "the patch replaces klp_target_twin without saying which, and klp_target has it 2 times",
    outcome: {
      lastRefused:
        "livepatch: unresolvable ambiguity for symbol 'klp_target_twin' in object 'klp_target'",
    },
  },
  {
    key: "function-position",
    what: "a function to replace at a position that the target does not have",
    ...inBoth(replacingFunction("klp_target_twin", 3)),
    refusal: "the patch replaces klp_target_twin at position 3, but klp_target has it 2 times",
    outcome: {
      lastRefused:
        "livepatch: symbol position 3 for symbol 'klp_target_twin' in object 'klp_target' not found",
    },
  },
  {
    // kernel/module/kallsyms.c, find_kallsyms_symbol: some kernels look for the next symbol below in the
    // same memory only, where there is none. Linux 6.1 looks everywhere, and livepatch has just given
    // its symbols their addresses.
    key: "no-symbol",
    what: "a new function without a symbol",
    ...inBoth(strippingFunction),
    refusal: /the function that replaces klp_target_show, at \.text\+0x\w+, has no symbol/,
    outcome: {
      lastRefused: "livepatch: kallsyms size lookup failed for 'klp_target_show' replacement",
      orShown: [...shownByPointers.slice(0, 2), /^function \.klp\.sym\./],
    },
  },
  {
    key: "type",
    what: "a relocation of a type that the module loader does not know",
    intermediate: edited((file) => makeGotpcrel(file, ".rela")),
    refusal:
      "R_X86_64_GOTPCREL of .klp.sym.rela.vmlinux.vmlinux.saved_command_line.0 cannot be applied: " +
      'the module loader does not know it and prints "Unknown rela relocation: 9"',
    converted: edited((file) => makeGotpcrel(file, ".klp.rela.vmlinux")),
    outcome: { livepatchRefused: "livepatch_pointers: Unknown rela relocation: 9" },
  },
  {
    key: "place-of-vmlinux",
    what: "a place that is not zero, for a symbol of vmlinux",
    ...inBoth(edited((file) => file.setLong(file.placeOf("to_command_line"), 0x11))),
    refusal: wantsZeros,
    outcome: { livepatchRefused: isNonzero },
  },
  {
    key: "place-of-helper",
    what: "a place that is not zero, for a symbol that waits for the target",
    ...inBoth(edited((file) => file.setLong(file.placeOf("to_level"), 0x11))),
    refusal: wantsZeros,
    outcome: { lastRefused: isNonzero },
  },
];

function inBoth(spoil: Spoil): Pick<Fault, "intermediate" | "converted"> {
  return { intermediate: spoil, converted: spoil };
}

function edited(edit: (file: ModuleFile) => void): Spoil {
  return (file) => editModule(file, edit);
}

function replacing(section: string, text: string, other: string): Spoil {
  return edited((file) => file.replaceText(section, text, other));
}

/** Has another function replaced: old_name, and old_sympos, which is the third word of klp_func. */
function replacingFunction(name: string, position: number): Spoil {
  return edited((file) => {
    file.replaceText(".rodata", "klp_target_show", name);
    const { section, offset } = file.placeOf("funcs");
    file.setLong({ section, offset: offset + 16 }, position);
  });
}

/** Takes away the new function's symbol, and the one of the padding that some kernels have before it. */
function strippingFunction(file: string): Promise<void> {
  const names = ["--wildcard", "--strip-symbol=*livepatch_klp_target_show"];
  return succeeded("objcopy", runCommand("objcopy", [...names, file]));
}

function makeGotpcrel(file: ModuleFile, prefix: string): void {
  const { section, offset } = file.placeOf("to_command_line");
  const relocations = prefix + section;
  file.setRelocation(relocations, file.relocationAt(relocations, offset), { type: 9 });
}
