// SPDX-License-Identifier: GPL-2.0-only

// The page that inspect --html writes, in a browser as people open it.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { inspect } from "../../src/index.js";
import { Folder } from "../cli/command.js";
import { buildConverted, type ConvertedModule } from "../inspect/converted-module.js";
import { describeInBrowser } from "./browser.js";

const IN = "x86_64-mixed.in.ko";
const LIST = "Symbols.list";
const LONG_NAMES: ConvertedModule = {
  functions: {
    [`a_function_${"of_a_long_name_".repeat(8)}`]: [
      `.klp.sym.vmlinux.a_symbol_${"of_a_long_name_".repeat(8)},0`,
      `.klp.sym.ext4.${"x".repeat(300)},12`,
    ],
  },
  imports: ["y".repeat(300)],
};

/** 100 functions that use 500 symbols of three objects. */
function manyNames(): ConvertedModule {
  const objects = ["vmlinux", "ext4", "nf_conntrack_netlink"];
  const functions = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [
      `livepatch_function_${i}`,
      Array.from({ length: i === 0 ? 50 : 12 }, (_, j) => {
        const symbol = (i * 5 + j * 7) % 500;
        return `.klp.sym.${objects[symbol % 3]}.some_symbol_${symbol},0`;
      }),
    ]),
  );
  return { functions };
}

