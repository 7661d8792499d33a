// The records panel: what came through ring buffers and perf buffers.
//
// Shows the newest records of each buffer, a field a column, and asks which
// struct they are where there are several.
// Does not know how records are kept.

import { h, setText, table } from "../dom";
import { isLive, type State } from "../state";
import { isOver, type Story } from "../story";
import { columnsFor, count } from "../values";
import { say } from "../words";
import { answerTo } from "./answer";
import type { Send, View } from "./view";

/** Rows in the page for each buffer. */
const ROWS = 100;
/** Between two drawings: the tables are made anew each time. */
const PAUSE_MS = 200;
/** Map types that carry records, as libbpf calls them. */
const BUFFERS = ["ringbuf", "perf_event_array"];

/** What is defined outside of everything else begins its line. */
const STRUCT = /^(?:struct|union)\s+(\w+)\s*\{/gm;

export interface RecordsOptions {
  again(): void;
  /** The source, for the structs in it. */
  text(): string;
  /** Structs that were named for buffers. */
  records: Readonly<Record<string, string>>;
}

/** `kernel` when it is not the one that the page shows alone. */
export function recordsView(send: Send, options: RecordsOptions, kernel: string | null = null): View {
  const root = h("div", { class: "maps" });
  let drawn: unknown;
  let drawnRev = "";
  let drawnAt = 0;
  let buffers = new Map<string, BufferTable>();

  function draw(state: State, story: Story | null): void {
    const live = isLive(state) && story !== null && !isOver(story);
    const rev = `${story?.rev.records} ${state.editsRev} ${live}`;
    if (story === drawn && rev === drawnRev) return;
    if (story === drawn && performance.now() - drawnAt < PAUSE_MS) {
      options.again();
      return;
    }
    if (story !== drawn) {
      buffers = new Map();
      root.replaceChildren();
    }
    drawn = story;
    drawnRev = rev;
    drawnAt = performance.now();
    if (story === null || story.records.size === 0) {
      root.replaceChildren(h("p", { class: "empty" }, say("records_empty")));
      return;
    }
    if (buffers.size === 0) root.replaceChildren();
    for (const name of story.records.keys()) {
      let buffer = buffers.get(name);
      if (buffer === undefined) {
        buffer = new BufferTable(name, send, options);
        buffers.set(name, buffer);
        root.append(buffer.root);
      }
      buffer.draw(story, live, answerTo(state, kernel, `records ${name}`));
    }
  }

  // Most programs have no such buffer; its panel then only takes room.
  const wanted = (story: Story | null) =>
    story !== null && (story.records.size > 0 || [...story.maps.values()].some(({ facts }) => BUFFERS.includes(facts.type)));

  return { root, draw, wanted };
}

/** One buffer: what its records are, and the newest of them. */
class BufferTable {
  readonly root: HTMLElement;
  private readonly facts = h("p", { class: "facts" });
  private readonly form: HTMLElement;
  private readonly answer = h("span", { class: "answer", role: "status" });
  private readonly rows = h("div");

  constructor(private readonly name: string, send: Send, { text, records }: RecordsOptions) {
    const structs = new Set([...text().matchAll(STRUCT)].map(([, struct]) => struct ?? ""));
    const now = records[name] ?? "";
    if (now !== "") structs.add(now);
    const option = (value: string, words: string) => h("option", { value, selected: value === now }, words);
    const select = h("select", {}, option("", say("records_by_size")), ...[...structs].map((struct) => option(struct, `struct ${struct}`)));
    select.addEventListener("change", () => send(`records ${name}`, { type: "decode", map: name, name: select.value }));
    this.form = h("div", { class: "edit" }, h("label", {}, say("records_as", { name }), " ", select), this.answer);
    // With one struct there is nothing to choose.
    this.form.hidden = structs.size < 2;
    this.root = h("div", { class: "map" }, h("h3", {}, name), this.facts, this.form, this.rows);
  }

  draw(story: Story, live: boolean, answer: string): void {
    const lost = story.lost.get(`record:${this.name}`) ?? 0;
    this.facts.hidden = lost === 0;
    setText(this.facts, lost > 0 ? say("lost", { n: count(lost) }) : "");
    setText(this.answer, live ? answer : "");
    const records = (story.records.get(this.name) ?? []).slice(-ROWS);
    const columns = columnsFor(records.at(-1)?.value ?? null, say("map_value"));
    const { box, body } = table(this.name, [say("col_time"), say("col_cpu"), ...columns.map((column) => column.name)]);
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
    this.rows.replaceChildren(box);
  }
}
