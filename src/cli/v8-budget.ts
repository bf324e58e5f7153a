/** How soon V8 makes simple and fast code of a function. */

const OPTIONS = [
  // Bytes of bytecode that a function runs through before it is optimised; V8's own is 67,584.
  "--interrupt-budget=500000",
  // Bytes of bytecode of others that are optimised together with it; V8's own is 920.
  "--max-inlined-bytecode-size-cumulative=200",
  // Bytes of simple code that V8 makes of several functions together; its own is 4,096.
  "--baseline-batch-compilation-threshold=128",
];
/** Where it was measured. An option that V8 does not know it complains of on standard error. */
const MEASURED = /^11\./;

/**
 * Has V8 compile functions sooner, optimise only what runs for longer, and less at a time. The conversion
 * of a large module is over before most of what V8 would optimise in it pays, and optimising takes a
 * second core, which a build has other uses for.
 *
 * To be called when all code is loaded: what V8 keeps of it is good for one set of options only.
 */
export async function optimiseLater(): Promise<void> {
  if (!MEASURED.test(process.versions.v8)) return;
  // Loaded only now: it takes longer than is won with a small module.
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(OPTIONS.join(" "));
}
