// What records and keys say of stacks: whose, and under which keys they lie.
//
// Counts equal ones, so that of a long run all is known and little is kept.
// Knows the names that fields for stacks have. Does not know the stacks.

import type { Value } from "./wire";

/** Different samples that are counted by themselves, of each buffer; a profile of a lesson has some hundreds. */
const KEPT_SAMPLES = 5_000;

const STACK = /stack(?!_?(size|len|depth))|^(kern|kernel|user)(_?id)?$/i;
const NAME = /^(comm|task|process|name)$/i;
const NUMBER = /^(pid|tgid|tid)$/i;

export interface Sample {
  /** A command's name, else a process's number; empty where neither is said. */
  who: string;
  /** By field: a key of a map of stacks, or an error below zero. */
  stacks: Record<string, number>;
}

/** By the sample's JSON. */
export type Samples = Map<string, { sample: Sample; count: number }>;

/** The sample in a struct; null where no field is named like a stack. */
export function sampleOf(value: Value): Sample | null {
  // What is no struct has no such names either.
  const fields = Object.entries(value ?? {}) as [string, Value][];
  const stacks: Sample["stacks"] = {};
  for (const [name, field] of fields) {
    const id = STACK.test(name) ? keyOf(field) : null;
    if (id !== null) stacks[name] = id;
  }
  if (Object.keys(stacks).length === 0) return null;
  const named = fields.find(([name, field]) => NAME.test(name) && typeof field === "string");
  const who = named ?? fields.find(([name]) => NUMBER.test(name));
  return { who: who === undefined ? "" : String(who[1]), stacks };
}

/** Counts one record. */
export function note(samples: Samples, value: Value): void {
  let sample = sampleOf(value);
  if (sample === null) return;
  let key = JSON.stringify(sample);
  // Of what comes too late for a place of its own, only the number is kept.
  if (samples.size >= KEPT_SAMPLES && !samples.has(key)) {
    sample = { who: "…", stacks: {} };
    key = "";
  }
  const known = samples.get(key);
  if (known === undefined) samples.set(key, { sample, count: 1 });
  else known.count++;
}

/** A key as the kernel's 32 bits with a sign, however wide and signed its field is. */
function keyOf(value: Value | undefined): number | null {
  if (typeof value === "number" && Number.isInteger(value)) return value | 0;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(BigInt.asIntN(32, BigInt(value))) : null;
}
