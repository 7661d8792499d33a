// What became of the last change of something, in a word or a sentence.
//
// Does not know what was changed.

import type { State } from "../state";
import { say } from "../words";

/** The text beside a form; `about` is what the change was sent under. */
export function answerTo(state: State, kernel: string | null, about: string): string {
  const edit = state.edits.get(`${kernel ?? state.shown}\n${about}`);
  if (edit === undefined) return "";
  if (edit.answer === null) return say("global_wait");
  const { ok, message } = edit.answer;
  return `${ok ? "✓ " : "✗ "}${message || (ok ? say("global_done") : "")}`;
}
