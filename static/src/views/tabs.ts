// Panels behind tabs, after the ARIA pattern: one Tab stop, arrows within.
//
// Draws only the panel that is open. Does not know what the panels hold.

import { h, setText } from "../dom";
import type { State } from "../state";
import type { Story } from "../story";
import type { View } from "./view";

export interface Panel {
  id: string;
  name: string;
  view: View;
}

/** `prefix` tells two sets of tabs in one page apart. */
export function tabs(label: string, prefix: string, panels: Panel[]): View {
  let open = panels[0]?.id ?? "";
  let last: { state: State; story: Story | null } | null = null;
  const made = panels.map((panel) => {
    const badge = h("span", { class: "badge" });
    const tab = h(
      "button",
      { type: "button", role: "tab", id: `${prefix}tab-${panel.id}`, "aria-controls": `${prefix}panel-${panel.id}`, click: () => choose(panel.id) },
      panel.name,
      badge,
    );
    const box = h(
      "div",
      { role: "tabpanel", id: `${prefix}panel-${panel.id}`, "aria-labelledby": `${prefix}tab-${panel.id}`, class: "panel", tabindex: "0" },
      panel.view.root,
    );
    return { ...panel, tab, badge, box };
  });
  const list = h("div", { role: "tablist", "aria-label": label, class: "tabs" }, ...made.map(({ tab }) => tab));
  list.addEventListener("keydown", (event) => {
    const offered = made.filter(({ tab }) => !tab.hidden);
    const at = offered.findIndex(({ id }) => id === open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: offered.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = offered[(to + offered.length) % offered.length];
    if (next === undefined) return;
    choose(next.id);
    next.tab.focus();
  });
  const root = h("div", { class: "panels" }, list, ...made.map(({ box }) => box));

  function choose(id: string): void {
    open = id;
    for (const { id: other, tab, box } of made) {
      tab.setAttribute("aria-selected", String(other === open));
      tab.tabIndex = other === open ? 0 : -1;
      box.hidden = other !== open;
    }
    if (last !== null) draw(last.state, last.story);
  }

  function draw(state: State, story: Story | null): void {
    last = { state, story };
    for (const { id, view, tab, badge } of made) {
      tab.hidden = view.wanted?.(story, state) === false;
      if (tab.hidden && id === open) choose(panels[0]?.id ?? "");
      setText(badge, view.badge?.(story, state) ?? "");
      if (id === open) view.draw(state, story);
    }
  }

  choose(open);
  return { root, draw };
}
