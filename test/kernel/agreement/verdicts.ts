// What klp-convert check says of a case, to be held against what the kernel said.
import { checkModule } from "../conversion.js";
import type { LoadOrder } from "../suite.js";
import type { Answer } from "./answers.js";
import type { Base } from "./bases.js";
import type { Case } from "./case.js";

/** How a case ends, in one order of loading. */
export interface Ending {
  readonly kind: Answer["kind"];
  readonly rule?: string;
  readonly message?: string;
  readonly errno?: string;
  readonly text?: string;
}

export type Verdict = Readonly<Record<LoadOrder, Ending>>;

/** A finding, as far as it is of interest here. */
export interface Finding {
  readonly rule: string;
  readonly severity: string;
}

export interface Checked {
  /** The verdict in a line. */
  readonly text: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** Rules that compare with the module before conversion. Other cases may mean something else than that. */
const COMPARING = ["L01", "L09", "L11", "L45", "L48", "L54", "L56", "L67", "L68", "L69", "L72"];

/** Checks the file of a case, with all that there is to know of it. */
export async function checkCase(it: Case, base: Base, file: string): Promise<Checked> {
  const { status, stdout, stderr } = await checkModule(file, [
    "--json",
    ...base.known.flatMap((symbols) => ["--symbols", symbols]),
    ...(it.rule === undefined || COMPARING.includes(it.rule) ? ["--input", base.intermediate] : []),
    ...(it.kernel === undefined ? [] : ["--kernel", it.kernel]),
    ...(base.targets.length === 0 ? [] : ["--target", ...base.targets]),
  ]);
  if (stderr !== "" || (status !== 0 && status !== 1)) {
    throw new Error(`${it.id} cannot be checked: ${stderr}`);
  }
  const [checked] = (JSON.parse(stdout) as { files: CheckedFile[] }).files;
  const { verdict, findings } = checked!;
  const { text, before, after } = verdict;
  return { text, verdict: { first: before, last: after }, findings };
}

interface CheckedFile {
  readonly verdict: { readonly text: string; readonly before: Ending; readonly after: Ending };
  readonly findings: readonly Finding[];
}

/** Where a verdict differs from an answer, in words; undefined where they agree. */
export function differenceOf(
  { isByChance }: Case,
  ending: Ending,
  answer: Answer,
): string | undefined {
  const { kind, message, errno } = ending;
  // What becomes of memory that is somebody else's nobody can say, but that it is not the module's.
  if (isByChance && kind !== "loads") return undefined;
  if (kind !== answer.kind) return `${describe(ending)} is said, and it is "${answer.text}"`;
  if (errno !== undefined && !answer.text.includes(`refused ${errno}: `)) {
    return `${errno} is said, and it is "${answer.text}"`;
  }
  if (
    message !== undefined &&
    message !== "" &&
    !answer.log.some((line) => isLine(line, message))
  ) {
    return `"${message}" is said, and the kernel printed:\n${answer.log.join("\n")}`;
  }
  return undefined;
}

function describe({ kind, rule, message, text }: Ending): string {
  const why = message ?? text;
  return why === undefined ? kind : `${kind} (${rule}: ${why})`;
}

/** A line of the kernel is the one that was said; … stands for what nobody could know. */
function isLine(line: string, said: string): boolean {
  const parts = said.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
