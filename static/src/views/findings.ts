// The findings: what the compiler, the verifier, attaching or silence said.
//
// Each names its line as a button that goes there; what several kernels say
// alike stands once, with their names. Does not know the editor beyond what it
// is handed.

import { say, type Config } from "../config";
import { button, h } from "../dom";
import { fixWords } from "../place";
import type { State } from "../state";
import type { Finding, Fix } from "../wire";
import type { View } from "./view";

export interface FindingActions {
  go(file: string, line: number, column: number | null): void;
  /** False if the text has changed since and the fix no longer fits. */
  mend(file: string, fix: Fix): boolean;
  /** The marks in the editor follow the list. */
  mark(findings: Finding[]): void;
  /** A run of the same program on that kernel; false if it cannot be used. */
  runOn(kernel: string): boolean;
}

/** A finding, and the kernels of a run on several that said it. */
interface Said {
  finding: Finding;
  kernels: string[];
}

const ICONS = { error: "✗", warning: "!", note: "i" } as const;

export function findingsView({ program, files }: Config, actions: FindingActions): View {
  const list = h("ul");
  const root = h("section", { class: "findings", "aria-label": say("findings"), hidden: true }, list);
  let drawn = "";

  function draw({ run, stories }: State): void {
    const now = [run, ...[...stories].map(([kernel, story]) => `${kernel} ${story.rev.findings}`)].join("\n");
    if (now === drawn) return;
    drawn = now;
    const all = together(stories);
    root.hidden = all.length === 0;
    list.replaceChildren(...all.map(({ finding, kernels }) => item(finding, finding.file ?? program, stories.size > 1 ? kernels : [])));
    actions.mark(all.map((said) => (said.kernels.length < stories.size ? named(said) : said.finding)));
  }

  function item(finding: Finding, file: string, kernels: string[]): HTMLElement {
    const { severity, fix } = finding;
    const place =
      finding.line === null ? null : placeButton(file, finding.line, finding.column);
    const mend = fix === null ? null : fixButton(file, fix);
    return h(
      "li",
      { class: severity },
      h(
        "p",
        { class: "where" },
        h("span", { class: "mark" }, h("span", { "aria-hidden": "true" }, ICONS[severity]), ` ${say(`severity_${severity}`)}`),
        h("span", { class: "tag" }, say(`origin_${finding.origin}`)),
        kernels.length === 0 ? null : h("span", { class: "tag" }, say("on_kernels", { names: kernels.join(", ") })),
        place,
      ),
      h("p", { class: "message" }, finding.message),
      ...finding.notes.map((note) =>
        h(
          "p",
          { class: "note" },
          ...(note.line === null ? [] : [placeButton(note.file ?? file, note.line, note.column), " "]),
          note.message,
        ),
      ),
      mend,
      ...(finding.offers ?? []).map(offerButton),
    );
  }

  function offerButton(kernel: string): HTMLElement {
    const made = button(say("run_on", { name: kernel }), () => {
      made.disabled = !actions.runOn(kernel);
    });
    return made;
  }

  function placeButton(file: string, line: number, column: number | null): HTMLElement {
    const name = `${file}:${line}${column === null ? "" : `:${column}`}`;
    // A header of the lab is not in the editor.
    if (!(file in files)) return h("code", {}, name);
    return button(name, () => actions.go(file, line, column), "link");
  }

  function fixButton(file: string, fix: Fix): HTMLElement {
    const made = button(fixWords(fix), () => {
      made.disabled = true;
      if (!actions.mend(file, fix)) made.textContent = say("fix_stale");
    });
    return made;
  }

  return { root, draw };
}

/** For where there is no room for more than the message: which kernels it is about. */
function named({ finding, kernels }: Said): Finding {
  return { ...finding, message: `${kernels.join(", ")}: ${finding.message}` };
}

/** The findings of all kernels, equal ones as one: the worst first, else in the order in which they came. */
function together(stories: State["stories"]): Said[] {
  const all = new Map<string, Said>();
  for (const [kernel, { findings }] of stories) {
    for (const finding of findings) {
      const { file, line, column, message, fix } = finding;
      const key = JSON.stringify([file, line, column, message, fix]);
      const said = all.get(key);
      if (said === undefined) all.set(key, { finding, kernels: [kernel] });
      else if (!said.kernels.includes(kernel)) said.kernels.push(kernel);
    }
  }
  const rank = { error: 0, warning: 1, note: 2 };
  return [...all.values()].sort((one, other) => rank[one.finding.severity] - rank[other.finding.severity]);
}
