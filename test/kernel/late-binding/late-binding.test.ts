// A livepatch may be loaded before the module it patches, and so before everything that module has
// and depends on. Does klp-convert have it wait for that, and is what it refuses as wrong as it says?
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { runCommand, succeeded } from "../command.js";
import { describeOnKernel, type LoadOrder, loadOrders } from "../suite.js";
import { type Fault, faults, shownByPointers } from "./faults.js";
import { type Conversion, playScenario, type Scenario } from "./scenario.js";

const original = ["klp_helper_share 11"];

describeOnKernel(", late binding", (lab) => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await playScenario(lab);
  }, 300_000);

  describe("exports of the patched module", () => {
    test("become livepatch symbols, and nothing has to be said", async () => {
      const { status, stdout, stderr, output } = scenario.conversions.get("livepatch-exports")!;
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
      const symbols = await readelf("--symbols", output);
      for (const name of ["klp_target_function", "klp_target_data"]) {
        expect(symbols).toContain(` .klp.sym.klp_target.${name},0`);
      }
    });

    test("are not found, as ordinary imports, before the module is there", () => {
      const { report } = scenario;
      expect(report.status("refuse livepatch-exports")).not.toBe(0);
      for (const name of ["klp_target_function", "klp_target_data"]) {
        expect(report.log).toContainEqual(
          expect.stringContaining(`livepatch_exports: Unknown symbol ${name} (err -2)`),
        );
      }
    });

    test.each(loadOrders)("are right, with the livepatch loaded %s", (_when, order) => {
      expectPatched(scenario, "livepatch-exports", order, [".text 1234 5678", ".data 1234 5678"]);
    });
  });

  describe("symbols of a module that the patched one depends on", () => {
    test("are refused, or imported with a warning, and the option is named", () => {
      const { status, stderr, output } = scenario.unbound;
      expect(status).toBe(1);
      const option =
        "    klp_target depends on klp_helper, so it can wait for klp_target: " +
        "--late-bind klp_helper=klp_target\n";
      expect(stderr).toMatch(
        ": symbol klp_helper_limit stays an ordinary import of module klp_helper\n" +
          "    the patch cannot be loaded before klp_helper\n" +
          "    klp_helper cannot be unloaded while a patch that was bound to it is loaded\n" +
          option,
      );
      expect(stderr).toMatch(
        ": klp_helper_level of klp_helper would wait for klp_helper, which the patch does not " +
          "patch: the kernel would never apply the relocation, and the code would use address 0\n" +
          "    the patch patches klp_target (read from its klp_patch, as debug info describes it)\n" +
          option,
      );
      expect(existsSync(output)).toBe(false);
    });

    test("are not found, as ordinary imports, before that module is there", () => {
      const { report } = scenario;
      expect(report.status("refuse livepatch-helper")).not.toBe(0);
      for (const name of ["klp_helper_level", "klp_helper_limit"]) {
        expect(report.log).toContainEqual(
          expect.stringContaining(`livepatch_helper: Unknown symbol ${name} (err -2)`),
        );
      }
    });

    test.each([
      ["livepatch-helper", "an option says it", ["klp_helper_level 33 of 99"]],
      ["livepatch-pointers", "the declaration does", shownByPointers],
    ] as const)("%s waits for the patched module where %s", async (name, _what, shown) => {
      const { status, stderr, output } = scenario.conversions.get(name)!;
      expect(status, stderr).toBe(0);
      expect(await readelf("--symbols", output)).toContain(
        " .klp.sym.klp_helper.klp_helper_level,0\n",
      );
      const sections = await readelf("--sections", output);
      expect(sections).toContain(" .klp.rela.klp_target.");
      expect(sections).not.toContain(" .klp.rela.klp_helper.");
      for (const [, order] of loadOrders) {
        expectPatched(scenario, name, order, shown);
      }
    });
  });

  describe("depends= of .modinfo", () => {
    test.each([
      ["livepatch-exports", "klp-target"],
      ["livepatch-helper", "klp-helper"],
    ])("of %s loses %s, and all else stays", async (name, module) => {
      const { input, output } = scenario.conversions.get(name)!;
      const before = await modinfo(input);
      expect(before.get("depends")).toBe(module);
      expect(await modinfo(output)).toEqual(new Map([...before, ["depends", ""]]));
    });

    test.each([
      ["intermediate", "with its target", ["klp_helper", "klp_target", "livepatch_exports"]],
      ["converted", "without", ["livepatch_exports"]],
    ])("has modprobe load the %s livepatch %s", (form, _what, loaded) => {
      const { report } = scenario;
      expect(report.status(`modprobe ${form}`)).toBe(0);
      expect(report.lines(`modprobe ${form} loaded`)).toEqual(loaded);
    });
  });

  describe.each(faults.map((fault) => [fault.what, fault] as const))("%s", (_what, fault) => {
    test("is refused by klp-convert, which leaves nothing behind", () => {
      expectRefused(scenario.refusals.get(fault.key)!, fault.refusal);
    });

    test.each(loadOrders)("is as wrong as that, with the livepatch loaded %s", (_when, order) => {
      expectOutcome(scenario, fault, order);
    });
  });

  test("a symbol that waits for a module that is not patched is refused of other tools, too", () => {
    expectRefused(
      scenario.foreign,
      ".klp.rela.klp_helper.data: the section waits for klp_helper, which the patch does not " +
        "patch: the kernel would never apply its relocations",
    );
  });

  test("percpu data is relocated since Linux 7.2, and refused before", () => {
    const [major = 0, minor = 0] = lab.version.split(".").map(Number);
    const isRelocated = major > 7 || (major === 7 && minor >= 2);
    if (isRelocated) {
      expect(scenario.percpu.status, scenario.percpu.stderr).toBe(0);
    } else {
      expectRefused(
        scenario.percpu,
        " is used in .data..percpu: post_relocation (kernel/module/main.c) copies it for each CPU, " +
          "and the module's own is freed, and no CPU's copy would ever have it\n" +
          "    kernels before 7.2 do not relocate it at all\n",
      );
    }
    for (const [, order] of loadOrders) {
      const inPercpu = `.data..percpu ${isRelocated ? "set" : "NULL"}`;
      expectPatched(scenario, "percpu", order, [".data set", inPercpu]);
    }
  });

  test("the kernel takes no harm", () => {
    expect(scenario.report.faults()).toEqual([]);
  });
});

