// SPDX-License-Identifier: GPL-2.0-only

// A real browser, which not every machine has. Where Chromium is missing its tests are skipped, and it
// is said what to install; with KLP_REQUIRE_BROWSER=1 that is a failure.

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";
const MISSING =
  "the tests of the page in a browser are skipped: apt-get install --no-install-recommends chromium";

/** No sandbox, since it does not run as root, and nothing that would ask the network on its own. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageOptions {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly media?: "screen" | "print";
}

/** A page that was opened, and what it asked the network for beside itself. */
export interface OpenedPage {
  readonly page: Page;
  readonly requests: readonly string[];
  /** Errors of the page, those of its Content-Security-Policy too. */
  readonly complaints: readonly string[];
}

/** Opens the file at a path; every request but that for the file itself is denied. */
export type OpenPage = (path: string, options?: PageOptions) => Promise<OpenedPage>;

/** A suite of tests in a browser; `open` may only be used in hooks and tests. */
export function describeInBrowser(subject: string, tests: (open: OpenPage) => void): void {
  const isThere = existsSync(CHROMIUM);
  if (!isThere && process.env.KLP_REQUIRE_BROWSER === "1") {
    test("the browser that the tests need is there", () => {
      expect.fail(MISSING);
    });
  } else if (!isThere) {
    console.warn(MISSING);
  }
  describe.skipIf(!isThere)(subject, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    }, 60_000);
    afterAll(() => browser?.close());
    tests(async (path, { width = 1000, scheme = "light", media = "screen" } = {}) => {
      const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme: scheme,
      });
      const page = await context.newPage();
      await page.emulateMedia({ media, colorScheme: scheme });
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await context.route("**/*", (route) => {
        const url = route.request().url();
        if (url === `file://${encodeURI(path)}`) return route.continue();
        requests.push(url);
        return route.abort();
      });
      await page.goto(`file://${encodeURI(path)}`);
      return { page, requests, complaints };
    });
  });
}
