// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { examine } from "../../../src/check/examine.js";
import { Subject } from "../../../src/check/subject.js";
import { Diagnostics } from "../../../src/diagnostics.js";
import { readElf } from "../../../src/elf/index.js";
import { SHF } from "../../elf-builder.js";
import { type CheckedModule, livepatchModule, outcomeText, said } from "../checked-module.js";
import { edited, saidOf, setInfo } from "../edited-modules.js";
import { ruleOf, uncheckedOf } from "./file-cases.js";

const VERMAGIC = "vermagic=6.1.0-1-amd64 SMP mod_unload modversions ";
const L11 = ruleOf("L11");
const L12 = ruleOf("L12");

/** What L11 says of a module with this .modinfo, made from one with that. */
function compared(
  info: readonly string[],
  before: readonly string[],
  given: { module?: CheckedModule; symbols?: string; release?: string } = {},
): string[] {
  const { module = {}, ...rest } = given;
  const input = livepatchModule({ ...module, info: before });
  return said(L11, livepatchModule({ ...module, info }), {
    release: "6.1.0-1-amd64",
    ...rest,
    input,
  });
}

describe("vermagic", () => {
  const versions = { sections: [{ name: "__versions", flags: SHF.ALLOC, size: 64 }] };
  const of = (info: string, release: string, module: CheckedModule = {}) =>
    said(L11, { ...module, info: [info] }, { release }).filter((line) => !line.startsWith("unch"));
  const refused = (is: string, should: string) =>
    `refused in version of the kernel: livepatch_demo: version magic '${is}' should be '${should}' ENOEXEC`;
  const magic = VERMAGIC.slice("vermagic=".length);

  test("L11: the kernel's own, of which the end of the release may be left out", () => {
    for (const release of ["6.1.0-1-amd64", "6.1.0", "6.1"])
      expect(of(VERMAGIC, release)).toEqual([]);
  });

  test("L11: another release, which is passed over with checksums", () => {
    const other = magic.replace("6.1.0-1", "6.1.0-2");
    expect(of(VERMAGIC, "6.1.0-2-amd64")).toEqual([
      `error: .modinfo: vermagic= is "${magic}", and the kernel is 6.1.0-2-amd64 -> ${refused(magic, other)}`,
    ]);
    expect(of(VERMAGIC, "6.1.0-2-amd64", versions)).toEqual([
      `warning: .modinfo: vermagic= is "${magic}", and the kernel is 6.1.0-2-amd64 -> harmless`,
    ]);
    expect(of(VERMAGIC, "6.10")).toHaveLength(1);
  });

  test("L11: none, which only some kernels overlook", () => {
    expect(of("other=x", "6.1.0-1-amd64")).toEqual([
      "error: .modinfo: it has no vermagic=, and only kernels with CONFIG_MODULE_FORCE_LOAD load such a module -> harmless",
    ]);
  });

  test("L11: another than before conversion", () => {
    const other = magic.replace("SMP", "UP");
    const finding = `error: .modinfo: vermagic= is "${other}", and was "${magic}" before conversion -> `;
    for (const module of [{}, versions]) {
      expect(compared([`vermagic=${other}`], [VERMAGIC], { module })).toEqual([
        finding + refused(other, magic),
      ]);
    }
  });

  test("L11: another release than before conversion, of which the kernel is", () => {
    const other = magic.replace("6.1.0-1", "5.10.0-2");
    const bytes = livepatchModule({ info: [`vermagic=${other}`] });
    const input = livepatchModule({ info: [VERMAGIC] });
    const before = readElf(input, new Diagnostics("input.ko"));
    const { findings } = examine(new Subject("in.ko", bytes, { input: before }), [L11]);
    expect(findings.map(({ outcome }) => outcomeText(outcome))).toEqual([refused(other, magic)]);
  });
});

