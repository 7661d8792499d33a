// A histogram as bars, where a map is one.
//
// It is one when an array of numbers is called so: a field `slots`, `hist`,
// `buckets`, or an array map with such a word in its name. Slots are powers of
// two unless the name says linear. Does not know how maps travel.

import { h } from "../dom";
import type { MapState } from "../story";
import { count, fieldsOf } from "../values";
import type { Value } from "../wire";
import { say } from "../words";

const NAMES = /slots|hist|bucket|dist/i;
const LINEAR = /linear|lin_/i;

export interface Histogram {
  name: string;
  slots: number[];
  linear: boolean;
}

/** The histograms in a map, each under its key. */
export function histogramsOf(name: string, map: MapState): Histogram[] {
  const entries = [...map.entries.values()];
  if (map.facts.type === "array" && NAMES.test(name) && entries.length > 1) {
    const numbers = entries.map(({ value }) => number(value));
    if (numbers.every((slot) => slot !== null)) return [{ name, slots: numbers as number[], linear: LINEAR.test(name) }];
  }
  const found: Histogram[] = [];
  for (const { key, value } of entries) {
    for (const [field, inner] of Object.entries(fieldsOf(value) ?? {})) {
      if (!NAMES.test(field) || !Array.isArray(inner)) continue;
      const slots = inner.map(number);
      if (slots.every((slot) => slot !== null)) {
        const of = map.facts.type === "array" ? name : `${name}[${typeof key === "object" ? JSON.stringify(key) : key}]`;
        found.push({ name: of, slots: slots as number[], linear: LINEAR.test(field) || LINEAR.test(name) });
      }
    }
  }
  return found;
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
