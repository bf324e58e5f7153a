// objtool makes livepatches of two versions of an object and has a form of its own for what is not
// finished yet. Does klp-convert make of it what objtool itself does, and what the kernel needs?
import { beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../command.js";
import { describeWithObjtool, loadOrders } from "../suite.js";
import { playScenario, type Scenario } from "./scenario.js";

describeWithObjtool(", objtool's intermediate form", (lab) => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await playScenario(lab);
  }, 300_000);

  test("has references to the patched module, another one and vmlinux", async () => {
    const relocations = await readelf("--relocs", scenario.intermediate);
    const references = relocationsOf(relocations, "__klp_relocs.");
    for (const [object, symbol] of [
      ["klp_diffed", ".klp.sym.klp_diffed.level,1"],
      ["klp_diffed", ".klp.sym.klp_diffed.level,2"],
      ["klp_diffed", ".klp.sym.klp_diffed.klp_diffed_exported,0"],
      ["klp_diffed", ".klp.sym.klp_dependency.klp_dependency_level,0"],
      ["vmlinux", ".klp.sym.vmlinux.saved_command_line,0"],
    ]) {
      const found = expect.stringMatching(`^__klp_relocs[.]${object}: .* ${symbol} `);
      expect(references).toContainEqual(found);
    }
    expect(relocations).toContain(" .klp.tombstone.level ");
  });

  test("unconverted, loads without a complaint and leads the kernel to address 0", () => {
    const { intermediateReport: report } = scenario;
    expect(report.status("insmod")).toBe(0);
    expect(report.status("settle")).toBe(0);
    expect(report.log).toContainEqual(
      expect.stringContaining("'livepatch_diffed': patching complete"),
    );
    expect(report.log).not.toContainEqual(expect.stringContaining("Unknown symbol"));
    expect(report.faults()).toContainEqual(
      expect.stringContaining("BUG: kernel NULL pointer dereference"),
    );
  });

  describe("klp-convert", () => {
    test("converts it", () => {
      const { status, stderr } = scenario.conversion;
      expect(status, stderr).toBe(0);
    });

    test("leaves nothing of the form", async () => {
      const { converted } = scenario;
      const sections = await readelf("--sections", converted);
      expect(sections).toContain(" .klp.rela.klp_diffed.");
      expect(sections).toContain(" .klp.rela.vmlinux.");
      expect(sections).not.toContain("__klp_relocs");
      const symbols = await readelf("--symbols", converted);
      expect(symbols).not.toContain(".klp.tombstone.");
      // What readelf calls SHN_LIVEPATCH.
      expect(symbols).toMatch(/ OS \[0xff20\] \.klp\.sym\./);
      expect(symbols).not.toMatch(/ UND \.klp\.sym\./);
    });

    test("makes the livepatch relocations that objtool makes", async () => {
      const { finished, converted } = scenario;
      const ofObjtool = relocationsOf(await readelf("--relocs", finished), ".klp.rela.");
      const own = relocationsOf(await readelf("--relocs", converted), ".klp.rela.");
      expect(ofObjtool).not.toEqual([]);
      expect(own).toEqual(ofObjtool);
    });
  });

  describe.each([
    ["objtool", "finished"],
    ["klp-convert", "converted"],
  ])("finished by %s", (_name, tool) => {
    test.each(loadOrders)("patches and restores its target, loaded %s", (_when, order) => {
      const { report } = scenario;
      const prefix = `${tool} ${order}`;
      for (const step of ["insmod", "settle", "disable", "rmmod"]) {
        expect(report.status(`${prefix} ${step}`), step).toBe(0);
      }
      for (const object of ["dependency", "target"]) {
        expect(report.status(`${prefix} ${object} insmod`)).toBe(0);
        expect(report.status(`${prefix} ${object} rmmod`)).toBe(0);
      }
      const original = ["inlet 11", "outlet 22", "dependency 33"];
      const [commandLine] = report.lines("command line");
      const references = `11 33 44 55 ${commandLine}`;
      let reads = 0;
      if (order === "last") {
        expect(report.lines(`${prefix} before`)).toEqual([`reads ${++reads}`, ...original]);
      }
      expect(report.lines(`${prefix} patched`)).toEqual([
        `reads ${++reads}`,
        "inlet 11 of 100",
        "outlet 22 of 200",
        "dependency 33",
        `.text ${references}`,
        `.data ${references}`,
        `.rodata ${references}`,
      ]);
      expect(report.lines(`${prefix} restored`)).toEqual([`reads ${++reads}`, ...original]);
    });
  });

  test("the kernel takes no harm of what is finished", () => {
    expect(scenario.report.faults()).toEqual([]);
  });
});

async function readelf(option: string, file: string): Promise<string> {
  const { stdout } = await runCommand("readelf", ["--wide", option, file]);
  return stdout;
}

/** The relocations in sections called so, without their places in the symbol table, sorted. */
function relocationsOf(dump: string, prefix: string): string[] {
  const found: string[] = [];
  let section = "";
  for (const line of dump.split("\n")) {
    section = /^Relocation section '(?:\.rela(?=__))?(\S+)'/.exec(line)?.[1] ?? section;
    const relocation = /^(\w{16}) {2}\w{16} (.*)$/.exec(line);
    if (relocation !== null && section.startsWith(prefix)) {
      // objtool keeps the dot that the relocated section's own name begins with.
      found.push(`${section.replace("..", ".")}: ${relocation[1]} ${relocation[2]}`);
    }
  }
  return found.sort();
}
