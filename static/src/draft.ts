// The learner's text: kept in this browser, for each lesson and file.
//
// The one holder of what the files say now; editors are views of it.
// Does not know editors, runs or the server.

/** Long enough that typing is not slowed, short enough that a crash costs a word. */
const SAVE_AFTER_MS = 300;

export interface Draft {
  readonly texts: Readonly<Record<string, string>>;
  /** The learner typed. */
  change(file: string, text: string): void;
  /** Whether any file differs from its starter. */
  differs(): boolean;
  /** Puts these texts in; returns what was there, for an undo. */
  replace(texts: Record<string, string>): Record<string, string>;
  /** Whether the browser keeps text at all. */
  readonly kept: boolean;
  save(): void;
}

export function openDraft(lesson: string, starter: Record<string, string>): Draft {
  const texts: Record<string, string> = {};
  const unsaved = new Set<string>();
  let timer = 0;
  let kept = true;

  for (const [file, text] of Object.entries(starter)) texts[file] = read(file) ?? text;

  function key(file: string): string {
    return `bpflab:draft:${lesson}:${file}`;
  }

  // A browser may forbid storage altogether; then every access throws.
  function read(file: string): string | null {
    try {
      return localStorage.getItem(key(file));
    } catch {
      kept = false;
      return null;
    }
  }

  function save(): void {
    clearTimeout(timer);
    try {
      for (const file of unsaved) {
        // A text that is the starter's again follows the lesson when its author mends it.
        if (texts[file] === starter[file]) localStorage.removeItem(key(file));
        else localStorage.setItem(key(file), texts[file] ?? "");
      }
      unsaved.clear();
    } catch {
      kept = false;
    }
  }

  function change(file: string, text: string): void {
    texts[file] = text;
    unsaved.add(file);
    clearTimeout(timer);
    timer = window.setTimeout(save, SAVE_AFTER_MS);
  }

  // The last words before a tab is closed, or put aside on a phone.
  addEventListener("pagehide", save);

  return {
    texts,
    change,
    differs: () => Object.keys(starter).some((file) => texts[file] !== starter[file]),
    replace(next) {
      const before = { ...texts };
      for (const [file, text] of Object.entries(next)) change(file, text);
      return before;
    },
    get kept() {
      return kept;
    },
    save,
  };
}
