// The lab's one state and the one place where it changes.
//
// `dispatch` mirrors what the server says; the functions below it are what the
// reader and the connection do. Does not know sockets or the DOM.

import { fold, isOver, newStory, type Story } from "./story";
import type { ServerMessage } from "./wire";

export type Connection = { is: "idle" } | { is: "connecting" } | { is: "open" } | { is: "waiting"; until: number };

/** The answer to the last change of a global; null while it is on its way. */
export interface Edit {
  token: number;
  answer: { ok: boolean; message: string } | null;
}

export interface State {
  connection: Connection;
  /** What was asked and has not been answered yet. */
  asked: "nothing" | "run" | "watch" | "stop";
  run: string | null;
  seed: string | null;
  /** Number of the last event that was taken; what a new connection goes on from. */
  seen: number;
  /** The local clock (ms) minus the run's `at`, the smallest seen: the run's start in local time. */
  start: number;
  stories: Map<string, Story>;
  /** The kernel that the panels show. */
  shown: string | null;
  /** A sentence that stands until the next run. */
  problem: string | null;
  /** By kernel and name of the global. */
  edits: Map<string, Edit>;
  editsRev: number;
}

export function newState(): State {
  return {
    connection: { is: "idle" },
    asked: "nothing",
    run: null,
    seed: null,
    seen: -1,
    start: Infinity,
    stories: new Map(),
    shown: null,
    problem: null,
    edits: new Map(),
    editsRev: 0,
  };
}

/** Takes one message of the server into the state. `now` is the local clock in ms. */
export function dispatch(state: State, message: ServerMessage, now: number): void {
  switch (message.type) {
    case "accepted":
      if (!isAwaited(state)) return;
      // Stop may have been pressed before the run had a name.
      begin(state, message.run, state.asked === "stop" ? "stop" : "nothing");
      return;
    case "edited":
      for (const edit of state.edits.values()) {
        if (edit.token === message.token) edit.answer = { ok: message.ok, message: message.message ?? "" };
      }
      state.editsRev++;
      return;
    case "error":
      if (message.what === "unknown_run" && state.asked === "watch" && state.seen < 0) {
        // A reload asked for a run that the server has forgotten: nothing to tell.
        forgetRun(state);
      } else if (message.what === "unknown_run") {
        // About the run before, which Run has stopped: the answer to Run is still to come.
        if (isAwaited(state)) return;
        lose(state);
      } else {
        state.problem = message.message;
      }
      state.asked = "nothing";
      return;
    case "started":
      if (!isNext(state, message.run, message.seq)) return;
      clock(state, now - message.at);
      state.seed = message.seed === null ? null : String(message.seed);
      for (const kernel of message.kernels) state.stories.set(kernel, newStory());
      state.shown = message.kernels[0] ?? null;
      return;
    default: {
      if (!isNext(state, message.run, message.seq, message.type === "lost" && message.gap === true)) return;
      clock(state, now - message.at);
      // A fault before any kernel was chosen belongs to all of them.
      const told = message.kernel === undefined ? [...state.stories.keys()] : [message.kernel];
      for (const kernel of told) {
        const story = state.stories.get(kernel) ?? newStory();
        state.stories.set(kernel, story);
        state.shown ??= kernel;
        fold(story, message);
      }
      if (!isLive(state)) state.asked = "nothing";
    }
  }
}

/** The reader pressed Run: the last run's results go. */
export function askRun(state: State): void {
  begin(state, null, "run");
}

/** The page was reloaded while (or after) this run. */
export function askWatch(state: State, run: string): void {
  begin(state, run, "watch");
}

/** The reader pressed Stop. */
export function askStop(state: State): void {
  if (isLive(state)) state.asked = "stop";
}

/** The reader pressed Stop before anything was sent, or the lab never took the run. */
export function forgetRun(state: State, problem: string | null = null): void {
  begin(state, null, "nothing");
  state.problem = problem;
}

/** Forgets the stories; what follows belongs to `run`. */
function begin(state: State, run: string | null, asked: State["asked"]): void {
  const { connection, editsRev } = state;
  Object.assign(state, newState(), { connection, run, asked, editsRev: editsRev + 1 });
}

/** The server no longer knows a run that was under way: it was restarted. */
function lose(state: State): void {
  for (const story of state.stories.values()) {
    if (!isOver(story)) fold(story, endOf(state.run ?? "", state.seen));
  }
}

/** Whether a run is under way, or asked for. */
export function isLive(state: State): boolean {
  if (isAwaited(state) || state.asked === "watch") return true;
  return state.run !== null && (state.stories.size === 0 || [...state.stories.values()].some((story) => !isOver(story)));
}

/** Whether a run was handed over and has no name yet. */
export function isAwaited(state: State): boolean {
  return state.run === null && (state.asked === "run" || state.asked === "stop");
}

/** The story that the panels show. */
export function shownStory(state: State): Story | null {
  return state.shown === null ? null : (state.stories.get(state.shown) ?? null);
}

/** Of another run, or seen before the connection was lost: not ours to take. A gap has the number of what follows it. */
function isNext(state: State, run: string, seq: number, gap = false): boolean {
  if (run !== state.run || seq <= state.seen) return false;
  if (!gap) state.seen = seq;
  if (state.asked === "watch") state.asked = "nothing";
  return true;
}

function clock(state: State, start: number): void {
  state.start = Math.min(state.start, start);
}

function endOf(run: string, seq: number) {
  return { type: "ended", run, seq, at: 0, outcome: "lost", stages: {} } as const;
}
