// The log panel: the verifier's and libbpf's own words, each can be folded away.
//
// The explanation in plain words is a finding; this is the raw text.

import { h, setText } from "../dom";
import type { Story } from "../story";
import { count } from "../values";
import { say } from "../words";
import { watcher, type View } from "./view";

export function logView(): View {
  const empty = h("p", { class: "empty" }, say("log_empty"));
  const logs = (["verifier", "libbpf"] as const).map((source) => {
    const text = h("pre", { class: "plain", tabindex: "0" });
    const label = say(source === "verifier" ? "log_verifier" : "log_libbpf");
    return { source, text, root: h("details", { open: true }, h("summary", {}, label), text) };
  });
  const lost = h("p", { class: "facts" });
  const root = h("div", { class: "logs" }, empty, lost, ...logs.map((log) => log.root));
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.log)) return;
    for (const log of logs) {
      const text = story?.logs[log.source] ?? "";
      log.root.hidden = text === "";
      setText(log.text, text);
    }
    empty.hidden = logs.some((log) => !log.root.hidden);
    const missing = story?.lost.get("log") ?? 0;
    lost.hidden = missing === 0;
    setText(lost, say("lost", { n: count(missing) }));
  }

  return { root, draw, badge: (story) => (story !== null && story.logs.verifier !== "" ? "•" : "") };
}
