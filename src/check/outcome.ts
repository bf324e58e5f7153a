/**
 * What the kernel does with a module, as far as one violation decides it. The first thing that goes
 * wrong while a module is loaded ends it, so that outcomes have an order: that of load_module
 * (kernel/module/main.c).
 */

/** The steps of loading in their order. */
const STAGES = [
  "signature",
  "ELF header",
  "section headers",
  "section names",
  "module information",
  "symbol table",
  "version of the kernel",
  "layout",
  "imports",
  "relocation",
  "sysfs",
  "patch",
  "objects",
] as const;

export type Stage = (typeof STAGES)[number];

/** When something happens: when the patch is loaded, or with an object that it waits for. */
export type When = "patch" | { readonly object: string };

/** In which order of loading something shows: patch before its targets, after them, or either. */
export type LoadOrder = "before" | "after" | "either";

export type Outcome =
  /** The kernel does not mind. */
  | { readonly kind: "harmless" }
  | {
      readonly kind: "refused";
      /**
       * What is refused: the patch itself; or, for what waits for an object, the object if the patch
       * was loaded before, and the patch if it is loaded after.
       */
      readonly when: When;
      readonly stage: Stage;
      /** Of several in one stage the least comes first: sections and entries in their order. */
      readonly order: number;
      /** The kernel's line, without its time; `…` stands for addresses. */
      readonly message: string;
      readonly errno: string;
      /** Only if loaded in this order. */
      readonly in: LoadOrder;
    }
  | {
      /** It is loaded, and then it is not what was meant. */
      readonly kind: "wrong" | "crash";
      /** What happens, as a sentence without its full stop. */
      readonly text: string;
      readonly in: LoadOrder;
    };

export const HARMLESS: Outcome = { kind: "harmless" };

/** The kernel refuses the patch. */
export function refused(
  stage: Stage,
  errno: string,
  message: string,
  {
    order = 0,
    when = "patch",
    only = "either",
  }: { order?: number; when?: When; only?: LoadOrder } = {},
): Outcome {
  return { kind: "refused", when, stage, order, message, errno, in: only };
}

/** The module is loaded and does something else than was meant. */
export function wrong(text: string, only: LoadOrder = "either"): Outcome {
  return { kind: "wrong", text, in: only };
}

/** The kernel crashes, or its memory is overwritten. */
export function crash(text: string, only: LoadOrder = "either"): Outcome {
  return { kind: "crash", text, in: only };
}

/** Which of two refusals the kernel comes to first: negative if it is the first. */
export function byTime(
  a: Extract<Outcome, { kind: "refused" }>,
  b: Extract<Outcome, { kind: "refused" }>,
): number {
  return STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.order - b.order;
}
