/** The rules of the loader's contract, in their order. */

import type { Rule } from "./rule.js";
import { L31, L32 } from "./rules/entry-bounds.js";
import { L42, L43, L44, L48 } from "./rules/found-symbols.js";
import { L45, L46, L47 } from "./rules/lasting-symbols.js";
import { L37 } from "./rules/leftovers.js";
import { L33, L34, L38, L50 } from "./rules/livepatch-symbols.js";
import { L35, L36 } from "./rules/ordinary-uses.js";
import { L23, L24, L25, L26, L27 } from "./rules/relocated-sections.js";
import { L21, L22, L28, L29, L30, L74 } from "./rules/section-headers.js";
import { L17, L18, L19, L20 } from "./rules/section-names.js";
import { L39, L40 } from "./rules/symbol-owners.js";

export const RULES: readonly Rule[] = [
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
  L42,
  L43,
  L44,
  L45,
  L46,
  L47,
  L48,
  L50,
  L74,
];
