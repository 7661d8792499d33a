// The form that says what is set before a program loads.
//
// A bundle of its own that comes when it is opened. Knows what can be set, and
// how it is written; whether it makes sense is the server's to say.

import type { Config } from "./config";
import { button, h } from "./dom";
import { inWords, type Part, type Wanted } from "./presets";
import { say, speakAll } from "./words";

export interface FormOptions {
  /** Where the browser keeps what was chosen. */
  key: string;
  source(): string;
  wanted(): Wanted;
  set(wanted: Wanted): void;
}

/** What stands after the kind, and an example of it. */
interface Kind {
  part: Part;
  name: string;
  start: string;
  detail: { label: string; example: string } | null;
}

/** What has a name, and where names of it are found in a program. */
const NAMES: Record<Part, { label: "col_program" | "col_name" | "preset_key"; found: RegExp }> = {
  // A function in a section of its own, also where a macro of libbpf's declares it.
  attach: { label: "col_program", found: /SEC\("[^"]*"\)\s*(?:\w+\s+)+?(?:BPF_\w+\(\s*)?(\w+)\s*[(,]/g },
  // At the start of a line: what is declared further in is no global.
  globals: { label: "col_name", found: /^(?!typedef|extern|return)(?:[a-z_]\w*[\s*]+)+([A-Za-z_]\w*)(?:\[\w*\])*\s*(?:SEC\("(?!license)[^"]*"\)\s*)?(?:=|;)/gm },
  map_sizes: { label: "col_name", found: /\}\s*(\w+)\s*SEC\("\.maps"\)/g },
  map_entries: { label: "preset_key", found: /\}\s*(\w+)\s*SEC\("\.maps"\)/g },
};

export function openForm(config: Config, { key, source, wanted, set }: FormOptions): HTMLElement {
  speakAll(config);
  const attach = (name: string, start: string, detail: Kind["detail"] = null): Kind => ({ part: "attach", name, start, detail });
  const kinds: Kind[] = [
    attach(say("preset_if"), "if:", { label: say("preset_if_name"), example: "lab0" }),
    attach(say("preset_cgroup"), "cgroup"),
    ...["kprobe", "kretprobe", "fentry", "fexit"].map((name) => (
      attach(name, `${name}:`, { label: say("preset_function"), example: "vfs_read" })
    )),
    attach("tracepoint", "tracepoint:", { label: say("preset_event"), example: "sched/sched_switch" }),
    attach("raw_tp", "raw_tp:", { label: say("preset_raw"), example: "sched_switch" }),
    attach(say("preset_uprobe"), "uprobe:", { label: say("preset_symbol"), example: "/usr/bin/bash:readline" }),
    attach(say("preset_usdt"), "usdt:", { label: say("preset_mark"), example: "/usr/bin/python3:python:gc__start" }),
    attach(say("preset_clock"), "perf:cpu-clock:", { label: say("preset_hz"), example: "99" }),
    attach(say("preset_none"), "none"),
  ];
  const others: Kind[] = [
    { part: "globals", name: say("preset_global"), start: "", detail: { label: say("preset_global"), example: "1000" } },
    { part: "map_entries", name: say("preset_entry"), start: "", detail: { label: say("col_value"), example: "1" } },
    { part: "map_sizes", name: say("preset_map"), start: "", detail: { label: say("preset_map"), example: "10240" } },
  ];
  const all = [...kinds, ...others];
  const option = ({ name }: Kind) => h("option", { value: String(all.findIndex((kind) => kind.name === name)) }, name);
  const known = h("datalist", { id: "preset-names" });
  const name = h("input", { type: "text", list: "preset-names", required: true, spellcheck: "false", autocomplete: "off" });
  const kind = h(
    "select",
    { "aria-label": say("before") },
    h("optgroup", { label: say("preset_kind") }, ...kinds.map(option)),
    h("optgroup", { label: say("preset_others") }, ...others.map(option)),
  );
  const detail = h("input", { type: "text", class: "detail", spellcheck: "false", autocomplete: "off" });
  const way = h(
    "select",
    { "aria-label": say("preset_way") },
    ...[["", say("preset_section")], [":ingress", "ingress"], [":egress", "egress"]].map(([value, text]) => h("option", { value: value ?? "" }, text ?? "")),
  );
  const list = h("ul", { "aria-live": "polite" });
  const form = h("form", {}, kind, name, known, detail, way, h("button", { type: "submit", class: "quiet" }, say("global_set")));

  const chosen = () => all[Number(kind.value)] as Kind;

  function shape(): void {
    const { part, start, detail: of } = chosen();
    const label = say(NAMES[part].label);
    name.setAttribute("aria-label", label);
    name.placeholder = label;
    detail.hidden = of === null;
    detail.required = part !== "attach";
    detail.setAttribute("aria-label", of?.label ?? "");
    detail.placeholder = of?.example ?? "";
    // A number of entries, and nothing else.
    if (part === "map_sizes") detail.setAttribute("pattern", "[1-9][0-9]{0,9}");
    else detail.removeAttribute("pattern");
    way.hidden = start !== "if:";
  }

  function choose(next: Wanted): void {
    set(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // The choice then lasts until the next page.
    }
    draw();
  }

  function draw(): void {
    list.replaceChildren(
      ...inWords(wanted()).map(({ part, name: of, text }) => {
        const remove = button(say("preset_remove"), () => {
          const left = Object.entries(wanted()[part]).filter(([other]) => other !== of);
          choose({ ...wanted(), [part]: Object.fromEntries(left) });
          name.focus();
        }, "link");
        remove.setAttribute("aria-label", say("preset_remove_name", { name: of }));
        return h("li", {}, h("code", {}, text), " ", remove);
      }),
    );
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { part, start, detail: of } = chosen();
    const text = start + (of === null ? "" : detail.value.trim()) + (way.hidden ? "" : way.value);
    const value = part === "map_sizes" ? Number(text) : text;
    choose({ ...wanted(), [part]: { ...wanted()[part], [name.value.trim()]: value } });
  });
  kind.addEventListener("change", () => {
    detail.value = "";
    shape();
  });
  name.addEventListener("focus", () => {
    const names = new Set([...source().matchAll(NAMES[chosen().part].found)].map(([, found]) => found ?? ""));
    known.replaceChildren(...[...names].map((found) => h("option", { value: found })));
  });

  const lessons = h("p", { hidden: config.sets.length === 0 }, say("preset_lesson"), " ", h("code", {}, config.sets.join(", ")));

  shape();
  draw();
  return h("div", { class: "preset-form" }, h("p", {}, say("preset_help")), lessons, form, list);
}
