// SPDX-License-Identifier: GPL-2.0-only

// All that is measured. A case is a file in cases/ that says its name, its title, how many rounds
// are usual (if it has any), and has `measure({ workspace, rounds })`, which returns, or promises,
//
//     about     lines on what was measured
//     columns   of the table, see columns.mjs
//     rows      of the table: objects with the figures, which go into the JSON document as they are
//     bars      what the figures should stay under, if that was ever said: see bars.mjs
//
// or throws Skipped with what to do about it, or Failed.

import { batch } from "./cases/batch.mjs";
import { conversion } from "./cases/conversion.mjs";
import { decoders } from "./cases/decoders.mjs";
import { growth } from "./cases/growth.mjs";
import { large } from "./cases/large.mjs";
import { many } from "./cases/many.mjs";
import { startUp } from "./cases/start-up.mjs";
import { symbols } from "./cases/symbols.mjs";

export const CASES = [symbols, startUp, decoders, conversion, many, large, batch, growth];
