/** The rules of the loader's contract, in their order. */

import type { Rule } from "./rule.js";
import { L17, L18, L20 } from "./rules/section-names.js";

export const RULES: readonly Rule[] = [L17, L18, L20];
