/**
 * Words as GNU's tools read them from a file (libiberty, buildargv): separated by white space; single
 * and double quotes hold words together, and a backslash takes what follows it as it is, everywhere.
 */

export interface Words {
  readonly words: readonly string[];
  /** The quote that was opened and not closed, if any. */
  readonly unclosed: string | undefined;
}

const SPACE = /\s/;

/** Splits a text into words; with `comments` a word that begins with `#` ends it. */
export function splitWords(text: string, { comments = false } = {}): Words {
  const words: string[] = [];
  let at = 0;
  let quote: string | undefined;
  for (;;) {
    while (at < text.length && SPACE.test(text[at]!)) at++;
    if (at >= text.length || (comments && text[at] === "#")) return { words, unclosed: undefined };
    let word = "";
    for (; at < text.length && (quote !== undefined || !SPACE.test(text[at]!)); at++) {
      const character = text[at]!;
      if (character === "\\") word += text[++at] ?? "";
      else if (character === quote) quote = undefined;
      else if (quote === undefined && (character === "'" || character === '"')) quote = character;
      else word += character;
    }
    words.push(word);
    if (quote !== undefined) return { words, unclosed: quote };
  }
}