/** Writes a page of these files and returns its path. */
function pageOf(folder: Folder, ...args: readonly string[]): string {
  const { status, stderr } = folder.run(["inspect", ...args, "--html", "page.html"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return folder.at("page.html");
}

function fixturePage(folder = new Folder(IN, LIST)): string {
  return pageOf(folder, IN, "-s", LIST);
}

function builtPage(module: ConvertedModule): string {
  const folder = new Folder();
  folder.write("in.ko", buildConverted(module));
  return pageOf(folder, "in.ko");
}

/** Elements that stand out of the page sideways, by what they are. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isHidden = (element: Element) => element.closest("thead, .skip") !== null;
    const out = [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 0 && !isHidden(element) && (right > width + 1 || left < -1);
    });
    const scrolls = document.documentElement.scrollWidth > width ? ["the page"] : [];
    return [...scrolls, ...out.map((each) => `${each.tagName} ${each.textContent?.slice(0, 30)}`)];
  });
}

interface Contrast {
  readonly text: string;
  readonly ratio: number;
}

/** The contrast of every text that is shown with what is behind it (WCAG 2, relative luminance). */
function contrasts(page: Page): Promise<Contrast[]> {
  return page.evaluate(() => {
    const parse = (color: string) => {
      const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
      return { r, g, b, a };
    };
    const luminance = (color: string) => {
      const { r, g, b } = parse(color);
      const [red, green, blue] = [r, g, b].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const behind = (element: Element): string => {
      if (element instanceof SVGElement) {
        const box = element.parentElement?.querySelector("rect");
        if (box) return getComputedStyle(box).fill;
      }
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (parse(color).a > 0) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const found: Contrast[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim(),
      );
      if (!own || element.getClientRects().length === 0) continue;
      const style = getComputedStyle(element);
      const color = element instanceof SVGElement ? style.fill : style.color;
      const [one, other] = [luminance(color), luminance(behind(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      found.push({ text: `${element.tagName} ${element.textContent?.slice(0, 40)}`, ratio });
    }
    return found;
  });
}

describeInBrowser("the page of inspect", (open) => {
  test("opens from a file, asks for nothing else and complains of nothing", async () => {
    const { page, requests, complaints } = await open(fixturePage());
    expect(await page.title()).toBe(`${IN} – klp-convert inspect`);
    expect(await page.locator("article").count()).toBe(1);
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.locator("script, link[rel=stylesheet], img, iframe").count()).toBe(0);
  });

  test.each([
    ["a fixture", 360, () => fixturePage()],
    ["long names", 360, () => builtPage(LONG_NAMES)],
    ["many names", 360, () => builtPage(manyNames())],
    ["long names", 320, () => builtPage(LONG_NAMES)],
    ["a fixture", 760, () => fixturePage()],
    ["long names", 1000, () => builtPage(LONG_NAMES)],
  ])("of %s does not scroll sideways at a width of %d", async (_, width, path) => {
    const { page } = await open(path(), { width });
    await page.evaluate(() => {
      for (const each of document.querySelectorAll("details")) each.open = true;
    });
    expect(await overflowing(page)).toEqual([]);
  });

  test.each([
    360, 1000,
  ])("at a width of %d keeps the diagram's text large enough and in its boxes", async (width) => {
    for (const path of [fixturePage(), builtPage(LONG_NAMES)]) {
      const { page } = await open(path, { width });
      const found = await page.evaluate(() => {
        const texts = [...document.querySelectorAll<SVGTextElement>(".diagram text")];
        const shown = texts.filter((text) => text.getClientRects().length > 0);
        return shown.map((text) => {
          const svg = text.ownerSVGElement!;
          const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          const box = text.parentElement!.querySelector("rect")!.getBoundingClientRect();
          const { left, right, top, bottom } = text.getBoundingClientRect();
          const isInside =
            left >= box.left &&
            right <= box.right &&
            top >= box.top - 1 &&
            bottom <= box.bottom + 1;
          const size = Number.parseFloat(getComputedStyle(text).fontSize) * scale;
          return { text: text.textContent, isInside, size };
        });
      });
      expect(found.length).toBeGreaterThan(2);
      expect(found.filter(({ isInside, size }) => !isInside || size < 10.5)).toEqual([]);
    }
  });

  test.each([
    "light",
    "dark",
  ] as const)("in a %s scheme has a contrast of 4.5 or more", async (scheme) => {
    const folder = new Folder(IN, LIST);
    folder.run([IN, "out.ko", "-s", LIST]);
    for (const path of [fixturePage(), pageOf(folder, "--diff", IN, "out.ko")]) {
      for (const width of [360, 1000]) {
        const { page } = await open(path, { scheme, width });
        const found = await contrasts(page);
        expect(found.length).toBeGreaterThan(50);
        expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(paper === "rgb(255, 255, 255)").toBe(scheme === "light");
      }
    }
  });

  test.each([
    360, 1000,
  ])("at a width of %d is used with the keyboard, and shows where it is", async (width) => {
    const folder = new Folder(IN, "x86_64.in.ko", LIST);
    const { page } = await open(pageOf(folder, IN, "x86_64.in.ko", "-s", LIST), { width });
    const reached: string[] = [];
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(() => {
        const element = document.activeElement!;
        if (element === document.body) return undefined;
        const marked = element.querySelector("rect") ?? element;
        const { outlineStyle, outlineWidth, stroke, strokeWidth } = getComputedStyle(marked);
        const isOutlined = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
        const isFramed = marked !== element && stroke !== "none" && strokeWidth === "3px";
        const { bottom } = element.getBoundingClientRect();
        const label = element.getAttribute("aria-label") ?? element.textContent;
        return { label, isVisible: (isOutlined || isFramed) && bottom > 0 };
      });
      if (found === undefined) break;
      expect(found.isVisible, found.label ?? "").toBe(true);
      reached.push(found.label!);
    }
    expect(reached.slice(0, 3)).toEqual(["Skip to the content", IN, "x86_64.in.ko"]);
    expect(reached).toContain(
      "function lp_cmdline_show, replaces cmdline_proc_show of vmlinux, uses saved_command_line, vm_local_func, boot_command_line",
    );
    expect(
      reached.filter((label) => label.startsWith("symbol demo_homonym of klp_demo")),
    ).toHaveLength(2);
  });

  test("brings out the edges of the node in focus", async () => {
    const { page } = await open(fixturePage());
    const widths = () =>
      page.evaluate(
        () =>
          [...document.querySelectorAll(".wide .edge")].filter(
            (edge) => getComputedStyle(edge).strokeWidth === "2.5px",
          ).length,
      );
    expect(await widths()).toBe(0);
    await page.locator(".wide a.user.patched").first().focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    expect(await widths()).toBe(3);
  });

  test("leads from nodes to rows, also of tables that are closed", async () => {
    const { page } = await open(builtPage(manyNames()));
    await page.locator("details summary").first().click();
    await page.locator("a.symbol:visible").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("tr:target")?.getClientRects().length);
    const row = await page.locator("tr:target").textContent();
    expect(row).toContain("some_symbol_");
  });

  test.each([
    ["a fixture", () => fixturePage()],
    ["many names", () => builtPage(manyNames())],
    ["long names", () => builtPage(LONG_NAMES)],
  ])("of %s has the diagram's edges that the JSON has", async (_, path) => {
    const at = path();
    const { page } = await open(at);
    const folder = at.slice(0, at.lastIndexOf("/"));
    const { readdirSync, readFileSync } = await import("node:fs");
    const file = readdirSync(folder).find((name) => name.endsWith(".ko"))!;
    const hasList = readdirSync(folder).includes(LIST);
    const symbols = hasList ? { file: LIST, bytes: readFileSync(`${folder}/${LIST}`) } : undefined;
    const { module } = inspect(readFileSync(`${folder}/${file}`), { ...(symbols && { symbols }) });
    const parts = module!.conversion?.result ?? module!;
    const expected = parts.symbols.flatMap(({ livepatchName, uses }) =>
      uses.map((use) => `${use.name ?? use.section} ${livepatchName} ${use.relocations}`),
    );
    for (const kind of ["wide", "narrow"]) {
      const drawn = await page.evaluate(
        (style) =>
          [...document.querySelectorAll<SVGElement>(`.${style} .edge`)].map(
            ({ dataset }) => `${dataset.from} ${dataset.to} ${dataset.relocations}`,
          ),
        kind,
      );
      expect(drawn.sort()).toEqual(expected.sort());
    }
    const nodes = await page.evaluate(() => document.querySelectorAll(".wide .object").length);
    expect(nodes).toBeGreaterThan(0);
  });

  test("stays usable with a hundred functions and five hundred symbols", async () => {
    const { page } = await open(builtPage(manyNames()), { width: 360 });
    const { height, most } = await page.evaluate(() => {
      const height = document.documentElement.scrollHeight;
      for (const each of document.querySelectorAll("details")) each.open = true;
      const heights = [...document.querySelectorAll("svg.narrow")].map(
        (svg) => svg.getBoundingClientRect().height,
      );
      return { height, most: Math.max(...heights) };
    });
    // Closed lists, and pictures of a few screens at most.
    expect(height).toBeLessThan(25_000);
    expect(most).toBeLessThan(2500);
  });

  test("shows hostile names as text", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const hostile = [
      evil,
      "</title><script>alert(2)</script>",
      `"'onload=alert(3) x="`,
      "&lt;b&gt;&#60;",
      "]]>--></style></svg>",
    ];
    const folder = new Folder();
    const name = "<b>&amp;'in.ko";
    folder.write(
      name,
      buildConverted({
        functions: Object.fromEntries(
          hostile.map((each) => [each, [`.klp.sym.${evil.replaceAll(".", "")}.${each},0`]]),
        ),
        imports: hostile.map((each) => `import ${each}`),
        modinfo: `livepatch=Y\0name=${evil}\0vermagic=${evil}\0`,
      }),
    );
    const { page, requests, complaints } = await open(pageOf(folder, name));
    expect(await page.title()).toBe(`${name} – klp-convert inspect`);
    expect(await page.locator("h2").textContent()).toBe(name);
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
    expect(await page.locator("script, img, b, title").count()).toBe(1);
    const cells = await page.locator("tbody th").allTextContents();
    expect(cells).toEqual(
      expect.arrayContaining([...hostile, ...hostile.map((each) => `import ${each}`)]),
    );
    const drawn = await page.evaluate(() =>
      [...document.querySelectorAll<SVGElement>(".wide .edge")].map(({ dataset }) => dataset.from),
    );
    expect(drawn.sort()).toEqual([...hostile].sort());
  });

  test("of several files has an index whose links lead to them", async () => {
    const folder = new Folder(IN, "x86_64.in.ko", LIST);
    folder.write("text.ko", "text");
    const files = [IN, "text.ko", "x86_64.in.ko"];
    const { status } = folder.run(["inspect", ...files, "--html", "page.html"]);
    expect(status).toBe(1);
    const { page } = await open(folder.at("page.html"));
    const links = page.locator("nav a");
    expect(await links.allTextContents()).toEqual(files);
    for (const [i, file] of files.entries()) {
      await links.nth(i).click();
      expect(await page.locator("article:target h2").textContent()).toBe(file);
      const top = await page.evaluate(
        () => document.querySelector("article:target")!.getBoundingClientRect().top,
      );
      expect(top).toBeLessThan(800);
    }
    expect(await page.locator("article").nth(1).textContent()).toContain("could not be read");
    const missing = await page.evaluate(() =>
      [...document.querySelectorAll("a")]
        .map((link) => link.getAttribute("href")!)
        .filter((href) => document.getElementById(href.slice(1)) === null),
    );
    expect(missing).toEqual([]);
  });

  test("has headings in order, and tables with captions and heads", async () => {
    const { page } = await open(fixturePage());
    const levels = await page.evaluate(() =>
      [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1])),
    );
    expect(levels[0]).toBe(1);
    for (const [i, level] of levels.entries()) {
      if (i > 0) expect(level - levels[i - 1]!).toBeLessThanOrEqual(1);
    }
    const bare = await page.evaluate(
      () =>
        [...document.querySelectorAll("table")].filter(
          (table) =>
            !table.caption?.textContent ||
            table.querySelector("th[scope=col]") === null ||
            table.querySelector("tbody th[scope=row]") === null,
        ).length,
    );
    expect(bare).toBe(0);
    expect(await page.locator("main").count()).toBe(1);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });

  test.each([
    "light",
    "dark",
  ] as const)("on paper is light in a %s scheme, whole, and has what was closed", async (scheme) => {
    // A4 with margins of 15 mm.
    const { page } = await open(builtPage(manyNames()), { media: "print", width: 680, scheme });
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"]).toContain(paper);
    expect(await overflowing(page)).toEqual([]);
    const found = await contrasts(page);
    expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    const shown = await page.evaluate(() => ({
      // Higher than a page is cut in two.
      tall: [...document.querySelectorAll("svg.wide")].filter(
        (svg) => svg.getBoundingClientRect().height > 1000,
      ).length,
      hidden: [...document.querySelectorAll("svg.wide, tbody tr")].filter(
        (each) => !each.checkVisibility(),
      ).length,
      narrow: [...document.querySelectorAll("svg.narrow")].filter(
        (svg) => svg.getClientRects().length > 0,
      ).length,
    }));
    expect(shown).toEqual({ tall: 0, hidden: 0, narrow: 0 });
    const pdf = await page.pdf({ format: "A4" });
    expect(Buffer.from(pdf).subarray(0, 5).toString()).toBe("%PDF-");
  });
});
