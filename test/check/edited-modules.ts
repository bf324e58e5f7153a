// SPDX-License-Identifier: GPL-2.0-only

// Converted fixtures with one thing changed, and what a rule says of them.

import type { Rule } from "../../src/check/rule.js";
import { convert } from "../../src/index.js";
import { fixture, fixtureSymbols } from "../fixtures.js";
import { ModuleFile } from "../kernel/module-file.js";
import { type Given, said } from "./checked-module.js";

export type FixtureName = Parameters<typeof fixture>[0];
export type Edit = (file: ModuleFile) => void;

/** What conversion makes of a fixture, changed. */
export function edited(name: FixtureName, edit: Edit = () => {}): Uint8Array {
  const { output } = convert(fixture(name), { symbols: fixtureSymbols() });
  const file = new ModuleFile(Buffer.from(output!));
  edit(file);
  return new Uint8Array(file.bytes);
}

export interface Setting extends Given {
  readonly fixture?: FixtureName;
  /** The module before conversion is given. */
  readonly isCompared?: boolean;
}

/** What a rule says of a changed fixture, by default on 6.1, as `said` does. */
export function saidOf(rule: Rule, edit: Edit, setting: Setting = {}): string[] {
  const {
    fixture: name = "x86_64",
    isCompared = false,
    release = "6.1.0-test",
    ...given
  } = setting;
  return said(rule, edited(name, edit), {
    release,
    ...given,
    ...(isCompared && { input: fixture(name) }),
  });
}

/** Releases whose tests of a file differ. */
export const RELEASES = ["6.1.0-test", "6.12.0-test", "7.3.0-test"] as const;

/** What the rule says of it on each of {@link RELEASES}: one line if it is the same. */
export function saidByRelease(rule: Rule, edit: Edit, setting: Setting = {}): string[][] {
  return RELEASES.map((release) =>
    saidOf(rule, edit, { ...setting, release }).filter((line) => !line.startsWith("unchecked: ")),
  );
}

/** Changes the text of .modinfo. */
export function setInfo(file: ModuleFile, text: string, other: string): void {
  const info = file.contents(".modinfo").toString("latin1");
  file.setContents(".modinfo", Buffer.from(info.replace(text, other), "latin1"));
}
