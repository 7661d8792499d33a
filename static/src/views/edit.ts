// The form below a map: set an entry, delete one, clear all, or send a record.
//
// Knows which kinds of map take what. Whether a value fits is the server's to say.

import { button, h, setText } from "../dom";
import type { Change, Value } from "../wire";
import { say } from "../words";

const HASHES = ["hash", "lru_hash", "percpu_hash", "lru_percpu_hash", "lpm_trie", "task_storage", "cgroup_storage"];
/** What these hold is named (a program, a map, an interface, a cgroup), but for a cpumap, which holds lengths. */
const NAMING = ["prog_array", "array_of_maps", "hash_of_maps", "devmap", "devmap_hash", "cpumap", "cgroup_array"];
const KEYED = [...HASHES, ...NAMING];
const ARRAYS = ["array", "percpu_array"];
const KEYLESS = ["queue", "stack", "bloom_filter"];

export interface Editor {
  root: HTMLElement;
  /** Fills the form from an entry, to be changed. */
  take(key: Value, value: Value): void;
  draw(live: boolean, answer: string): void;
}

/** The form of a map; null where its kind cannot be changed. */
export function editorOf(map: string, kind: string, send: (change: Change) => void): Editor | null {
  const buffer = kind === "user_ringbuf";
  const keyed = KEYED.includes(kind) || ARRAYS.includes(kind);
  if (!keyed && !KEYLESS.includes(kind) && !buffer) return null;
  const field = (label: string) =>
    h("input", { type: "text", "aria-label": `${map}: ${label}`, placeholder: label, spellcheck: "false", autocomplete: "off" });
  const key = field(say("map_key"));
  const value = field(buffer ? say("record") : say("map_value"));
  const answer = h("span", { class: "answer", role: "status" });
  const set = h("button", { type: "submit", class: "quiet" }, say(buffer ? "map_send" : "global_set"));
  const remove = button(say("map_delete"), () => key.value.trim() !== "" && send({ type: "edit", map, op: "delete", key: read(key.value) }));
  const clear = button(say("map_clear"), () => send({ type: "edit", map, op: "clear" }));
  const form = h(
    "form",
    { class: "set" },
    keyed ? key : null,
    value,
    set,
    KEYED.includes(kind) ? remove : null,
    buffer || kind === "bloom_filter" ? null : clear,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (value.value.trim() === "" || (keyed && key.value.trim() === "")) return;
    const written = read(value.value);
    if (buffer) send({ type: "submit", map, value: written });
    else if (keyed) send({ type: "edit", map, op: "set", key: read(key.value), value: written });
    else send({ type: "edit", map, op: "set", value: written });
  });
  return {
    root: h("div", { class: "edit" }, form, answer),
    take(taken, now) {
      key.value = typed(taken);
      value.value = typed(now);
      value.focus();
    },
    draw(live, text) {
      form.hidden = !live;
      setText(answer, text);
    },
  };
}

/** Objects and lists are JSON; all else goes as it was typed. */
function read(text: string): Value {
  const word = text.trim();
  if (!/^[[{]/.test(word)) return word;
  try {
    return JSON.parse(word) as Value;
  } catch {
    return word;
  }
}

function typed(value: Value): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
