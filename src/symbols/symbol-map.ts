/** Which object has which symbol, as far as a conversion asked. */

/** One object's symbols of one name. */
export interface Occurrences {
  /** `vmlinux`, or the module's name as the kernel spells it (`-` is `_`). */
  readonly object: string;
  /** Lines of the list, one per symbol, in the object's order: position N is `lines[N - 1]`. */
  readonly lines: readonly number[];
}

/** The answers of a symbols list to the names that were asked for. */
export interface SymbolMap {
  /** Name of the list's file, for messages. */
  readonly file: string;
  /** True if the list has the object, with or without any wanted symbol. */
  hasObject(object: string): boolean;
  /** The objects that have a symbol of this name, in the list's order. */
  owners(name: string): readonly Occurrences[];
  /** The objects that export a symbol of this name (`__ksymtab_NAME`), in the list's order. */
  exporters(name: string): readonly string[];
}
