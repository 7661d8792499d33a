// Places in a source text, and how a fix is called.
//
// Shared by the editor and the list of findings. Does not know either.

import { say } from "./config";
import type { Fix } from "./wire";

/** The UTF-16 offset in `line` of a 1-based column in bytes; null leaves the start. */
export function offsetOf(line: string, column: number | null): number {
  if (column === null || column <= 1) return 0;
  const bytes = new TextEncoder().encode(line).slice(0, column - 1);
  return Math.min(line.length, new TextDecoder().decode(bytes).length);
}

/** What the button of a fix says. */
export function fixWords(fix: Fix): string {
  return fix.text.trim() === "" ? say("fix_drop") : say("fix_put", { text: fix.text.trim() });
}
