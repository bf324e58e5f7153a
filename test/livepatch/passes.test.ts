// SPDX-License-Identifier: GPL-2.0-only

// The passes one by one, with the object's invariants held after each.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf, removeRelocations, removeSections, writeElf } from "../../src/elf/index.js";
import { lostDependencies, removeDependencies } from "../../src/livepatch/dependencies.js";
import { readAnnotations } from "../../src/livepatch/dialects/annotations.js";
import { readKlpRelocs } from "../../src/livepatch/dialects/klp-relocs.js";
import { unusedTombstones } from "../../src/livepatch/dialects/tombstones.js";
import { readModuleFacts } from "../../src/livepatch/module.js";
import { Gates } from "../../src/livepatch/patch/gates.js";
import { replacedNames } from "../../src/livepatch/patch/patch.js";
import { checkPatchedFunctions } from "../../src/livepatch/patch/patched-functions.js";
import { readPatch } from "../../src/livepatch/patch/read-patch.js";
import { checkApplicable } from "../../src/livepatch/places/applicable.js";
import { collectReferences } from "../../src/livepatch/references.js";
import { rewrite } from "../../src/livepatch/rewrite.js";
import { resolveReferences, wantedNames } from "../../src/livepatch/rules/resolve.js";
import { gatesOfSymbols } from "../../src/livepatch/rules/verdict.js";
import { scanSymbolsList } from "../../src/symbols/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";
import { brokenInvariants } from "../invariants.js";

describe.each(FIXTURES)("%s", (name) => {
  test("is sound after every pass", () => {
    const diagnostics = new Diagnostics(name);
    const object = readElf(fixture(name), diagnostics);
    expect(brokenInvariants(object, "intermediate")).toEqual([]);

    const facts = readModuleFacts(object, diagnostics);
    const annotations = readAnnotations(object, facts.machine, diagnostics);
    const klpRelocs = readKlpRelocs(object, facts.machine, annotations.sections, diagnostics);
    const marks = [...annotations.sections, ...klpRelocs.sections];
    const references = collectReferences(object, marks, klpRelocs, diagnostics);
    const patch = readPatch(object, facts.machine);
    expect(patch.objects).toBeDefined();
    const names = [...wantedNames(references), ...replacedNames(patch)];
    const map = scanSymbolsList(fixtureSymbols(), names, diagnostics);
    const gates = new Gates(patch, [], map, diagnostics);
    const known = { annotations: annotations.byName, refused: new Set<string>(), map };
    const evidence = { object, facts, references, klpRelocs, patch, gates, ...known };
    const decisions = resolveReferences(evidence, diagnostics);
    gates.checkSections(object, diagnostics);
    checkPatchedFunctions(object, patch, map, diagnostics);
    const gatesOf = gatesOfSymbols(object, decisions);
    checkApplicable(object, facts, gatesOf, klpRelocs, marks, diagnostics);
    expect(brokenInvariants(object, "intermediate")).toEqual([]);
    expect(decisions).toHaveLength(references.length);
    expect(diagnostics.failed).toBe(false);

    const standIns = unusedTombstones(object, klpRelocs, references);
    removeRelocations(object, klpRelocs.dead);
    expect(brokenInvariants(object, "intermediate")).toEqual([]);
    removeSections(object, marks, diagnostics, standIns);
    expect(brokenInvariants(object, "intermediate")).toEqual([]);

    rewrite(object, decisions, gatesOf, klpRelocs);
    expect(brokenInvariants(object)).toEqual([]);
    removeDependencies(object, lostDependencies(facts.depends, decisions, map));
    expect(brokenInvariants(object)).toEqual([]);
    expect(diagnostics.failed).toBe(false);

    const written = readElf(writeElf(object, diagnostics), diagnostics);
    expect(brokenInvariants(written)).toEqual([]);
    expect(written.symbols.removed.size).toBe(0);
  });
});
