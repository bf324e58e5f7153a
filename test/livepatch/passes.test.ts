// SPDX-License-Identifier: GPL-2.0-only

// The passes one by one, with the object's invariants held after each.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf, removeSections, writeElf } from "../../src/elf/index.js";
import { readAnnotations } from "../../src/livepatch/annotations.js";
import { readModuleFacts } from "../../src/livepatch/module.js";
import { collectReferences } from "../../src/livepatch/references.js";
import { resolveReferences, wantedNames } from "../../src/livepatch/resolve.js";
import { rewrite } from "../../src/livepatch/rewrite.js";
import { scanSymbolsList } from "../../src/symbols/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";
import { brokenInvariants } from "../invariants.js";

describe.each(FIXTURES)("%s", (name) => {
  test("is sound after every pass", () => {
    const diagnostics = new Diagnostics(name);
    const object = readElf(fixture(name), diagnostics);
    expect(brokenInvariants(object)).toEqual([]);

    const facts = readModuleFacts(object, diagnostics);
    const annotations = readAnnotations(object, facts.machine, diagnostics);
    const references = collectReferences(object, annotations.sections, diagnostics);
    const map = scanSymbolsList(fixtureSymbols(), wantedNames(references), diagnostics);
    const known = { annotations: annotations.byName, refused: new Set<string>(), map };
    const evidence = { object, facts, references, ...known };
    const decisions = resolveReferences(evidence, diagnostics);
    expect(brokenInvariants(object)).toEqual([]);
    expect(decisions).toHaveLength(references.length);

    removeSections(object, annotations.sections, diagnostics);
    expect(brokenInvariants(object)).toEqual([]);

    rewrite(object, decisions);
    expect(brokenInvariants(object)).toEqual([]);
    expect(diagnostics.failed).toBe(false);

    const written = readElf(writeElf(object, diagnostics), diagnostics);
    expect(brokenInvariants(written)).toEqual([]);
    expect(written.symbols.removed.size).toBe(0);
  });
});
