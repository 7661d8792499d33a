// The bench's furniture: bar, place for the editor, notices.
//
// Builds around what the server rendered, which stays when scripts do not run.
// Does not know runs; what is pressed is the lab's affair.

import { HOST, say, type Config } from "./config";
import { button, h, setText } from "./dom";
import { follow } from "./follow";
import { kernelPicker } from "./picker";
import type { Source } from "./source";
import { openPresets, type Wanted } from "./presets";

export interface BenchActions {
  run(): void;
  stop(): void;
  reset(): void;
  /** The program's text, as it is now. */
  text(): string;
  /** The form for what is set before loading did not come. */
  failed(): void;
  /** The program as it is to be taken home; nothing when it cannot be. */
  program(): string | null;
  show(file: string): void;
}

export interface Bench {
  /** The kernels that are chosen. */
  kernels(): string[];
  /** Chooses one; false if it cannot be used. */
  choose(kernel: string): boolean;
  /** Whether a terminal is wanted, and the chosen kernels can have one. */
  terminal(): boolean;
  /** What is to be set before a program loads. */
  presets(): Wanted;
  /** Whether there is something to stop. */
  live(live: boolean): void;
  /** The program as it is now, to read until an editor is there. */
  preview(text: string): void;
  /** Brings an editor to the place for it. */
  seat(source: Source): void;
  /** The file whose text is to be seen. */
  file(name: string): void;
  /** A short word on what was done, with a way back if there is one. */
  notice(text: string, undo: (() => void) | null): void;
  help(text: string): void;
  /** Brings the keyboard to what ends a run, or starts one. */
  focus(): void;
}

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
const MOD = MAC ? "⌘" : "Ctrl";

export function furnish(config: Config, place: HTMLElement, actions: BenchActions): Bench {
  const run = h(
    "button",
    { type: "button", class: "primary", click: actions.run, "aria-keyshortcuts": MAC ? "Meta+Enter" : "Control+Enter" },
    h("span", { "aria-hidden": "true" }, "▶ "),
    say("run"),
    h("kbd", {}, `${MOD} ⏎`),
  );
  const stop = h(
    "button",
    { type: "button", class: "quiet", disabled: true, click: actions.stop, "aria-keyshortcuts": MAC ? "Meta+. Shift+Escape" : "Control+. Shift+Escape" },
    h("span", { "aria-hidden": "true" }, "■ "),
    say("stop"),
    h("kbd", {}, `${MOD} .`),
  );
  const reset = h("button", { type: "button", class: "quiet", title: say("reset_help"), click: actions.reset }, say("reset"));
  // A form's answer that is a file leaves the page as it is.
  const program = h("input", { type: "hidden", name: "source" });
  const takeHome = (event: Event) => {
    const text = actions.program();
    if (text === null) event.preventDefault();
    else program.value = text;
  };
  const home = h(
    "form",
    { method: "post", action: `${location.pathname}/home`, submit: takeHome },
    program,
    h("button", { class: "quiet", title: say("take_home_help") }, say("take_home")),
  );
  const wish = h("input", { type: "checkbox" });
  const terminal = h("label", { class: "wish", title: say("with_terminal_help") }, wish, ` ${say("with_terminal")}`);
  // The machine's own kernel has none, and then the run has none.
  const guestsOnly = (names: string[]) => names.every((name) => name !== HOST);
  const picker = kernelPicker(config, (names, waits) => {
    terminal.hidden = !guestsOnly(names);
    run.title = waits ? say("k_preparing") : "";
  });
  if (config.can_run) follow(config.kernels, config.lang, picker.update);
  const names = Object.keys(config.files).sort((one, other) => Number(other === config.program) - Number(one === config.program));
  const files = names.map((name) => ({ name, tab: button(name, () => actions.show(name), "file") }));
  const noticeText = h("span");
  const undoPlace = h("span");
  const notice = h("p", { class: "notice", role: "status" }, noticeText, undoPlace);
  const help = h("p", { class: "help" });

  const bar = h(
    "div",
    { class: "bar" },
    h("div", { class: "files", role: "group", "aria-label": say("files") }, ...files.map(({ tab }) => tab)),
    reset,
    home,
    ...(config.can_run
      ? [picker.root, terminal, stop, run]
      : [h("p", { class: "why-not" }, config.why_not ?? say("cannot_run"))]),
  );
  place.before(bar);
  const presets = openPresets(config, actions.text, actions.failed);
  place.after(h("div", { class: "below" }, help, notice), ...(config.can_run ? [presets.root] : []));

  return {
    kernels: () => picker.chosen(),
    choose: (kernel) => picker.choose([kernel]),
    terminal: () => wish.checked && guestsOnly(picker.chosen()),
    presets: presets.wanted,
    live(live) {
      if (!live && document.activeElement === stop) run.focus();
      stop.disabled = !live;
    },
    preview: (text) => place.replaceChildren(h("pre", { class: "code", tabindex: "0" }, h("code", {}, text))),
    seat: (source) => place.replaceChildren(source.root),
    file(name) {
      for (const file of files) file.tab.setAttribute("aria-pressed", String(file.name === name));
    },
    notice(text, undo) {
      setText(noticeText, text);
      undoPlace.replaceChildren(...(undo === null ? [] : [" ", button(say("undo"), undo, "link")]));
    },
    help: (text) => setText(help, text),
    focus: () => (stop.disabled ? run : stop).focus(),
  };
}
