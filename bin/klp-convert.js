#!/usr/bin/env node

// Starts the command from dist/. To compile it would take most of the time of a short run, so beside
// each file is what V8 has made of it when it was built: FILE.NODE-ARCH.code. Another Node.js has
// another name for it, does not find it, and compiles the file; so it does where V8 does not like it.

const { readFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

const scripts = new Map();

function load(file) {
  const known = scripts.get(file);
  if (known !== undefined) return known.module.exports;
  // The files are ASCII, which takes less to read this way. What is put around them is what Node itself
  // puts around a module; to have it from node:module would load a third of Node's loaders.
  const source = `(function (exports, require, module, __filename) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, cachedData: codeOf(file) });
  const module = { exports: {} };
  scripts.set(file, { script, module });
  const requireFrom = (name) =>
    name.startsWith("./") ? load(join(dirname(file), name)) : require(name);
  script.runInThisContext()(module.exports, requireFrom, module, file);
  return module.exports;
}

function codeFile(file) {
  return `${file}.${process.version}-${process.arch}.code`;
}

function codeOf(file) {
  try {
    return readFileSync(codeFile(file));
  } catch {
    return undefined;
  }
}

load(join(__dirname, "../dist/klp-convert.cjs"));

module.exports = { scripts, codeFile };
