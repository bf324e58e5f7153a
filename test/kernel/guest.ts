// A virtual machine that boots a kernel, runs one script and goes away. It has two ports: the console,
// where the kernel talks, and a second one for the script, so that neither breaks the other's lines and
// a file of megabytes can get out.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type GuestContent, packInitramfs } from "./initramfs.js";
import { portOptions } from "./machines.js";
import { commandIn } from "./other-system.mjs";
import type { KernelLab } from "./requirements.js";

/** What is left of a guest. */
export interface GuestRun {
  readonly console: string;
  /** What the script printed, without carriage returns. */
  readonly report: string;
  /** Why the script did not reach its end, if it did not. */
  readonly fault?: string;
}

/** The line init writes when the script is through. */
const lastLine = "END OF SCRIPT\n";

/** What not every guest needs. */
export interface GuestSettings {
  /** In milliseconds. A boot takes ten seconds on an idle machine; the default is for busy ones. */
  readonly timeLimit?: number;
  /** Added to those of the kernel's parameters that all guests have. */
  readonly kernelParameters?: string;
}

/**
 * Boots the kernel with `content`, in a folder that has the console and the report afterwards, and
 * waits until it is off again.
 */
export async function bootGuest(
  lab: KernelLab,
  folder: string,
  content: GuestContent,
  settings: GuestSettings = {},
): Promise<GuestRun> {
  const { timeLimit = 120_000, kernelParameters = "" } = settings;
  const initramfs = await packInitramfs(folder, lab.busybox, content);
  const consoleFile = join(folder, "console.txt");
  const reportFile = join(folder, "report.txt");

  // An oops ends the guest like a panic: whatever the script would do after it proves nothing.
  const { machine, emulatorRoot } = lab;
  const always = `console=${machine.console} report=${machine.report} panic=-1 oops=panic loglevel=6`;
  const parameters = `${always} ${machine.parameters ?? ""} ${kernelParameters}`;
  const devices = ["-display", "none", "-nic", "none", "-monitor", "none", "-no-reboot"];
  const ports = portOptions(machine, consoleFile, reportFile);
  const boot = ["-kernel", lab.vmlinuz, "-initrd", initramfs, "-append", parameters.trim()];
  const args = ["-accel", "tcg", "-smp", "1", ...machine.options, ...devices, ...ports, ...boot];
  const [command, rest] =
    emulatorRoot === undefined
      ? [machine.qemu, args]
      : commandIn(emulatorRoot, [folder, dirname(lab.vmlinuz)], machine.qemu, args);
  const ending = await new Promise<string>((resolve) => {
    execFile(
      command,
      rest,
      { timeout: timeLimit, killSignal: "SIGKILL" },
      (error, _stdout, stderr) => {
        if (error?.killed) {
          resolve(`the guest was not done after ${timeLimit / 1000} s`);
        } else {
          resolve(error === null ? "" : `qemu failed: ${stderr.trim() || error.message}`);
        }
      },
    );
  });

  const [console, report] = await Promise.all([readPort(consoleFile), readPort(reportFile)]);
  if (report.endsWith(lastLine)) {
    return { console, report: report.slice(0, -lastLine.length) };
  }
  const tail = console.trimEnd().split("\n").slice(-40).join("\n");
  return { console, report, fault: `${ending || "the guest stopped half way"}, saying:\n${tail}` };
}

async function readPort(file: string): Promise<string> {
  try {
    return (await readFile(file, "latin1")).replaceAll("\r", "");
  } catch {
    // qemu did not get as far as opening it.
    return "";
  }
}
