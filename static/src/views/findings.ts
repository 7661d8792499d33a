// The findings: what the compiler, the verifier, attaching or silence said.
//
// Each names its line as a button that goes there. Does not know the editor
// beyond what it is handed.

import { say, type Config } from "../config";
import { button, h } from "../dom";
import { fixWords } from "../place";
import type { Story } from "../story";
import type { Finding, Fix } from "../wire";
import { watcher, type View } from "./view";

export interface FindingActions {
  go(file: string, line: number, column: number | null): void;
  /** False if the text has changed since and the fix no longer fits. */
  mend(file: string, fix: Fix): boolean;
  /** The marks in the editor follow the list. */
  mark(findings: Finding[]): void;
}

const ICONS = { error: "✗", warning: "!", note: "i" } as const;

export function findingsView({ program, files }: Config, actions: FindingActions): View {
  const list = h("ul");
  const root = h("section", { class: "findings", "aria-label": say("findings"), hidden: true }, list);
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.findings)) return;
    const findings = story?.findings ?? [];
    root.hidden = findings.length === 0;
    list.replaceChildren(...findings.map((finding) => item(finding, finding.file ?? program)));
    actions.mark(findings);
  }

  function item(finding: Finding, file: string): HTMLElement {
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
        place,
      ),
      h("p", { class: "message" }, finding.message),
      ...finding.notes.map((note) =>
        h(
          "p",
          { class: "note" },
          note.line === null ? null : placeButton(note.file ?? file, note.line, note.column),
          " ",
          note.message,
        ),
      ),
      mend,
    );
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
