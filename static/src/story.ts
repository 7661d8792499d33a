// One kernel's part of a run, folded from its events.
//
// Bounded in memory however much a run prints. Knows the story's order.
// Does not know sockets, other kernels or the DOM.

import type { Accelerator } from "./config";
import { note, type Samples } from "./samples";
import type {
  CheckResult, Code, Count, Finding, MapFacts, Outcome, ProgramFacts, Relocation, Stage, Stages, Step, StoryEvent, Tested, TraceLine,
  OutputStream, Value, Verdict,
} from "./wire";

/** Trace lines that are kept: more than anyone scrolls, and at most a few MB. */
export const KEPT_LINES = 5_000;
/** Records that are kept of each buffer. */
export const KEPT_RECORDS = 500;
/** Characters of the stimulus's output, and of each log, that are kept: the end, where the verdict stands. */
export const KEPT_TEXT = 256 * 1024;
/** Relocations that are kept: no program of a lesson comes near. */
const KEPT_RELOCATIONS = 2_000;

export interface Line extends TraceLine {
  /** Its number in the run, from 0. */
  id: number;
}

export interface MapState {
  facts: MapFacts;
  /** By the key's JSON. */
  entries: Map<string, { key: Value; value: Value }>;
  total: Count;
  shown: Count;
  rev: number;
}

export interface ProgramState {
  facts: ProgramFacts | null;
  to: string | null;
  runs: Count | null;
  ns: Count | null;
  missed: Count | null;
  emulated: boolean;
  verdicts: Verdict[];
  tested: Tested | null;
  code: Code | null;
}

export type Phase =
  | { is: "started" }
  | { is: "queued"; position: number }
  | { is: "stage"; stage: Stage }
  | { is: "ended"; outcome: Outcome; stages: Stages }
  | { is: "unavailable"; message: string };

/** What a view compares to know whether to draw. */
export type Part = "core" | "trace" | "records" | "maps" | "globals" | "programs" | "output" | "log" | "findings" | "checks";

export interface Story {
  phase: Phase;
  /** Stage durations as far as they are known before the end. */
  stages: Stages;
  /** `at` of the first and of the last event of observing. */
  observingSince: number | null;
  release: string | null;
  accelerator: Accelerator | null;
  /** What the first use of this kernel is at; `since` is the `at` of its beginning. */
  preparing: { step: Step; since: number } | null;
  /** A shell in the guest; `until` is the `at` at which it is closed. */
  terminal: { open: boolean; until: number; minutes: number } | null;
  relocations: Relocation[];
  lines: Line[];
  printed: number;
  printedByLab: number;
  records: Map<string, { time: number | null; cpu: number | null; value: Value }[]>;
  /** By buffer, where the program keeps stacks: all records of the run, equal ones counted. */
  samples: Map<string, Samples>;
  maps: Map<string, MapState>;
  globals: Map<string, { ctype: string; value: Value }>;
  programs: Map<string, ProgramState>;
  output: { stream: OutputStream; text: string }[];
  logs: { libbpf: string; verifier: string };
  /** By stream, as the server names it. */
  lost: Map<string, number>;
  findings: Finding[];
  checks: Map<string, CheckResult>;
  rev: Record<Part, number>;
}

export function newStory(): Story {
  return {
    phase: { is: "started" },
    stages: {},
    observingSince: null,
    release: null,
    accelerator: null,
    preparing: null,
    terminal: null,
    relocations: [],
    lines: [],
    printed: 0,
    printedByLab: 0,
    records: new Map(),
    samples: new Map(),
    maps: new Map(),
    globals: new Map(),
    programs: new Map(),
    output: [],
    logs: { libbpf: "", verifier: "" },
    lost: new Map(),
    findings: [],
    checks: new Map(),
    rev: { core: 0, trace: 0, records: 0, maps: 0, globals: 0, programs: 0, output: 0, log: 0, findings: 0, checks: 0 },
  };
}

export function isOver(story: Story): boolean {
  return story.phase.is === "ended" || story.phase.is === "unavailable";
}

