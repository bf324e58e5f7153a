// SPDX-License-Identifier: GPL-2.0-only

// Names of symbols as a kernel has them: as long, made of the same words, as often the same. How
// long a name is and what it ends with decide how much a search for other names costs.

import { fromQuantiles, pick } from "./random.mjs";

/** Each twentieth of the names of Debian's 6.1 and its modules is at most this long. */
const LENGTHS = [1, 8, 10, 12, 13, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30, 33, 38, 89];

/** Words that names of that kernel are made of, the most frequent ones. */
const WORDS = `event func trace get bpf init acpi set dev tp show setup attr map exit pci device sys
  irq free cpu alloc add ops read register raw write key xen io page enter lock update perf done str
  pm sched syscall type to msg start meta state tcp create release class check unregister mm param
  skb already clk tracepoint remove initcall task proc inode queue enable table cgroup do ia dma
  intel file ip list kmod put sock lsm entry blk disable rcu group data find name devm iommu range
  user pages mem amd work output node lookup cache next is spi devlink block regmap parse open
  security net timer store inet request info flush notifier max handler bus fields xfrm driver
  module time wait types probe destroy link funcs regulator power fmt size stop compat sk crypto
  copy policy end generic default addr from ns groups template part iter match hw domain sync mq
  writeback proto buffer memory reset fib id suspend tty thermal hash port count uring clock
  resource percpu clear audit wakeup poll call rt notify gpio handle load arch complete quirk input
  mutex idle apic prepare early root mask flags prog kernel dump test path wake enabled process
  error pool buf bio nfs xfs mlx phy rx tx sensor firmware ath rtl cfg stats query frame desc ring
  mode reg cmd`
  .split(/\s+/)
  .filter((word) => word !== "");

/** What compilers put behind names. */
const SUFFIXES = [".cold", ".cold", ".isra.0", ".constprop.0", ".part.0"];
/** Names that nearly every source file has. */
const COMMON = ["__func__", "__func__", "__func__", "__key", "__already_done", "__msg", "_rs"];

/** A name; one of thirty is one that other files have too. */
export function symbolName(random) {
  const kind = random();
  if (kind < 1 / 30) return `${pick(COMMON, random)}.${Math.floor(random() * random() * 20)}`;
  const length = fromQuantiles(LENGTHS, random());
  const suffix = kind > 14 / 15 && length > 16 ? pick(SUFFIXES, random) : "";
  let name = pick(WORDS, random);
  // Words stay whole, so names end as those of a kernel do; three more or less make no difference.
  while (name.length + suffix.length < length - 3) name += `_${pick(WORDS, random)}`;
  return name + suffix;
}
