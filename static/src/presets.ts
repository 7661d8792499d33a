// What the learner sets before a program loads: what it attaches to where its
// section does not say it, first values of globals, sizes of maps.
//
// Holds what was chosen, for each lesson in this browser, and says it in one
// line; the form comes when it is opened. Does not know what can be written:
// that is the server's to say.

import { beside, wear } from "./beside";
import { say, type Config } from "./config";
import { h, setText } from "./dom";

/** Each by name: what it is to be, in the contract's words. */
export interface Wanted {
  /** By function: `if:lab0:egress`. */
  attach: Record<string, string>;
  /** By variable: `10`, `@stimulus`. */
  globals: Record<string, string>;
  /** By map: how many entries. */
  map_sizes: Record<string, number>;
  /** By map and key: `calls[0]`. */
  map_entries: Record<string, string>;
}

/** One of them. */
export type Part = keyof Wanted;

export interface Presets {
  readonly root: HTMLElement;
  wanted(): Wanted;
}

/** What stands between a name and what it is to be. */
const SIGN: Record<Part, string> = { attach: " → ", globals: " = ", map_sizes: " × ", map_entries: " = " };

/** As it is said in one line, and in the form's list. */
export const inWords = (wanted: Wanted): { part: Part; name: string; text: string }[] =>
  (Object.keys(SIGN) as Part[]).flatMap((part) => (
    Object.entries(wanted[part]).map(([name, text]) => ({ part, name, text: name + SIGN[part] + text }))
  ));

/** `source` is the program's text, for the names in it. */
export function openPresets(config: Config, source: () => string, failed: () => void): Presets {
  const key = `bpflab:before:${config.lesson}`;
  let wanted = stored(key);
  const line = h("code");
  const root = h("details", { class: "presets" }, h("summary", {}, say("before"), " ", line));
  let asked = false;

  function draw(): void {
    setText(line, inWords(wanted).map(({ text }) => text).join(", "));
  }

  function set(next: Wanted): void {
    wanted = next;
    draw();
  }

  root.addEventListener("toggle", () => {
    if (!root.open || asked) return;
    asked = true;
    Promise.all([import(beside("presetform.js")) as Promise<typeof import("./presetform")>, wear("presetform.css")]).then(
      ([{ openForm }]) => root.append(openForm(config, { key, source, wanted: () => wanted, set })),
      (error: unknown) => {
        console.error(error);
        asked = false;
        failed();
      },
    );
  });

  draw();
  return { root, wanted: () => wanted };
}

function stored(key: string): Wanted {
  const none: Wanted = { attach: {}, globals: {}, map_sizes: {}, map_entries: {} };
  try {
    return { ...none, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Wanted>) };
  } catch {
    return none;
  }
}
