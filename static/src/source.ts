// What an editor is to the lab, and the plainest one: a text box.
//
// The box serves until CodeMirror has come, and for good when it does not.
// Does not know drafts, runs or files beyond their names.

import type { Config } from "./config";
import { h } from "./dom";
import { offsetOf } from "./place";
import type { Finding, Fix } from "./wire";

export interface Source {
  readonly root: HTMLElement;
  /** Brings a file to the front. */
  show(file: string): void;
  /** Replaces whole texts; where the editor has an undo, this can be undone. */
  replace(texts: Readonly<Record<string, string>>): void;
  go(file: string, line: number, column: number | null): void;
  /** Makes a change; false if those lines are not what the finding was about. */
  mend(file: string, fix: Fix): boolean;
  mark(findings: Finding[]): void;
  focus(): void;
}

export interface SourceOptions {
  texts: Readonly<Record<string, string>>;
  /** The file that findings without a file are about, and that is shown first. */
  program: string;
  label: string;
  help: string;
  nonce: string;
  /** The editor is a bundle of its own and has to be given its language. */
  strings: Config["strings"];
  changed(file: string, text: string): void;
}

export function plainSource(options: SourceOptions): Source {
  const texts: Record<string, string> = { ...options.texts };
  let file = options.program;
  const box = h("textarea", { class: "plain-source", "aria-label": options.label, spellcheck: "false", autocapitalize: "off" });
  const lines = () => box.value.split("\n");
  const startOf = (line: number) => lines().slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const at = (line: number, column: number | null) => startOf(line) + offsetOf(lines()[line - 1] ?? "", column);

  box.addEventListener("input", () => {
    texts[file] = box.value;
    options.changed(file, box.value);
  });

  function show(name: string): void {
    file = name;
    box.value = texts[name] ?? "";
  }

  show(file);
  return {
    root: box,
    show,
    replace(next) {
      Object.assign(texts, next);
      show(file);
    },
    go(name, line, column) {
      show(name);
      box.focus();
      box.setSelectionRange(at(line, column), at(line, column));
    },
    mend(name, fix) {
      show(name);
      if (fix.end_line > lines().length) return false;
      box.setRangeText(fix.text, at(fix.line, fix.column), at(fix.end_line, fix.end_column), "end");
      box.dispatchEvent(new Event("input"));
      return true;
    },
    mark() {},
    focus: () => box.focus(),
  };
}
