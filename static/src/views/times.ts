// Where the time of a run went, on several kernels: a row a stage.
//
// Does not know how a stage is measured.

import { h, setText, table } from "../dom";
import { isOver, type Story } from "../story";
import { millis } from "../values";
import { STAGES } from "../wire";
import { say } from "../words";
import type { View } from "./view";

export function timesTable(kernels: string[], stories: () => Story[]): View {
  const { box, body } = table(say("times"), [say("times_stage"), ...kernels]);
  const rows = STAGES.map((stage) => ({ stage, cells: kernels.map(() => h("td")) }));
  const roots = rows.map(({ stage, cells }) => h("tr", {}, h("th", { scope: "row" }, say(`st_${stage}`)), ...cells));
  body.append(...roots);

  function draw(): void {
    const all = stories();
    for (const [at, { stage, cells }] of rows.entries()) {
      (roots[at] as HTMLElement).hidden = stage === "prepare" && all.every((story) => (timesOf(story).prepare ?? 0) < 1);
      cells.forEach((cell, at) => {
        const ms = all[at] === undefined ? null : timesOf(all[at])[stage];
        setText(cell, ms === undefined || ms === null ? "—" : millis(ms));
      });
    }
  }

  return { root: h("div", {}, box), draw };
}

function timesOf(story: Story): Story["stages"] {
  return isOver(story) && story.phase.is === "ended" ? { ...story.stages, ...story.phase.stages } : story.stages;
}
