import { execFile } from "node:child_process";

/** How a command ended and what it said. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. A failure is a result; only a command that does not exist throws. */
export function runCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, maxBuffer: 64 << 20 };
    execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === "number") {
        resolve({ status, stdout, stderr });
      } else {
        reject(error ?? new Error(`${command} ended without a status`));
      }
    });
  });
}

/** Waits for a command without which there is nothing to test; throws what it said if it failed. */
export async function succeeded(purpose: string, running: Promise<CommandResult>): Promise<void> {
  const { status, stdout, stderr } = await running;
  if (status !== 0) {
    throw new Error(`${purpose} failed:\n${stdout}${stderr}`);
  }
}
