// A program in the forms that it went through: as compiled, as the kernel
// keeps it, and as machine code, each under the source lines it is of.
//
// Asks for them when it is opened. Does not know how they were made.

import { button, h, setText } from "../dom";
import { count as numberOf } from "../values";
import type { Change, Code, Instruction } from "../wire";
import { say } from "../words";

export interface CodeView {
  root: HTMLElement;
  draw(live: boolean, answer: string, code: Code | null): void;
}

type Form = "given" | "translated" | "machine";

/** `go` leads to a line of the source. */
export function codeOf(program: string, send: (change: Change) => void, go: (file: string, line: number) => void): CodeView {
  const title = say("code_title", { name: program });
  const answer = h("p", { class: "answer", role: "status" });
  const about = h("p", { class: "note" });
  const body = h("tbody");
  const table = h("table", { class: "listing" }, h("caption", { class: "unseen" }, title), body);
  const box = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title });
  box.append(table);
  const choice = h("fieldset", { class: "choice" }, h("legend", { class: "unseen" }, say("code_forms")));
  const known = h("div", { hidden: true }, choice, about, box);
  const root = h("details", { class: "forms" }, h("summary", {}, title), answer, known);
  const choices = new Map<Form, HTMLInputElement>();
  let shown: Code | null = null;
  let marked: number | null = null;
  let asked = false;
  let canAsk = false;

  for (const [form, label] of [["given", say("code_given")], ["translated", say("code_translated")], ["machine", say("code_machine")]] as const) {
    const input = h("input", { type: "radio", name: `form-${program}` });
    input.addEventListener("change", fill);
    choices.set(form, input);
    choice.append(h("label", {}, input, " ", label), " ");
  }
  root.addEventListener("toggle", ask);

  function ask(): void {
    if (!root.open || asked || !canAsk) return;
    asked = true;
    send({ type: "show", program });
  }

  function draw(live: boolean, text: string, code: Code | null): void {
    canAsk = live;
    ask();
    setText(answer, code === null ? (live || asked ? text : say("code_late")) : "");
    if (code === null || code === shown) return;
    shown = code;
    known.hidden = false;
    for (const [form, input] of choices) input.disabled = code[form].length === 0;
    const first = choices.get(code.translated.length > 0 ? "translated" : "given");
    if (first !== undefined) first.checked = true;
    fill();
  }

  /** The lines of one form, and what is said of it. */
  function fill(): void {
    if (shown === null) return;
    const form = [...choices].find(([, input]) => input.checked)?.[0] ?? "given";
    setText(about, about_of(form, shown));
    const rows: HTMLElement[] = [];
    let of: number | null | undefined;
    for (const one of shown[form]) {
      const line = lineOf(shown, one);
      if (line !== of) {
        of = line;
        rows.push(of === null ? own() : source(shown, of));
      }
      rows.push(instruction(one, form, of));
    }
    body.replaceChildren(...rows);
    mark(marked, true);
  }

  function source(code: Code, of: number): HTMLElement {
    const line = code.lines[of];
    const place = line === undefined ? "" : String(line.line);
    const lead = button(line?.text || place, () => {
      mark(of, false);
      if (line !== undefined) go(line.file, line.line);
    }, "to-source");
    return h("tr", { class: "line", "data-of": String(of) }, h("th", { scope: "rowgroup" }, place), h("td", {}, lead));
  }

  /** The line that was chosen stays chosen in every form. */
  function mark(of: number | null, show: boolean): void {
    marked = of;
    for (const row of body.children) {
      const chosen = of !== null && row instanceof HTMLElement && row.dataset["of"] === String(of);
      row.classList.toggle("chosen", chosen);
    }
    if (show) body.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  return { root, draw };
}

function about_of(form: Form, code: Code): string {
  const [count, bytes] = [String(code[form].length), numberOf(code.sizes[form])];
  switch (form) {
    case "given":
      return say("code_given_note", { count, bytes });
    case "translated":
      return say("code_translated_note", { count, bytes });
    case "machine":
      return say("code_machine_note", { count, bytes });
  }
}

/** What no line of the source asked for. */
function own(): HTMLElement {
  return h("tr", { class: "line" }, h("th", { scope: "rowgroup" }), h("td", {}, say("code_own")));
}

/** Pieces of one line count as that line: the compiler moves them about. */
function lineOf(code: Code, one: Instruction): number | null {
  const of = one.of === null ? undefined : code.lines[one.of];
  if (of === undefined) return null;
  return code.lines.findIndex((line) => line.file === of.file && line.line === of.line);
}

function instruction(one: Instruction, form: Form, of: number | null): HTMLElement {
  const at = form === "machine" ? Number(one.at).toString(16) : String(one.at);
  const to = one.to === null || one.to === undefined ? null : h("span", { class: "to" }, ` → ${one.to}`);
  return h("tr", { class: "instruction", "data-of": String(of) }, h("td", { class: "at" }, at), h("td", {}, one.text, to));
}
