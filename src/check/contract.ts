/** The rules of the loader's contract, in their order. */

import type { Rule } from "./rule.js";
import { L56 } from "./rules/checksums.js";
import { L65, L66 } from "./rules/consumed-sections.js";
import { L72 } from "./rules/contents.js";
import { L31, L32 } from "./rules/entry-bounds.js";
import { L01, L02 } from "./rules/file-headers.js";
import { L42, L43, L44, L48 } from "./rules/found-symbols.js";
import { L52, L53, L54, L55 } from "./rules/imports.js";
import { L73 } from "./rules/indirect-calls.js";
import { L63 } from "./rules/kernel-limits.js";
import { L45, L46, L47 } from "./rules/lasting-symbols.js";
import { L62 } from "./rules/late-stores.js";
import { L37 } from "./rules/leftovers.js";
import { L33, L34, L38, L50 } from "./rules/livepatch-symbols.js";
import { L64 } from "./rules/loongarch.js";
import { L16 } from "./rules/machine-sections.js";
import { L11, L12 } from "./rules/module-information.js";
import { L09, L10 } from "./rules/module-sections.js";
import { L04, L69 } from "./rules/numbering.js";
import { L35, L36 } from "./rules/ordinary-uses.js";
import { L70, L71 } from "./rules/patched-functions.js";
import { L60, L61 } from "./rules/powerpc64.js";
import { L75 } from "./rules/relinked.js";
import { L23, L24, L25, L26, L27 } from "./rules/relocated-sections.js";
import { L67, L68 } from "./rules/relocation-identity.js";
import { L58 } from "./rules/relocation-types.js";
import { L03, L13 } from "./rules/section-contents.js";
import { L21, L22, L28, L29, L30, L74 } from "./rules/section-headers.js";
import { L05, L14 } from "./rules/section-name-table.js";
import { L17, L18, L19, L20 } from "./rules/section-names.js";
import { L15 } from "./rules/signature.js";
import { L39, L40 } from "./rules/symbol-owners.js";
import { L41, L49, L51, L57 } from "./rules/symbol-roles.js";
import { L06, L07, L08 } from "./rules/symbol-table.js";
import { L59 } from "./rules/zero-places.js";

export const RULES: readonly Rule[] = [
  L01,
  L02,
  L03,
  L04,
  L05,
  L06,
  L07,
  L08,
  L09,
  L10,
  L11,
  L12,
  L13,
  L14,
  L15,
  L16,
  L17,
  L18,
  L19,
  L20,
  L21,
  L22,
  L23,
  L24,
  L25,
  L26,
  L27,
  L28,
  L29,
  L30,
  L31,
  L32,
  L33,
  L34,
  L35,
  L36,
  L37,
  L38,
  L39,
  L40,
  L41,
  L42,
  L43,
  L44,
  L45,
  L46,
  L47,
  L48,
  L49,
  L50,
  L51,
  L52,
  L53,
  L54,
  L55,
  L56,
  L57,
  L58,
  L59,
  L60,
  L61,
  L62,
  L63,
  L64,
  L65,
  L66,
  L67,
  L68,
  L69,
  L70,
  L71,
  L72,
  L73,
  L74,
  L75,
];
