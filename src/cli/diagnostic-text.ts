/** Diagnostics as text for a terminal: one line each, its notes indented under it. */

import { type Diagnostic, hex, type Severity } from "../diagnostics.js";

const COLOR: Readonly<Record<Severity, string>> = {
  error: "\x1b[1;31m",
  warning: "\x1b[1;35m",
  note: "\x1b[1;36m",
};
const PLAIN = "\x1b[0m";

/** `klp-convert: error: in.ko: .text+0x38: message`, lines ended by newlines. */
export function diagnosticText(diagnostic: Diagnostic, color: boolean): string {
  const { severity, message, notes } = diagnostic;
  const head = severityText(severity, color);
  const first = `klp-convert: ${head} ${visible(`${placeText(diagnostic)}: ${message}`)}\n`;
  return first + notes.map((note) => `    ${visible(note)}\n`).join("");
}

/** `error:`, in its color. */
export function severityText(severity: Severity, color: boolean): string {
  return color ? `${COLOR[severity]}${severity}:${PLAIN}` : `${severity}:`;
}

function placeText({ file, line, section, offset }: Diagnostic): string {
  if (line !== undefined) return `${file}:${line}`;
  if (section === undefined) return file;
  return offset === undefined ? `${file}: ${section}` : `${file}: ${section}+${hex(offset)}`;
}

/** Names come from files that are not trusted; a terminal must not obey them. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
