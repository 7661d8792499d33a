// What a run shows: its panels, and for several kernels the same side by side.
//
// A bundle of its own that comes with the first run, so that a lesson that is
// only read does not carry it. Does not know sockets or the editor.

import type { Config } from "./config";
import { differences } from "./differences";
import { h } from "./dom";
import type { State } from "./state";
import { isOver, type Story } from "./story";
import { columnsView, type ColumnActions } from "./views/columns";
import { coreView } from "./views/core";
import { flameView } from "./views/flame";
import { globalsView } from "./views/globals";
import { logView } from "./views/log";
import { mapsView } from "./views/maps";
import { outputView } from "./views/output";
import { programsView } from "./views/programs";
import { recordsView } from "./views/records";
import { endOf } from "./views/run";
import { strip, type Shown, type Strip } from "./views/strip";
import { tabs } from "./views/tabs";
import { traceView } from "./views/trace";
import type { View } from "./views/view";
import type { Change } from "./wire";
import { say, speakAll } from "./words";

export { say } from "./words";

export interface ResultsOptions extends ColumnActions {
  config: Config;
  /** The state of the one kernel that is shown. */
  state: HTMLElement;
  /** What the page has for results: a place for panels, and the checks. */
  results: HTMLElement;
  /** Another kernel is to be shown alone. */
  show(kernel: string): void;
  /** Gives the bench the room of the lesson's text, or takes it back. */
  widen(wide: boolean): void;
}

/** Below this columns are too narrow to read: one kernel at a time. */
const ROOM = "(min-width: 48rem)";

export function openResults(options: ResultsOptions): View {
  const { config, results, state: stateRoot } = options;
  speakAll(config);
  const panels = singlePanels(options);
  results.querySelector(".panels")?.replaceWith(panels.root);
  const top = h("div", { class: "several", hidden: true });
  stateRoot.before(top);
  const below = h("div", { class: "side-by-side", hidden: true });
  results.before(below);
  const room = matchMedia(ROOM);
  const ends = h("span", { class: "unseen", role: "status" });
  let made: { run: string; strip: Strip; columns: View } | null = null;
  let shown: Shown = "side";
  let wide = false;

  room.addEventListener("change", options.again);

  function make(run: string, kernels: string[]): NonNullable<typeof made> {
    const above = strip(kernels, wide, {
      show(what) {
        shown = what;
        if (what !== "side") options.show(what);
        options.again();
      },
      widen(now) {
        wide = now;
        options.widen(now);
      },
    });
    const columns = columnsView(kernels, config.checks, options);
    top.replaceChildren(ends, above.root);
    below.replaceChildren(columns.root);
    return { run, strip: above, columns };
  }

  function draw(state: State, story: Story | null): void {
    const kernels = [...state.stories.keys()];
    const { run } = state;
    top.hidden = run === null || kernels.length < 2;
    if (top.hidden || run === null) {
      alone(true);
      panels.draw(state, story);
      return;
    }
    // The kernels of a run are known with its first message and stay.
    if (made?.run !== run) {
      shown = "side";
      made = make(run, kernels);
    }
    const side = shown === "side" && room.matches;
    alone(!side);
    const stories = [...state.stories.values()];
    made.strip.shown(side ? "side" : (state.shown ?? ""));
    made.strip.draw(differences(stories, config.checks), stories.every(isOver));
    if (side) made.columns.draw(state, null);
    else panels.draw(state, story);
    const over = [...state.stories].filter(([, one]) => isOver(one)).map(([kernel, one]) => `${kernel}: ${endOf(one)}`);
    if (side && ends.childElementCount !== over.length) ends.replaceChildren(...over.map((end) => h("span", {}, `${end}. `)));
  }

  /** The arrangement for one kernel gives way to the columns, and comes back. */
  function alone(yes: boolean): void {
    stateRoot.hidden = !yes;
    results.hidden = !yes;
    below.hidden = yes;
  }

  return { root: top, draw };
}

function singlePanels(options: ResultsOptions): View {
  const { again, change, go } = options;
  const changer = (about: string, what: Change) => change(null, about, what);
  return tabs(say("panels"), "", [
    { id: "trace", name: say("trace"), view: traceView(again) },
    { id: "maps", name: say("maps"), view: mapsView(changer) },
    { id: "records", name: say("records"), view: recordsView(changer, options) },
    { id: "flame", name: say("flame"), view: flameView(again) },
    { id: "globals", name: say("globals"), view: globalsView(changer) },
    { id: "programs", name: say("programs"), view: programsView(changer, go) },
    { id: "core", name: say("core"), view: coreView() },
    { id: "output", name: say("output"), view: outputView() },
    { id: "log", name: say("log"), view: logView() },
  ]);
}
