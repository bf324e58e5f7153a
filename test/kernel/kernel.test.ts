// Does the kernel itself accept what klp-convert writes, and does every reference arrive?
import { beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "./command.js";
import { playScenario, type Scenario } from "./scenario.js";
import { describeOnKernel, loadOrders } from "./suite.js";

describeOnKernel("", (lab) => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await playScenario(lab);
  }, 300_000);

  test("refuses a livepatch that was not converted", () => {
    const { report } = scenario;
    expect(report.status("refuse livepatch-cmdline")).not.toBe(0);
    expect(report.log).toContainEqual(
      expect.stringContaining("livepatch_cmdline: Unknown symbol saved_command_line (err -2)"),
    );
  });

  test("refuses a module with an undefined symbol that no relocation uses", async () => {
    const { report, unreferenced } = scenario;
    const name = "klp_test_nobody_has_this";
    const symbols = await runCommand("readelf", ["--wide", "--symbols", unreferenced]);
    expect(symbols.stdout).toMatch(new RegExp(`GLOBAL DEFAULT +UND ${name}$`, "m"));
    const relocations = await runCommand("readelf", ["--wide", "--relocs", unreferenced]);
    expect(relocations.stdout).not.toContain(name);

    expect(report.status("refuse unreferenced")).not.toBe(0);
    expect(report.log).toContainEqual(
      expect.stringContaining(`unreferenced: Unknown symbol ${name} (err -2)`),
    );
  });

  test("the samples' Makefile converts, and says so as kbuild does", () => {
    const { sampleBuild } = scenario;
    expect(sampleBuild.status, sampleBuild.stderr).toBe(0);
    const announced = sampleBuild.stdout.split("\n").filter((line) => line.startsWith("  KLP "));
    expect(announced).toEqual([
      "  KLP     converted/livepatch-cmdline.ko",
      "  KLP     converted/livepatch-demo.ko",
    ]);
  });

  test("the samples' Makefile does not convert again what has not changed", () => {
    const { sampleRebuild } = scenario;
    expect(sampleRebuild.status, sampleRebuild.stderr).toBe(0);
    expect(sampleRebuild.stdout).not.toContain("  KLP ");
  });

  test("a livepatch of vmlinux takes effect and leaves nothing behind", () => {
    const { report } = scenario;
    const [commandLine] = report.lines("cmdline before");
    expect(report.status("cmdline insmod")).toBe(0);
    expect(report.status("cmdline settle")).toBe(0);
    expect(report.lines("cmdline patched")).toEqual([`${commandLine} livepatch=1`]);
    expect(report.status("cmdline disable")).toBe(0);
    expect(report.lines("cmdline restored")).toEqual([commandLine]);
    expect(report.status("cmdline rmmod")).toBe(0);
  });

  describe.each([
    [
      "position 1 by name, 2 by declaration",
      "livepatch-demo",
      ["inlet 11 of 100", "outlet 22 of 200"],
    ],
    [
      "position 2 by name, 1 by declaration",
      "livepatch-demo-swapped",
      ["outlet 22 of 200", "inlet 11 of 100"],
    ],
  ])("a livepatch of a module with homonyms, %s", (_annotations, livepatch, patched) => {
    const unpatched = ["inlet 11", "outlet 22"];

    test("is converted", () => {
      const conversion = scenario.conversions.get(livepatch) ?? scenario.sampleBuild;
      expect(conversion.status, conversion.stderr).toBe(0);
    });

    test.each(loadOrders)("gets either homonym right, loaded %s", (_when, order) => {
      const { report } = scenario;
      const prefix = `${livepatch} ${order}`;
      expect(report.status(`${prefix} insmod`)).toBe(0);
      expect(report.status(`${prefix} target insmod`)).toBe(0);
      if (order === "last") {
        expect(report.lines(`${prefix} before`)).toEqual(unpatched);
      }
      expect(report.status(`${prefix} settle`)).toBe(0);
      expect(report.lines(`${prefix} patched`)).toEqual(patched);
      expect(report.status(`${prefix} disable`)).toBe(0);
      expect(report.lines(`${prefix} restored`)).toEqual(unpatched);
      expect(report.status(`${prefix} rmmod`)).toBe(0);
      expect(report.status(`${prefix} target rmmod`)).toBe(0);
    });
  });

  describe("a livepatch with references in many sections", () => {
    test("is converted", () => {
      const conversion = scenario.conversions.get("livepatch-references");
      expect(conversion?.status, conversion?.stderr).toBe(0);
    });

    describe.each(loadOrders)("loaded %s", (_when, order) => {
      const prefix = `references ${order}`;

      test("is accepted, disabled and removed", () => {
        const { report } = scenario;
        for (const step of ["insmod", "target insmod", "settle", "disable", "rmmod"]) {
          expect(report.status(`${prefix} ${step}`), step).toBe(0);
        }
        expect(report.status(`${prefix} target rmmod`)).toBe(0);
      });

      test.each([
        ".text",
        ".data",
        ".rodata",
        ".data..read_mostly",
        "klp_test_references",
      ])("has the right addresses in %s", (section) => {
        const { report } = scenario;
        // klp_target, no longer patched, says itself where it has its symbols.
        const inTarget = new Map(
          report.lines(`${prefix} restored`).map((line) => line.split(" ") as [string, string]),
        );
        const values = expectedValues(scenario);
        const expected = [
          ...["version_proc_show", "saved_command_line"].map((name) => [
            name,
            report.addressesOf(name)[0],
          ]),
          ...inTarget,
        ].map(([name, address]) => `${section} ${name} ${address} ${values.get(name!)}`);
        expect(linesOf(scenario, prefix, section)).toEqual(expected);
      });

      test("calls and reads the right symbols relative to the instruction", () => {
        const expected = [...expectedValues(scenario)].map(
          ([name, value]) => `direct ${name} - ${value}`,
        );
        expect(linesOf(scenario, prefix, "direct")).toEqual(expected);
      });

      test("has the right address in its init code", () => {
        const commandLine = expectedValues(scenario).get("saved_command_line");
        expect(linesOf(scenario, prefix, ".init.text")).toEqual([
          `.init.text saved_command_line - ${commandLine}`,
        ]);
      });

      test("tells homonyms of vmlinux apart", () => {
        const homonyms = scenario.report.addressesOf("load_elf_binary");
        expect(homonyms).toHaveLength(2);
        expect(linesOf(scenario, prefix, "homonym-1")).toEqual([
          `homonym-1 load_elf_binary ${homonyms[0]} -`,
        ]);
        expect(linesOf(scenario, prefix, "homonym-2")).toEqual([
          `homonym-2 load_elf_binary ${homonyms[1]} -`,
        ]);
      });
    });
  });

  describe("a livepatch with unusual references to vmlinux", () => {
    const variant = (name: string, kind: string) =>
      scenario.report
        .lines(name)
        .find((line) => line.startsWith(`${kind} `))
        ?.slice(kind.length + 1);

    test("is converted", () => {
      const conversion = scenario.conversions.get("livepatch-variants");
      expect(conversion?.status, conversion?.stderr).toBe(0);
    });

    test("has its annotations read between what the compiler aligned", async () => {
      const { stdout } = await runCommand("readelf", ["--wide", "--sections", scenario.variants]);
      const size = /\.klp\.module_relocs\.vmlinux +PROGBITS +\S+ \S+ (\S+)/.exec(stdout)?.[1];
      // Four entries, and what lies between them.
      expect(Number.parseInt(size ?? "", 16)).toBeGreaterThan(4 * 12);
    });

    test("is accepted, with an unused symbol that vmlinux has, disabled and removed", () => {
      const { report } = scenario;
      for (const step of ["insmod", "settle", "disable", "rmmod"]) {
        expect(report.status(`variants ${step}`), step).toBe(0);
      }
      expect(report.lines("variants restored")).toEqual(report.lines("cmdline before"));
    });

    test("reaches a weak symbol that vmlinux has, and 0 for one that nobody has", () => {
      expect(variant("variants patched", "weak")).toBe(scenario.report.lines("version")[0]);
      expect(variant("variants patched", "weak-nobody")).toBe("0");
    });

    test("follows a static key of vmlinux", () => {
      expect(variant("variants patched", "static-key")).toBe("0");
      expect(variant("variants key on", "static-key")).toBe("1");
      expect(variant("variants key off", "static-key")).toBe("0");
    });

    test("has the offset of a percpu variable", () => {
      const [offset] = scenario.report.addressesOf("process_counts");
      expect(variant("variants patched", "percpu")).toBe(offset);
    });

    test("keeps what is added to an address", () => {
      const [address] = scenario.report.addressesOf("saved_command_line");
      const expected = (BigInt(`0x${address}`) + 3n).toString(16);
      expect(variant("variants patched", "addend")).toBe(expected);
    });

    test("may annotate what vmlinux exports", () => {
      expect(variant("variants patched", "annotated-export")).toBe("yes");
    });
  });

  test("takes no harm: no oops, no warning, no panic", () => {
    expect(scenario.report.faults()).toEqual([]);
  });
});

/** What each symbol is or returns, in the order livepatch-references shows them. */
function expectedValues({ report }: Scenario): Map<string, string> {
  return new Map([
    ["version_proc_show", report.lines("version").join()],
    ["saved_command_line", report.lines("cmdline before").join()],
    ["klp_target_function", "1234"],
    ["klp_target_data", "5678"],
    ["klp_target_exported", "91011"],
    ["klp_target_dotted", "1213"],
  ]);
}

/** The lines of /proc/klp-target, patched, for one kind of reference. */
function linesOf({ report }: Scenario, prefix: string, section: string): string[] {
  return report.lines(`${prefix} patched`).filter((line) => line.startsWith(`${section} `));
}
