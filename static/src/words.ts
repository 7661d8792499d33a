// Every fixed word, for the scripts that come with a run.
//
// The page carries the words of its own script; the others are built into the
// bundles that need them. Does not know who says what.

import { fill, say as sayOfPage, speak, type Config } from "./config";
import { LATER, type Label } from "./labels.gen";

let column: 0 | 1 = 0;

/** Gives a bundle its language. */
export function speakAll({ strings, lang }: Pick<Config, "strings" | "lang">): void {
  speak(strings);
  column = lang === "zh" ? 1 : 0;
}

/** A fixed word's name. */
export type Word = Label | keyof typeof LATER;

/** A fixed word, its `{holes}` filled. */
export function say(label: Word, holes: Record<string, string | number> = {}): string {
  return label in LATER ? fill(LATER[label as keyof typeof LATER][column], holes) : sayOfPage(label as Label, holes);
}
