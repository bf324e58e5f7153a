// x86_64 with call depth tracking (retbleed=stuff, since Linux 6.2): the kernel has calls go through code
// that counts them. It changes those of a module when it is loaded, before calls that wait for another
// module are relocated.
import type { KernelLab } from "../requirements.js";
import type { Trial } from "./trials.js";

export function hasCallDepthTracking(architecture: string, { version }: KernelLab): boolean {
  return architecture === "x86_64" && !version.startsWith("6.1.");
}

/** The same kernel on a processor that needs it, told to do so. */
export function withCallDepthTracking(lab: KernelLab): KernelLab {
  const { machine } = lab;
  const parameters = `${machine.parameters ?? ""} spectre_v2=retpoline retbleed=stuff`;
  const options = ["-cpu", "Skylake-Client-v1", "-m", "1G"];
  return { ...lab, machine: { ...machine, options, parameters } };
}

/** A trial there, which also says if the kernel does not do so. */
export function trialWithCallDepthTracking(trial: Trial): Trial {
  return {
    ...trial,
    patched: (view) =>
      view.retbleed === "Mitigation: Stuffing"
        ? trial.patched(view)
        : [`retbleed: ${view.retbleed}`],
  };
}
