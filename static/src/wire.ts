// The browser's wire: what the page sends and what the server answers.
//
// Mirrors CONTRACT.md and the server's web::wire, closed unions throughout.
// Knows shapes. Does not know sockets, state or the DOM.

/** A kernel value as JSON: 64-bit integers are decimal strings, an enum is `{name, value}`, raw bytes are `{hex}`. */
export type Value = null | boolean | number | string | Value[] | { [field: string]: Value };

/** A count that may pass 2^53 travels as a string. */
export type Count = number | string;

export type ClientMessage =
  | {
      type: "run";
      files: Record<string, string>;
      kernels: string[];
      lesson: string | null;
      stimulus?: string;
      seed: string | null;
      globals: Record<string, string>;
      attach: Record<string, string>;
      map_sizes: Record<string, number>;
      map_entries: Record<string, string>;
      /** By buffer: the struct that its records are. */
      records: Record<string, string>;
      /** A shell in each guest beside the program. */
      terminal?: true;
    }
  | { type: "stop"; run: string }
  | { type: "watch"; run: string; after: number }
  | (Change & { token: number; run: string; kernel: string })
  /** From now on binary frames, both ways, are the bytes of this kernel's terminal. */
  | { type: "terminal"; run: string; kernel: string; rows: number; cols: number }
  | { type: "resize"; rows: number; cols: number };

/** A change of what a running program uses. */
export type Change =
  | { type: "global"; name: string; value: string }
  | { type: "edit"; map: string; op: "set"; key?: Value; value: Value }
  | { type: "edit"; map: string; op: "delete"; key: Value }
  | { type: "edit"; map: string; op: "clear" }
  | { type: "submit"; map: string; value: Value }
  /** Without a name, the records of that buffer are the struct of their size again. */
  | { type: "decode"; map: string; name: string }
  | { type: "test"; program: string; input: string; repeat: number }
  | { type: "show"; program: string };

export type Severity = "error" | "warning" | "note";
export type Origin = "compiler" | "verifier" | "attach" | "silent";

export type Outcome =
  | "completed"
  | "compile_failed"
  | "rejected"
  | "attach_failed"
  | "unmet"
  | "timed_out"
  | "cancelled"
  | "worker_died"
  | "lost";

/** Of the stimulus, or of an iterator of the program's. */
export type OutputStream = "stdout" | "stderr" | "iter";

export const STAGES = ["queued", "prepare", "compile", "place", "load", "attach", "observe"] as const;
export type Stage = (typeof STAGES)[number];
/** Milliseconds of each stage; one that was not reached is missing or null. */
export type Stages = Partial<Record<Stage, number | null>>;

/** A change of the source that mends a finding. Lines and columns count from 1, columns in bytes, the end is exclusive. */
export interface Fix {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  text: string;
}

export interface Note {
  file: string | null;
  line: number | null;
  column: number | null;
  message: string;
}

export interface Finding {
  origin: Origin;
  severity: Severity;
  id: string | null;
  file: string | null;
  line: number | null;
  column: number | null;
  message: string;
  notes: Note[];
  fix: Fix | null;
  /** Kernels that have what this one lacks. */
  offers?: string[];
}

export interface TraceLine {
  /** Seconds of that kernel's CLOCK_MONOTONIC. */
  time: number | null;
  task: string;
  pid: number;
  cpu: number;
  flags: string;
  text: string;
  /** The lab itself caused it. */
  lab?: boolean;
}

export interface ProgramFacts {
  name: string;
  type: string;
  section: string;
  instructions: number;
  /** The verifier's own count of its work; the time where the kernel tells it. */
  verified: { instructions: Count; states: Count; peak_states: Count; us: Count | null } | null;
}

/** A program in the forms that it went through. */
export interface Code {
  /** As compiled, with libbpf's changes. */
  given: Instruction[];
  /** As the verifier rewrote it. */
  translated: Instruction[];
  machine: Instruction[];
  lines: { file: string; line: number; column: number; text: string }[];
  /** In bytes. */
  sizes: { given: Count; translated: Count; machine: Count };
}

