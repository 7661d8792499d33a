// Histograms as bars, where maps and globals are some.
//
// One is an array of numbers that is called so: a field `slots`, `hist`,
// `buckets`, or an array map or a global with such a word in its name. Slots are
// powers of two unless the name says linear; those of all CPUs are added up.
// Does not know how values travel.

import { h } from "../dom";
import type { MapState } from "../story";
import { count, fieldsOf, sumOf } from "../values";
import type { Value } from "../wire";
import { say } from "../words";

const NAMES = /slots|hist|bucket|dist/i;
const LINEAR = /linear|lin_/i;

export interface Histogram {
  name: string;
  slots: number[];
  linear: boolean;
}

/** The histograms in a map, each under its key; of an array's many those that hold something. */
export function histogramsOf(name: string, map: MapState): Histogram[] {
  const perCpu = map.facts.type.includes("percpu");
  const isArray = map.facts.type.endsWith("array");
  const entries = [...map.entries.values()].map(({ key, value }) => ({ key, value: perCpu ? sumOf(value) : value }));
  if (isArray && entries.length > 1) {
    const whole = slotsOf(name, name, entries.map(({ value }) => value));
    if (whole !== null) return [whole];
  }
  const isOne = isArray && entries.length === 1;
  const of = (key: Value) => (isOne ? name : `${name}[${typeof key === "object" ? JSON.stringify(key) : key}]`);
  const all = entries.flatMap(({ key, value }) => inStruct(of(key), value));
  return isArray && !isOne ? all.filter(holds) : all;
}

function holds({ slots }: Histogram): boolean {
  return slots.some((slot) => slot > 0);
}

/** The histograms in a global; of many those that hold something. */
export function histogramsIn(name: string, value: Value): Histogram[] {
  const whole = slotsOf(name, name, value);
  if (whole !== null) return [whole];
  if (!Array.isArray(value)) return inStruct(name, value);
  const all = value.flatMap((element, at) => inStruct(`${name}[${at}]`, element));
  return all.filter(holds);
}

/** Those among a struct's fields. */
function inStruct(of: string, value: Value): Histogram[] {
  const found = Object.entries(fieldsOf(value) ?? {}).map(([field, inner]) => slotsOf(of, field, inner));
  return found.filter((histogram) => histogram !== null);
}

/** An array of numbers that is called a histogram. */
function slotsOf(name: string, field: string, value: Value): Histogram | null {
  if (!NAMES.test(field) || !Array.isArray(value) || value.length < 2) return null;
  const slots = value.map(number);
  if (!slots.every((slot) => slot !== null)) return null;
  return { name, slots, linear: LINEAR.test(field) || LINEAR.test(name) };
}

function number(value: Value): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : null;
}

/** The bars, from the first slot to the last that holds something. */
export function bars({ name, slots, linear }: Histogram): HTMLElement {
  const last = slots.reduce((last, slot, at) => (slot > 0 ? at : last), -1);
  const most = Math.max(1, ...slots);
  const rows = slots.slice(0, last + 1).map((slot, at) => {
    const range = linear ? String(at) : `${at === 0 ? 0 : count(2 ** at)} – ${count(2 ** (at + 1) - 1)}`;
    const bar = h("span", { class: "bar" });
    bar.style.inlineSize = `${(100 * slot) / most}%`;
    return h("tr", {}, h("th", { scope: "row" }, range), h("td", { class: "number" }, count(slot)), h("td", { class: "of" }, bar));
  });
  return h("table", { class: "bars" }, h("caption", {}, say(linear ? "bars_linear" : "bars_log2", { name })), h("tbody", {}, ...rows));
}
