// What the learner wants programs to attach to, where a section does not say it.
//
// Holds what was chosen, for each lesson in this browser, and says it in one
// line; the form comes when it is opened. Does not know what can be written:
// that is the server's to say.

import { beside, wear } from "./beside";
import { say, type Config } from "./config";
import { h, setText } from "./dom";

/** By function name, in the contract's words: `if:lab0:egress`. */
export type Wanted = Record<string, string>;

export interface Targets {
  readonly root: HTMLElement;
  wanted(): Wanted;
}

/** `source` is the program's text, for the names of its functions. */
export function openTargets(config: Config, source: () => string, failed: () => void): Targets {
  const key = `bpflab:attach:${config.lesson}`;
  let wanted = stored(key);
  const inWords = h("code");
  const root = h("details", { class: "attach" }, h("summary", {}, say("attach"), " ", inWords));
  let asked = false;

  function draw(): void {
    setText(inWords, Object.entries(wanted).map(([program, target]) => `${program} → ${target}`).join(", "));
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
    Promise.all([import(beside("attach.js")) as Promise<typeof import("./attach")>, wear("attach.css")]).then(
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
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return Object.fromEntries(Object.entries(kept ?? {}).map(([program, target]) => [program, String(target)]));
  } catch {
    return {};
  }
}
