// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { RULES, VERSION } from "../../src/index.js";
import { Folder } from "./command.js";
import { withoutLivepatchFlag } from "./damaged-module.js";

const LIST = "Symbols.list";

/** A folder with a converted module, `out.ko`, and what it was converted from. */
function converted(): Folder {
  const folder = new Folder("x86_64.in.ko", LIST);
  const { status } = folder.run(["x86_64.in.ko", "out.ko", "-s", LIST]);
  expect(status).toBe(0);
  return folder;
}

/** Likewise, and `bad.ko`, whose first livepatch section has lost its flag. */
function damaged(): Folder {
  const folder = converted();
  folder.write("bad.ko", withoutLivepatchFlag(folder.read("out.ko")));
  return folder;
}

const BAD_LINES = [
  "bad.ko: loads, but wrong: the kernel crashes: the code uses address 0\n",
  "bad.ko: error: .klp.rela.vmlinux.text: sh_flags is 0x42, without SHF_RELA_LIVEPATCH (0x100000) [L17]\n",
  "    the kernel crashes: the code uses address 0\n",
  "    convert the intermediate module again, and do nothing to the result\n",
];

describe("check", () => {
  test("passes what conversion made", () => {
    const folder = converted();
    const args = ["check", "out.ko", "-s", LIST, "--input", "x86_64.in.ko"];
    const { status, stdout, stderr } = folder.run(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^out\.ko: loads/);
    expect(stdout).not.toContain("error:");
  });

  test("tells the verdict first, then each finding and what comes of it", () => {
    const { status, stdout, stderr } = damaged().run(["check", "bad.ko"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    for (const line of BAD_LINES) expect(stdout).toContain(line);
    expect(stdout.startsWith("bad.ko: loads, but wrong: ")).toBe(true);
  });

  test("says which rules could not be tested, and what they lack", () => {
    const { stdout } = converted().run(["check", "out.ko"]);
    expect(stdout).toMatch(/^out\.ko: loads, as far as it was checked\n/);
    expect(stdout).toMatch(
      /\nout\.ko: not checked: (?:L[0-9]{2}(?:, )?)+: the kernel's symbols are not given: --symbols\n/,
    );
    expect(stdout).toMatch(
      /\nout\.ko: not checked: (?:L[0-9]{2}(?:, )?)+: the module before conversion is not given: --input\n/,
    );
  });

  test("goes through all files, and fails if one of them does", () => {
    const { status, stdout } = damaged().run(["check", "out.ko", "bad.ko", "out.ko"]);
    expect(status).toBe(1);
    expect(stdout.match(/^[a-z]+\.ko: loads/gm)).toEqual([
      "out.ko: loads",
      "bad.ko: loads",
      "out.ko: loads",
    ]);
  });

  test("tells of an intermediate module what conversion would do", () => {
    const folder = new Folder("x86_64.in.ko", LIST);
    const { status, stdout, stderr } = folder.run(["check", "x86_64.in.ko", "-s", LIST]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [verdict, ...rest] = stdout.split("\n");
    expect(verdict).toMatch(/^x86_64\.in\.ko: an intermediate module; converted: loads/);
    const plan = folder.run(["x86_64.in.ko", "--dry-run", "-s", LIST]).stdout.trimEnd().split("\n");
    for (const line of plan) expect(rest).toContain(line.replace("klp-convert: ", ""));
    expect(folder.names()).toEqual([LIST, "x86_64.in.ko"]);
  });

  test("fails for an intermediate module that conversion refuses, with its reasons", () => {
    const folder = new Folder("x86_64.in.ko");
    folder.write(LIST, "klp-convert-symbol-data.0.1\n*vmlinux\nnothing_of_it\n");
    const { status, stdout, stderr } = folder.run(["check", "x86_64.in.ko", "-s", LIST]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^x86_64\.in\.ko: an intermediate module, which conversion refuses\n/);
    expect(stdout).toMatch(/\nklp-convert: error: x86_64\.in\.ko: /);
  });

  test("says of what cannot be read why, and goes on", () => {
    const folder = converted();
    const { status, stdout, stderr } = folder.run(["check", "none.ko", "out.ko"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(
      /^klp-convert: error: none\.ko: cannot be read: no such file or directory\nout\.ko: loads/,
    );
  });

  test("does not begin without the symbols or the input it was given", () => {
    const folder = converted();
    expect(folder.refused(["check", "out.ko", "-s", "None.list", "--input", "none.ko"])).toBe(
      "klp-convert: error: None.list: cannot be read: no such file or directory\n" +
        "klp-convert: error: none.ko: cannot be read: no such file or directory\n",
    );
  });

  test.each([
    "out.ko",
    "x86_64.in.ko",
  ])("names file and line of a list that is damaged: %s", (module) => {
    const folder = converted();
    folder.write("Bad.list", "klp-convert-symbol-data.0.1\nwithout_object\n");
    const { status, stdout } = folder.run(["check", module, "-s", "Bad.list"]);
    expect(status).toBe(1);
    expect(stdout.match(/^klp-convert: error: Bad\.list:2: /gm)).toHaveLength(1);
  });

  test("reads standard input", () => {
    const folder = converted();
    const { status, stdout } = folder.run(["check", "-"], { input: folder.read("out.ko") });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\/dev\/stdin: loads/);
  });

  test("decompresses", () => {
    const folder = converted();
    expect(folder.runShell("gzip < out.ko > out.ko.gz").status).toBe(0);
    const { status, stdout } = folder.run(["check", "out.ko.gz"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^out\.ko\.gz: loads/);
  });

  test("shows names of files so that no terminal obeys them", () => {
    const folder = converted();
    const { stdout } = folder.runShell("mv out.ko $'\\e[2J.ko'; klp check $'\\e[2J.ko'");
    expect(stdout).toMatch(/^\\x1b\[2J\.ko: loads/);
    expect(stdout).not.toContain("\x1b");
  });

  test("colors severities where it is told to", () => {
    const { stdout } = damaged().run(["check", "bad.ko", "--color", "always"]);
    expect(stdout).toContain("bad.ko: \x1b[1;31merror:\x1b[0m .klp.rela.vmlinux.text: ");
  });
});

describe("check --json", () => {
  test("prints one document of all files", () => {
    const folder = damaged();
    const { status, stdout, stderr } = folder.run(["check", "bad.ko", "none.ko", "--json"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const document = JSON.parse(stdout) as { files: Record<string, unknown>[] };
    expect(document).toMatchObject({
      schema: "klp-convert-check",
      schemaVersion: 1,
      version: VERSION,
      symbolSources: [],
      input: null,
      kernel: null,
    });
    const text = "the code uses address 0";
    const ending = { kind: "crash", rule: "L17", text };
    expect(document.files).toHaveLength(2);
    expect(document.files[0]).toMatchObject({
      file: "bad.ko",
      form: "finished",
      machine: "x86_64",
      plan: null,
      verdict: {
        text: `loads, but wrong: the kernel crashes: ${text}`,
        before: ending,
        after: ending,
      },
      diagnostics: [],
    });
    const findings = document.files[0]!.findings as Record<string, unknown>[];
    expect(findings.find(({ rule }) => rule === "L17")).toMatchObject({
      rule: "L17",
      severity: "error",
      section: ".klp.rela.vmlinux.text",
      outcome: { kind: "crash", text, in: "either" },
    });
    expect(document.files[1]).toMatchObject({
      file: "none.ko",
      form: null,
      verdict: null,
      findings: [],
      notChecked: [],
      diagnostics: [{ severity: "error", code: "file" }],
    });
  });
});

describe("check --sarif", () => {
  test("prints a log with all rules, and where each finding is in the file", () => {
    const folder = damaged();
    const { status, stdout } = folder.run(["check", "bad.ko", "--sarif"]);
    expect(status).toBe(1);
    const log = JSON.parse(stdout) as {
      version: string;
      runs: [{ tool: { driver: { rules: { id: string }[] } }; results: SarifResult[] }];
    };
    expect(log.version).toBe("2.1.0");
    const [run] = log.runs;
    expect(run.tool.driver.rules.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id));
    const result = run.results.find(({ ruleId }) => ruleId === "L17")!;
    expect(run.tool.driver.rules[result.ruleIndex]!.id).toBe("L17");
    expect(result.level).toBe("error");
    expect(result.message.text).toBe(
      ".klp.rela.vmlinux.text: sh_flags is 0x42, without SHF_RELA_LIVEPATCH (0x100000)\n" +
        "the kernel crashes: the code uses address 0\n" +
        "convert the intermediate module again, and do nothing to the result",
    );
    const [location] = result.locations;
    expect(location!.physicalLocation.artifactLocation.uri).toBe("bad.ko");
    expect(location!.physicalLocation.region.byteOffset).toBeGreaterThan(0);
    expect(location!.logicalLocations).toEqual([{ name: ".klp.rela.vmlinux.text" }]);
  });
});

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly byteOffset: number };
    };
    readonly logicalLocations: readonly { readonly name: string }[];
  }[];
}

describe("check --explain and --list", () => {
  test("print a rule, whatever the case of its letter", () => {
    const folder = new Folder();
    const { status, stdout } = folder.run(["check", "--explain", "l17"]);
    expect(status).toBe(0);
    expect(stdout).toBe(
      "L17: Every section named .klp.rela.* has SHF_RELA_LIVEPATCH\n" +
        "severity: error\n" +
        "needs: sections and a symbol table\n" +
        "loads, but wrong: the module loader applies its relocations as ordinary ones, of symbols that nobody has resolved: pointers are NULL\n" +
        "crash: code that they are in uses address 0\n" +
        "refused: arm64 refuses those of a limited range, from which address 0 is too far; the kernel prints `Modules: module …: overflow in relocation type … val …` (ENOEXEC)\n" +
        "remedy: convert the intermediate module again, and do nothing to the result\n" +
        "source: kernel/module/main.c, apply_relocations\n",
    );
  });

  test("print all rules in order", () => {
    const { status, stdout } = new Folder().run(["check", "--list"]);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, 3))).toEqual(RULES.map(({ id }) => id));
    expect(lines).toContain("L17  error    Every section named .klp.rela.* has SHF_RELA_LIVEPATCH");
  });
});
