// The terminal's colours, from the page's own.
//
// terminal.css names them with light-dark(); xterm.js wants plain colours, so
// each is worn by an element once and read back. Does not know xterm.js beyond
// the names in its theme.

import type { ITheme } from "@xterm/xterm";
import { h } from "../dom";

const NAMES = [
  "background", "foreground", "cursor", "cursorAccent", "selectionBackground",
  "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
  "brightBlack", "brightRed", "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite",
] as const satisfies readonly (keyof ITheme)[];

/** The colours as they are now inside `place`. */
export function coloursOf(place: HTMLElement): ITheme {
  const probe = h("span", { class: "unseen" });
  place.append(probe);
  const theme = Object.fromEntries(
    NAMES.map((name) => {
      probe.style.color = `var(--t-${name.toLowerCase()})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return theme;
}
