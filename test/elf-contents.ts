// SPDX-License-Identifier: GPL-2.0-only

// The contents of a relocatable's sections, read without anything of src/.

/** Bytes by section name; of several sections with one name, the last. SHT_NOBITS has none. */
export function sectionContents(file: Uint8Array): Map<string, Uint8Array> {
  const is64 = file[4] === 2;
  const little = file[5] === 1;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const word = (at: number) =>
    is64 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const [table, headerSize] = is64 ? [word(40), 64] : [word(32), 40];
  const count = view.getUint16(is64 ? 60 : 48, little);
  const header = (index: number) => {
    const at = table + index * headerSize;
    return {
      name: view.getUint32(at, little),
      type: view.getUint32(at + 4, little),
      offset: word(at + (is64 ? 24 : 16)),
      size: word(at + (is64 ? 32 : 20)),
    };
  };
  const names = header(view.getUint16(is64 ? 62 : 50, little)).offset;
  const contents = new Map<string, Uint8Array>();
  for (let index = 1; index < count; index++) {
    const { name, type, offset, size } = header(index);
    const end = file.indexOf(0, names + name);
    const text = new TextDecoder().decode(file.subarray(names + name, end));
    contents.set(text, type === 8 ? new Uint8Array() : file.slice(offset, offset + size));
  }
  return contents;
}
