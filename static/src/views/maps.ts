// The maps panel: each map as a live table.
//
// A struct's fields are columns, a per-CPU value has a column a CPU; cells that
// change are marked for a moment. Maps that are libbpf's own are folded away
// below the program's. Does not know how map views travel.

import { h, setText, table } from "../dom";
import { isLive, type State } from "../state";
import { isOver, type MapState, type Story } from "../story";
import { columnsFor, count, type Column } from "../values";
import type { Change, Value } from "../wire";
import { say, type Word } from "../words";
import { answerTo } from "./answer";
import { bars, histogramsOf } from "./bars";
import { editorOf, type Editor } from "./edit";
import { watcher, type Send, type View } from "./view";

/** What `<bpf/usdt.bpf.h>` adds to a program, for libbpf to find the arguments of USDT probes. */
const isLibbpfs = (name: string) => name.startsWith("__bpf_usdt_");

/** What is said of maps whose content no kernel lists. */
const UNLISTED: Record<string, Word> = {
  ringbuf: "map_records",
  user_ringbuf: "map_sent",
  perf_event_array: "map_records",
  bloom_filter: "map_bloom",
  reuseport_sockarray: "map_unlisted",
  xskmap: "map_unlisted",
  cgroup_array: "map_unlisted",
  struct_ops: "map_unlisted",
};

/** What is said instead of how many entries there are. */
const UNCOUNTED: Record<string, Word> = { queue: "map_next", stack: "map_next" };

/** `kernel` when it is not the one that the page shows alone. */
export function mapsView(send: Send, kernel: string | null = null): View {
  const root = h("div", { class: "maps" });
  const title = h("summary", {}, say("maps_libbpf"));
  const own = h("details", { class: "fold" }, title);
  const changed = watcher();
  let shown: Story | null = null;
  let tables = new Map<string, MapTable>();

  function draw(state: State, story: Story | null): void {
    const live = isLive(state) && story !== null && !isOver(story);
    if (!changed(story, `${story?.rev.maps} ${state.editsRev} ${live}`)) return;
    if (story !== shown) {
      shown = story;
      tables = new Map();
      own.replaceChildren(title);
      root.replaceChildren();
    }
    if (story === null || story.maps.size === 0) {
      const none = story !== null && (isOver(story) || story.programs.size > 0);
      root.replaceChildren(h("p", { class: "empty" }, say(none ? "maps_none" : "maps_empty")));
      return;
    }
    if (tables.size === 0) root.replaceChildren();
    for (const [name, map] of story.maps) {
      let drawn = tables.get(name);
      if (drawn === undefined) {
        drawn = new MapTable(name, map.facts.type, (change) => send(`map ${name}`, change));
        tables.set(name, drawn);
        (isLibbpfs(name) ? own : root).append(drawn.root);
        if (own.children.length > 1) root.append(own);
      }
      drawn.draw(map, story.lost.get("map") ?? 0);
      drawn.editor?.draw(live, answerTo(state, kernel, `map ${name}`));
    }
  }

  const size = (story: Story | null) => [...(story?.maps.keys() ?? [])].filter((name) => !isLibbpfs(name)).length;
  return { root, draw, badge: (story) => (size(story) > 0 ? String(size(story)) : "") };
}

/** One map's table; rows are kept and only cells that differ are touched. */
class MapTable {
  readonly root: HTMLElement;
  private readonly facts = h("p", { class: "facts" });
  private readonly empty: HTMLElement;
  private readonly box: HTMLElement;
  private readonly head: HTMLElement;
  private readonly body: HTMLElement;
  private readonly rows = new Map<string, HTMLElement>();
  private readonly last = new Map<string, Value>();
  private keys: Column[] = [];
  private values: Column[] = [];
  readonly editor: Editor | null;
  private readonly drawn = h("div", { class: "histograms" });
  private rev = -1;

  constructor(private readonly name: string, kind: string, send: (change: Change) => void) {
    const { box, head, body } = table(name, []);
    this.box = box;
    this.head = head;
    this.body = body;
    this.empty = h("p", { class: "empty" }, say(UNLISTED[kind] ?? "map_empty"));
    this.editor = editorOf(name, kind, send);
    this.root = h("div", { class: "map" }, h("h3", {}, name), this.facts, this.drawn, this.empty, box, this.editor?.root ?? null);
  }

  draw(map: MapState, lost: number): void {
    setText(this.facts, factsOf(map, lost));
    if (map.rev === this.rev) return;
    this.rev = map.rev;
    this.empty.hidden = map.entries.size > 0;
    this.box.hidden = map.entries.size === 0;
    const sample = map.entries.values().next().value;
    if (sample !== undefined) this.shape(sample.key, sample.value, map.facts.type.includes("percpu") ? say("map_sum") : null);
    for (const [key, row] of this.rows) {
      if (map.entries.has(key)) continue;
      row.remove();
      this.rows.delete(key);
      this.last.delete(key);
    }
    for (const [key, entry] of map.entries) this.show(key, entry.key, entry.value);
    this.drawn.replaceChildren(...histogramsOf(this.name, map).map(bars));
  }

  /** Sets the columns, from the first entry: all entries of a map have one type. */
  private shape(key: Value, value: Value, sum: string | null): void {
    const keys = columnsFor(key, say("map_key"));
    const values = columnsFor(value, say("map_value"), sum);
    const names = (columns: Column[]) => columns.map(({ name }) => name).join("\n");
    const same = names(keys) === names(this.keys) && names(values) === names(this.values);
    if (!same) {
      this.head.replaceChildren(
        ...keys.map(({ name }) => h("th", { scope: "col", class: "key" }, name)),
        ...values.map(({ name }) => h("th", { scope: "col" }, name)),
      );
      this.body.replaceChildren();
      this.rows.clear();
    }
    this.keys = keys;
    this.values = values;
  }

  private show(id: string, key: Value, value: Value): void {
    this.last.set(id, value);
    const texts = this.values.map((column) => column.cell(value));
    const row = this.rows.get(id);
    if (row === undefined) {
      const made = h(
        "tr",
        {},
        ...this.keys.map((column) => h("th", { scope: "row", class: "key" }, column.cell(key))),
        ...texts.map((text) => h("td", {}, text)),
      );
      made.addEventListener("dblclick", () => this.editor?.take(key, this.last.get(id) ?? value));
      this.rows.set(id, made);
      this.body.append(made);
      return;
    }
    texts.forEach((text, at) => {
      const cell = row.children[this.keys.length + at];
      if (cell === undefined || cell.textContent === text) return;
      cell.textContent = text;
      // Two names for one animation: changing the name starts it again.
      cell.className = cell.className === "changed" ? "changed again" : "changed";
    });
  }
}

function factsOf(map: MapState, lost: number): string {
  const { facts } = map;
  const parts: string[] = [];
  if (facts.type !== "") parts.push(facts.type);
  const types = [facts.key, facts.value].filter((type) => type !== null);
  if (types.length > 0) parts.push(types.join(" → "));
  const part = Number(map.shown) < Number(map.total);
  if (UNLISTED[facts.type] === undefined) {
    const counted = UNCOUNTED[facts.type] ?? (part ? "map_part" : "map_count");
    parts.push(say(counted, { k: count(map.shown), n: count(map.total) }));
  }
  if (facts.max_entries > 0) parts.push(say("map_limit", { n: count(facts.max_entries) }));
  if (lost > 0) parts.push(say("lost", { n: count(lost) }));
  return parts.join(" · ");
}
