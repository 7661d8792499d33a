// Which histograms a map holds, and under which names.

import { expect, test } from "@playwright/test";

import type { MapState } from "../../../static/src/story";
import { histogramsOf } from "../../../static/src/views/bars";
import type { Value } from "../../../static/src/wire";

function map(type: string, values: Value[]): MapState {
  const facts = { name: "calls", type, key: null, value: null, max_entries: values.length };
  const entries = new Map(values.map((value, key) => [JSON.stringify(key), { key, value }] as const));
  return { facts, entries, total: values.length, shown: values.length, rev: 1 };
}

const SOME = { count: 3, slots: [0, 2, 1] };
const NONE = { count: 0, slots: [0, 0, 0] };

test("each struct of an array has its histogram under its slot's name, and one that holds nothing has none", () => {
  const found = histogramsOf("calls", map("array", [NONE, SOME, NONE, SOME]));
  expect(found.map(({ name, slots }) => [name, slots])).toEqual([["calls[1]", SOME.slots], ["calls[3]", SOME.slots]]);
});

test("the only struct of an array needs no number", () => {
  expect(histogramsOf("calls", map("array", [SOME])).map(({ name }) => name)).toEqual(["calls"]);
});

test("numbers in an array are one histogram where it is called so, and none where it is not", () => {
  expect(histogramsOf("call_hist", map("array", [1, 2, 3])).map(({ slots }) => slots)).toEqual([[1, 2, 3]]);
  expect(histogramsOf("calls", map("array", [1, 2, 3]))).toEqual([]);
});
