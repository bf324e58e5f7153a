// Programs that run in a system of their own, in a folder of this machine's.
import { join } from "node:path";

// What mounts is gone with the process: it has a namespace of its own.
const script = `
root=$1
shift
while [ "$1" != -- ]; do
	mkdir -p "$root$1" && mount --bind "$1" "$root$1" || exit
	shift
done
shift
exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin LC_ALL=C "$@"
`;

/**
 * The command, with its arguments, that runs a program in the system in the folder `root`, with a
 * /proc and with folders of this machine's under the names they have here. That takes root.
 */
export function commandIn(root, folders, program, args) {
  const apart = [
    "--fork",
    "--kill-child",
    "--pid",
    "--mount",
    `--mount-proc=${join(root, "proc")}`,
  ];
  return [
    "unshare",
    [...apart, "sh", "-c", script, "sh", root, ...folders, "--", program, ...args],
  ];
}
