/** What has to be known of a module before anything in it is converted. */

import { nameOfBytes } from "../byte-string.js";
import { counted, type Diagnostics, shellWord } from "../diagnostics.js";
import { COMPRESSED_FORMATS, ELFCLASS64, type ElfObject } from "../elf/index.js";
import { parseModinfo } from "../modinfo.js";
import { isBefore } from "./kernel-release.js";
import { MACHINES, type Machine, machineOf } from "./machines.js";

export interface ModuleFacts {
  readonly machine: Machine;
  /** The kernel's release, the first word of vermagic; undefined if the module does not say it. */
  readonly release: string | undefined;
  /**
   * Characters a symbol's name may have in the kernel the module is for: KSYM_NAME_LEN less its NUL,
   * 512 since 6.1, 128 before (include/linux/kallsyms.h).
   */
  readonly symbolNameMost: number;
  /** The kernel can unload modules, as far as the module says (CONFIG_MODULE_UNLOAD). */
  readonly canUnload: boolean;
  /** The modules that modprobe loads before this one, with commas between, as .modinfo has them. */
  readonly depends: string | undefined;
}

/** include/linux/module_signature.h: the last bytes of a signed module. */
const SIGNATURE_MARK = "~Module signature appended~\n";

/** Marks that tools leave in forms which this tool does not read, by section name. */
export const FOREIGN_SECTIONS = [
  {
    prefix: ".kpatch.",
    form: "kpatch's intermediate form",
    remedy: "kpatch-build's own last step, create-klp-module, converts it",
  },
  {
    prefix: ".klp.arch.",
    form: "the form of kpatch for kernels before 5.8",
    remedy:
      "since 5.8 the kernel reads no such sections; build the module for the kernel it is for",
  },
  {
    prefix: ".ksplice",
    form: "Ksplice's form",
    remedy: "it is for Ksplice's own loader, not for livepatch",
  },
] as const;

/** Refuses files whose bytes need something done to them before they can be converted. */
export function checkEnvelope(bytes: Uint8Array, diagnostics: Diagnostics): void {
  checkCompression(bytes, diagnostics);
  if (isSigned(bytes)) {
    diagnostics.error("signed", "the module has an appended signature", {}, [
      "conversion would make the signature wrong, and a wrong one is fatal at load",
      "convert the unsigned module and sign the result: scripts/sign-file",
    ]);
  }
  diagnostics.throwIfFailed();
}

/** Behind the module stands a signature. */
export function isSigned(bytes: Uint8Array): boolean {
  const end = nameOfBytes(bytes, Math.max(0, bytes.length - SIGNATURE_MARK.length));
  return end === SIGNATURE_MARK;
}

/** Adds an error if the file has to be decompressed before it can be read. */
export function checkCompression(bytes: Uint8Array, diagnostics: Diagnostics): void {
  const start = nameOfBytes(bytes, 0, Math.min(bytes.length, 8));
  const compressed = COMPRESSED_FORMATS.find(({ magic }) => start.startsWith(magic));
  if (compressed !== undefined) {
    const { format, suffix, command } = compressed;
    const { file } = diagnostics;
    // The suffix is not told from the contents: a file may have another one, or none.
    const stem = file.endsWith(suffix) ? file.slice(0, -suffix.length) : "";
    const plain = /[^/]$/.test(stem) ? stem : "decompressed.ko";
    diagnostics.error("compressed", `the module is compressed with ${format}`, {}, [
      `decompress it first: ${command} < ${shellWord(file)} > ${shellWord(plain)}`,
    ]);
  }
}

/**
 * Checks that `object` is a livepatch module for a machine that has livepatch.
 *
 * Adds what is wrong to `diagnostics`; throws Refusal if the machine is none of those.
 */
export function readModuleFacts(object: ElfObject, diagnostics: Diagnostics): ModuleFacts {
  const { elfClass, littleEndian } = object.layout;
  const machine = machineOf(object);
  if (machine === undefined) {
    diagnostics.error(
      "machine",
      `e_machine is ${object.machine}, which has no livepatch; ${MACHINES.map((each) => `${each.name} is ${each.machine}`).join(", ")}`,
    );
  } else if (
    machine.elfClass !== elfClass ||
    (machine.byteOrder !== "either" && (machine.byteOrder === "little") !== littleEndian)
  ) {
    const expected = `ELFCLASS${machine.elfClass === ELFCLASS64 ? 64 : 32}`;
    const order = machine.byteOrder === "either" ? "" : `, ${machine.byteOrder}-endian`;
    diagnostics.error("machine", `a module for ${machine.name} is ${expected}${order}`);
  }
  for (const { prefix, form, remedy } of FOREIGN_SECTIONS) {
    const sections = object.present().filter((each) => each.name.startsWith(prefix));
    if (sections.length === 0) continue;
    diagnostics.error(
      "foreign-form",
      `the module is in ${form}, which this tool does not read: it has ${counted(sections.length, "section")} ${prefix}*`,
      { section: sections[0]!.name },
      [remedy],
    );
  }
  const modinfo = readModinfo(object, diagnostics);
  if (!modinfo.has("livepatch")) {
    diagnostics.error("not-livepatch", "not a livepatch module: .modinfo has no livepatch=", {}, [
      'add to the module\'s source: MODULE_INFO(livepatch, "Y");',
    ]);
  }
  if (machine === undefined) diagnostics.refuse();
  const vermagic = modinfo.get("vermagic")?.split(" ");
  const release = vermagic?.[0];
  return {
    machine,
    release,
    symbolNameMost: isBefore(release, "6.1") ? 127 : 511,
    canUnload: vermagic === undefined || vermagic.includes("mod_unload"),
    depends: modinfo.get("depends"),
  };
}

/** The `key=value` strings of .modinfo; of a key that stands twice, the first. */
function readModinfo(object: ElfObject, diagnostics: Diagnostics): Map<string, string> {
  const [section, ...others] = object.present().filter(({ name }) => name === ".modinfo");
  if (others.length > 0) {
    // kernel/module/main.c, elf_validity_cache_index_info; older kernels read the first.
    diagnostics.error("modinfo-twice", `there are ${others.length + 1} sections .modinfo`, {}, [
      "a module has one: link the objects again with kbuild",
    ]);
  }
  return parseModinfo(section?.data ?? new Uint8Array());
}
