// The programs panel: what is attached where, and how often it ran.
//
// Does not know the kernel's counters beyond what the story says.

import { h, setText, table } from "../dom";
import type { ProgramState, Story } from "../story";
import { count } from "../values";
import { say } from "../words";
import { watcher, type View } from "./view";

export function programsView(): View {
  const empty = h("p", { class: "empty" }, say("programs_empty"));
  const columns = (["col_program", "col_attached", "col_runs", "col_each", "col_missed"] as const).map((label) => say(label));
  const { box, body } = table(say("programs"), columns);
  const root = h("div", { class: "programs" }, empty, box);
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.programs)) return;
    const programs = [...(story?.programs ?? [])];
    empty.hidden = programs.length > 0;
    box.hidden = programs.length === 0;
    while (body.children.length > programs.length) body.lastElementChild?.remove();
    programs.forEach(([name, program], at) => {
      const cells = cellsOf(name, program);
      const row = body.children[at] ?? body.appendChild(h("tr", {}, h("th", { scope: "row" }), ...columns.slice(1).map((name) => h("td", { "data-name": name }))));
      cells.forEach((text, cell) => setText(row.children[cell] as HTMLElement, text));
      (row.firstElementChild as HTMLElement).title =
        program.facts === null ? "" : `${program.facts.type} · ${say("instructions", { n: program.facts.instructions })}`;
    });
  }

  return { root, draw, badge: (story) => runs(story) };
}

function cellsOf(name: string, program: ProgramState): string[] {
  const ran = Number(program.runs ?? 0);
  const each = ran > 0 ? `${count(Math.round(Number(program.ns) / ran))}${program.emulated ? ` (${say("emulated")})` : ""}` : "—";
  return [
    name,
    program.to ?? say("not_attached"),
    program.runs === null ? "—" : count(program.runs),
    each,
    program.runs === null ? "—" : program.missed === null ? say("unknown") : count(program.missed),
  ];
}

function runs(story: Story | null): string {
  const all = [...(story?.programs.values() ?? [])].reduce((sum, program) => sum + Number(program.runs ?? 0), 0);
  return all > 0 ? `${count(all)}×` : "";
}
