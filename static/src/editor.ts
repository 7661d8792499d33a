// The editor: CodeMirror 6 with C and nothing that a lesson does not need.
//
// Loaded after the page, by the lab. Colours come from the page's CSS; the
// styles that CodeMirror itself adds carry the page's nonce.
// Does not know drafts or runs.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { history, historyKeymap, indentWithTab, standardKeymap, toggleComment } from "@codemirror/commands";
import { cppLanguage } from "@codemirror/lang-cpp";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorSelection, EditorState, type Extension, type TransactionSpec } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { speak } from "./config";
import { findingMarks, markOf, positionOf, setMarks, stands } from "./editor/marks";
import type { Source, SourceOptions } from "./source";
import type { Fix } from "./wire";

/** Kernel style: a tab is eight columns wide and stays a tab. */
const KERNEL_STYLE: Extension = [EditorState.tabSize.of(8), indentUnit.of("\t")];

export function openEditor(options: SourceOptions): Source {
  speak(options.strings);
  const states = new Map(Object.entries(options.texts).map(([file, text]) => [file, stateOf(text)]));
  let current = options.program;
  const view = new EditorView({ state: stateIn(current) });

  function stateOf(text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(options.nonce),
        findingMarks(),
        lineNumbers(),
        history(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        cppLanguage,
        syntaxHighlighting(classHighlighter),
        KERNEL_STYLE,
        // Escape, then Tab leaves: CodeMirror lets the Tab after an Escape through.
        keymap.of([
          ...closeBracketsKeymap,
          { key: "Mod-/", run: toggleComment },
          ...standardKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.contentAttributes.of({ "aria-label": options.label, "aria-description": options.help, tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.changed(current, update.state.doc.toString());
        }),
      ],
    });
  }

  function stateIn(file: string): EditorState {
    return states.get(file) ?? stateOf("");
  }

  function show(file: string): void {
    if (file === current) return;
    states.set(current, view.state);
    current = file;
    view.setState(stateIn(file));
  }

  function change(file: string, make: (state: EditorState) => TransactionSpec): void {
    if (file === current) view.dispatch(make(view.state));
    else states.set(file, stateIn(file).update(make(stateIn(file))).state);
  }

  function mend(file: string, fix: Fix): boolean {
    show(file);
    const { doc } = view.state;
    if (fix.end_line > doc.lines || !stands(view.state, fix)) return false;
    const from = positionOf(doc, fix.line, fix.column);
    const to = positionOf(doc, fix.end_line, fix.end_column);
    view.dispatch({ changes: { from, to, insert: fix.text }, selection: { anchor: from + fix.text.length }, userEvent: "input.fix" });
    view.focus();
    return true;
  }

  return {
    root: view.dom,
    show,
    mend,
    replace(texts) {
      for (const [file, text] of Object.entries(texts)) {
        change(file, ({ doc }) => (doc.toString() === text ? {} : { changes: { from: 0, to: doc.length, insert: text } }));
      }
    },
    go(file, line, column) {
      show(file);
      const at = positionOf(view.state.doc, line, column);
      view.dispatch({ selection: EditorSelection.cursor(at), effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    mark(findings) {
      for (const file of states.keys()) {
        const own = findings.filter((finding) => finding.line !== null && (finding.file ?? options.program) === file);
        change(file, ({ doc }) => ({
          effects: setMarks.of(own.map((finding) => markOf(doc, finding, (fix) => void mend(file, fix)))),
        }));
      }
    },
    focus: () => view.focus(),
  };
}
