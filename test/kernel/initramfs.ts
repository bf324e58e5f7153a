// The file system the kernel boots into: busybox, an init, one script and the modules it loads.
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const guestFolder = fileURLToPath(new URL("guest/", import.meta.url));

/** What is different from one boot to the next. */
export interface GuestContent {
  /** The script of guest/ that init runs. */
  readonly script: string;
  /** Modules to be found in /modules, by the name of their folder in there. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
}

/** Packs a gzipped initramfs from scratch in a folder and returns its path. */
export async function packInitramfs(
  folder: string,
  busybox: string,
  content: GuestContent,
): Promise<string> {
  const root = join(folder, "root");
  await rm(folder, { recursive: true, force: true });
  for (const name of ["bin", "dev", "modules", "proc", "sys", "tmp"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  await copyFile(busybox, join(root, "bin/busybox"));
  await copyFile(join(guestFolder, "init"), join(root, "init"));
  await copyFile(join(guestFolder, "functions.sh"), join(root, "functions.sh"));
  await copyFile(join(guestFolder, content.script), join(root, "script"));
  await chmod(join(root, "init"), 0o755);
  for (const [name, files] of Object.entries(content.modules)) {
    await mkdir(join(root, "modules", name));
    for (const file of files) {
      await copyFile(file, join(root, "modules", name, basename(file)));
    }
  }
  const archive = execFileSync("sh", ["-c", "find . | cpio --quiet -o -H newc"], {
    cwd: root,
    maxBuffer: 512 << 20,
  });
  const initramfs = join(folder, "initramfs.gz");
  await writeFile(initramfs, gzipSync(archive, { level: 1 }));
  return initramfs;
}
