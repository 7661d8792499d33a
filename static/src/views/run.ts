// The state of a run on one kernel in words, and the bar of its stages.
//
// The sentence is a polite live region; running clocks stand beside it, so that
// no screen reader counts seconds aloud. Does not know who may run.

import { say } from "../config";
import { h, setText } from "../dom";
import { isLive, type State } from "../state";
import { attachedOf, isOver, type Story } from "../story";
import { millis } from "../values";
import { STAGES, type Stage } from "../wire";
import type { View } from "./view";

type Mood = "idle" | "busy" | "good" | "bad" | "plain";

/** `alone`: the only kernel that is shown, so it speaks for the whole run. */
export function runView(alone: boolean): View {
  const sentence = h("span", alone ? { class: "sentence", role: "status", "aria-live": "polite" } : { class: "sentence" });
  const clock = h("span", { class: "clock" });
  const facts = h("span", { class: "facts" });
  const cells = STAGES.map((stage) => {
    const time = h("span", { class: "ms" });
    return { stage, time, root: h("li", {}, h("span", {}, say(`st_${stage}`)), time) };
  });
  const bar = h("ol", { class: "stages", "aria-label": say("state") }, ...cells.map((cell) => cell.root));
  const root = h(
    "div",
    { class: "state" },
    h("p", { class: "line" }, h("span", { class: "dot", "aria-hidden": "true" }), sentence, clock, facts),
    bar,
  );

  function draw(state: State, story: Story | null): void {
    const [text, mood] = words(state, story);
    setText(sentence, text);
    root.dataset["mood"] = mood;
    setText(clock, elapsed(state, story));
    setText(facts, factsOf(alone ? state.seed : null, story));
    if (!alone) facts.title = facts.textContent ?? "";
    drawBar(state, story);
  }

  function drawBar(state: State, story: Story | null): void {
    const current = isLive(state) && story !== null ? stageOf(story) : null;
    const times = story === null ? {} : story.phase.is === "ended" ? { ...story.stages, ...story.phase.stages } : story.stages;
    let before = current !== null;
    for (const { stage, time, root: cell } of cells) {
      const ms = times[stage];
      const known = ms !== undefined && ms !== null;
      if (stage === current) before = false;
      // Only the first use of a kernel takes any.
      cell.hidden = stage === "prepare" && stage !== current && !(known && ms >= 1);
      cell.className = stage === current ? "now" : known || before ? "done" : "";
      if (stage === current) cell.setAttribute("aria-current", "step");
      else cell.removeAttribute("aria-current");
      setText(time, known ? millis(ms) : stage === current ? "…" : "");
    }
  }

  return { root, draw };
}

function stageOf(story: Story): Stage | null {
  if (story.preparing !== null) return "prepare";
  switch (story.phase.is) {
    case "started":
    case "queued":
      return "queued";
    case "stage":
      return story.phase.stage;
    case "ended":
    case "unavailable":
      return null;
  }
}

/** How it ended, in a sentence. */
export function endOf({ phase }: Story): string {
  switch (phase.is) {
    case "ended":
      return say(`o_${phase.outcome}`);
    case "unavailable":
      return `${say("o_unavailable")}: ${phase.message}`;
    case "started":
    case "queued":
    case "stage":
      return "";
  }
}

/** What is happening, in a sentence. */
function words(state: State, story: Story | null): [string, Mood] {
  if (isLive(state) && (story === null || !isOver(story))) {
    if (state.connection.is === "waiting") return [say("connection_retry"), "busy"];
    if (state.connection.is === "connecting") return [say(state.seen < 0 ? "s_connecting" : "connection_retry"), "busy"];
    if (state.asked === "stop") return [say("s_stopping"), "busy"];
    if (state.asked === "watch") return [say("s_watching"), "busy"];
    if (state.asked === "run") return [say("s_sent"), "busy"];
  }
  if (story === null) return state.run === null ? [say("s_idle"), "idle"] : [say("s_started"), "busy"];
  const { phase, preparing } = story;
  if (preparing !== null && !isOver(story)) return [say(`p_${preparing.step}`), "busy"];
  switch (phase.is) {
    case "started":
      return [say("s_started"), "busy"];
    case "queued":
      return [say("s_queued", { n: phase.position }), "busy"];
    case "stage":
      return [stageWords(story, phase.stage), "busy"];
    case "ended":
      return [endOf(story), phase.outcome === "completed" ? "good" : phase.outcome === "cancelled" ? "plain" : "bad"];
    case "unavailable":
      return [endOf(story), "bad"];
  }
}

function stageWords(story: Story, stage: Stage): string {
  switch (stage) {
    case "queued":
    case "prepare":
      return say("s_started");
    case "compile":
      return say("s_compiling");
    case "place":
      return say("s_placing");
    case "load":
      return say("s_loading");
    case "attach":
      return say("s_attaching", { n: attachedOf(story), m: story.programs.size });
    case "observe":
      return say("s_observing");
  }
}

/** Seconds of preparing or of observing, while it goes on. */
function elapsed(state: State, story: Story | null): string {
  if (story === null || isOver(story) || !Number.isFinite(state.start)) return "";
  const since = story.preparing?.since ?? story.observingSince;
  if (since === null) return "";
  const seconds = (Date.now() - state.start - since) / 1_000;
  return say("seconds", { n: Math.max(0, seconds).toFixed(1) });
}

function factsOf(seed: string | null, story: Story | null): string {
  const parts: string[] = [];
  if (story !== null && story.release !== null) {
    const { accelerator } = story;
    parts.push(story.release);
    if (accelerator === "tcg" || accelerator === "kvm") parts.push(say(`acc_${accelerator}`));
  }
  if (seed !== null) parts.push(say("seed", { n: seed }));
  return parts.join(" · ");
}
