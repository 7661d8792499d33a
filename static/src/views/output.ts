// The stimulus panel: what the command that makes something happen printed.
//
// Standard error is marked by a word and a bar, not by colour alone.

import { h } from "../dom";
import type { Story } from "../story";
import { count } from "../values";
import { say } from "../words";
import { watcher, type View } from "./view";

export function outputView(): View {
  const text = h("pre", { class: "plain", tabindex: "0", role: "group", "aria-label": say("output") });
  const empty = h("p", { class: "empty" }, say("output_empty"));
  const root = h("div", {}, empty, text);
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.output)) return;
    const lost = story?.lost.get("output") ?? 0;
    const pieces: (Node | string)[] = (story?.output ?? []).map((piece) =>
      piece.stream === "stdout" ? piece.text : h("span", { class: piece.stream, title: piece.stream }, piece.text),
    );
    if (lost > 0) pieces.push(h("span", { class: "tag" }, say("lost", { n: count(lost) })));
    empty.hidden = pieces.length > 0;
    text.hidden = pieces.length === 0;
    text.replaceChildren(...pieces);
  }

  return { root, draw, badge: (story) => (story !== null && story.output.length > 0 ? "•" : "") };
}
