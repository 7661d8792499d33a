// The form that says what a program attaches to.
//
// A bundle of its own that comes when it is opened. Knows the kinds of targets
// and how they are written; whether one makes sense is the server's to say.

import type { Config } from "./config";
import { button, h } from "./dom";
import type { Wanted } from "./targets";
import { say, speakAll } from "./words";

export interface FormOptions {
  source(): string;
  wanted(): Wanted;
  set(wanted: Wanted): void;
}

/** What stands after the kind, and an example of it. */
interface Kind {
  name: string;
  start: string;
  detail: { label: string; example: string } | null;
}

/** A function in a section of its own, also where a macro of libbpf's declares it. */
const PROGRAM = /SEC\("[^"]*"\)\s*(?:\w+\s+)+?(?:BPF_\w+\(\s*)?(\w+)\s*[(,]/g;

export function openForm(config: Config, { source, wanted, set }: FormOptions): HTMLElement {
  speakAll(config);
  const kinds: Kind[] = [
    { name: say("attach_if"), start: "if:", detail: { label: say("attach_if_name"), example: "lab0" } },
    { name: say("attach_cgroup"), start: "cgroup", detail: null },
    ...["kprobe", "kretprobe", "fentry", "fexit"].map((name) => (
      { name, start: `${name}:`, detail: { label: say("attach_function"), example: "vfs_read" } }
    )),
    { name: "tracepoint", start: "tracepoint:", detail: { label: say("attach_event"), example: "sched/sched_switch" } },
    { name: "raw_tp", start: "raw_tp:", detail: { label: say("attach_raw"), example: "sched_switch" } },
    { name: say("attach_uprobe"), start: "uprobe:", detail: { label: say("attach_symbol"), example: "/usr/bin/bash:readline" } },
    { name: say("attach_usdt"), start: "usdt:", detail: { label: say("attach_mark"), example: "/usr/bin/python3:python:gc__start" } },
    { name: say("attach_clock"), start: "perf:cpu-clock:", detail: { label: say("attach_hz"), example: "99" } },
    { name: say("attach_none"), start: "none", detail: null },
  ];
  const known = h("datalist", { id: "attach-programs" });
  const program = h("input", { type: "text", list: "attach-programs", required: true, "aria-label": say("col_program"), placeholder: say("col_program"), spellcheck: "false", autocomplete: "off" });
  const kind = h("select", { "aria-label": say("attach_kind") }, ...kinds.map(({ name }, at) => h("option", { value: String(at) }, name)));
  const detail = h("input", { type: "text", class: "detail", spellcheck: "false", autocomplete: "off" });
  const way = h(
    "select",
    { "aria-label": say("attach_way") },
    ...[["", say("attach_section")], [":ingress", "ingress"], [":egress", "egress"]].map(([value, text]) => h("option", { value: value ?? "" }, text ?? "")),
  );
  const list = h("ul", { "aria-live": "polite" });
  const form = h("form", {}, program, known, kind, detail, way, h("button", { type: "submit", class: "quiet" }, say("attach_set")));

  const chosen = () => kinds[Number(kind.value)] as Kind;

  function shape(): void {
    const { start, detail: of } = chosen();
    detail.hidden = of === null;
    detail.setAttribute("aria-label", of?.label ?? "");
    detail.placeholder = of?.example ?? "";
    way.hidden = start !== "if:";
  }

  function draw(): void {
    list.replaceChildren(
      ...Object.entries(wanted()).map(([name, target]) => {
        const remove = button(say("attach_remove"), () => {
          set(Object.fromEntries(Object.entries(wanted()).filter(([other]) => other !== name)));
          draw();
          program.focus();
        }, "link");
        remove.setAttribute("aria-label", say("attach_remove_name", { name }));
        return h("li", {}, h("code", {}, `${name} → ${target}`), " ", remove);
      }),
    );
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { start, detail: of } = chosen();
    const target = start + (of === null ? "" : detail.value.trim()) + (way.hidden ? "" : way.value);
    set({ ...wanted(), [program.value.trim()]: target });
    draw();
  });
  kind.addEventListener("change", () => {
    detail.value = "";
    shape();
  });
  program.addEventListener("focus", () => {
    const names = new Set([...source().matchAll(PROGRAM)].map(([, name]) => name ?? ""));
    known.replaceChildren(...[...names].map((name) => h("option", { value: name })));
  });

  shape();
  draw();
  return h("div", { class: "targets" }, h("p", {}, say("attach_help")), form, list);
}
