// The flame graph's panel: there when a run counted stacks. What folds and draws
// them is a bundle of its own that comes with the first program that keeps stacks.
//
// Does not know how either is done.

import { beside, wear } from "../beside";
import { h } from "../dom";
import type { Flame } from "../flame";
import type { Source } from "../folded";
import { isOver, type Story } from "../story";
import { count } from "../values";
import { say } from "../words";
import type { View } from "./view";

/** Between two drawings, and two looks for something to draw, in ms. */
const PAUSE_MS = 400;

type Bundle = typeof import("../flame");

/** One for all columns, and what came of it. */
let coming: Promise<void> | null = null;
let bundle: Bundle | null = null;
let failed = false;

export function flameView(again: () => void): View {
  const root = h("div", { class: "flame" });
  let flame: Flame | null = null;
  let known: Story | null = null;
  let knownRev = "";
  let knownAt = 0;
  let sources: Source[] = [];
  let drawn: Source[] | null = null;

  /** What can be drawn; looked for at most so often, and at the end once more. */
  function look(story: Story | null): Source[] {
    if (story === null || ![...story.maps.values()].some(({ facts }) => facts.type === "stack_trace")) return [];
    coming ??= Promise.all([import(beside("flame.js")) as Promise<Bundle>, wear("flame.css")]).then(([module]) => {
      bundle = module;
      again();
    }, (error: unknown) => {
      failed = true;
      console.error(error);
      again();
    });
    const rev = `${story.rev.records} ${story.rev.maps} ${bundle !== null}`;
    if (story === known && (rev === knownRev || (performance.now() - knownAt < PAUSE_MS && !isOver(story)))) return sources;
    known = story;
    knownRev = rev;
    knownAt = performance.now();
    sources = bundle?.sourcesOf(story) ?? [];
    return sources;
  }

  function draw(_: unknown, story: Story | null): void {
    const now = look(story);
    if (failed) root.replaceChildren(h("p", { class: "empty" }, say("results_failed")));
    // Each look makes a new list: what it saw is drawn once.
    if (bundle === null || story === null || now.length === 0 || now === drawn) return;
    drawn = now;
    flame ??= bundle.openFlame(root, { say, count });
    flame.draw(story, now);
  }

  return { root, draw, wanted: (story) => look(story).length > 0 || (failed && story !== null) };
}
