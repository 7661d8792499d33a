// The flame graph of a run: boxes that stand on their callers, to look into.
//
// A bundle of its own; what says words comes with the call, so that it carries
// none. Boxes are kept from drawing to drawing, and with them the focus.
// Does not know how stacks are counted.

import { button, h, setText } from "./dom";
import { boxesOf, foldedText, foldStacks, frameAt, grow, type Box, type Frame, type Source } from "./folded";
import type { Story } from "./story";
import type { count as countText } from "./values";
import type { say as sayWord } from "./words";

export { sourcesOf } from "./folded";

export interface Flame {
  draw(story: Story, sources: Source[]): void;
}

export interface FlameOptions {
  say: typeof sayWord;
  count: typeof countText;
}

export function openFlame(root: HTMLElement, { say, count }: FlameOptions): Flame {
  const which = h("select", { change: () => redraw() });
  const by = h("label", {}, say("flame_by"), " ", which);
  const lost = h("span", { class: "tally" });
  const answer = h("span", { class: "answer", role: "status" });
  const folded = h("textarea", { class: "plain", rows: "6", readonly: true, "aria-label": say("flame_folded"), hidden: true });
  const about = h("p", { class: "about" });
  const chart = h("div", { class: "chart", role: "group", "aria-label": say("flame"), click: press, keydown: move, focusin: stand, pointerover: tell, pointerleave: tell });
  root.replaceChildren(
    h("div", { class: "tools" }, by, button(say("flame_copy"), () => void copy()), lost, answer),
    folded,
    h("p", { class: "facts" }, say("flame_help")),
    about,
    h("div", { class: "box" }, chart),
  );

  let story: Story | null = null;
  let sources: Source[] = [];
  /** The frame that is looked into, and the one that the keyboard is at. */
  let into = "";
  let at = "";
  let boxes: Box[] = [];
  const elements = new Map<string, HTMLElement>();
  const shown = new WeakMap<Element, Box>();

  const chosen = () => sources[Number(which.value)] ?? sources[0] ?? { map: "", field: null };
  const nameOf = ({ map, field }: Source) => (field === null ? map : `${map}: ${field}`);

  function draw(now: Story, found: Source[]): void {
    if (now !== story) {
      into = "";
      at = "";
      setText(answer, "");
      folded.hidden = true;
    }
    story = now;
    const names = found.map(nameOf);
    if (names.join("\n") !== sources.map(nameOf).join("\n")) {
      const before = nameOf(chosen());
      which.replaceChildren(...names.map((name, at) => h("option", { value: String(at), selected: name === before }, name)));
    }
    sources = found;
    by.hidden = sources.length < 2;
    redraw();
  }

  function redraw(): void {
    if (story === null) return;
    const source = chosen();
    const gone = story.lost.get(`record:${source.map}`) ?? 0;
    setText(lost, gone > 0 ? say("lost", { n: count(gone) }) : "");
    const tree = grow(say("flame_all"), foldStacks(story, source));
    boxes = tree.count > 0 ? boxesOf(frameAt(tree, into)) : [];
    chart.style.setProperty("--rows", String(boxes.reduce((rows, { depth }) => Math.max(rows, depth + 1), 0)));
    place(tree.count);
    tell();
  }

  /** Moves what is there, adds what is new, takes away what is gone. The order of names keeps what stays in its order. */
  function place(all: number): void {
    const held = chart.contains(document.activeElement);
    const paths = new Set(boxes.map(({ frame }) => frame.path));
    if (!paths.has(at)) at = "";
    for (const [path, element] of elements) {
      if (paths.has(path)) continue;
      element.remove();
      elements.delete(path);
    }
    let next = chart.firstElementChild;
    for (const box of boxes) {
      const { frame, depth, left, width, below } = box;
      let element = elements.get(frame.path);
      if (element === undefined) {
        element = h("button", { type: "button", class: frame.kind }, frame.name);
        elements.set(frame.path, element);
      }
      if (element === next) next = next.nextElementSibling;
      else chart.insertBefore(element, next);
      shown.set(element, box);
      element.classList.toggle("below", below);
      element.tabIndex = frame.path === at ? 0 : -1;
      element.style.setProperty("--depth", String(depth));
      element.style.insetInlineStart = `${100 * left}%`;
      element.style.inlineSize = `${100 * width}%`;
      const says = sayOf(frame, all);
      if (element.getAttribute("aria-label") !== says) element.setAttribute("aria-label", says);
    }
    // What had the focus is gone: its reader stays in the chart.
    if (held && !chart.contains(document.activeElement)) elements.get(at)?.focus({ preventScroll: true });
  }

  function sayOf({ name, count: n }: Frame, all: number): string {
    return say("flame_box", { name, n: count(n), p: ((100 * n) / all).toFixed(1) });
  }

  /** Says in words the box under the pointer or the keyboard, else what is looked into. */
  function tell(event?: Event): void {
    const pointed = event?.type === "pointerleave" ? null : event?.target;
    const element = pointed instanceof Element && shown.has(pointed) ? pointed : (chart.querySelector(":hover > :hover, :focus-visible") ?? elements.get(into) ?? chart.firstElementChild);
    setText(about, element?.getAttribute("aria-label") ?? "");
  }

  function press({ target }: Event): void {
    const box = target instanceof Element ? shown.get(target) : undefined;
    if (box !== undefined) look(box.frame.path);
  }

  function look(path: string): void {
    into = path;
    redraw();
  }

  /** The box that has the focus is the chart's one Tab stop. */
  function stand(event: Event): void {
    const box = event.target instanceof Element ? shown.get(event.target) : undefined;
    if (box === undefined) return;
    elements.get(at)?.setAttribute("tabindex", "-1");
    at = box.frame.path;
    elements.get(at)?.setAttribute("tabindex", "0");
    tell(event);
  }

  function move(event: Event): void {
    const { key, target } = event as KeyboardEvent;
    const from = target instanceof Element ? shown.get(target) : undefined;
    if (from === undefined) return;
    const row = boxes.filter(({ depth }) => depth === from.depth).sort((one, other) => one.left - other.left);
    const above = boxes.filter(({ frame }) => frame.caller === from.frame).sort((one, other) => other.width - one.width);
    const to = {
      ArrowUp: above[0]?.frame,
      ArrowDown: from.frame.caller,
      ArrowLeft: row[row.indexOf(from) - 1]?.frame,
      ArrowRight: row[row.indexOf(from) + 1]?.frame,
      Home: boxes[0]?.frame,
      Escape: boxes[0]?.frame,
    }[key];
    if (to === undefined && !key.startsWith("Arrow")) return;
    // Nor does the page scroll where there is no box to go to.
    event.preventDefault();
    if (key === "Escape") look("");
    elements.get(to?.path ?? at)?.focus();
  }

  async function copy(): Promise<void> {
    if (story === null) return;
    const text = foldedText(foldStacks(story, chosen()));
    folded.value = text;
    try {
      await navigator.clipboard.writeText(text);
      folded.hidden = true;
      setText(answer, say("flame_copied"));
    } catch {
      // Without TLS, or not allowed: then by hand.
      folded.hidden = false;
      setText(answer, say("flame_not_copied"));
      folded.select();
    }
  }

  return { draw };
}