function expectRefused({ status, stderr, output }: Conversion, refusal: string | RegExp): void {
  expect(status).toBe(1);
  expect(stderr).toMatch(refusal);
  expect(existsSync(output)).toBe(false);
}

/** Everything is loaded, patched, restored and removed. */
function expectPatched(
  { report }: Scenario,
  name: string,
  order: LoadOrder,
  shown: readonly (string | RegExp)[],
): void {
  const prefix = `${name} ${order}`;
  for (const step of ["helper insmod", "target insmod", "insmod", "settle", "disable", "rmmod"]) {
    expect(report.status(`${prefix} ${step}`), step).toBe(0);
  }
  for (const step of ["target rmmod", "helper rmmod"]) {
    expect(report.status(`${prefix} ${step}`), step).toBe(0);
  }
  if (order === "first") {
    const applying = /livepatch: applying patch '\w+' to loading module 'klp_target'$/;
    expect(report.lines(`${prefix} log`)).toContainEqual(expect.stringMatching(applying));
  } else {
    expect(report.lines(`${prefix} before`)).toEqual(original);
  }
  expect(report.lines(`${prefix} patched`)).toEqual(
    shown.map((line) => (typeof line === "string" ? line : expect.stringMatching(line))),
  );
  expect(report.lines(`${prefix} restored`)).toEqual(original);
}

function expectOutcome(scenario: Scenario, { key, outcome }: Fault, order: LoadOrder): void {
  if ("shown" in outcome) {
    expectPatched(scenario, key, order, outcome.shown);
    return;
  }
  const { report } = scenario;
  const prefix = `${key} ${order}`;
  const [message, isLivepatch] =
    "livepatchRefused" in outcome
      ? [outcome.livepatchRefused, true]
      : [outcome.lastRefused, order === "last"];
  const log = report.lines(`${prefix} log`);
  const isSaid = log.some((line) => line.includes(message));
  if (!isSaid && "orShown" in outcome) {
    expectPatched(scenario, key, order, outcome.orShown);
    return;
  }
  expect(log).toContainEqual(expect.stringContaining(message));
  expect(report.status(`${prefix} helper insmod`)).toBe(0);
  if (isLivepatch) {
    expect(report.status(`${prefix} insmod`)).not.toBe(0);
    expect(report.status(`${prefix} target insmod`)).toBe(0);
    expect(report.lines(`${prefix} patched`)).toEqual(original);
  } else {
    expect(report.status(`${prefix} insmod`)).toBe(0);
    expect(report.status(`${prefix} target insmod`)).not.toBe(0);
    const refusing =
      /patch 'livepatch_pointers' failed for module 'klp_target', refusing to load module/;
    expect(log).toContainEqual(expect.stringMatching(refusing));
  }
}

/** What modinfo says of a module, without where it is. */
async function modinfo(file: string): Promise<Map<string, string>> {
  // Where the command is for those who are not root, too.
  const path = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const result = await runCommand("modinfo", [file], path);
  await succeeded("modinfo", Promise.resolve(result));
  const fields = result.stdout
    .split("\n")
    .map((line) => /^(\w+): *(.*)$/.exec(line))
    .filter((match) => match !== null && match[1] !== "filename")
    .map((match) => [match![1]!, match![2]!] as const);
  return new Map(fields);
}

async function readelf(option: string, file: string): Promise<string> {
  const { stdout } = await runCommand("readelf", ["--wide", option, file]);
  return stdout;
}
