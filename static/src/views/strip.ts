// The strip above the results of several kernels: which of them is shown, and
// what differs between them.
//
// A difference has a word and a sign of its own; colour only repeats it.
// Does not know how a difference is found.

import type { Difference } from "../differences";
import { button, h, setText } from "../dom";
import { say } from "../words";

/** One kernel alone, or all beside each other. */
export type Shown = string | "side";

export interface StripActions {
  show(what: Shown): void;
  /** Gives the bench the room of the lesson's text, or takes it back. */
  widen(wide: boolean): void;
}

export interface Strip {
  readonly root: HTMLElement;
  shown(what: Shown): void;
  draw(found: Difference[], over: boolean): void;
}

export function strip(kernels: string[], wide: boolean, actions: StripActions): Strip {
  const choices = ["side", ...kernels].map((what) => ({
    what,
    tab: button(what === "side" ? say("side_by_side") : what, () => actions.show(what), `file ${what === "side" ? "all" : ""}`),
  }));
  const room = button("", () => widen(!wide), "link room");
  const sentence = h("span", { role: "status" });
  const head = h("tr", {}, ...kernels.map((kernel) => h("th", { scope: "col" }, kernel)));
  const body = h("tbody");
  // On a narrow screen the table would push the results out of sight.
  const fold = h(
    "details",
    { class: "differences", open: matchMedia("(min-width: 64rem)").matches },
    h("summary", {}, sentence),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("differences") }, h("table", {}, h("thead", {}, head), body)),
  );
  const root = h(
    "div",
    { class: "strip" },
    h("div", { class: "which", role: "group", "aria-label": say("which_kernels") }, ...choices.map(({ tab }) => tab), room),
    fold,
  );
  let drawn = "";

  function widen(now: boolean): void {
    wide = now;
    setText(room, say(wide ? "narrow" : "wide"));
    actions.widen(wide);
  }

  function draw(found: Difference[], over: boolean): void {
    const now = JSON.stringify([found, over]);
    if (now === drawn) return;
    drawn = now;
    setText(sentence, sentenceOf(found, over));
    root.classList.toggle("alike", found.length === 0);
    body.replaceChildren(...found.flatMap((difference) => rowsOf(difference, kernels.length)));
  }

  widen(wide);
  return {
    root,
    draw,
    shown(what) {
      for (const choice of choices) choice.tab.setAttribute("aria-pressed", String(choice.what === what));
    },
  };
}

function sentenceOf(found: Difference[], over: boolean): string {
  if (found.length === 0) return say(over ? "diff_none" : "diff_none_yet");
  const what = [...new Set(found.map(({ kind }) => say(`diff_in_${kind}`)))].join(say("list_comma"));
  return say(found.length === 1 ? "diff_one" : "diff_many", { n: found.length, what });
}

/** What differs stands above its values, so that these keep the width of the columns below. */
function rowsOf({ what, cells }: Difference, width: number): HTMLElement[] {
  return [
    h("tr", {}, h("th", { scope: "rowgroup", colspan: String(width) }, what)),
    h("tr", {}, ...cells.map(({ text, odd }) => h("td", odd ? { class: "odd" } : {}, odd ? markOf() : null, text ?? "…"))),
  ];
}

function markOf(): HTMLElement {
  return h("span", { class: "mark" }, h("span", { "aria-hidden": "true" }, "≠ "), h("span", { class: "unseen" }, `${say("differs")}: `));
}
