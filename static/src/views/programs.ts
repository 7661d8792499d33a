// The programs panel: what is attached where, and how often it ran.
//
// Does not know the kernel's counters beyond what the story says.

import { h, setText, table } from "../dom";
import { isLive, type State } from "../state";
import { isOver, type ProgramState, type Story } from "../story";
import { count } from "../values";
import type { Verdict } from "../wire";
import { say } from "../words";
import { answerTo } from "./answer";
import { codeOf, type CodeView } from "./code";
import { trialOf, type Trial } from "./try";
import { watcher, type Go, type Send, type View } from "./view";

/** `kernel` when it is not the one that the page shows alone. */
export function programsView(send: Send, go: Go, kernel: string | null = null): View {
  const empty = h("p", { class: "empty" }, say("programs_empty"));
  const columns = (["col_program", "col_attached", "col_runs", "col_each", "col_missed", "col_verified"] as const).map((label) => say(label));
  const { box, body } = table(say("programs"), columns);
  const below = h("div", { class: "trials" });
  const root = h("div", { class: "programs" }, empty, box, below);
  let shown: Story | null = null;
  let trials = new Map<string, Trial | null>();
  let codes = new Map<string, CodeView>();
  const changed = watcher();

  function draw(state: State, story: Story | null): void {
    const live = isLive(state) && story !== null && !isOver(story);
    if (!changed(story, `${story?.rev.programs} ${state.editsRev} ${live}`)) return;
    if (story !== shown) {
      shown = story;
      trials = new Map();
      codes = new Map();
      below.replaceChildren();
    }
    const programs = [...(story?.programs ?? [])];
    empty.hidden = programs.length > 0;
    box.hidden = programs.length === 0;
    while (body.children.length > programs.length) body.lastElementChild?.remove();
    programs.forEach(([name, program], at) => {
      const cells = cellsOf(name, program);
      const row = body.children[at] ?? body.appendChild(h("tr", {}, h("th", { scope: "row" }), ...columns.slice(1).map((name) => h("td", { "data-name": name }))));
      cells.forEach((text, cell) => setText(row.children[cell] as HTMLElement, text));
      if (program.facts !== null) code(name).draw(live, answerTo(state, kernel, `code ${name}`), program.code);
      trial(name, program)?.draw(live, answerTo(state, kernel, `program ${name}`), program.tested);
      (row.firstElementChild as HTMLElement).title =
        program.facts === null ? "" : `${program.facts.type} · ${say("instructions", { n: program.facts.instructions })}`;
    });
  }

  /** What the kernel made of a program, shown when it is opened. */
  function code(name: string): CodeView {
    const known = codes.get(name);
    if (known !== undefined) return known;
    const made = codeOf(name, (change) => send(`code ${name}`, change), go);
    codes.set(name, made);
    below.append(made.root);
    return made;
  }

  /** The form for a program that can be run by itself, made once. */
  function trial(name: string, { facts }: ProgramState): Trial | null {
    const known = trials.get(name);
    if (known !== undefined || facts === null) return known ?? null;
    const made = trialOf(facts, (change) => send(`program ${name}`, change));
    trials.set(name, made);
    if (made !== null) below.append(made.root);
    return made;
  }

  return { root, draw, badge: (story) => runs(story) };
}

function cellsOf(name: string, program: ProgramState): string[] {
  const verified = program.facts?.verified ?? null;
  const ran = Number(program.runs ?? 0);
  const each = ran > 0 ? `${count(Math.round(Number(program.ns) / ran))}${program.emulated ? ` (${say("emulated")})` : ""}` : "—";
  return [
    name,
    program.to ?? say("not_attached"),
    program.runs === null ? "—" : [count(program.runs), ...program.verdicts.map(given)].join(" · "),
    each,
    program.runs === null ? "—" : program.missed === null ? say("unknown") : count(program.missed),
    verified === null ? "—" : say("verified", { n: count(verified.instructions), k: count(verified.states) }),
  ];
}

/** A verdict and how often it was given. */
function given({ name, returned, count: times }: Verdict): string {
  return `${name ?? returned ?? "?"} ${count(times)}`;
}

function runs(story: Story | null): string {
  const all = [...(story?.programs.values() ?? [])].reduce((sum, program) => sum + Number(program.runs ?? 0), 0);
  return all > 0 ? `${count(all)}×` : "";
}
