// The trace panel: lines of the run's own trace_pipe.
//
// Keeps the page light however fast lines come: at most 500 rows exist, rows
// are only added at the end and taken from the front, and never more often
// than every 80 ms. Does not know how lines are kept.

import { button, h, setText, table } from "../dom";
import { isOver, KEPT_LINES, type Line, type Story } from "../story";
import { count } from "../values";
import { say } from "../words";
import type { View } from "./view";

/** Rows in the page at once. */
const ROWS = 500;
/** Between two drawings in a flood: twelve a second read as live and leave time for typing. */
const PAUSE_MS = 80;
/** This near to the end (px) counts as being at the end. */
const NEAR = 24;

export function traceView(again: () => void): View {
  const filter = h("input", { type: "search", placeholder: say("trace_filter"), "aria-label": say("trace_filter"), spellcheck: "false", input: refilter });
  const hide = h("input", { type: "checkbox", checked: true, change: refilter });
  const hideLabel = h("span", {}, say("trace_hide_lab"));
  const pause = button(say("trace_pause"), () => hold(!paused));
  const follow = button(say("trace_follow"), toEnd, "follow");
  const tally = h("span", { class: "tally" });
  const empty = h("p", { class: "empty" });
  const { box, body } = table(say("trace"), [say("col_time"), say("col_task"), say("col_cpu"), say("col_text")]);
  box.classList.add("lines");
  const root = h(
    "div",
    { class: "trace" },
    h("div", { class: "tools" }, filter, pause, h("label", {}, hide, hideLabel), tally),
    empty,
    box,
    follow,
  );

  let paused = false;
  let atEnd = true;
  let lastTop = 0;
  let shown: Story | null = null;
  let rows: { id: number; row: HTMLElement }[] = [];
  let drawnRev = -1;
  let drawnAt = 0;
  let stale = true;
  /** Lines printed when the view was last brought up to date. */
  let upTo = 0;

  // Only the reader's scrolling up lets go of the end; growth of the table must not.
  box.addEventListener("scroll", () => {
    const end = box.scrollHeight - box.clientHeight - box.scrollTop <= NEAR;
    if (end !== atEnd && (end || box.scrollTop < lastTop)) {
      atEnd = end;
      again();
    }
    lastTop = box.scrollTop;
  });

  function refilter(): void {
    stale = true;
    again();
  }

  function hold(now: boolean): void {
    paused = now;
    setText(pause, say(paused ? "trace_resume" : "trace_pause"));
    if (!paused) toEnd();
    again();
  }

  function toEnd(): void {
    if (paused) return hold(false);
    atEnd = true;
    box.scrollTop = box.scrollHeight;
    again();
  }

  /** The newest matching lines, oldest first, and how many match at all. */
  function choose(story: Story): { lines: Line[]; matching: number } {
    const wanted = filter.value.toLowerCase();
    const lines: Line[] = [];
    let matching = 0;
    const first = Math.max(0, story.lines.length - KEPT_LINES);
    for (let at = story.lines.length - 1; at >= first; at--) {
      const line = story.lines[at] as Line;
      if (hide.checked && line.lab === true) continue;
      if (wanted !== "" && !`${line.task} ${line.pid} ${line.text}`.toLowerCase().includes(wanted)) continue;
      matching++;
      if (lines.length < ROWS) lines.push(line);
    }
    return { lines: lines.reverse(), matching };
  }

  function draw(_: unknown, story: Story | null): void {
    if (story !== shown) {
      shown = story;
      stale = true;
      upTo = 0;
      paused = false;
      atEnd = true;
      setText(pause, say("trace_pause"));
    }
    const holding = (paused || !atEnd) && !stale;
    const fresh = holding && story !== null ? story.printed - upTo : 0;
    follow.hidden = !holding;
    setText(follow, fresh > 0 ? `↓ ${say("trace_new", { n: count(fresh) })}` : `↓ ${say("trace_follow")}`);
    if (story === null) {
      body.replaceChildren();
      rows = [];
      setText(empty, say("trace_empty"));
      setText(tally, "");
      empty.hidden = false;
      box.hidden = true;
      stale = false;
      return;
    }
    if (!stale && story.rev.trace === drawnRev) return;
    if (!stale && performance.now() - drawnAt < PAUSE_MS) {
      again();
      return;
    }
    const { lines, matching } = choose(story);
    setText(tally, tell(story, matching));
    const byLab = story.printedByLab > 0 ? ` (${count(story.printedByLab)})` : "";
    setText(hideLabel, `${say("trace_hide_lab")}${byLab}`);
    if (holding) return;
    drawnRev = story.rev.trace;
    drawnAt = performance.now();
    upTo = story.printed;
    fill(lines);
    empty.hidden = lines.length > 0;
    box.hidden = lines.length === 0;
    setText(empty, emptySentence(story));
    if (!paused && atEnd) box.scrollTop = box.scrollHeight;
  }

  function fill(lines: Line[]): void {
    if (stale) {
      body.replaceChildren();
      rows = [];
      stale = false;
    }
    const first = lines[0]?.id ?? Infinity;
    const gone = rows.findIndex(({ id }) => id >= first);
    for (const { row } of rows.splice(0, gone < 0 ? rows.length : gone)) row.remove();
    const last = rows.at(-1)?.id ?? -1;
    const added = lines.filter(({ id }) => id > last).map((line) => ({ id: line.id, row: rowOf(line) }));
    // What the reader has waited for, the run's first lines, draws the eye once.
    if (rows.length === 0 && first === 0) for (const { row } of added) row.className += " changed";
    if (added.length > 0) box.style.setProperty("--clock", String(added[0]?.row.firstChild?.textContent?.length));
    body.append(...added.map(({ row }) => row));
    rows.push(...added);
  }

  function tell(story: Story, matching: number): string {
    const kept = Math.min(story.printed, KEPT_LINES);
    const parts = [say("trace_lines", { n: count(story.printed) })];
    if (story.printed > KEPT_LINES) parts.push(say("trace_kept", { n: count(KEPT_LINES) }));
    if (filter.value !== "") parts.push(say("trace_matching", { k: count(matching), n: count(kept) }));
    const lost = story.lost.get("trace") ?? 0;
    if (lost > 0) parts.push(say("lost", { n: count(lost) }));
    return parts.join(" · ");
  }

  function emptySentence(story: Story): string {
    if (story.printed > 0) return say("trace_no_match");
    return say(isOver(story) ? "trace_nothing" : "trace_empty");
  }

  return { root, draw, badge: (story) => (story !== null && story.printed > 0 ? count(story.printed) : "") };
}

function rowOf(line: Line): HTMLElement {
  return h(
    "tr",
    line.lab === true ? { class: "of-lab" } : {},
    h("td", {}, line.time === null ? "—" : line.time.toFixed(6)),
    h("td", {}, `${line.task}-${line.pid}`),
    h("td", { title: line.flags }, String(line.cpu)),
    h("td", {}, line.lab === true ? h("span", { class: "tag" }, say("lab_mark")) : null, line.text),
  );
}
