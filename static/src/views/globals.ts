// The globals panel: the program's global variables, and a form to change each.
//
// Rows are kept between drawings, so that typing is never disturbed.
// Whether a variable may be changed is the server's to say.

import { h, setText, table } from "../dom";
import { isLive, type State } from "../state";
import { isOver, type Story } from "../story";
import { show } from "../values";
import { say } from "../words";
import { answerTo } from "./answer";
import { bars, histogramsIn } from "./bars";
import { watcher, type Send, type View } from "./view";

interface Row {
  root: HTMLElement;
  value: HTMLElement;
  form: HTMLFormElement;
  answer: HTMLElement;
}

/** `kernel` when it is not the one that the page shows alone. */
export function globalsView(send: Send, kernel: string | null = null): View {
  const empty = h("p", { class: "empty" });
  const columns = [say("col_name"), say("col_type"), say("col_value"), say("col_change")];
  const { box, body } = table(say("globals"), columns);
  const drawn = h("div", { class: "histograms" });
  const root = h("div", {}, empty, drawn, box);
  const changed = watcher();
  let shown: Story | null = null;
  let rows = new Map<string, Row>();

  function draw(state: State, story: Story | null): void {
    const live = isLive(state) && story !== null && !isOver(story);
    if (!changed(story, `${story?.rev.globals} ${state.editsRev} ${live}`)) return;
    if (story !== shown) {
      shown = story;
      rows = new Map();
      body.replaceChildren();
    }
    const none = story === null || story.globals.size === 0;
    empty.hidden = !none;
    box.hidden = none;
    setText(empty, say(story !== null && isOver(story) ? "globals_none" : "globals_empty"));
    const globals = [...(story?.globals ?? [])];
    drawn.replaceChildren(...globals.flatMap(([name, { value }]) => histogramsIn(name, value)).map(bars));
    if (story === null) return;
    for (const [name, global] of story.globals) {
      const row = rows.get(name) ?? add(name, global.ctype);
      const text = show(global.value);
      if (row.value.textContent !== text) {
        if (row.value.textContent !== "") row.value.className = row.value.className === "changed" ? "changed again" : "changed";
        row.value.textContent = text;
      }
      // Structs and arrays have no one-line form to type.
      row.form.hidden = !live || (typeof global.value === "object" && global.value !== null && !("name" in global.value));
      setText(row.answer, answerTo(state, kernel, name));
    }
  }

  function add(name: string, ctype: string): Row {
    const input = h("input", { type: "text", "aria-label": say("global_new", { name }), spellcheck: "false", autocomplete: "off" });
    const form = h("form", { class: "set" }, input, h("button", { type: "submit", class: "quiet" }, say("global_set")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (value !== "") send(name, { type: "global", name, value });
    });
    const value = h("td", { class: "value" });
    const answer = h("span", { class: "answer", role: "status" });
    const line = h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, ctype), value, h("td", {}, form, answer));
    body.append(line);
    const row = { root: line, value, form, answer };
    rows.set(name, row);
    return row;
  }

  return { root, draw, badge: (story) => (story !== null && story.globals.size > 0 ? String(story.globals.size) : "") };
}
