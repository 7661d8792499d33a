// The picker of kernels: which ones the next run goes to.
//
// Names the choice, and opens into all places with their state and, for one
// that cannot be used, why and what mends it. Remembers the choice in this
// browser, and says once when a chosen one has become ready. Does not know runs.

import { HOST, say, type Config, type KernelPlace } from "./config";
import { button, h, setText } from "./dom";

export interface Picker {
  readonly root: HTMLElement;
  /** In the server's order, at least one. */
  chosen(): string[];
  /** Chooses exactly these, where they can be used; says whether any can. */
  choose(names: string[]): boolean;
  /** How the places are by now. */
  update(places: KernelPlace[]): void;
}

const KEY = "bpflab:kernels";

/** One that is being prepared can be chosen: a run waits for it. */
const usable = ({ state }: KernelPlace) => state === "ready" || state === "preparing";

/** `changed` hears the choice, and whether a run has to wait for it. */
export function kernelPicker({ kernels, default_kernel }: Config, changed: (names: string[], waits: boolean) => void): Picker {
  const places = kernels.filter(usable).map(({ name }) => name);
  const guests = places.filter((name) => name !== HOST);
  let names = fitting(stored());
  if (names.length === 0) names = [default_kernel];

  const chosen = h("span");
  const soon = h("span", { class: "tag" });
  const heard = h("span", { class: "unseen", role: "status" });
  const summary = h("summary", {}, h("span", { class: "what" }, `${say("kernel")} `), chosen, soon);
  const rows = kernels.map((place) => {
    const box = h("input", { type: "checkbox", disabled: !usable(place), id: `kernel-${place.name}`, change: () => toggle(place.name) });
    const only = button(say("kernels_only"), () => alone(place.name, box), "link");
    only.setAttribute("aria-label", say("kernels_only_name", { name: place.name }));
    const label = labelOf(place, default_kernel);
    return { place, box, only, label, root: h("li", { class: place.state }, box, label, usable(place) ? only : null) };
  });
  const all = guests.length > 1 ? button(say("kernels_all"), () => set(guests)) : null;
  const list = h(
    "div",
    { class: "places", role: "group", "aria-label": say("kernel") },
    h("ul", {}, ...rows.map((row) => row.root)),
    h("p", {}, all, " ", say("kernels_several")),
  );
  const details = h("details", { class: "picker" }, summary, list);
  const root = h("div", { class: "choice" }, details, heard);

  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.stopPropagation();
    details.open = false;
    summary.focus();
  });
  // Whoever looks elsewhere has chosen.
  details.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !details.contains(relatedTarget)) details.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !details.contains(target)) details.open = false;
  });

  function fitting(wanted: string[]): string[] {
    return places.filter((name) => wanted.includes(name));
  }

  /** The button goes with its use; the keyboard stays in its row. */
  function alone(name: string, box: HTMLElement): void {
    box.focus();
    set([name]);
  }

  function toggle(name: string): void {
    const wanted = names.includes(name) ? names.filter((other) => other !== name) : [...names, name];
    // Without any kernel there is no run: the last one stays.
    set(wanted.length === 0 ? names : wanted);
  }

  function set(wanted: string[]): void {
    names = fitting(wanted);
    try {
      localStorage.setItem(KEY, JSON.stringify(names));
    } catch {
      // The choice then lasts until the next page.
    }
    draw();
  }

  function draw(): void {
    setText(chosen, names.join(", "));
    for (const { place, box, only } of rows) {
      box.checked = names.includes(place.name);
      only.hidden = names.length === 1 && box.checked;
    }
    const waits = rows.some(({ place }) => place.state === "preparing" && names.includes(place.name));
    soon.hidden = !waits;
    setText(soon, waits ? say("kernels_soon") : "");
    changed(names, waits);
  }

  /** A place that could not be used stays so until the page is loaded again: its boxes were made for that. */
  function update(now: KernelPlace[]): void {
    const done: string[] = [];
    for (const row of rows) {
      const place = now.find(({ name }) => name === row.place.name);
      if (place === undefined || place.state === row.place.state || !usable(place) || !usable(row.place)) continue;
      if (place.state === "ready" && names.includes(place.name)) done.push(place.name);
      row.place = place;
      row.root.className = place.state;
      const label = labelOf(place, default_kernel);
      row.label.replaceWith(label);
      row.label = label;
    }
    if (done.length > 0) setText(heard, done.map((name) => say("kernels_ready", { name })).join(" "));
    draw();
  }

  draw();
  return {
    root,
    chosen: () => names,
    choose(wanted) {
      const some = fitting(wanted).length > 0;
      if (some) set(wanted);
      return some;
    },
    update,
  };
}

function labelOf(place: KernelPlace, byDefault: string): HTMLElement {
  const { name, release, state, why, accelerator } = place;
  const tags = [
    name === byDefault ? say("kernels_default") : null,
    state === "ready" ? say(`acc_${accelerator}`) : say(`k_${state}`),
  ];
  return h(
    "label",
    { for: `kernel-${name}` },
    h("b", {}, name),
    release === null ? null : h("span", { class: "release" }, release),
    ...tags.map((tag) => (tag === null ? null : h("span", { class: "tag" }, tag))),
    why === null ? null : h("span", { class: "why" }, ...withCommands(why)),
  );
}

/** The lab's sentences have commands in quotation marks: they read better as code. */
function withCommands(sentence: string): (Node | string)[] {
  return sentence.split(/["“]((?:make|sudo|bpflab|apt)\b[^"”]*)["”]/).map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part));
}

function stored(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return [];
  }
}
