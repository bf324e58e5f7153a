// What a test builds, boots and gets back is left for looking at, in a folder for each test file,
// because test files run at the same time.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const scratch = fileURLToPath(new URL("scratch/", import.meta.url));

/** An empty folder of that name, without what an earlier run left there. */
export async function emptyScratchFolder(name: string): Promise<string> {
  const folder = join(scratch, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
