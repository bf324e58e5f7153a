// The cells of the matrix: an architecture and a kernel each. Where Debian has the kernel with
// CONFIG_LIVEPATCH that one is booted; elsewhere a small one is built, of Debian's source of Linux and
// with Debian's cross compilers, as configs/ARCHITECTURE.config says.

/**
 * What it takes to build a kernel and modules for each architecture: `arch` is what its source calls
 * it, `debian` what Debian does. `targets` are what make is to make, `image` what QEMU boots.
 * `megabytes` is what the build takes on disk.
 */
export const toolchains = {
  s390x: {
    arch: "s390",
    crossCompile: "s390x-linux-gnu-",
    compiler: "gcc-s390x-linux-gnu",
    // larl of QEMU 7.2 goes wrong over more than 2 GiB, which is how far modules are from vmlinux.
    isEmulatedInTrixie: true,
    qemuPackage: "qemu-system-misc",
    debian: "s390x",
    busyboxSuite: "trixie",
    targets: ["bzImage", "modules"],
    image: "arch/s390/boot/bzImage",
    megabytes: 220,
  },
  ppc64le: {
    arch: "powerpc",
    crossCompile: "powerpc64le-linux-gnu-",
    compiler: "gcc-powerpc64le-linux-gnu",
    qemuPackage: "qemu-system-ppc",
    debian: "ppc64el",
    busyboxSuite: "trixie",
    targets: ["vmlinux", "modules"],
    image: "vmlinux",
    megabytes: 300,
  },
  arm64: {
    arch: "arm64",
    crossCompile: "aarch64-linux-gnu-",
    compiler: "gcc-aarch64-linux-gnu",
    qemuPackage: "qemu-system-arm",
    debian: "arm64",
    busyboxSuite: "trixie",
    targets: ["Image", "modules"],
    image: "arch/arm64/boot/Image",
    megabytes: 400,
  },
  ppc32: {
    arch: "powerpc",
    crossCompile: "powerpc-linux-gnu-",
    compiler: "gcc-powerpc-linux-gnu",
    qemuPackage: "qemu-system-ppc",
    debian: "powerpc",
    // Debian left it with release 9, so busybox is built.
    libraries: ["libc6-dev-powerpc-cross"],
    targets: ["vmlinux", "modules"],
    image: "vmlinux",
    megabytes: 250,
  },
  loongarch64: {
    arch: "loongarch",
    crossCompile: "loongarch64-linux-gnu-",
    compiler: "gcc-loongarch64-linux-gnu",
    qemuPackage: "qemu-system-misc",
    debian: "loong64",
    targets: ["vmlinux", "modules"],
    image: "vmlinux",
    megabytes: 300,
    // Debian has the compiler since trixie and busybox since forky, and QEMU 7.2 needs firmware.
    isInTrixie: true,
    isEmulatedInTrixie: true,
    busyboxSuite: "forky",
  },
};

/**
 * Cells in the order of the table. `newest` is the newest kernel of trixie-backports. A `variant` is
 * another configuration, configs/ARCHITECTURE-VARIANT.config, and another processor.
 */
export const cells = [
  { architecture: "x86_64", kernel: "6.1" },
  { architecture: "x86_64", kernel: "6.12" },
  { architecture: "x86_64", kernel: "newest" },
  { architecture: "s390x", kernel: "6.12" },
  { architecture: "ppc64le", kernel: "6.12" },
  { architecture: "ppc64le", kernel: "6.12", variant: "power10" },
  { architecture: "arm64", kernel: "newest" },
  { architecture: "ppc32", kernel: "6.12" },
  { architecture: "loongarch64", kernel: "newest" },
];
