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
}

/** One of them. */
export type Part = keyof Wanted;

export interface Presets {
  readonly root: HTMLElement;
  wanted(): Wanted;
}

/** As it is said in one line, and in the form's list. */
export const inWords = (wanted: Wanted): { part: Part; name: string; text: string }[] => [
  ...Object.entries(wanted.attach).map(([name, target]) => ({ part: "attach" as const, name, text: `${name} → ${target}` })),
  ...Object.entries(wanted.globals).map(([name, value]) => ({ part: "globals" as const, name, text: `${name} = ${value}` })),
  ...Object.entries(wanted.map_sizes).map(([name, n]) => ({ part: "map_sizes" as const, name, text: `${name}[${n}]` })),
];

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
    try {
      localStorage.setItem(key, JSON.stringify(wanted));
    } catch {
      // The choice then lasts until the next page.
    }
    draw();
  }

  root.addEventListener("toggle", () => {
    if (!root.open || asked) return;
    asked = true;
    Promise.all([import(beside("presetform.js")) as Promise<typeof import("./presetform")>, wear("presetform.css")]).then(
      ([{ openForm }]) => root.append(openForm(config, { source, wanted: () => wanted, set })),
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
  const none: Wanted = { attach: {}, globals: {}, map_sizes: {} };
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Record<Part, Record<string, unknown>>>;
    const texts = (of: Record<string, unknown> = {}) => Object.fromEntries(Object.entries(of).map(([name, text]) => [name, String(text)]));
    const sizes = Object.entries(kept.map_sizes ?? {}).map(([name, n]): [string, number] => [name, Number(n)]);
    return {
      attach: texts(kept.attach),
      globals: texts(kept.globals),
      map_sizes: Object.fromEntries(sizes.filter(([, n]) => Number.isInteger(n))),
    };
  } catch {
    return none;
  }
}
