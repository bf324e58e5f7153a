/** Kernel releases as `uname -r` prints them, compared by the version they begin with. */

/** Whether `release` is of a kernel before `version`, `MAJOR.MINOR`; false if it does not say. */
export function isBefore(release: string | undefined, version: string): boolean {
  const [of, limit] = [parse(release), parse(version)];
  if (of === undefined || limit === undefined) return false;
  return of.major < limit.major || (of.major === limit.major && of.minor < limit.minor);
}

/** Whether `release` is of that version or a later one; false if it does not say. */
export function isSince(release: string | undefined, version: string): boolean {
  return parse(release) !== undefined && !isBefore(release, version);
}

function parse(release: string | undefined): { major: number; minor: number } | undefined {
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(release ?? "") ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
