/**
 * Whether the kernel can apply each relocation that is to be livepatch's, at the place where it
 * stands and at the time when it will: what the section is for, what becomes of the code around it,
 * and what the machine's loader makes of the type.
 */

import { type Diagnostics, hex, type Place } from "../../diagnostics.js";
import {
  type ElfObject,
  EM_X86_64,
  NAME_MOST,
  type Section,
  SHF_EXECINSTR,
  SHT_GROUP,
  SHT_NULL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
} from "../../elf/index.js";
import { VMLINUX } from "../../symbols/index.js";
import type { KlpRelocs } from "../dialects/klp-relocs.js";
import { isSince } from "../kernel-release.js";
import type { ModuleFacts } from "../module.js";
import { livepatchSectionName } from "../names.js";
import { isLivepatchSection, ordinaryRelocations } from "../references.js";
import { relocationType, widthsOf } from "../relocation-types.js";
import { faultOfRelocation, RelocationKind } from "./relocation-traps.js";
import { codeAt, type RewrittenCode, readRewrittenCode } from "./rewritten-code.js";
import { type SpecialSection, specialSection } from "./special-sections.js";
import { WrittenPlaces } from "./written-places.js";

/**
 * Adds an error or a warning for each relocation that the kernel could not apply, or not rightly. What
 * is in the `ignored` sections will not be there.
 */
export function checkApplicable(
  object: ElfObject,
  facts: ModuleFacts,
  gates: readonly (string | undefined)[],
  klpRelocs: KlpRelocs,
  ignored: readonly Section[],
  diagnostics: Diagnostics,
): void {
  const check = new Check(object, facts, diagnostics);
  const isIgnored = new Set(ignored);
  for (const [table, target] of ordinaryRelocations(object)) {
    if (isIgnored.has(target)) continue;
    const entries = table.relocations(object.layout);
    const { offsets, types, symbols } = entries.all;
    const dead = klpRelocs.dead.get(table);
    let kind: Kind | undefined;
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = symbols[entry]!;
      const gate = gates[symbol];
      if (gate === undefined || dead?.has(entry)) continue;
      const type = types[entry]!;
      const offset = offsets[entry]!;
      // Neighbours are mostly of one kind.
      if (kind === undefined || kind.type !== type || kind.destination.gate !== gate) {
        kind = check.kindOf(gate, target, type, offset, symbol);
      }
      check.relocation(kind, offset, symbol);
    }
  }
  for (const { gate, target, offset, type, symbol } of klpRelocs.entries) {
    check.relocation(check.kindOf(gate, target, type, offset, symbol), offset, symbol);
  }
  check.overlaps(klpRelocs);
}

/** Sections of these types have neither code nor data, and the writer may make them anew. */
const TABLES: readonly number[] = [SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_GROUP];

/** Relocations of a section that wait for an object. */
interface Destination {
  readonly gate: string;
  readonly target: Section;
  /** The row of the section, if such relocations may not be in it. */
  readonly special: SpecialSection | undefined;
  /** Code of the section that is rewritten before they are applied. */
  readonly rewritten: readonly RewrittenCode[];
  readonly kinds: Map<number, Kind>;
}

/** Those of one type among them. */
interface Kind {
  readonly type: number;
  readonly destination: Destination;
  /** Undefined if nothing is known of the type. */
  readonly known: RelocationKind | undefined;
  /** Where they are noted, see {@link Check.overlaps}; undefined if there is no need to. */
  readonly moved: number[] | undefined;
}

class Check {
  readonly #object: ElfObject;
  readonly #facts: ModuleFacts;
  readonly #diagnostics: Diagnostics;
  readonly #warned = new Set<string>();
  readonly #destinations = new Map<Section, Map<string, Destination>>();
  #rewritten: ReadonlyMap<Section, readonly RewrittenCode[]> | undefined;
  /** Where livepatch relocations of x86 will be that write something, by section: offsets. */
  readonly #moved = new Map<Section, number[]>();

  constructor(object: ElfObject, facts: ModuleFacts, diagnostics: Diagnostics) {
    this.#object = object;
    this.#facts = facts;
    this.#diagnostics = diagnostics;
  }

  relocation(kind: Kind, offset: number, symbol: number): void {
    const { type, destination } = kind;
    const { target, special, rewritten } = destination;
    kind.moved?.push(offset);
    const code = rewritten.length === 0 ? undefined : codeAt(rewritten, offset);
    const isSound = kind.known?.isSoundAt(offset) === true;
    if (isSound && special === undefined && code === undefined) return;
    const place = this.#place(target, offset, symbol);
    if (special !== undefined) this.#refuseSection(destination, special, place);
    if (code !== undefined) this.#refuseCode(destination, code, place);
    if (!isSound) this.#reportFault(destination, type, symbol, place);
  }

