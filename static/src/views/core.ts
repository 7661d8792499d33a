// The CO-RE panel: what libbpf patched into the program, on one kernel or on
// several beside each other.
//
// Instructions that have the same relocation stand as one row. Does not know
// how libbpf finds its answers.

import { h, setText, table } from "../dom";
import type { Story } from "../story";
import type { Relocation } from "../wire";
import { say } from "../words";
import { watcher, type View } from "./view";

/** A relocation of a program, and what each kernel answered; null where it has not come. */
export interface CoreRow {
  program: string;
  kind: string;
  spec: string;
  found: (Relocation | null)[];
  differs: boolean;
}

/** What all kernels patched, in the order of the first one that says it. */
export function coreRows(stories: Story[]): CoreRow[] {
  const rows = new Map<string, CoreRow>();
  stories.forEach(({ relocations }, at) => {
    for (const relocation of relocations) {
      const { program, kind, spec } = relocation;
      const key = JSON.stringify([program, kind, spec]);
      const row = rows.get(key) ?? { program, kind, spec, found: stories.map(() => null), differs: false };
      rows.set(key, row);
      row.found[at] ??= relocation;
    }
  });
  for (const row of rows.values()) row.differs = new Set(row.found.filter((it) => it !== null).map(({ target }) => String(target))).size > 1;
  return [...rows.values()];
}

export function coreView(): View {
  const empty = h("p", { class: "empty" }, say("core_none"));
  const help = h("p", { class: "facts" }, say("core_help"));
  const columns = (["col_program", "core_what", "core_local", "core_target"] as const).map((label) => say(label));
  const { box, body } = table(say("core"), [...columns, ""]);
  const root = h("div", { class: "core" }, help, empty, box);
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.core)) return;
    const rows = story === null ? [] : coreRows([story]);
    empty.hidden = rows.length > 0;
    for (const part of [help, box]) part.hidden = rows.length === 0;
    body.replaceChildren(
      ...rows.map((row) => {
        const found = row.found[0] as Relocation;
        const same = String(found.local) === String(found.target);
        return h(
          "tr",
          {},
          h("td", {}, row.program),
          h("th", { scope: "row" }, ...specOf(row)),
          h("td", {}, String(found.local)),
          h("td", {}, valueOf(found)),
          h("td", {}, found.target === null ? "" : say(same ? "core_same" : "core_moved")),
        );
      }),
    );
  }

  return { root, draw, wanted: hasCore, badge: (story) => (hasCore(story) ? String(coreRows([story as Story]).length) : "") };
}

/** The same for several kernels: a column each. */
export function coreTable(kernels: string[], stories: () => Story[]): View {
  const { box, body } = table(say("core"), [say("col_program"), say("core_what"), ...kernels]);
  const root = h("div", { class: "core" }, h("p", { class: "facts" }, say("core_help_several")), box);
  let drawn = "";

  function draw(): void {
    const now = stories().map(({ rev }) => rev.core).join();
    if (now === drawn) return;
    drawn = now;
    body.replaceChildren(
      ...coreRows(stories()).map((row) =>
        h(
          "tr",
          row.differs ? { class: "differs" } : {},
          h("td", {}, row.program),
          h("th", { scope: "row" }, ...specOf(row), row.differs ? h("span", { class: "tag odd" }, `≠ ${say("differs")}`) : null),
          ...row.found.map((found) => cellOf(found)),
        ),
      ),
    );
  }

  return { root, draw, wanted: () => stories().some(hasCore), badge: () => badgeOf(coreRows(stories())) };
}

function badgeOf(rows: CoreRow[]): string {
  const differing = rows.filter(({ differs }) => differs).length;
  return differing > 0 ? `≠ ${differing}` : rows.length > 0 ? String(rows.length) : "";
}

function specOf({ spec, kind }: CoreRow): Node[] {
  return [h("span", {}, spec), h("span", { class: "kind" }, ` ${kind}`)];
}

/** What libbpf found, in a word. */
export function valueOf({ target }: Relocation): string {
  return target === null ? say("core_gone") : String(target);
}

function cellOf(found: Relocation | null): HTMLElement {
  const cell = h("td", {});
  setText(cell, found === null ? "—" : valueOf(found));
  if (found !== null && String(found.local) !== String(found.target)) cell.title = say("core_was", { n: found.local });
  return cell;
}

function hasCore(story: Story | null): boolean {
  return story !== null && story.relocations.length > 0;
}
