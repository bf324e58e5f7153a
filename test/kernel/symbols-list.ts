// Makes a symbols list of what /proc/kallsyms shows.

/** BPF and the tracers show their generated code under names of modules that do not exist. */
const notModules = /^bpf$|^__builtin__/;

/**
 * The symbols list of a kernel and its loaded modules.
 *
 * The order of kallsyms is kept, because livepatch counts positions in it. Types do not matter:
 * livepatch looks at every name, and 6.1 shows percpu symbols with type A, which nm would give to
 * constants.
 */
export function symbolsListOf(kallsyms: string): string {
  const objects = new Map<string, string[]>([["vmlinux", []]]);
  for (const line of kallsyms.split("\n")) {
    const match = /^[0-9a-f]+ \S (\S+)(?:\t\[(\S+)\])?$/.exec(line);
    const name = match?.[1];
    const object = match?.[2] ?? "vmlinux";
    if (name === undefined || notModules.test(object)) {
      continue;
    }
    const names = objects.get(object) ?? [];
    names.push(name);
    objects.set(object, names);
  }
  const lines = ["klp-convert-symbol-data.0.1"];
  for (const [object, names] of objects) {
    lines.push(`*${object}`, ...names);
  }
  return `${lines.join("\n")}\n`;
}
