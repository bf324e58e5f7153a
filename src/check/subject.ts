/**
 * The module that is checked, with all that rules ask of it and of its surroundings. It is read as the
 * module loader reads it, so that a rule sees what the kernel would: nothing is refused on the way.
 */

import { nameOfBytes } from "../byte-string.js";
import {
  type ElfObject,
  KEPT_NAMES,
  type Layout,
  layoutOf,
  nameAt,
  objectAsItIs,
  PartialBytes,
  type RawHeader,
  type RawSection,
  rawContents,
  readRawHeader,
  readRawSections,
  type Section,
  SHF_RELA_LIVEPATCH,
  SHN_LIVEPATCH,
  SHT_RELA,
  type StrayRelocation,
} from "../elf/index.js";
import {
  isBefore,
  isSince,
  layoutForMachine,
  MACHINES,
  type Machine,
  type Patch,
  readPatch,
  relocationType,
} from "../livepatch/index.js";
import { type SymbolMap, VMLINUX } from "../symbols/index.js";
import { type AppendedSignature, readAppendedSignature } from "./appended-signature.js";
import { type Entry, EntryTable } from "./entry-table.js";
import { type KernelSymbolName, readSectionObject, readSymbolName } from "./kernel-names.js";

/** The section of struct module, which modpost writes (scripts/mod/modpost.c, add_header). */
export const THIS_MODULE = ".gnu.linkonce.this_module";

/** What is known beside the module's bytes. */
export interface Surroundings {
  /** The kernel's release; vermagic's if absent. */
  readonly release?: string | undefined;
  readonly map?: SymbolMap | undefined;
  /** The module before conversion. */
  readonly input?: ElfObject | undefined;
}

/** A section that livepatch relocates by, as the kernel takes it. */
export interface LivepatchSection {
  readonly section: Section;
  /** The object in its name as the kernel reads it; undefined if it cannot. */
  readonly gate: string | undefined;
  /** What sh_info names; undefined if there is no such section. */
  readonly target: Section | undefined;
}

/** An entry that is the first of its symbol in a livepatch section. */
export interface FirstUse {
  readonly each: LivepatchSection;
  readonly entry: Entry;
}

export class Subject {
  /** The file's bytes; zero where they are missing, which no section is that rules look into by itself. */
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  /** Undefined if the machine has no livepatch. */
  readonly machine: Machine | undefined;
  /** Undefined if the file is too short for one. */
  readonly header: RawHeader | undefined;
  /** Undefined if the section header table is not within the file, or there is none. */
  readonly sections: readonly RawSection[] | undefined;
  /** What the file ends with if it is signed. */
  readonly signature: AppendedSignature | undefined;
  /** Undefined if there is no symbol table to be found. */
  readonly object: ElfObject | undefined;
  /** Relocations without a symbol. */
  readonly strays: readonly StrayRelocation[];
  /** The same by their section, in their order. */
  readonly straysBySection: ReadonlyMap<Section, readonly StrayRelocation[]>;
  readonly map: SymbolMap | undefined;
  readonly input: ElfObject | undefined;
  /** The `key=value` strings of .modinfo in their order, the first section's of several. */
  readonly modinfo: readonly (readonly [string, string])[];
  /** The same of the module before conversion; undefined if that is not known. */
  readonly modinfoBefore: readonly (readonly [string, string])[] | undefined;
  /** The kernel's release, `6.1.0-56-amd64` or just `6.1`; undefined if it is not known. */
  readonly release: string | undefined;
  /** Characters of a symbol's name that the kernel reads: KSYM_NAME_LEN less its NUL. */
  readonly symbolNameMost: number;
  /** Sections with SHF_RELA_LIVEPATCH. */
  readonly livepatchSections: readonly LivepatchSection[];
  readonly #sectionNames: Uint8Array;
  /** Positions that are too large are the largest. */
  readonly #saturates: boolean;
  /** Names of sections that were asked for, by index. */
  readonly #names: string[] = [];
  readonly #tables = new Map<Section, EntryTable>();
  /** Names of livepatch symbols that were asked for, of the first {@link KEPT_NAMES}. */
  readonly #symbolNames = new Map<number, KernelSymbolName>();
  #firstUses: readonly FirstUse[] | undefined;
  #byName: ReadonlyMap<string, RawSection> | undefined;
  #patch: Patch | undefined;

