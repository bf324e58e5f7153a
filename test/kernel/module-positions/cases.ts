// What klp-homonyms has in its symbol table, and what the positions in there mean.
//
// Linux 6.1, kernel/module/kallsyms.c: while a module is being loaded, livepatch counts through its
// whole symbol table, undefined symbols apart; that is when the livepatch was there first. Once it
// is loaded, only symbols are left that are in a section that stays loaded (is_core_symbol), percpu
// sections included. Symbols of .init sections, absolute ones, which files' names are too, and those
// of sections that are not loaded are then no longer counted.

/** The names with the sections of their symbols, in the order of the symbol table. */
export const symbolTable: Readonly<Record<string, readonly string[]>> = {
  unique: [".bss"],
  twin_function: [".text", ".text"],
  twin_data: [".bss", ".bss"],
  twin_percpu: [".data..percpu", ".data..percpu"],
  // The global one is in the file that is linked first.
  static_then_global: [".bss", ".bss"],
  percpu_then_data: [".data..percpu", ".bss"],
  exit_then_core: [".exit.text", ".bss"],
  // Imported by one file, and a static variable of another.
  seq_putc: [".bss", "*UND*"],
  init_only: [".init.text"],
  init_then_core: [".init.text", ".bss"],
  core_then_init: [".bss", ".init.text"],
  absolute_then_core: ["*ABS*", ".bss"],
  core_then_absolute: [".bss", "*ABS*"],
  file_then_core: ["*ABS*", ".bss"],
  unloaded_then_core: [".klp_test_unloaded", ".bss"],
  core_then_unloaded: [".bss", ".klp_test_unloaded"],
  // Has SHF_ALLOC, but the module loader clears it.
  modinfo_then_core: [".modinfo", ".bss"],
  core_then_modinfo: [".bss", ".modinfo"],
};

// What becomes of a pointer to one of them: it points to what /proc/klp-homonyms calls by such a word
// as core or init, or

export const ambiguous = "refused: ambiguous";
export const noPosition = "refused: no such position";
export const noSymbol = "refused: no such symbol";
/** It points into the module loader's copy of the file, which is gone once the module is loaded. */
export const discarded = "discarded";

/** Name and position, and which of the symbols that is. */
export const accepted: readonly [name: string, position: number, which: string][] = [
  ["unique", 0, "only"],
  ["unique", 1, "only"],
  ["twin_function", 1, "first"],
  ["twin_function", 2, "second"],
  ["twin_data", 1, "first"],
  ["twin_data", 2, "second"],
  ["twin_percpu", 1, "first"],
  ["twin_percpu", 2, "second"],
  ["static_then_global", 1, "static"],
  ["static_then_global", 2, "global"],
  ["percpu_then_data", 1, "percpu"],
  ["percpu_then_data", 2, "data"],
  ["exit_then_core", 1, "exit"],
  ["exit_then_core", 2, "core"],
  ["seq_putc", 0, "static"],
  ["core_then_init", 1, "core"],
  ["core_then_absolute", 1, "core"],
  ["core_then_unloaded", 1, "core"],
  ["core_then_modinfo", 1, "core"],
];

/** Name and position, and what becomes of it if the livepatch is loaded first, and if last. */
export const refused: readonly [name: string, position: number, first: string, last: string][] = [
  ["twin_function", 0, ambiguous, ambiguous],
  ["twin_function", 3, noPosition, noPosition],
  ["init_only", 0, "init", noSymbol],
  ["init_only", 1, "init", noSymbol],
  ["init_then_core", 0, ambiguous, "core"],
  ["init_then_core", 1, "init", "core"],
  ["init_then_core", 2, "core", noPosition],
  ["core_then_init", 0, ambiguous, "core"],
  ["core_then_init", 2, "init", noPosition],
  ["absolute_then_core", 0, ambiguous, "core"],
  ["absolute_then_core", 1, "absolute", "core"],
  ["absolute_then_core", 2, "core", noPosition],
  ["core_then_absolute", 0, ambiguous, "core"],
  ["core_then_absolute", 2, "absolute", noPosition],
  // A file's name has the value 0, which livepatch takes for a symbol that is not there.
  ["file_then_core", 0, ambiguous, "core"],
  ["file_then_core", 1, noSymbol, "core"],
  ["file_then_core", 2, "core", noPosition],
  ["unloaded_then_core", 0, ambiguous, "core"],
  ["unloaded_then_core", 1, discarded, "core"],
  ["unloaded_then_core", 2, "core", noPosition],
  ["core_then_unloaded", 0, ambiguous, "core"],
  ["core_then_unloaded", 2, discarded, noPosition],
  ["modinfo_then_core", 0, ambiguous, "core"],
  ["modinfo_then_core", 1, discarded, "core"],
  ["modinfo_then_core", 2, "core", noPosition],
  ["core_then_modinfo", 0, ambiguous, "core"],
  ["core_then_modinfo", 2, discarded, noPosition],
];