/** Takes one event into the story. */
export function fold(story: Story, event: StoryEvent): void {
  switch (event.type) {
    case "queued":
      // Position 0 means that the wait is over.
      story.phase = event.position > 0 ? { is: "queued", position: event.position } : enter("compile");
      return;
    case "diagnostic":
      if (story.phase.is === "queued" || story.phase.is === "started") story.phase = enter("compile");
      story.findings.push(event);
      story.rev.findings++;
      return;
    case "compiled":
      story.preparing = null;
      story.stages.compile = event.ms;
      story.phase = enter("place");
      return;
    case "preparing":
      story.preparing = { step: event.step, since: event.at - event.ms };
      return;
    case "placed":
      story.preparing = null;
      story.stages.place = event.ms;
      story.release = event.release;
      story.accelerator = event.accelerator;
      story.phase = enter("load");
      return;
    case "loaded":
      for (const facts of event.programs) programOf(story, facts.name).facts = facts;
      for (const facts of event.maps) mapOf(story, facts.name).facts = facts;
      story.phase = enter("attach");
      story.rev.programs++;
      story.rev.maps++;
      return;
    case "relocated":
      if (story.relocations.length < KEPT_RELOCATIONS) story.relocations.push(event);
      story.rev.core++;
      return;
    case "log": {
      const text = story.logs[event.source] + (event.text.endsWith("\n") ? event.text : `${event.text}\n`);
      story.logs[event.source] = text.slice(-KEPT_TEXT);
      story.rev.log++;
      return;
    }
    case "attached":
      programOf(story, event.program).to = event.to;
      story.rev.programs++;
      if (attachedOf(story) >= story.programs.size) observe(story, event.at);
      return;
    case "observing":
      observe(story, event.at);
      return;
    case "terminal": {
      const seconds = event.seconds ?? 0;
      const { until, minutes } = event.open ? { until: event.at + seconds * 1_000, minutes: Math.round(seconds / 60) } : (story.terminal ?? { until: event.at, minutes: 0 });
      story.terminal = { open: event.open, until, minutes };
      return;
    }
    case "trace":
      observe(story, event.at);
      story.lines.push({ ...event, id: story.printed++ });
      if (event.lab === true) story.printedByLab++;
      if (story.lines.length >= 2 * KEPT_LINES) story.lines.splice(0, story.lines.length - KEPT_LINES);
      story.rev.trace++;
      return;
    case "record": {
      observe(story, event.at);
      const kept = story.records.get(event.map) ?? [];
      kept.push({ time: event.time, cpu: event.cpu, value: event.value });
      if (kept.length >= 2 * KEPT_RECORDS) kept.splice(0, kept.length - KEPT_RECORDS);
      story.records.set(event.map, kept);
      if (keepsStacks(story)) {
        const samples = story.samples.get(event.map) ?? new Map();
        note(samples, event.value);
        if (samples.size > 0) story.samples.set(event.map, samples);
      }
      story.rev.records++;
      return;
    }
    case "tested":
      observe(story, event.at);
      programOf(story, event.program).tested = event;
      story.rev.programs++;
      return;
    case "code":
      programOf(story, event.program).code = event;
      story.rev.programs++;
      return;
    case "map": {
      observe(story, event.at);
      const map = mapOf(story, event.name);
      if (event.full) map.entries.clear();
      for (const key of event.removed) map.entries.delete(JSON.stringify(key));
      for (const entry of event.entries) map.entries.set(JSON.stringify(entry.key), entry);
      map.total = event.total;
      map.shown = event.shown;
      map.rev++;
      story.rev.maps++;
      return;
    }
    case "global":
      story.globals.set(event.name, { ctype: event.ctype, value: event.value });
      story.rev.globals++;
      return;
    case "output":
      observe(story, event.at);
      addOutput(story, event.stream, event.text);
      return;
    case "stimulus_ended":
      return;
    case "stats":
      Object.assign(programOf(story, event.program), {
        runs: event.runs,
        missed: event.missed,
        ns: event.ns,
        emulated: event.emulated,
        verdicts: event.verdicts ?? [],
      });
      story.rev.programs++;
      return;
    case "lost":
      story.lost.set(event.stream, (story.lost.get(event.stream) ?? 0) + Number(event.count));
      for (const part of ["trace", "records", "maps", "output", "log"] as const) story.rev[part]++;
      return;
    case "check":
      story.checks.set(event.id, event);
      story.rev.checks++;
      return;
    case "unavailable":
      story.phase = { is: "unavailable", message: event.message };
      finish(story);
      return;
    case "ended":
      story.phase = { is: "ended", outcome: event.outcome, stages: event.stages };
      finish(story);
      return;
    default:
      // A newer server may add steps; the type check still insists on today's.
      event satisfies never;
  }
}

/** How many programs are attached. */
export function attachedOf(story: Story): number {
  return [...story.programs.values()].filter((program) => program.to !== null).length;
}

function keepsStacks(story: Story): boolean {
  return [...story.maps.values()].some(({ facts }) => facts.type === "stack_trace");
}

function enter(stage: Stage): Phase {
  return { is: "stage", stage };
}

function observe(story: Story, at: number): void {
  if (isOver(story) || (story.phase.is === "stage" && story.phase.stage === "observe")) return;
  story.phase = enter("observe");
  story.observingSince = at;
}

/** Empty panels then say that nothing came, not that something will. */
function finish(story: Story): void {
  story.preparing = null;
  if (story.terminal !== null) story.terminal.open = false;
  for (const part of Object.keys(story.rev) as Part[]) story.rev[part]++;
}

function programOf(story: Story, name: string): ProgramState {
  let program = story.programs.get(name);
  if (program === undefined) {
    program = { facts: null, to: null, runs: null, ns: null, missed: null, emulated: false, verdicts: [], tested: null, code: null };
    story.programs.set(name, program);
  }
  return program;
}

function mapOf(story: Story, name: string): MapState {
  let map = story.maps.get(name);
  if (map === undefined) {
    const facts = { name, type: "", key: null, value: null, max_entries: 0 };
    map = { facts, entries: new Map(), total: 0, shown: 0, rev: 0 };
    story.maps.set(name, map);
  }
  return map;
}

function addOutput(story: Story, stream: OutputStream, text: string): void {
  const last = story.output.at(-1);
  if (last?.stream === stream) last.text = (last.text + text).slice(-KEPT_TEXT);
  else story.output.push({ stream, text });
  // Alternating streams: the oldest pieces go first.
  if (story.output.length > 1_000) story.output.splice(0, 500);
  story.rev.output++;
}
