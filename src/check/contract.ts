/** The rules of the loader's contract, in their order. */

import type { Rule } from "./rule.js";
import { L31, L32 } from "./rules/entry-bounds.js";
import { L01, L02 } from "./rules/file-headers.js";
import { L42, L43, L44, L48 } from "./rules/found-symbols.js";
import { L45, L46, L47 } from "./rules/lasting-symbols.js";
import { L37 } from "./rules/leftovers.js";
import { L33, L34, L38, L50 } from "./rules/livepatch-symbols.js";
import { L16 } from "./rules/machine-sections.js";
import { L11, L12 } from "./rules/module-information.js";
import { L09, L10 } from "./rules/module-sections.js";
import { L04, L69 } from "./rules/numbering.js";
import { L35, L36 } from "./rules/ordinary-uses.js";
import { L75 } from "./rules/relinked.js";
import { L23, L24, L25, L26, L27 } from "./rules/relocated-sections.js";
import { L03, L13 } from "./rules/section-contents.js";
import { L21, L22, L28, L29, L30, L74 } from "./rules/section-headers.js";
import { L05, L14 } from "./rules/section-name-table.js";
import { L17, L18, L19, L20 } from "./rules/section-names.js";
import { L15 } from "./rules/signature.js";
import { L39, L40 } from "./rules/symbol-owners.js";
import { L06, L07, L08 } from "./rules/symbol-table.js";

export const RULES: readonly Rule[] = [L01, L02, L03, L04, L05, L06, L07, L08, L09, L10, L11, L12, L13, L14, L15, L16, L17, L18, L19, L20, L21, L22, L23, L24, L25, L26, L27, L28, L29, L30, L31, L32, L33, L34, L35, L36, L37, L38, L39, L40, L42, L43, L44, L45, L46, L47, L48, L50, L69, L74, L75];
