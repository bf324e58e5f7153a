// The patch itself: what klp_func and klp_object say, the new functions, and what conversion is not
// to touch.
import { type Case, casesOf } from "../case.js";
import { commandLine } from "../livepatch-section.js";

const places = "livepatch-places";
const cmdline = "livepatch-cmdline";

/** In struct klp_func: old_name, new_func, old_sympos. */
const oldSympos = 16;

export const patch: readonly Case[] = [
  ...casesOf("L70", places, {
    "new-function-nameless": [
      "livepatch_klp_target_show: st_name 0",
      (file) => file.setSymbol("livepatch_klp_target_show", "st_name", 0),
    ],
    "new-function-size-0": [
      "livepatch_klp_target_show: st_size 0",
      (file) => file.setSymbol("livepatch_klp_target_show", "st_size", 0),
    ],
    "old-function-unknown": [
      "old_name klp_target_gone",
      (file) => file.replaceString(".rodata", "klp_target_show", "klp_target_gone"),
    ],
    "old-function-ambiguous": [
      "old_name klp_target_twin, which klp_target has twice",
      (file) => file.replaceString(".rodata", "klp_target_show", "klp_target_twin"),
    ],
    "old-function-position-2": [
      "old_sympos 2 for klp_target_show, which klp_target has once",
      (file) => {
        const { section, offset } = file.placeOf("funcs");
        file.setLong({ section, offset: offset + oldSympos }, 2);
      },
    ],
  }),
  ...casesOf("L70", cmdline, {
    "vmlinux-function-unknown": [
      "old_name cmdline_proc_gone",
      (file) => file.replaceString(".rodata", "cmdline_proc_show", "cmdline_proc_gone"),
    ],
    "vmlinux-function-ambiguous": [
      "old_name load_elf_binary, which vmlinux has twice",
      (file) => file.replaceString(".rodata", "cmdline_proc_show", "load_elf_binary"),
    ],
  }),
  ...casesOf("L71", places, {
    "object-other": [
      "the klp_object's name klp_targex",
      (file) => file.replaceString(".rodata", "klp_target", "klp_targex"),
    ],
    "object-hyphen": [
      "the klp_object's name klp-target",
      (file) => file.replaceString(".rodata", "klp_target", "klp-target"),
    ],
  }),
  ...casesOf("L72", places, {
    "text-changed": [
      ".rodata: levem for the word level",
      (file) => file.replaceString(".rodata", "level", "levem"),
    ],
    "data-changed": [
      "in_undotted: 1 in the room behind the pointers",
      (file) => {
        const { section, offset } = file.placeOf("in_undotted");
        file.setLong({ section, offset: offset + 16 }, 1);
      },
    ],
    "code-changed": [
      "never_called: its first byte after the call of __fentry__",
      (file) => {
        const { section, offset } = file.placeOf("never_called");
        file.contents(section)[offset + 5] = 0x90;
      },
    ],
  }),
  ...casesOf(
    "L73",
    places,
    {
      "address-of-function": [
        `${commandLine} is called .klp.sym.vmlinux.version_proc_show,0: pointers to a function`,
        (file) => file.renameSymbol(commandLine, ".klp.sym.vmlinux.version_proc_show,0"),
      ],
    },
    {
      patched: [".data", ".rodata", ".data..read_mostly", "klp_test_places", ".init.data"].map(
        (where) => [`${where} saved_command_line`, `${where} version_proc_show`],
      ),
    },
  ),
  ...casesOf("L71", places, {
    "section-without-object": [
      "the klp_object's name klp_helper, where klp_target's function is not",
      (file) => file.replaceString(".rodata", "klp_target", "klp_helper"),
    ],
  }),
];
