// SPDX-License-Identifier: GPL-2.0-only

// What is printed of hostile names: a terminal must not obey it, and a browser must not run it.

import { claim } from "./fault.js";

/** Throws Fault if `text`, without colors, has characters that a terminal would obey. */
export function claimVisible(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
  const found = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/.exec(text);
  claim(found === null, "visible text", () => {
    return JSON.stringify(text.slice(Math.max(0, found!.index - 60), found!.index + 20));
  });
}

const VOID = new Set(["meta", "link", "br", "hr", "img", "input", "col", "wbr"]);

/** Throws Fault if a page's elements are not each within another, or any could run something. */
export function claimMarkup(page: string): void {
  const open: string[] = [];
  const body = page.replace(/<style>[^<]*<\/style>/g, "").replace(/^<!doctype html>/i, "");
  for (const [tag, end, name = "", rest = ""] of body.matchAll(/<(\/?)([^\s>/]*)([^>]*)>?/g)) {
    claim(/^[a-z][a-z0-9]*$/i.test(name) && tag.endsWith(">"), "markup", () => tag);
    claim(!/^(script|iframe|object|embed)$/i.test(name), "markup", () => tag);
    claim(!/\son\w+\s*=|javascript:/i.test(rest.replace(/"[^"]*"/g, '""')), "markup", () => tag);
    if (end === "/") {
      const last = open.pop();
      claim(last === name, "markup", () => `${tag} ends ${last}`);
    } else if (!rest.endsWith("/") && !VOID.has(name.toLowerCase())) {
      open.push(name);
    }
  }
  claim(open.length === 0, "markup", () => `without an end: ${open.join(" ")}`);
}
