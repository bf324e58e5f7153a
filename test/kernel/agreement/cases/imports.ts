// The symbols that stay undefined, for the module loader to find among the exports.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf, type Edit } from "../case.js";
import { GLOBAL_NOTYPE, SHN_LIVEPATCH, WEAK_NOTYPE } from "../elf-values.js";

const places = "livepatch-places";

/** An entry of __versions: a checksum in 8 bytes, and a name in 56. */
const versionSize = 64;

function versionAt(file: ModuleFile, name: string): Buffer {
  const versions = file.contents("__versions");
  for (let at = 0; at < versions.length; at += versionSize) {
    const entry = versions.subarray(at, at + versionSize);
    if (entry.toString("latin1", 8).split("\0")[0] === name) return entry;
  }
  throw new Error(`__versions has no ${name}`);
}

function renameVersion(file: ModuleFile, name: string, other: string): void {
  versionAt(file, name).fill(0, 8).write(other, 8, "latin1");
}

/** An import called otherwise, in __versions too. */
function importedInstead(
  name: string,
  other: string,
): readonly [string, (file: ModuleFile) => void] {
  const edit = (file: ModuleFile) => {
    file.renameSymbol(name, other);
    if (file.hasSection("__versions")) renameVersion(file, name, other);
  };
  return [`the import ${name} is called ${other}, in __versions too if there is one`, edit];
}

/** Another import, with its checksum. */
function imported(name: string): readonly [string, Edit] {
  const edit: Edit = (file, checksums) => {
    file.addSymbol(name, { st_info: GLOBAL_NOTYPE });
    if (!file.hasSection("__versions")) return;
    const entry = Buffer.alloc(versionSize);
    entry.writeUInt32LE(checksums.get(name)!, 0);
    entry.write(name, 8, "latin1");
    file.setContents("__versions", Buffer.concat([file.contents("__versions"), entry]));
  };
  return [
    `another undefined symbol, ${name}, and its checksum in __versions if there is one`,
    edit,
  ];
}

export const imports: readonly Case[] = [
  ...casesOf("L52", places, {
    "import-of-target": [
      "another undefined symbol, klp_target_data, without a checksum",
      (file) => file.addSymbol("klp_target_data", { st_info: GLOBAL_NOTYPE }),
    ],
    "import-of-helper": [
      "another undefined symbol, klp_helper_limit, without a checksum",
      (file) => file.addSymbol("klp_helper_limit", { st_info: GLOBAL_NOTYPE }),
    ],
    "weak-import-of-helper": [
      "another undefined symbol, klp_helper_limit, weak, without a checksum",
      (file) => file.addSymbol("klp_helper_limit", { st_info: WEAK_NOTYPE }),
    ],
  }),
  ...casesOf("L52", places, {
    "import-of-target-checked": imported("klp_target_data"),
    "import-of-helper-checked": imported("klp_helper_limit"),
  }),
  ...casesOf("L53", places, {
    "import-of-nobody": importedInstead("dma_buf_put", "klp_nobody_has_this"),
    "import-not-exported": importedInstead("dma_buf_put", "saved_command_line"),
    "unused-import-of-nobody": [
      "another undefined symbol, klp_nobody_has_this",
      (file) => file.addSymbol("klp_nobody_has_this", { st_info: GLOBAL_NOTYPE }),
    ],
  }),
  ...casesOf(undefined, places, {
    "weak-of-nobody": [
      "another undefined symbol, klp_nobody_has_this, weak",
      (file) => file.addSymbol("klp_nobody_has_this", { st_info: WEAK_NOTYPE }),
    ],
  }),
  ...casesOf("L54", places, {
    "import-weak-of-nobody": [
      "the import seq_putc is weak and called klp_nobody_has_this",
      (file) => {
        file.setSymbol("seq_putc", "st_info", WEAK_NOTYPE);
        file.renameSymbol("seq_putc", "klp_nobody_has_this");
      },
    ],
  }),
  ...casesOf("L55", places, {
    "namespace-not-imported": [
      ".modinfo: import_ns=DMA_BUX for DMA_BUF, where dma_buf_put is",
      (file) => file.replaceText(".modinfo", "import_ns=DMA_BUF", "import_ns=DMA_BUX"),
    ],
  }),
  ...casesOf(
    "L55",
    places,
    {
      "namespace-of-module": [
        ".modinfo: import_ns=module:livepatch_places, too",
        (file) => {
          const field = Buffer.from("import_ns=module:livepatch_places\0", "latin1");
          file.setContents(".modinfo", Buffer.concat([file.contents(".modinfo"), field]));
        },
      ],
    },
    { since: "6.16" },
  ),
  ...casesOf("L56", places, {
    "checksum-none": [
      "__versions: seq_putc is called seq_putx",
      (file) => renameVersion(file, "seq_putc", "seq_putx"),
    ],
    "checksum-wrong": [
      "__versions: another checksum for seq_putc",
      (file) => versionAt(file, "seq_putc").writeUInt32LE(0x1234_5678, 0),
    ],
    "layout-checksum-none": [
      "__versions: module_layout is called module_layoux",
      (file) => renameVersion(file, "module_layout", "module_layoux"),
    ],
    "layout-checksum-wrong": [
      "__versions: another checksum for module_layout",
      (file) => versionAt(file, "module_layout").writeUInt32LE(0x1234_5678, 0),
    ],
    "checksums-none": [
      "__versions is called __versionx",
      (file) => file.renameSection("__versions", "__versionx"),
    ],
  }),
  ...casesOf(
    "L57",
    places,
    {
      "fentry-is-livepatch": [
        "__fentry__: st_shndx SHN_LIVEPATCH, called .klp.sym.vmlinux.__fentry__,0",
        (file) => {
          file.setSymbol("__fentry__", "st_shndx", SHN_LIVEPATCH);
          file.renameSymbol("__fentry__", ".klp.sym.vmlinux.__fentry__,0");
        },
      ],
      "return-thunk-is-livepatch": [
        "__x86_return_thunk: st_shndx SHN_LIVEPATCH, called .klp.sym.vmlinux.__x86_return_thunk,0",
        (file) => {
          file.setSymbol("__x86_return_thunk", "st_shndx", SHN_LIVEPATCH);
          file.renameSymbol("__x86_return_thunk", ".klp.sym.vmlinux.__x86_return_thunk,0");
        },
      ],
    },
    { isAlone: true },
  ),
];
