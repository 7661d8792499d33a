// How a kernel value reads, in one line and in columns.
//
// Knows the shapes of wire's Value. Does not know maps or the DOM.

import type { Count, Value } from "./wire";

/** The fields of a struct; null for anything else, an enum and raw bytes included. */
export function fieldsOf(value: Value): Record<string, Value> | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  return isEnum(value) || isRaw(value) ? null : value;
}

function isRaw(value: Record<string, Value>): boolean {
  return Object.keys(value).length === 1 && typeof value["hex"] === "string";
}

function isEnum(value: Record<string, Value>): boolean {
  const name = value["name"];
  const number = value["value"];
  return (
    Object.keys(value).length === 2 &&
    (name === null || typeof name === "string") &&
    (typeof number === "number" || typeof number === "string")
  );
}

/** A value in one line. */
export function show(value: Value | undefined): string {
  if (value === undefined || value === null) return "—";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (isRaw(value)) return (String(value["hex"]).match(/../g) ?? []).join(" ");
  if (isEnum(value)) return value["name"] === null ? show(value["value"]) : `${value["name"]} (${value["value"]})`;
  return `{${Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`).join(", ")}}`;
}

/** What all CPUs have together: numbers are added up, field by field; null where there are others. */
export function sumOf(value: Value): Value {
  if (!Array.isArray(value)) return null;
  return value.reduce<Value | undefined>((sum, one) => add(sum, one), undefined) ?? null;
}

/** Without a first there is nothing to add to; once something is no number, nothing is. */
function add(sum: Value | undefined, one: Value): Value {
  if (sum === null) return null;
  if (Array.isArray(one)) return whole(one.map((value, at) => add(Array.isArray(sum) ? sum[at] : undefined, value)));
  const fields = fieldsOf(one);
  if (fields !== null) {
    const sums = sum === undefined ? null : fieldsOf(sum);
    const added = Object.entries(fields).map(([name, value]): [string, Value] => [name, add(sums?.[name], value)]);
    return whole(added.map(([, value]) => value)) && Object.fromEntries(added);
  }
  const isNumber = typeof one === "number" || (typeof one === "string" && /^-?\d+$/.test(one));
  return isNumber ? String(BigInt(one) + BigInt((sum ?? 0) as string | number)) : null;
}

function whole(values: Value[]): Value[] | null {
  return values.includes(null) ? null : values;
}

/** A column of a table of values: its name and how to read its cell. */
export interface Column {
  name: string;
  cell(value: Value): string;
}

/**
 * The columns that show values like `sample`: a field each for a struct; for a
 * per-CPU value the sum, which is called `sum`, and one a CPU; else one called `name`.
 */
export function columnsFor(sample: Value, name: string, sum: string | null = null): Column[] {
  if (sum !== null && Array.isArray(sample)) {
    const each = sample.map((_, cpu) => ({
      name: `CPU ${cpu}`,
      cell: (value: Value) => show(Array.isArray(value) ? value[cpu] : undefined),
    }));
    return sumOf(sample) === null ? each : [{ name: sum, cell: (value) => show(sumOf(value)) }, ...each];
  }
  const fields = fieldsOf(sample);
  if (fields === null) return [{ name, cell: show }];
  return Object.keys(fields).map((field) => ({ name: field, cell: (value) => show(fieldsOf(value)?.[field]) }));
}

/** Thousands apart; beyond 2^53 the digits as they came. */
export function count(number: Count): string {
  const value = Number(number);
  return Number.isSafeInteger(value) ? value.toLocaleString("en").replaceAll(",", "\u202f") : String(number);
}

/** Milliseconds as a reader likes them: `0.4 ms`, `38 ms`, `2.4 s`. */
export function millis(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms > 0 && ms < 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
