// Folding: what a run counted, by stack, and the tree that a flame graph draws.
//
// A source of counts is a buffer, each of whose records counts one, or a map
// whose keys hold stacks. Does not know the DOM.

import { sampleOf, type Sample } from "./samples";
import type { MapState, Story } from "./story";
import { fieldsOf } from "./values";
import type { Value } from "./wire";

/** As libbpf calls them. */
const KEYED = ["hash", "lru_hash", "percpu_hash", "lru_percpu_hash"];
/** Another stack has that one's place in the map; every other error says that there is none. */
const EEXIST = -17;
/** A frame that is narrower than this share of what is shown is joined with its neighbours. */
const NARROW = 0.005;
/** Frames that are drawn at once: what is on top of more is left out. */
const MOST_BOXES = 2_000;

/** What of a story is needed. */
export type Stacked = Pick<Story, "maps" | "samples">;

export interface Source {
  /** The buffer or map. */
  map: string;
  /** The value's field that counts, where it is a struct; null where the value itself does, or the record. */
  field: string | null;
}

export type Kind = "who" | "user" | "kernel";

export interface Stack {
  /** The outermost first. */
  frames: { name: string; kind: Kind }[];
  count: number;
}

/** A function on what called it, and all that was counted there. */
export interface Frame {
  name: string;
  kind: Kind;
  count: number;
  /** By name. */
  callees: Frame[];
  caller: Frame | null;
  /** Its name after all its callers': the same in the next drawing. */
  path: string;
}

/** What is drawn: where, as shares of the width. */
export interface Box {
  frame: Frame;
  /** Rows above the root. */
  depth: number;
  left: number;
  width: number;
  /** A caller of what is looked into. */
  below: boolean;
}

/** What can be drawn; nothing, where no stack of the program's is referred to. */
export function sourcesOf(story: Stacked): Source[] {
  const sources: Source[] = [];
  for (const [map, samples] of story.samples) {
    if (confirmed(story, [...samples.values()].map(({ sample }) => sample)).size > 0) sources.push({ map, field: null });
  }
  for (const [map, state] of story.maps) {
    if (!KEYED.includes(state.facts.type)) continue;
    const entries = [...state.entries.values()];
    if (confirmed(story, entries.flatMap(({ key }) => keySample(key) ?? [])).size === 0) continue;
    sources.push(...countersOf(state, entries[0]?.value ?? null).map((field) => ({ map, field })));
  }
  return sources;
}

/** The stacks of a source with their counts, equal ones joined, in the order of their names. */
export function foldStacks(story: Stacked, { map, field }: Source): Stack[] {
  const state = story.maps.get(map);
  const counted = story.samples.has(map)
    ? [...(story.samples.get(map)?.values() ?? [])]
    : [...(state?.entries.values() ?? [])].flatMap(({ key, value }) => {
        const sample = keySample(key);
        return sample === null ? [] : [{ sample, count: counterOf(value, field) }];
      });
  const fields = confirmed(story, counted.map(({ sample }) => sample));
  const stacks = new Map<string, Stack>();
  for (const { sample, count } of counted) {
    if (count <= 0) continue;
    const frames = framesOf(story, sample, fields);
    const key = JSON.stringify(frames);
    const known = stacks.get(key);
    if (known === undefined) stacks.set(key, { frames, count });
    else known.count += count;
  }
  return [...stacks].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, stack]) => stack);
}

/** A line a stack, `outermost;…;innermost COUNT`: what tools that draw flame graphs take. */
export function foldedText(stacks: Stack[]): string {
  const lines = new Map<string, number>();
  for (const { frames, count } of stacks) {
    // What parts frames and lines cannot stand in a name; a stack of nobody's and without frames is still one.
    const line = frames.map(({ name }) => name.replace(/[;\s]/g, (mark) => (mark === ";" ? ":" : " "))).join(";") || "[none]";
    lines.set(line, (lines.get(line) ?? 0) + count);
  }
  return [...lines].map(([line, count]) => `${line} ${count}\n`).join("");
}

/** The tree of all stacks, under a root of this name. */
export function grow(name: string, stacks: Stack[]): Frame {
  const root: Frame = { name, kind: "who", count: 0, callees: [], caller: null, path: "" };
  const known = new Map<string, Frame>();
  for (const { frames, count } of stacks) {
    let at = root;
    at.count += count;
    for (const { name, kind } of frames) {
      const path = `${at.path}\n${kind} ${name}`;
      let next = known.get(path);
      if (next === undefined) {
        next = { name, kind, count: 0, callees: [], caller: at, path };
        known.set(path, next);
        at.callees.push(next);
      }
      next.count += count;
      at = next;
    }
  }
  for (const { callees } of [root, ...known.values()]) callees.sort((one, other) => (one.path < other.path ? -1 : 1));
  return root;
}

/** The frame of this path, or the nearest of its callers that there is. */
export function frameAt(root: Frame, path: string): Frame {
  const next = root.callees.find((callee) => path === callee.path || path.startsWith(`${callee.path}\n`));
  return next === undefined ? root : frameAt(next, path);
}