describe("the rest of .modinfo", () => {
  test("L11: what it said before", () => {
    expect(compared([VERMAGIC, "a=1", "b=2"], [VERMAGIC, "b=2", "a=1"])).toEqual([]);
    expect(saidOf(L11, () => {}, { isCompared: true })).toEqual([]);
  });

  test("L11: without the module before conversion", () => {
    expect(uncheckedOf("L11", () => {})).toEqual([
      "unchecked: whether .modinfo says what it said before: the module before conversion is not given: --input",
    ]);
    expect(uncheckedOf("L11", (file) => file.renameSection(".modinfo", ".x"))).toEqual([
      "unchecked: there is no .modinfo",
    ]);
  });

  test("L11: an entry that is lost, new or another, and one that is there less often", () => {
    const before = [VERMAGIC, "alias=a", "alias=a", "srcversion=1", "lost=1"];
    expect(compared([VERMAGIC, "alias=a", "srcversion=2", "new=1"], before)).toEqual([
      "warning: .modinfo: it has no alias=a, which it had before conversion -> harmless",
      "warning: .modinfo: srcversion= is 2, and was 1 before conversion -> harmless",
      "warning: .modinfo: it has no lost=1, which it had before conversion -> harmless",
      "warning: .modinfo: it has new=1, which it did not have before conversion -> harmless",
    ]);
  });

  test("L11: dependencies may be lost, not won", () => {
    expect(compared([VERMAGIC, "depends=b"], [VERMAGIC, "depends=a,b"])).toEqual([]);
    expect(compared([VERMAGIC, "depends=b,c"], [VERMAGIC, "depends=b"])).toEqual([
      "warning: .modinfo: depends= has c, which it did not have before conversion -> harmless",
    ]);
  });

  test("L11: a name that struct module does not have", () => {
    const lines = saidOf(L11, (file) => setInfo(file, "name=klp_fixture", "name=another"), {
      isCompared: true,
    });
    expect(lines).toEqual([
      "warning: .modinfo: name= is another, and in struct module it is klp_fixture -> harmless",
    ]);
  });

  test("L11: no name", () => {
    const lines = saidOf(L11, (file) => setInfo(file, "name=klp_fixture\0", ""), {
      isCompared: true,
    });
    expect(lines).toEqual([
      "warning: .modinfo: it has no name=, which was klp_fixture before conversion -> harmless",
    ]);
  });

  test("L11: a license that gives nothing which is for the GPL only", () => {
    const lines = (license: string) =>
      saidOf(L11, (file) => setInfo(file, "license=GPL", `license=${license}`), {
        isCompared: true,
      });
    expect(lines("Proprietary")).toEqual([
      "error: .modinfo: license= is Proprietary, and was GPL before conversion -> refused in imports: klp_fixture: Unknown symbol klp_enable_patch (err -2) ENOENT",
    ]);
    expect(lines("Dual MIT/GPL")).toEqual([
      "warning: .modinfo: license= is Dual MIT/GPL, and was GPL before conversion -> harmless",
    ]);
  });

  test("L11: a namespace of which something is still imported", () => {
    const module = { undefined: ["exported"] };
    const list = `klp-convert-symbol-data.0.2\n*vmlinux\nexported - T\n__ksymtab_exported - - NS\n`;
    const lost = (symbols?: string) =>
      compared([VERMAGIC], [VERMAGIC, "import_ns=NS"], {
        module,
        ...(symbols !== undefined && { symbols }),
      });
    const message = ".modinfo: it has no import_ns=NS, which it had before conversion";
    expect(lost(list)).toEqual([
      `error: ${message} -> refused in imports: livepatch_demo: module uses symbol (exported) from namespace NS, but does not import it. EINVAL`,
    ]);
    expect(lost(list.replaceAll("exported", "another"))).toEqual([
      `warning: ${message} -> harmless`,
    ]);
    expect(lost()).toEqual([`warning: ${message} -> harmless`]);
  });
});

describe("depends=", () => {
  const waits = { waits: { klp_demo: ["klp_demo.count,0"] }, undefined: ["exported"] };
  const list = (owner: string) =>
    `klp-convert-symbol-data.0.1\n*vmlinux\nx\n*klp_demo\ncount\n*other\ny\n`.replace(
      `*${owner}\n`,
      `*${owner}\n__ksymtab_exported\n`,
    );
  const finding =
    "warning: .modinfo: depends= has klp-demo, of which only livepatch symbols are used -> harmless";

  test("L12: a module that something is imported of", () => {
    const module = { ...waits, info: ["depends=klp-demo"] };
    expect(said(L12, module, { symbols: list("klp_demo") })).toEqual([]);
  });

  test("L12: a module that nothing is imported of", () => {
    const module = { ...waits, info: ["depends=klp-demo"] };
    for (const owner of ["vmlinux", "other"]) {
      expect(said(L12, module, { symbols: list(owner) }), owner).toEqual([finding]);
    }
    // vmlinux comes first for the kernel.
    const both = list("vmlinux").replace("*klp_demo\n", "*klp_demo\n__ksymtab_exported\n");
    expect(said(L12, module, { symbols: both })).toEqual([finding]);
  });

  test("L12: no dependency, or one that livepatch has nothing to do with", () => {
    expect(said(L12, { ...waits, info: ["depends="] })).toEqual([]);
    expect(said(L12, { ...waits, info: ["depends=unrelated"] })).toEqual([]);
  });

  test("L12: what is not known", () => {
    const module = { ...waits, info: ["depends=klp-demo"] };
    expect(said(L12, module)).toEqual([
      "unchecked: the exports of what it depends on are not known: --symbols",
    ]);
    const weak = { ...module, undefined: [{ name: "nobody", bind: 2 }] };
    const symbols = "klp-convert-symbol-data.0.1\n*vmlinux\nx\n";
    expect(said(L12, weak, { symbols })).toEqual([
      "unchecked: the exports of klp_demo are not known: --symbols",
    ]);
    expect(said(L12, weak, { symbols: list("vmlinux") })).toEqual([finding]);
  });
});