  #place(target: Section, offset: number, symbol: number): PlaceOfSymbol {
    return { section: target.name, offset, symbol: this.#object.symbols.name(symbol) };
  }

  /** Looked at once for each target and gate, with the first relocation that comes there. */
  #destination(gate: string, target: Section, offset: number, symbol: number): Destination {
    const ofTarget = this.#destinations.get(target) ?? new Map<string, Destination>();
    this.#destinations.set(target, ofTarget);
    let destination = ofTarget.get(gate);
    if (destination === undefined) {
      this.#checkTarget(gate, target, this.#place(target, offset, symbol));
      const special = this.#refusing(gate, target);
      const rewritten = gate === VMLINUX ? [] : this.#rewrittenIn(target);
      destination = { gate, target, special, rewritten, kinds: new Map() };
      ofTarget.set(gate, destination);
    }
    return destination;
  }

  #rewrittenIn(target: Section): readonly RewrittenCode[] {
    if ((target.flags & SHF_EXECINSTR) === 0) return [];
    this.#rewritten ??= readRewrittenCode(this.#object);
    return this.#rewritten.get(target) ?? [];
  }

  /** The kind of a relocation at `offset` of `target`, of a symbol that waits for `gate`. */
  kindOf(gate: string, target: Section, type: number, offset: number, symbol: number): Kind {
    const destination = this.#destination(gate, target, offset, symbol);
    const { kinds } = destination;
    let kind = kinds.get(type);
    if (kind === undefined) {
      const { machine, release } = this.#facts;
      const known = relocationType(machine.machine, type);
      const isNoted = machine.machine === EM_X86_64 && widthOf(type) > 0;
      kind = {
        type,
        destination,
        known:
          known && new RelocationKind(machine, this.#object.layout, release, gate, target, known),
        moved: isNoted ? this.#movedIn(target) : undefined,
      };
      kinds.set(type, kind);
    }
    return kind;
  }

  #movedIn(target: Section): number[] {
    const moved = this.#moved.get(target) ?? [];
    this.#moved.set(target, moved);
    return moved;
  }

  #reportFault(
    { gate, target }: Destination,
    type: number,
    symbol: number,
    place: PlaceOfSymbol,
  ): void {
    const { machine, release } = this.#facts;
    const placed = { gate, target, offset: place.offset, type, symbol: place.symbol };
    const fault = faultOfRelocation(machine, this.#object.layout, release, placed);
    if (fault === undefined) return;
    const { severity, code, message, notes } = fault;
    // A kernel's limit is a matter of the symbol: once for each is enough.
    const key = `${code} ${symbol} ${gate}`;
    if (severity === "warning" && this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#diagnostics[severity](code, message, place, notes);
  }

  /** There can be a livepatch section of it. */
  #checkTarget(gate: string, target: Section, place: Place): void {
    if (TABLES.includes(target.type)) {
      this.#diagnostics.error(
        "relocated-table",
        `${place.symbol} is used in ${target.name}, which has type ${target.type}: that is neither code nor data`,
        place,
        ["build the module again: something has changed what the section is"],
      );
    }
    const { length } = livepatchSectionName(gate, target.name);
    if (length <= NAME_MOST) return;
    this.#diagnostics.error(
      "section-name-length",
      `the section of its livepatch relocations would have a name of ${length} bytes; ${NAME_MOST} are the most`,
      place,
      [`give the section a name of at most ${target.name.length - (length - NAME_MOST)} bytes`],
    );
  }

  /** The row of a section that relocations of `gate` may not be in; undefined if they may. */
  #refusing(gate: string, target: Section): SpecialSection | undefined {
    const { machine, release, canUnload } = this.#facts;
    const special = specialSection(target.name, machine.machine);
    if (special === undefined || (special.withoutUnload && canUnload)) return undefined;
    const { allowed } = special;
    if (gate !== VMLINUX) return special;
    const since = typeof allowed === "object" ? allowed.vmlinuxSince : undefined;
    const isAllowed = allowed === "vmlinux" || (since !== undefined && isSince(release, since));
    return isAllowed ? undefined : special;
  }

  #refuseSection(
    { gate, target }: Destination,
    { allowed, consumer, consequence, remedy }: SpecialSection,
    place: PlaceOfSymbol,
  ): void {
    const since = typeof allowed === "object" ? allowed.vmlinuxSince : undefined;
    const waits = gate === VMLINUX ? "" : ` and waits for ${gate}`;
    this.#diagnostics.error(
      "special-section",
      `${place.symbol} is used in ${target.name}${waits}: ${consumer}, and ${consequence}`,
      place,
      [
        ...(gate === VMLINUX && since !== undefined
          ? [`kernels before ${since} do not relocate it at all`]
          : []),
        remedy,
      ],
    );
  }

  #refuseCode({ gate, target }: Destination, code: RewrittenCode, place: PlaceOfSymbol): void {
    this.#diagnostics.error(
      "rewritten-code",
      `${place.symbol} is used in ${code.what} and waits for ${gate}: the kernel rewrites that code when the patch is loaded, and the relocation would come too late`,
      place,
      [
        `the code is ${target.name}+${hex(code.start)} up to ${hex(code.end)}, by ${code.table}${code.isKnown ? "" : ", of which the size of entries is not known, so that it may be less"}`,
        "use the symbol outside of it, in plain C: a call of the function, a read of the variable",
      ],
    );
  }

  /**
   * x86 applies a relocation only where there are zeros (arch/x86/kernel/module.c,
   * __write_relocate_add), so that of two at one place the later is refused.
   */
  overlaps(klpRelocs: KlpRelocs): void {
    if (this.#moved.size === 0) return;
    const written = new Map([...this.#moved.keys()].map((each) => [each, new WrittenPlaces()]));
    this.#addApplied(klpRelocs, written);
    const overlapping = [...written].filter(([, places]) => !places.areDisjoint());
    if (overlapping.length === 0) return;
    const all = new Map(overlapping.map(([target]) => [target, new Extents()]));
    this.#addApplied(klpRelocs, all);
    for (const [target, { list }] of all) this.#reportOverlaps(target, list);
  }

  /** Adds what relocations write in the sections of `places`. */
  #addApplied(klpRelocs: KlpRelocs, places: ReadonlyMap<Section, Places>): void {
    for (const [table, target] of this.#tables()) {
      const ofTarget = places.get(target);
      if (ofTarget === undefined) continue;
      const { offsets, types } = table.relocations(this.#object.layout).all;
      const dead = klpRelocs.dead.get(table);
      const widths = widthsOf(EM_X86_64, types);
      if (dead !== undefined) for (const entry of dead) widths[entry] = 0;
      ofTarget.addAll(offsets, widths);
    }
    for (const { target, offset, type } of klpRelocs.entries) {
      places.get(target)?.addAll([offset], [widthOf(type)]);
    }
  }

  /** All relocations that the kernel applies at some time, those of an earlier conversion too. */
  *#tables(): Iterable<[Section, Section]> {
    yield* ordinaryRelocations(this.#object);
    for (const table of this.#object.present()) {
      if (table.type !== SHT_RELA || !isLivepatchSection(table)) continue;
      const target = this.#object.sections[table.info];
      if (target !== undefined) yield [table, target];
    }
  }

  #reportOverlaps(target: Section, extents: Extent[]): void {
    extents.sort((a, b) => a.start - b.start || a.end - b.end);
    const moved = new Set(this.#moved.get(target));
    let last: Extent | undefined;
    for (const extent of extents) {
      if (last !== undefined && extent.start < last.end) {
        const at = moved.has(extent.start) ? extent.start : last.start;
        if (moved.has(at)) {
          this.#diagnostics.error(
            "relocation-overlap",
            `two relocations write the same bytes, at ${hex(last.start)} and ${hex(extent.start)}: the kernel would refuse the second, since the place is no longer zero`,
            { section: target.name, offset: at },
            ["one of them is of no use: link the objects again"],
          );
        }
      }
      if (last === undefined || extent.end > last.end) last = extent;
    }
  }
}

/** Bytes that a relocation of x86 writes. */
function widthOf(type: number): number {
  return relocationType(EM_X86_64, type)?.width ?? 0;
}

interface PlaceOfSymbol extends Place {
  readonly offset: number;
  readonly symbol: string;
}

/** What is to know of the bytes that relocations of a section write: by entry its place, and how many. */
interface Places {
  addAll(offsets: ArrayLike<number>, widths: ArrayLike<number>): void;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** One by one. */
class Extents implements Places {
  readonly list: Extent[] = [];

  addAll(offsets: ArrayLike<number>, widths: ArrayLike<number>): void {
    for (let entry = 0; entry < offsets.length; entry++) {
      const start = offsets[entry]!;
      const width = widths[entry]!;
      if (width > 0) this.list.push({ start, end: start + width });
    }
  }
}
