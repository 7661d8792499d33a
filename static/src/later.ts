// What comes with a run and not with the page: the results, and the terminal.
//
// Loads each when the state first asks for it, and draws it from then on.
// Does not know what they look like.

import { beside, wear } from "./beside";
import type { Config } from "./config";
import type { ResultsOptions } from "./results";
import type { State } from "./state";
import type { Story } from "./story";
import type { Terminals } from "./terminal";
import type { ColumnActions } from "./views/columns";
import type { View } from "./views/view";
import type { ClientMessage } from "./wire";
import type { say as sayWord } from "./words";

export interface Later extends View {
  /** Bytes of the terminal. */
  bytes(bytes: Uint8Array): void;
  /** There is a new connection. */
  reconnected(): void;
}

export interface LaterActions extends ColumnActions, Pick<ResultsOptions, "state" | "results" | "show"> {
  /** The terminal comes below these. */
  findings: HTMLElement;
  send(message: ClientMessage): void;
  bytes(bytes: Uint8Array<ArrayBuffer>): void;
  /** The keyboard leaves the terminal. */
  leave(): void;
  /** One of the files did not come. */
  fail(): void;
}

export function later(config: Config, actions: LaterActions): Later {
  let results: View | null = null;
  let say: typeof sayWord | null = null;
  let terminals: Terminals | null = null;
  const asked = new Set<string>();
  let run: string | null = null;

  /** Loads what is called `name`, script and style, and takes it with `use`; once. */
  function load<T>(name: string, use: (module: T) => void): void {
    if (asked.has(name)) return;
    asked.add(name);
    Promise.all([import(beside(`${name}.js`)) as Promise<T>, wear(`${name}.css`)]).then(
      ([module]) => {
        use(module);
        actions.again();
      },
      (error: unknown) => {
        console.error(error);
        actions.fail();
      },
    );
  }

  function draw(state: State, story: Story | null): void {
    run = state.run;
    if (state.asked !== "nothing" || state.run !== null) {
      load<typeof import("./results")>("results", ({ openResults, say: words }) => {
        say = words;
        results = openResults({ ...actions, config, widen: (wide) => void document.querySelector("main")?.classList.toggle("wide", wide) });
      });
    }
    // Its words are the results'.
    const words = say;
    if (words !== null && [...state.stories.values()].some(({ terminal }) => terminal?.open === true)) {
      load<typeof import("./terminal")>("terminal", ({ openTerminals }) => {
        terminals = openTerminals(words, {
          choose: (kernel, rows, cols) => run !== null && actions.send({ type: "terminal", run, kernel, rows, cols }),
          resize: (rows, cols) => actions.send({ type: "resize", rows, cols }),
          bytes: actions.bytes,
          leave: actions.leave,
        });
        actions.findings.after(terminals.root);
      });
    }
    results?.draw(state, story);
    terminals?.draw(state);
  }

  return {
    root: actions.results,
    draw,
    bytes: (bytes) => terminals?.bytes(bytes),
    reconnected: () => terminals?.again(),
  };
}
