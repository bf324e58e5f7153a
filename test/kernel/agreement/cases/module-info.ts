// What the module says of itself: .modinfo, struct module, a signature.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import { SHF_ALLOC, SHT_NOBITS, SHT_PROGBITS } from "../elf-values.js";

const places = "livepatch-places";
const thisModule = ".gnu.linkonce.this_module";

/** Sets a field of .modinfo, or takes it out. */
function setInfo(file: ModuleFile, tag: string, value: string | undefined): void {
  const fields = file
    .contents(".modinfo")
    .toString("latin1")
    .split("\0")
    .filter((field) => field !== "" && !field.startsWith(`${tag}=`));
  const all = value === undefined ? fields : [...fields, `${tag}=${value}`];
  file.setContents(".modinfo", Buffer.from(`${all.join("\0")}\0`, "latin1"));
}

/** Puts behind the file what sign-file does: a signature, its struct module_signature and a mark. */
function appendSignature(file: ModuleFile, signature: Buffer, mark: string): void {
  const info = Buffer.alloc(12);
  // id_type PKEY_ID_PKCS7, and sig_len in big-endian.
  info[2] = 2;
  info.writeUInt32BE(signature.length, 8);
  file.appendToFile(Buffer.concat([signature, info, Buffer.from(mark, "latin1")]));
}

export const moduleInfo: readonly Case[] = [
  ...casesOf("L09", places, {
    "modinfo-not-loaded": [
      ".modinfo: no SHF_ALLOC",
      (file) => file.removeFlags(".modinfo", SHF_ALLOC),
    ],
    "modinfo-none": [
      ".modinfo is called .modinfx",
      (file) => file.renameSection(".modinfo", ".modinfx"),
    ],
    "modinfo-twice": [
      "a second .modinfo, with license=GPL",
      (file) =>
        file.addSection(".modinfo", Buffer.from("license=GPL\0", "latin1"), {
          sh_type: SHT_PROGBITS,
          sh_flags: SHF_ALLOC,
          sh_addralign: 1,
        }),
    ],
    "this-module-none": [
      `${thisModule} is called .this_module`,
      (file) => file.renameSection(thisModule, ".this_module"),
    ],
    "this-module-empty": [
      `${thisModule}: sh_type SHT_NOBITS`,
      (file) => file.setSection(thisModule, "sh_type", SHT_NOBITS),
    ],
    "this-module-not-loaded": [
      `${thisModule}: no SHF_ALLOC`,
      (file) => file.removeFlags(thisModule, SHF_ALLOC),
    ],
    "this-module-long": [
      `${thisModule}: 64 bytes more`,
      (file) =>
        file.setContents(thisModule, Buffer.concat([file.contents(thisModule), Buffer.alloc(64)])),
    ],
    "this-module-twice": [
      `a second ${thisModule}`,
      (file) =>
        file.addSection(thisModule, Buffer.from(file.contents(thisModule)), {
          sh_type: SHT_PROGBITS,
          sh_flags: SHF_ALLOC,
          sh_addralign: 64,
        }),
    ],
  }),
  ...casesOf(
    "L09",
    places,
    {
      "this-module-short": [
        `${thisModule}: sh_size 64 less`,
        (file) => file.setSection(thisModule, "sh_size", file.section(thisModule, "sh_size") - 64),
      ],
    },
    { isAlone: true },
  ),
  ...casesOf("L10", places, {
    "not-livepatch": [".modinfo: no livepatch=", (file) => setInfo(file, "livepatch", undefined)],
  }),
  ...casesOf("L11", places, {
    "vermagic-other": [
      ".modinfo: vermagic= of another release",
      (file) => setInfo(file, "vermagic", "5.10.0-0-amd64 SMP mod_unload modversions "),
    ],
    "vermagic-none": [".modinfo: no vermagic=", (file) => setInfo(file, "vermagic", undefined)],
    "name-other": [".modinfo: name=another", (file) => setInfo(file, "name", "another")],
    "license-proprietary": [
      ".modinfo: license=Proprietary",
      (file) => setInfo(file, "license", "Proprietary"),
    ],
  }),
  ...casesOf("L12", places, {
    "depends-on-helper": [
      ".modinfo: depends=klp-helper",
      (file) => setInfo(file, "depends", "klp-helper"),
    ],
    "depends-on-target": [
      ".modinfo: depends=klp-target",
      (file) => setInfo(file, "depends", "klp-target"),
    ],
  }),
  ...casesOf("L15", places, {
    "signature-garbled": [
      "a signature of zeros behind the file",
      (file) => appendSignature(file, Buffer.alloc(64), "~Module signature appended~\n"),
    ],
    "signature-mark-only": [
      "the mark of a signature behind the file, and no signature",
      (file) => file.appendToFile(Buffer.from("~Module signature appended~\n", "latin1")),
    ],
    "signature-too-long": [
      "a signature that says to be longer than the file",
      (file) => {
        const info = Buffer.alloc(12);
        info[2] = 2;
        info.writeUInt32BE(0x7fff_ffff, 8);
        const mark = Buffer.from("~Module signature appended~\n", "latin1");
        file.appendToFile(Buffer.concat([info, mark]));
      },
    ],
  }),
];
