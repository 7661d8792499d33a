// Findings in the editor: underlined text, a sign in the gutter, and the words
// under the line, where keyboard and touch reach them too.
//
// A finding goes when its line is edited. Knows CodeMirror's decorations; does
// not know where findings come from.

import { RangeSet, StateEffect, StateField, type EditorState, type Extension, type Text, type Transaction } from "@codemirror/state";
import { Decoration, EditorView, gutter, GutterMarker, WidgetType, type DecorationSet } from "@codemirror/view";
import { say } from "../config";
import { button, h } from "../dom";
import { fixWords, offsetOf } from "../place";
import type { Finding, Fix, Severity } from "../wire";

export interface Mark {
  from: number;
  to: number;
  finding: Finding;
  mend(fix: Fix): void;
}

interface Marks {
  all: Mark[];
  drawn: DecorationSet;
  signs: RangeSet<GutterMarker>;
}

/** Shows exactly these. */
export const setMarks = StateEffect.define<Mark[]>();

const field = StateField.define<Marks>({
  create: () => drawn([], null),
  update(marks, change) {
    for (const effect of change.effects) {
      if (effect.is(setMarks)) return drawn(effect.value, change.state.doc);
    }
    return change.docChanged ? drawn(untouched(marks.all, change), change.state.doc) : marks;
  },
  provide: (own) => EditorView.decorations.from(own, (marks) => marks.drawn),
});

export function findingMarks(): Extension {
  return [field, gutter({ class: "cm-signs", markers: (view) => view.state.field(field).signs, initialSpacer: () => new Sign("note") })];
}

/** Whether the finding still stands: its line has not been edited since. */
export function stands(state: EditorState, fix: Fix): boolean {
  return state.field(field).all.some(({ finding }) => JSON.stringify(finding.fix) === JSON.stringify(fix));
}

export function markOf(doc: Text, finding: Finding, mend: (fix: Fix) => void): Mark {
  const row = rowAt(doc, finding.line ?? 1);
  // Column 1 also stands for "somewhere on this line".
  const whole = finding.column === null || finding.column <= 1;
  const start = whole ? row.text.length - row.text.trimStart().length : offsetOf(row.text, finding.column);
  const word = /^\w+/.exec(row.text.slice(start))?.[0].length ?? 1;
  const end = whole ? row.text.length : Math.min(row.text.length, start + word);
  return { from: row.from + start, to: row.from + end, finding, mend };
}

/** The position of a line and column, both from 1; beyond the text, its end. */
export function positionOf(doc: Text, line: number, column: number | null): number {
  const row = rowAt(doc, line);
  return row.from + offsetOf(row.text, column);
}

function rowAt(doc: Text, line: number) {
  return doc.line(Math.min(Math.max(1, line), doc.lines));
}

/** The marks whose lines a change has left alone, at their new places. */
function untouched(marks: Mark[], change: Transaction): Mark[] {
  const before = change.startState.doc;
  return marks
    .filter(({ from }) => {
      const line = before.lineAt(from);
      return change.changes.touchesRange(line.from, line.to) === false;
    })
    .map((mark) => ({ ...mark, from: change.changes.mapPos(mark.from, 1), to: change.changes.mapPos(mark.to, -1) }));
}

function drawn(all: Mark[], doc: Text | null): Marks {
  if (doc === null) return { all, drawn: Decoration.none, signs: RangeSet.empty };
  const ranges = all.flatMap((mark) => {
    const under = Decoration.widget({ widget: new Words(mark), block: true, side: 1 }).range(doc.lineAt(mark.from).to);
    if (mark.from >= mark.to) return [under];
    return [Decoration.mark({ class: `cm-finding ${mark.finding.severity}` }).range(mark.from, mark.to), under];
  });
  const signs = all.map((mark) => new Sign(mark.finding.severity).range(doc.lineAt(mark.from).from));
  return { all, drawn: Decoration.set(ranges, true), signs: RangeSet.of(signs, true) };
}

/** A finding's words under its line. */
class Words extends WidgetType {
  constructor(private readonly mark: Mark) {
    super();
  }

  override eq(other: Words): boolean {
    return other.mark.finding === this.mark.finding;
  }

  override toDOM(): HTMLElement {
    const { finding, mend } = this.mark;
    const { fix, severity } = finding;
    return h(
      "div",
      { class: `cm-words ${severity}` },
      h("b", {}, say(`severity_${severity}`)),
      " ",
      // The first sentence or line; the list below the editor has it all.
      finding.message.split("\n", 1)[0] ?? "",
      fix === null ? null : button(fixWords(fix), () => mend(fix), "link"),
    );
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

/** A sign in the gutter; its shape tells the severity, see editor.css. */
class Sign extends GutterMarker {
  constructor(private readonly severity: Severity) {
    super();
  }

  override eq(other: Sign): boolean {
    return other.severity === this.severity;
  }

  override toDOM(): HTMLElement {
    return h("span", { class: `cm-sign ${this.severity}`, title: say(`severity_${this.severity}`) });
  }
}
