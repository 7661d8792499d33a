// The records panel: what came through ring buffers and perf buffers.
//
// Shows the newest records of each buffer, a field a column.
// Does not know how records are kept.

import { h, table } from "../dom";
import type { Story } from "../story";
import { columnsFor, count } from "../values";
import { say } from "../words";
import type { View } from "./view";

/** Rows in the page for each buffer. */
const ROWS = 100;
/** Between two drawings: the tables are made anew each time. */
const PAUSE_MS = 200;
/** Map types that carry records, as libbpf calls them. */
const BUFFERS = ["ringbuf", "perf_event_array"];

export function recordsView(again: () => void): View {
  const root = h("div", { class: "maps" });
  let drawn: unknown;
  let drawnRev = -1;
  let drawnAt = 0;

  function draw(_: unknown, story: Story | null): void {
    if (story === drawn && (story?.rev.records ?? -1) === drawnRev) return;
    if (story === drawn && performance.now() - drawnAt < PAUSE_MS) {
      again();
      return;
    }
    drawn = story;
    drawnRev = story?.rev.records ?? -1;
    drawnAt = performance.now();
    if (story === null || story.records.size === 0) {
      root.replaceChildren(h("p", { class: "empty" }, say("records_empty")));
      return;
    }
    root.replaceChildren(...[...story.records.keys()].map((name) => buffer(story, name)));
  }

  // Most programs have no such buffer; its panel then only takes room.
  const wanted = (story: Story | null) =>
    story !== null && (story.records.size > 0 || [...story.maps.values()].some(({ facts }) => BUFFERS.includes(facts.type)));

  return { root, draw, wanted };
}

function buffer(story: Story, name: string): HTMLElement {
  const records = (story.records.get(name) ?? []).slice(-ROWS);
  const columns = columnsFor(records.at(-1)?.value ?? null, say("map_value"), false);
  const { box, body } = table(name, [say("col_time"), say("col_cpu"), ...columns.map((column) => column.name)]);
  for (const record of records) {
    body.append(
      h(
        "tr",
        {},
        h("td", {}, record.time === null ? "—" : record.time.toFixed(6)),
        h("td", {}, record.cpu === null ? "—" : String(record.cpu)),
        ...columns.map((column) => h("td", {}, column.cell(record.value))),
      ),
    );
  }
  const lost = story.lost.get(`record:${name}`) ?? 0;
  const facts = lost > 0 ? h("p", { class: "facts" }, say("lost", { n: count(lost) })) : null;
  return h("div", { class: "map" }, h("h3", {}, name), facts, box);
}
