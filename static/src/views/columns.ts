// Several kernels side by side: for each a head with its state and its checks,
// below them one set of tabs whose panels have a column a kernel.
//
// Does not know which kernels there are before a run says so, nor what differs.

import type { Config } from "../config";
import { h, setText } from "../dom";
import type { State } from "../state";
import type { Story } from "../story";
import { say } from "../words";
import { checkItems, tallyOf } from "./checks";
import { coreTable } from "./core";
import { flameView } from "./flame";
import { globalsView } from "./globals";
import { logView } from "./log";
import { mapsView } from "./maps";
import { outputView } from "./output";
import { programsView } from "./programs";
import { recordsView } from "./records";
import { runView } from "./run";
import { tabs } from "./tabs";
import { timesTable } from "./times";
import { traceView } from "./trace";
import { watcher, type Go, type View } from "./view";
import type { Change } from "../wire";

export interface ColumnActions {
  again(): void;
  /** Of the kernel that is shown alone, when none is named. */
  change(kernel: string | null, about: string, change: Change): void;
  go: Go;
  /** The source, for the structs in it. */
  text(): string;
  /** Structs that were named for buffers. */
  records: Readonly<Record<string, string>>;
}

export function columnsView(kernels: string[], checks: Config["checks"], actions: ColumnActions): View {
  let last: State | null = null;
  const stories = () => kernels.map((kernel) => last?.stories.get(kernel)).filter((story) => story !== undefined);
  const heads = kernels.map((kernel) => headOf(kernel, checks));
  const changer = (kernel: string) => (about: string, change: Change) => actions.change(kernel, about, change);
  const many = (make: (kernel: string) => View) => beside(kernels, make);
  const panels = tabs(say("panels"), "side-", [
    { id: "trace", name: say("trace"), view: many(() => traceView(actions.again)) },
    { id: "checks", name: say("checks"), view: many(() => checkList(checks)) },
    { id: "programs", name: say("programs"), view: many((kernel) => programsView(changer(kernel), actions.go, kernel)) },
    { id: "core", name: say("core"), view: coreTable(kernels, stories) },
    { id: "times", name: say("times"), view: timesTable(kernels, stories) },
    { id: "maps", name: say("maps"), view: many((kernel) => mapsView(changer(kernel), kernel)) },
    { id: "records", name: say("records"), view: many((kernel) => recordsView(changer(kernel), actions, kernel)) },
    { id: "flame", name: say("flame"), view: many(() => flameView(actions.again)) },
    { id: "globals", name: say("globals"), view: many((kernel) => globalsView(changer(kernel), kernel)) },
    { id: "output", name: say("output"), view: many(outputView) },
    { id: "log", name: say("log"), view: many(logView) },
  ]);
  const root = h("div", { class: "columns" }, h("div", { class: "side heads" }, ...heads.map((head) => head.root)), panels.root);
  root.style.setProperty("--kernels", String(kernels.length));

  function draw(state: State): void {
    last = state;
    heads.forEach((head, at) => head.draw(state, state.stories.get(kernels[at] ?? "") ?? null));
    panels.draw(state, null);
  }

  return { root, draw };
}

/** A kernel's name, how far it is, and how its checks stand. */
function headOf(kernel: string, checks: Config["checks"]): View {
  const run = runView(false);
  const tally = h("p", { class: "tally" });
  const root = h("section", { class: "column", "aria-label": kernel }, h("h3", {}, kernel), run.root, tally);

  function draw(state: State, story: Story | null): void {
    run.draw(state, story);
    const text = tallyOf(checks, story);
    tally.hidden = text === "";
    setText(tally, `${say("checks")}: ${text}`);
  }

  return { root, draw };
}

/** One panel's views, a column a kernel. */
function beside(kernels: string[], make: (kernel: string) => View): View {
  const columns = kernels.map((kernel) => ({ kernel, view: make(kernel) }));
  const boxes = columns.map(({ kernel, view }) => h("div", { class: "column", role: "group", "aria-label": kernel }, view.root));
  const root = h("div", { class: "side" }, ...boxes);
  const storyOf = (state: State, kernel: string) => state.stories.get(kernel) ?? null;

  return {
    root,
    draw: (state) => columns.forEach(({ kernel, view }) => view.draw(state, storyOf(state, kernel))),
    wanted: (_, state) => columns.some(({ kernel, view }) => view.wanted?.(storyOf(state, kernel), state) !== false),
  };
}

/** The checks of one kernel as a plain list. */
function checkList(checks: Config["checks"]): View {
  const list = h("ol");
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (changed(story, story?.rev.checks)) list.replaceChildren(...checkItems(checks, story));
  }

  return { root: h("div", { class: "check-list" }, list), draw };
}