describe("a signature", () => {
  const L15 = ruleOf("L15");
  const MARK = "~Module signature appended~\n";
  const UNCHECKED =
    "unchecked: whether the signature is right: that is known to who has the key, and has to be of the converted module";

  /** A file with a signature behind it. */
  function signed(
    bytes: Uint8Array,
    signature: readonly number[],
    { length = signature.length, kind = 2, hash = 0 } = {},
  ): Uint8Array {
    const description = Buffer.alloc(12);
    description[1] = hash;
    description[2] = kind;
    description.writeUInt32BE(length, 8);
    const parts = [bytes, Buffer.from(signature), description, Buffer.from(MARK, "latin1")];
    return new Uint8Array(Buffer.concat(parts));
  }

  const PKCS7 = [0x30, 3, 1, 2, 3];

  test("L15: none, where it is not known whether there has to be one", () => {
    expect(said(L15, edited("x86_64"))).toEqual([
      "unchecked: whether the kernel asks for a signature, of which the module has none (CONFIG_MODULE_SIG_FORCE)",
    ]);
  });

  test("L15: one that was made after conversion, as far as can be seen", () => {
    const bytes = signed(edited("x86_64"), PKCS7);
    expect(said(L15, bytes)).toEqual([UNCHECKED]);
    expect(said(L15, bytes, { input: edited("x86_64") })).toEqual([UNCHECKED]);
    expect(said(L15, bytes, { input: signed(edited("x86_64-plain"), [0x30, 1, 1]) })).toEqual([
      UNCHECKED,
    ]);
  });

  test("L15: that of the module before conversion", () => {
    const input = signed(edited("x86_64-plain"), PKCS7);
    expect(said(L15, signed(edited("x86_64"), PKCS7), { input })).toEqual([
      "error: the signature is that of the module before conversion -> refused in signature:  EKEYREJECTED",
    ]);
    expect(said(L15, input, { input })).toEqual([]);
    // The module alone has to be the same as well.
    const one = edited("x86_64", (file) => file.setSection(".data", "sh_info", 1));
    const of = { input: signed(edited("x86_64"), PKCS7) };
    expect(said(L15, signed(one, PKCS7), of)).toHaveLength(1);
    expect(said(L15, of.input, of)).toEqual([]);
  });

  test.each([
    [
      "that cannot be read",
      [0, 0, 0],
      {},
      "error: the signature is no PKCS#7 message -> refused in signature:  EBADMSG",
    ],
    [
      "that is empty",
      [],
      {},
      "error: the signature is no PKCS#7 message -> refused in signature:  EBADMSG",
    ],
    [
      "of another kind, which is as good as none",
      PKCS7,
      { kind: 1 },
      "warning: what is before the mark is of kind 1, and not PKCS#7 -> harmless",
    ],
    [
      "with fields that have to be 0",
      PKCS7,
      { hash: 4 },
      "error: the fields that PKCS#7 has no use for are not 0 -> refused in signature:  EBADMSG",
    ],
  ])("L15: one %s", (_, signature, fields, line) => {
    expect(said(L15, signed(edited("x86_64"), signature, fields))).toEqual([line]);
  });

  test("L15: one that says to be longer than the file, and a mark alone", () => {
    const bytes = edited("x86_64");
    expect(said(L15, signed(bytes, [], { length: bytes.length }))).toEqual([
      `error: the signature says to have ${bytes.length} of ${bytes.length} bytes -> refused in signature:  EBADMSG`,
    ]);
    expect(said(L15, new Uint8Array(Buffer.from(`0123${MARK}`, "latin1")))).toEqual([
      "error: nothing is before the mark -> refused in signature:  EBADMSG",
    ]);
  });
});
