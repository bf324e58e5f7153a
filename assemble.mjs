// Makes src/symbols/name-scan-code.ts of name-scan.wat beside it.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const source = new URL("src/symbols/name-scan.wat", import.meta.url);
const target = new URL("src/symbols/name-scan-code.ts", import.meta.url);

/** The assembled file, as TypeScript. */
export async function assembled() {
  const { parseWat } = await wabt();
  const features = { simd: true };
  const module = parseWat("name-scan.wat", new Uint8Array(readFileSync(source)), features);
  const text = Buffer.from(module.toBinary({}).buffer).toString("hex");
  const lines = text.match(/.{1,90}/g).map((line) => `  "${line}"`);
  return `/** What is in name-scan.wat, assembled by \`npm run assemble\`, in hexadecimal. */
export const NAME_SCAN_CODE =
${lines.join(" +\n")};
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(target, await assembled());