  constructor(
    readonly file: string,
    contents: Uint8Array | PartialBytes,
    { release, map, input }: Surroundings,
  ) {
    const whole = PartialBytes.of(contents);
    const { bytes } = whole;
    this.bytes = bytes;
    this.layout = layoutForMachine(bytes) ?? layoutOf(2, true);
    this.header = readRawHeader(bytes, this.layout);
    const { header, layout } = this;
    this.machine = MACHINES.find((each) => each.machine === header?.machine);
    const isTable = header !== undefined && header.entrySize === layout.shdr.size;
    this.sections = isTable ? readRawSections(bytes, layout, header) : undefined;
    this.signature = readAppendedSignature(bytes);
    const names = this.sections?.[header?.sectionNames ?? 0];
    this.#sectionNames = names === undefined ? bytes.subarray(0, 0) : rawContents(bytes, names);
    const read = header && this.sections && objectAsItIs(whole, layout, header, this.sections);
    this.object = read?.object;
    this.strays = read?.strays ?? [];
    this.straysBySection = bySection(this.strays);
    this.map = map;
    this.input = input;
    const modinfo = this.sectionNamed(".modinfo");
    this.modinfo = modinfo === undefined ? [] : infoOf(rawContents(bytes, modinfo));
    const before = input?.sections.find(({ name }) => name === ".modinfo");
    this.modinfoBefore = input && (before === undefined ? [] : infoOf(before.data));
    // What the module says may have been damaged since.
    const said = this.modinfoBefore?.find(([key]) => key === "vermagic")?.[1];
    this.release = release ?? ((said ?? this.info("vermagic"))?.split(" ")[0] || undefined);
    this.symbolNameMost = this.isBefore("6.1") ? 127 : 511;
    // 6.1 and 6.12 cut off, 7.3 does not; of what lies between nothing is known.
    this.#saturates = this.isSince("7.0");
    this.livepatchSections = this.#livepatchSections();
  }

  /** The object, for rules that need one. Throws TypeError if there is none. */
  get elf(): ElfObject {
    if (this.object === undefined) throw new TypeError("the rule needs an object");
    return this.object;
  }

  /** The first value of a key in .modinfo, as the kernel takes it; undefined if it is not there. */
  info(key: string): string | undefined {
    return this.modinfo.find(([each]) => each === key)?.[1];
  }

  /** The module's name as the kernel prints it while it reads the file: that of .modinfo. */
  get name(): string {
    return this.info("name") ?? "(missing .modinfo section or name field)";
  }

  /**
   * The module's name as the kernel prints it once it has struct module, and as it is called from then
   * on: the one in there, behind an enum and a list_head (include/linux/module.h).
   */
  get ownName(): string {
    const section = this.sectionNamed(THIS_MODULE);
    const contents = section && rawContents(this.bytes, section);
    return (contents && nameAt(contents, 3 * this.layout.wordSize)) || this.name;
  }

  /** There is a table of section names, and it is within the file. */
  get hasSectionNames(): boolean {
    return this.#sectionNames.length > 0;
  }

