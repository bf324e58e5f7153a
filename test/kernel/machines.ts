// The virtual machines that kernels are booted in, one for each architecture. The processor is emulated
// even where a virtual one could be had: the tests then see the same machine everywhere.

/** What is different from one architecture to another. */
export interface GuestMachine {
  readonly qemu: string;
  /** The machine, its processor and its memory. */
  readonly options: readonly string[];
  /** The kernel talks through one port and the script through another: serial ports, or virtio's by the name of QEMU's device. */
  readonly ports: string;
  /** What the kernel calls the first port, for `console=`. */
  readonly console: string;
  /** The second port's file in the guest. */
  readonly report: string;
  /** For the kernel of this architecture only. */
  readonly parameters?: string;
}

/** The options that connect the two ports with files. */
export function portOptions(
  { ports }: GuestMachine,
  consoleFile: string,
  report: string,
): string[] {
  if (ports === "serial") {
    return ["-serial", `file:${consoleFile}`, "-serial", `file:${report}`];
  }
  return [
    ...["-serial", "null"],
    ...["-chardev", `file,id=console,path=${consoleFile}`],
    ...["-chardev", `file,id=report,path=${report}`],
    ...["-device", ports],
    ...["-device", "virtconsole,chardev=console"],
    ...["-device", "virtserialport,chardev=report"],
  ];
}

export const machines = {
  x86_64: {
    qemu: "qemu-system-x86_64",
    options: ["-cpu", "max", "-m", "1G"],
    ports: "serial",
    console: "ttyS0",
    report: "/dev/ttyS1",
    // On a busy machine the timer of an emulated one is late, and the kernel would take it for broken.
    parameters: "no_timer_check",
  },
  s390x: {
    qemu: "qemu-system-s390x",
    options: ["-M", "s390-ccw-virtio", "-cpu", "max", "-m", "1G"],
    ports: "virtio-serial-ccw",
    console: "hvc0",
    report: "/dev/vport0p1",
  },
  ppc64le: {
    qemu: "qemu-system-ppc64",
    options: [
      ...["-M", "pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken"],
      ...["-cpu", "POWER9", "-m", "1G"],
    ],
    ports: "serial",
    console: "hvc0",
    report: "/dev/hvc1",
  },
  "ppc64le-power10": {
    qemu: "qemu-system-ppc64",
    options: [
      ...["-M", "pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken"],
      ...["-cpu", "POWER10", "-m", "1G"],
    ],
    ports: "serial",
    console: "hvc0",
    report: "/dev/hvc1",
  },
  arm64: {
    qemu: "qemu-system-aarch64",
    options: ["-M", "virt", "-cpu", "max,pauth-impdef=on", "-m", "1G"],
    ports: "virtio-serial-device",
    console: "hvc0",
    report: "/dev/vport0p1",
  },
  ppc32: {
    qemu: "qemu-system-ppc",
    options: ["-M", "g3beige", "-m", "512M"],
    ports: "serial",
    console: "ttyPZ0",
    report: "/dev/ttyPZ1",
  },
  loongarch64: {
    qemu: "qemu-system-loongarch64",
    options: ["-M", "virt", "-cpu", "la464", "-m", "1G"],
    ports: "serial",
    console: "ttyS0",
    report: "/dev/ttyS1",
  },
} as const satisfies Record<string, GuestMachine>;