export interface Instruction {
  at: Count;
  text: string;
  /** Where it may jump to; machine code says it in its text. */
  to?: number | null;
  /** Which of `lines` it is of. */
  of: number | null;
}

/** How often a program gave one verdict; without a number, all that are too great or small for one. */
export interface Verdict {
  returned: number | null;
  name: string | null;
  count: Count;
}

/** What came of running a program by itself. */
export interface Tested {
  returned: number;
  verdict: string | null;
  /** The packet or context afterwards, two digits a byte. */
  output: string | null;
  ns: Count;
  repeat: number;
}

export interface MapFacts {
  name: string;
  type: string;
  key: string | null;
  value: string | null;
  max_entries: number;
}

export interface MapEntry {
  key: Value;
  value: Value;
}

export interface CheckResult {
  id: string;
  passed: boolean;
  says: string;
  saw: string | null;
  hint: string | null;
}

/** What the first use of a kernel takes. */
export type Step = "boot" | "ask" | "rehearse" | "headers" | "snapshot" | "restore";

/** What libbpf found for one CO-RE relocation. */
export interface Relocation {
  program: string;
  instruction: number;
  /** libbpf's word: byte_off, field_exists, … */
  kind: string;
  /** Such as `task_struct.pid`. */
  spec: string;
  /** As compiled. */
  local: Count;
  /** On this kernel; null where there is no such thing. */
  target: Count | null;
}

/** What every step of the story carries; `kernel` from the second on. */
interface Head {
  run: string;
  seq: number;
  /** Milliseconds since the run began. */
  at: number;
  kernel?: string;
}

/** One step of one kernel's part of a run, in about this order; `ended` or `unavailable` comes last and once. */
export type StoryEvent = Head &
  (
    | { type: "queued"; position: number }
    | ({ type: "diagnostic" } & Finding)
    | { type: "compiled"; bytes: number; cached: boolean; ms: number }
    | { type: "placed"; release: string; accelerator: "none" | "kvm" | "tcg"; ms: number }
    | { type: "loaded"; programs: ProgramFacts[]; maps: MapFacts[] }
    | { type: "log"; source: "libbpf" | "verifier"; text: string }
    | ({ type: "relocated" } & Relocation)
    | { type: "preparing"; step: Step; ms: number }
    | { type: "attached"; program: string; to: string }
    | { type: "observing"; stimulus: number | null }
    | { type: "terminal"; open: boolean; seconds?: number }
    | ({ type: "trace" } & TraceLine)
    | { type: "record"; map: string; time: number | null; cpu: number | null; value: Value }
    | { type: "map"; name: string; full: boolean; entries: MapEntry[]; removed: Value[]; total: Count; shown: Count }
    | { type: "global"; name: string; ctype: string; value: Value }
    | ({ type: "tested"; program: string } & Tested)
    | ({ type: "code"; program: string } & Code)
    | { type: "output"; stream: OutputStream; text: string }
    | { type: "stimulus_ended"; status: number }
    | { type: "stats"; program: string; runs: Count; missed: Count | null; ns: Count; emulated: boolean; verdicts?: Verdict[] }
    | { type: "lost"; stream: string; count: Count; gap?: boolean }
    | ({ type: "check" } & CheckResult)
    | { type: "unavailable"; message: string }
    | { type: "ended"; outcome: Outcome; stages: Stages }
  );

export type ServerMessage =
  | { type: "accepted"; run: string }
  | (Head & { type: "started"; kernels: string[]; lesson: string | null; seed: Count | null })
  | StoryEvent
  | { type: "edited"; token: number; ok: boolean; message: string | null }
  | {
      type: "error";
      what: "bad_message" | "too_big" | "unknown_kind" | "unknown_run" | "busy" | "too_large" | "not_allowed";
      message: string;
    };

/**
 * The messages of one text frame, one JSON object a line.
 *
 * The server is trusted to keep the contract; what a *run* put into the fields
 * is not, and reaches the page as text only.
 */
export function parseFrame(frame: string): ServerMessage[] {
  return frame
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ServerMessage);
}
