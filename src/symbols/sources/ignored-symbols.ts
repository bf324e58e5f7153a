/**
 * What the kernel's build leaves out of kallsyms, of all that nm shows of vmlinux: by type, and by
 * name. A name is left out with all its homonyms, so names have no influence on positions; types
 * have.
 *
 * Sources: scripts/mksysmap and scripts/kallsyms.c (is_ignored_symbol) of Linux 6.1 and 7.3. Rules
 * that only one of them has came, or went, somewhere in between.
 */

/** Types nm prints that never get into kallsyms: undefined, debugging, absolute, unique, notes. */
const IGNORED_TYPES: ReadonlySet<string> = new Set([..."aNUwunA"]);

/** Absolute symbols that get into it all the same. */
const KEPT_ABSOLUTES: ReadonlySet<string> = new Set([
  "__kernel_syscall_via_break",
  "__kernel_syscall_via_epc",
  "__kernel_sigtramp",
  "__gp",
]);

interface IgnoredNames {
  readonly pattern: RegExp;
  /** In 6.1, in 7.3, or in both. */
  readonly in: "6.1" | "7.3" | "both";
}

const IGNORED_NAMES: readonly IgnoredNames[] = [
  // Labels of assemblers and compilers.
  { pattern: /^\$/, in: "both" },
  { pattern: /^\.L/, in: "both" },
  { pattern: /^L0$/, in: "both" },
  // Code that does not run in the kernel's address space, or has its own labels.
  { pattern: /^__efistub_/, in: "both" },
  { pattern: /^__kvm_nvhe_\$/, in: "both" },
  { pattern: /^__kvm_nvhe_\.L/, in: "both" },
  { pattern: /^__pi_\$/, in: "7.3" },
  { pattern: /^__pi_\.L/, in: "7.3" },
  // Stubs of linkers.
  {
    pattern: /^__(?:AArch64ADRP|ARMV5PILong|ARMV7PILong|ThumbV7PILong|LA25|microLA25)Thunk_/,
    in: "both",
  },
  { pattern: /_(?:from_arm|from_thumb|veneer)$/, in: "both" },
  { pattern: /\.long_branch\./, in: "both" },
  { pattern: /\.plt_branch\./, in: "both" },
  // Control-flow integrity's type numbers.
  { pattern: /^__kcfi_typeid_/, in: "both" },
  { pattern: /^__(?:kvm_nvhe|pi)___kcfi_typeid_/, in: "7.3" },
  // What exports are made of.
  { pattern: /^__crc_/, in: "both" },
  { pattern: /^__kstrtab_/, in: "both" },
  { pattern: /^__kstrtabns_/, in: "both" },
  // What modpost and the build make.
  { pattern: /^__mod_device_table__/, in: "7.3" },
  { pattern: /^__UNIQUE_ID_modinfo_?[0-9]+$/, in: "7.3" },
  // Bases of small data.
  { pattern: /^_SDA2?_BASE_$/, in: "both" },
  // kallsyms itself.
  {
    pattern:
      /^kallsyms_(?:addresses|offsets|relative_base|num_syms|names|markers|token_table|token_index|seqs_of_names)$/,
    in: "6.1",
  },
];

/** Finds out about nearly every name at once that no rule is for it. */
const ANY_IGNORED = new RegExp(IGNORED_NAMES.map(({ pattern }) => pattern.source).join("|"));

/** KSYM_NAME_LEN (include/linux/kallsyms.h) less the NUL: longer names are left out. */
const NAME_MOST = { "6.1": 511, before: 127 };

/** kallsyms leaves out a symbol of this type, as nm prints it. */
export function isIgnoredType(type: string, name: string): boolean {
  if (!IGNORED_TYPES.has(type)) return false;
  return !(type.toUpperCase() === "A" && KEPT_ABSOLUTES.has(name));
}

/** True for the types that nm may print of a symbol but kallsyms never shows. */
export function isNmOnlyType(type: string): boolean {
  return IGNORED_TYPES.has(type) && type !== "A";
}

/** Whether kallsyms of a release leaves out a name; `unsure` if the release has to be known. */
export function isIgnoredName(name: string, release: string | undefined): boolean | "unsure" {
  if (name.length <= NAME_MOST.before && !ANY_IGNORED.test(name)) return false;
  const rule = IGNORED_NAMES.find(({ pattern }) => pattern.test(name));
  const version = parseRelease(release);
  const isOld = version !== undefined && version < 6.001;
  if (name.length > (isOld ? NAME_MOST.before : NAME_MOST["6.1"])) return true;
  if (rule === undefined) return false;
  if (rule.in === "both") return true;
  if (version === undefined || (version > 6.001 && version < 7.003)) return "unsure";
  return version >= 7.003 === (rule.in === "7.3");
}

/** `6.12.3` as 6.012; undefined if the text is no release. */
function parseRelease(release: string | undefined): number | undefined {
  const match = /^([0-9]+)\.([0-9]{1,3})(?![0-9])/.exec(release ?? "");
  return match === null ? undefined : Number(match[1]) + Number(match[2]) / 1000;
}