/** What is drawn when one looks into a frame: its callers below it, and all that it called on it. */
export function boxesOf(frame: Frame): Box[] {
  const callers: Frame[] = [];
  for (let at = frame.caller; at !== null; at = at.caller) callers.unshift(at);
  const boxes: Box[] = callers.map((caller, depth) => ({ frame: caller, depth, left: 0, width: 1, below: true }));
  const stand = (on: Frame, depth: number, from: number): void => {
    boxes.push({ frame: on, depth, left: from, width: on.count / frame.count, below: false });
    if (boxes.length >= MOST_BOXES) return;
    let left = from;
    let rest = 0;
    for (const callee of on.callees) {
      if (callee.count / frame.count < NARROW) {
        rest += callee.count;
        continue;
      }
      stand(callee, depth + 1, left);
      left += callee.count / frame.count;
    }
    const narrow: Frame = { name: "…", kind: on.kind, count: rest, callees: [], caller: on, path: `${on.path}\n…` };
    if (rest > 0) boxes.push({ frame: narrow, depth: depth + 1, left, width: rest / frame.count, below: false });
  };
  stand(frame, callers.length, 0);
  return boxes;
}

/** A key that is a struct with stacks, or a single number that may be one. */
function keySample(key: Value): Sample | null {
  // A key of 64 bits, which comes as text, is something else's.
  return typeof key === "number" ? { who: "", stacks: { "": key | 0 } } : sampleOf(key);
}

/**
 * The fields that do hold keys of stacks. A name is not enough, one such key is;
 * of keys without a name all must be.
 */
function confirmed(story: Stacked, samples: Sample[]): Set<string> {
  const good = new Set<string>();
  const bad = new Set<string>();
  for (const { stacks } of samples) {
    for (const [field, id] of Object.entries(stacks)) {
      if (id >= 0) (findStack(story, field, id) === null ? bad : good).add(field);
    }
  }
  if (bad.has("")) good.delete("");
  return good;
}

function framesOf(story: Stacked, { who, stacks }: Sample, fields: Set<string>): Stack["frames"] {
  const frames: Stack["frames"] = who === "" ? [] : [{ name: who, kind: "who" }];
  const parts = Object.entries(stacks)
    .filter(([field, id]) => fields.has(field) && (id >= 0 || id === EEXIST))
    .map(([field, id]) => partOf(story, field, id));
  // A process gets into the kernel, never the other way about.
  for (const kind of ["user", "kernel"] as const) {
    for (const part of parts) if (part.kind === kind) frames.push(...part.names.map((name) => ({ name, kind })));
  }
  return frames;
}

/** One stack's names, the outermost first. */
function partOf(story: Stacked, field: string, id: number): { kind: "user" | "kernel"; names: string[] } {
  const found = id === EEXIST ? null : findStack(story, field, id);
  if (found === null) return { kind: isUsers(field) ? "user" : "kernel", names: [id === EEXIST ? "[missed]" : "[unknown]"] };
  // The kernel's functions are said without a file; its addresses begin with ffff.
  const kind = found.some((text) => /\]$|^0x(?!ffff\w{12}$)/.test(text)) ? "user" : "kernel";
  return { kind, names: found.map(nameOf).reverse() };
}

/** `vfs_write+0x75` → `vfs_write`, `readline+0x4 [bash]` → `readline [bash]`, `0x29ca8 [libc.so.6]` → `[libc.so.6]`. */
function nameOf(text: string): string {
  const name = text.replace(/\+0x[0-9a-f]+(?= \[|$)/, "").replace(/^0x[0-9a-f]+ ?/, "");
  return name === "" ? "[unknown]" : name;
}

/** A stack as it was sent, the innermost first. Where maps share a key, the one that is named like the field. */
function findStack({ maps }: Stacked, field: string, id: number): string[] | null {
  const having = [...maps].filter(([, { facts, entries }]) => facts.type === "stack_trace" && entries.has(String(id)));
  const [, map] = having.find(([name]) => isUsers(name) === isUsers(field)) ?? having[0] ?? [];
  const frames = map?.entries.get(String(id))?.value;
  return Array.isArray(frames) ? frames.map(String) : null;
}

function isUsers(name: string): boolean {
  return /^u|user/i.test(name);
}

/** The integers of a map's values: their fields, or null for the value itself. */
function countersOf({ facts }: MapState, value: Value): (string | null)[] {
  const one = facts.type.includes("percpu") && Array.isArray(value) ? (value[0] ?? null) : value;
  if (integer(one) !== null) return [null];
  return Object.entries(fieldsOf(one) ?? {}).filter(([, field]) => integer(field) !== null).map(([name]) => name);
}

/** Of a per-CPU value, the sum. */
function counterOf(value: Value, field: string | null): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + counterOf(one, field), 0);
  return integer(field === null ? value : (fieldsOf(value)?.[field] ?? null)) ?? 0;
}

function integer(value: Value): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : null;
}
