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
  }),
  ...casesOf("L42", places, {
    "old-function-unknown": [
      "old_name klp_target_gone",
      (file) => file.replaceString(".rodata", "klp_target_show", "klp_target_gone"),
    ],
  }),
  ...casesOf("L43", places, {
    "old-function-ambiguous": [
      "old_name klp_target_twin, which klp_target has twice",
      (file) => file.replaceString(".rodata", "klp_target_show", "klp_target_twin"),
    ],
  }),
  ...casesOf("L44", places, {
    "old-function-position-2": [
      "old_sympos 2 for klp_target_show, which klp_target has once",
      (file) => {
        const { section, offset } = file.placeOf("funcs");
        file.setLong({ section, offset: offset + oldSympos }, 2);
      },
    ],
  }),
  ...casesOf("L42", cmdline, {
    "vmlinux-function-unknown": [
      "old_name cmdline_proc_gone",
      (file) => file.replaceString(".rodata", "cmdline_proc_show", "cmdline_proc_gone"),
    ],
  }),
  ...casesOf("L43", cmdline, {
    "vmlinux-function-ambiguous": [
      "old_name load_elf_binary, which vmlinux has twice",
      (file) => file.replaceString(".rodata", "cmdline_proc_show", "load_elf_binary"),
    ],
  }),
  ...casesOf("L20", places, {
    "object-other": [
      "the klp_object's name klp_targex",
      (file) => file.replaceString(".rodata", "klp_target", "klp_targex"),
    ],
    "section-without-object": [
      "the klp_object's name klp_helper, where klp_target's function is not",
      (file) => file.replaceString(".rodata", "klp_target", "klp_helper"),
    ],
  }),
  ...casesOf("L71", places, {
    "object-hyphen": [
      "the klp_object's name klp-target",
      (file) => file.replaceString(".rodata", "klp_target", "klp-target"),
    ],
  }),
  ...casesOf("L72", cmdline, {
    "message-changed": [
      ".rodata: livepatch=2 for livepatch=1 in the format",
      (file) => file.replaceString(".rodata", "%s livepatch=1\n", "%s livepatch=2\n"),
    ],
  }),
  ...casesOf("L72", places, {
    "text-changed": [
      ".rodata: levem for the word level",
      (file) => file.replaceString(".rodata", "level", "levem"),
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
      since: "7.0",
      patched: [".data", ".rodata", ".data..read_mostly", "klp_test_places", ".init.data"].map(
        (where) => [`${where} saved_command_line`, `${where} version_proc_show`],
      ),
    },
  ),
];
