// What differs between the kernels of one run: a row for each such thing.
//
// Compares only what is settled: a program that may still be attached differs
// from nothing. What a program prints and counts differs anyway and is not
// compared. Does not know the DOM.

import type { Config } from "./config";
import { isOver, type ProgramState, type Story } from "./story";
import { coreRows, valueOf } from "./views/core";
import { endOf } from "./views/run";
import { say } from "./words";

/** Relocations among the differences, at most. */
const CORE_ROWS = 3;

export interface Difference {
  kind: "outcome" | "place" | "checks" | "instructions" | "core";
  /** What differs. */
  what: string;
  /** For each kernel what it says, null while that is open, and whether it is unlike the others. */
  cells: { text: string | null; odd: boolean }[];
}

export function differences(stories: Story[], checks: Config["checks"]): Difference[] {
  const programs = new Set(stories.flatMap((story) => [...story.programs.keys()]));
  const rows = [row("outcome", say("diff_outcome"), stories.map((story) => (isOver(story) ? endOf(story) : null)))];
  for (const name of programs) {
    rows.push(row("place", say("diff_program", { name }), stories.map((story) => placeOf(story, story.programs.get(name)))));
  }
  for (const { id, says } of checks) {
    const results = stories.map((story) => (story.observingSince === null ? undefined : story.checks.get(id)));
    rows.push(row("checks", say("diff_check", { says: filled(says, results.flatMap((it) => it?.says ?? [])) }), results.map((it) => (it === undefined ? null : say(it.passed ? "check_passed" : "check_failed")))));
  }
  for (const name of programs) {
    const counts = stories.map((story) => story.programs.get(name)?.facts?.instructions);
    rows.push(row("instructions", say("diff_instructions", { name }), counts.map((n) => (n === undefined ? null : String(n)))));
  }
  rows.push(...coreRowsOf(stories));
  return rows.filter(({ cells }) => new Set(cells.map(({ text }) => text).filter((text) => text !== null)).size > 1);
}

/** What a check says with the values of this run, but for those that each kernel has of its own, such as a pid. */
function filled(says: string, said: string[]): string {
  const escaped = says.split(PLACE).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const values = said.map((text) => new RegExp(`^${escaped.join("([^]*?)")}$`).exec(text) ?? []);
  let at = 0;
  return says.replace(PLACE, (place) => {
    const [first, ...others] = values.map((all) => all[at + 1]);
    at += 1;
    return first !== undefined && others.every((other) => other === first) ? first : place;
  });
}

/** Where a value stands in what a check says, before it is known. */
const PLACE = /‹\w+›/g;

/** Where a program stands once that is settled. */
function placeOf(story: Story, program: ProgramState | undefined): string | null {
  if (program !== undefined && program.to !== null) return program.to;
  if (!isOver(story)) return null;
  return say(program === undefined || program.facts === null ? "not_loaded" : "not_attached");
}

/** What libbpf patched differently: as many as are read at a glance, the panel has them all. */
function coreRowsOf(stories: Story[]): Difference[] {
  return coreRows(stories)
    .filter(({ differs }) => differs)
    .slice(0, CORE_ROWS)
    .map(({ spec, kind, found }) => row("core", say("diff_core", { spec, kind }), found.map((it) => (it === null ? null : valueOf(it)))));
}

function row(kind: Difference["kind"], what: string, texts: (string | null)[]): Difference {
  const odd = unlike(texts);
  return { kind, what, cells: texts.map((text, at) => ({ text, odd: odd[at] === true })) };
}

/** Which are unlike most others; all of them, where there is no most. */
function unlike(values: (string | null)[]): boolean[] {
  const times = new Map<string, number>();
  for (const value of values) if (value !== null) times.set(value, (times.get(value) ?? 0) + 1);
  const most = Math.max(0, ...times.values());
  const usual = [...times].filter(([, n]) => n === most).map(([value]) => value);
  return values.map((value) => value !== null && times.size > 1 && (usual.length > 1 || value !== usual[0]));
}
