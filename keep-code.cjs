// Runs the command and keeps what V8 has compiled for it beside each file of it: see bin/klp-convert.js.

const { writeFileSync } = require("node:fs");
const { codeFile, scripts } = require("./bin/klp-convert.js");

process.on("exit", () => {
  for (const [file, { script }] of scripts)
    writeFileSync(codeFile(file), script.createCachedData());
});