  /** The name of a section, which needs no symbol table; empty if it cannot be read. */
  nameOf({ index, nameOffset }: RawSection): string {
    let name = this.#names[index];
    if (name === undefined) {
      name = nameAt(this.#sectionNames, nameOffset) ?? "";
      this.#names[index] = name;
    }
    return name;
  }

  /** The section header of this name, the first if there are several, also without a symbol table. */
  sectionNamed(name: string): RawSection | undefined {
    this.#byName ??= firstByName(this.sections ?? [], (each) => this.nameOf(each));
    return this.#byName.get(name);
  }

  /** Bytes of the file that the kernel takes for the module: all but the signature. */
  get imageLength(): number {
    return this.signature?.imageLength ?? this.bytes.length;
  }

  /** The kernel is older than `version`, as far as it is known. */
  isBefore(version: string): boolean {
    return isBefore(this.release, version);
  }

  /** The kernel is of `version` or newer, as far as it is known. */
  isSince(version: string): boolean {
    return isSince(this.release, version);
  }

  /** The kernel can unload modules, as far as vermagic says. */
  get canUnload(): boolean {
    const vermagic = this.info("vermagic")?.split(" ");
    return vermagic === undefined || vermagic.includes("mod_unload");
  }

  /** The kernel holds imports against checksums (CONFIG_MODVERSIONS), as far as vermagic says. */
  get hasModversions(): boolean {
    return this.info("vermagic")?.split(" ").includes("modversions") === true;
  }

  /** What the patch patches. */
  get patch(): Patch {
    this.#patch ??= this.#readPatch();
    return this.#patch;
  }

  /** The objects that the patch patches; undefined if that is not known. */
  get patchedObjects(): ReadonlySet<string> | undefined {
    const { objects } = this.patch;
    return objects && new Set(objects.keys());
  }

  /** The section of this name, the first if there are several. */
  section(name: string): Section | undefined {
    return this.object?.sections.find((each) => each.index > 0 && each.name === name);
  }

  /** Sections of ordinary relocations that the module loader applies, with what they relocate. */
  *ordinaryTables(): Iterable<readonly [Section, Section]> {
    for (const section of this.object?.sections ?? []) {
      if (section.type !== SHT_RELA || (section.flags & SHF_RELA_LIVEPATCH) !== 0) continue;
      const target = this.object!.sections[section.info];
      if (target?.isLoaded) yield [section, target];
    }
  }

  /** The entries of a section of relocations. */
  table(section: Section): EntryTable {
    let table = this.#tables.get(section);
    if (table === undefined) {
      const leftOut = this.straysBySection.get(section)?.map(({ entry }) => entry);
      table = new EntryTable(section.relocations(this.layout), leftOut);
      this.#tables.set(section, table);
    }
    return table;
  }

  /** The same, one by one. */
  *entries(section: Section): Iterable<Entry> {
    const table = this.table(section);
    for (let at = 0; at < table.count; at++) yield table.entry(at);
  }

  /** Every livepatch relocation, section by section. */
  *livepatchEntries(): Iterable<readonly [LivepatchSection, Entry]> {
    for (const each of this.livepatchSections) {
      for (const entry of this.entries(each.section)) yield [each, entry];
    }
  }

  /** Of each livepatch section the first entry of each symbol. */
  get firstUses(): readonly FirstUse[] {
    this.#firstUses ??= this.livepatchSections.flatMap((each) => {
      const table = this.table(each.section);
      return table.firstUses.map((at) => ({ each, entry: table.entry(at) }));
    });
    return this.#firstUses;
  }

  /** The symbol's index of its section is SHN_LIVEPATCH. */
  isLivepatchSymbol(symbol: number): boolean {
    return this.object?.symbols.sectionIndex(symbol) === SHN_LIVEPATCH;
  }

  /** A text as the kernel reads it for a livepatch symbol's name. */
  readName(text: string): KernelSymbolName {
    return readSymbolName(text, this.symbolNameMost, this.#saturates);
  }

  /** A symbol's name as the kernel reads it. */
  symbolName(symbol: number): KernelSymbolName {
    let name = this.#symbolNames.get(symbol);
    if (name === undefined) {
      name = this.readName(this.object?.symbols.name(symbol) ?? "");
      if (symbol < KEPT_NAMES) this.#symbolNames.set(symbol, name);
    }
    return name;
  }

  /** The ELF spelling of a relocation type, or its number. */
  typeName(type: number): string {
    return relocationType(this.header?.machine ?? 0, type)?.name ?? `type ${type}`;
  }

  /**
   * The objects that somebody waits for: how many there are decides what is told of the order of
   * loading. A patch of vmlinux alone has no such order.
   */
  get waitsForModules(): boolean {
    const patched = [...(this.patchedObjects ?? [])].some((each) => each !== VMLINUX);
    return patched || this.livepatchSections.some(({ gate }) => gate !== VMLINUX);
  }

  #livepatchSections(): LivepatchSection[] {
    const { object } = this;
    if (object === undefined) return [];
    return object.sections
      .filter(({ index, flags }) => index > 0 && (flags & SHF_RELA_LIVEPATCH) !== 0)
      .map((section) => ({
        section,
        gate: readSectionObject(section.name),
        target: section.info === 0 ? undefined : object.sections[section.info],
      }));
  }

  #readPatch(): Patch {
    const { object, machine } = this;
    if (object !== undefined && machine !== undefined) return readPatch(object, machine);
    const reason = "the file cannot be read so far";
    return {
      source: "unknown",
      reason,
      objects: undefined,
      misnamed: new Map(),
      repeated: new Map(),
    };
  }
}

function bySection(strays: readonly StrayRelocation[]): Map<Section, StrayRelocation[]> {
  const sorted = new Map<Section, StrayRelocation[]>();
  for (const stray of strays) {
    const others = sorted.get(stray.section);
    if (others === undefined) sorted.set(stray.section, [stray]);
    else others.push(stray);
  }
  return sorted;
}

function firstByName(
  sections: readonly RawSection[],
  nameOf: (section: RawSection) => string,
): Map<string, RawSection> {
  const byName = new Map<string, RawSection>();
  for (const section of sections) {
    const name = nameOf(section);
    if (section.index > 0 && !byName.has(name)) byName.set(name, section);
  }
  return byName;
}

/** The `key=value` strings of .modinfo. */
function infoOf(contents: Uint8Array): (readonly [string, string])[] {
  return nameOfBytes(contents)
    .split("\0")
    .flatMap((entry) => {
      const equals = entry.indexOf("=");
      return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)] as const] : [];
    });
}
