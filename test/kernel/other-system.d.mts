export declare function commandIn(
  root: string,
  folders: readonly string[],
  program: string,
  args: readonly string[],
): [command: string, args: string[]];
