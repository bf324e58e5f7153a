// SPDX-License-Identifier: GPL-2.0-only

// Preloaded into a process that is observed (`node --require`): writes what the process has used
// into the file KLP_BENCH_USAGE when it exits. Node tells a parent nothing of this, and
// /usr/bin/time is not everywhere.

const { readFileSync, writeFileSync } = require("node:fs");
const vm = require("node:vm");

// The command loads its own files, see bin/klp-convert.js.
const loaded = [];
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    if (options.filename !== undefined) loaded.push(options.filename);
  }
};

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const io = ofProcess("io");
  const usage = {
    cpu: (userCPUTime + systemCPUTime) / 1000,
    // The kernel hands maxRSS down from parent to child, also through exec: it is at least what the
    // parent had. VmHWM begins anew with each program.
    peak: (numberAfter(ofProcess("status"), "VmHWM:") ?? maxRSS) * 1024,
    bytesRead: numberAfter(io, "rchar:"),
    reads: numberAfter(io, "syscr:"),
    loaded,
  };
  writeFileSync(process.env.KLP_BENCH_USAGE, JSON.stringify(usage));
});

/** A file of Linux about this process; empty where there is none. */
function ofProcess(name) {
  try {
    return readFileSync(`/proc/self/${name}`, "latin1");
  } catch {
    return "";
  }
}

function numberAfter(text, key) {
  const line = text.split("\n").find((each) => each.startsWith(key));
  return line === undefined ? undefined : Number.parseInt(line.slice(key.length), 10);
}
