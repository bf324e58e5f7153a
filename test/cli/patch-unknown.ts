// SPDX-License-Identifier: GPL-2.0-only

// What is said of in.ko if nothing in it tells what it patches, as modules of buildIntermediate have
// no klp_patch. Expected beside what a test is about.

const REASON = "nothing in the module's data has the form of a klp_patch";

/** As a diagnostic of --json. */
export const PATCH_UNKNOWN = {
  severity: "note",
  code: "patch-unknown",
  file: "in.ko",
  message: `which objects the patch patches is unknown: ${REASON}`,
  notes: [
    "so exports of patched modules stay imports, and it is not checked whether livepatch would apply what waits for a module, nor the functions that are replaced",
    "--patched-object OBJ says what is patched, vmlinux or a module, once for each",
  ],
} as const;

/** The same as it is printed, behind all that is said of symbols. */
export const PATCH_UNKNOWN_NOTE = `klp-convert: note: in.ko: ${PATCH_UNKNOWN.message}
${PATCH_UNKNOWN.notes.map((note) => `    ${note}\n`).join("")}`;

/** In the report of --json. */
export const UNKNOWN_PATCH = { source: "unknown", reason: REASON, objects: null } as const;

/** What --verbose prints before all decisions. */
export const UNKNOWN_PATCH_LINE = `klp-convert: in.ko: patch: unknown: ${REASON}\n`;
