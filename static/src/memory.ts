// What this tab and this browser remember of runs.
//
// The last run of a lesson belongs to the tab; a lesson passed, to the browser.
// Everything here may fail without harm: a browser may forbid storage.

/** Kept short on purpose: it only has to tell whether texts are still the same. */
function sumOf(texts: Readonly<Record<string, string>>): number {
  let sum = 5381;
  for (const char of JSON.stringify(texts)) sum = (Math.imul(sum, 33) ^ (char.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

const key = (lesson: string) => `bpflab:run:${lesson}`;
let remembered: string | null = null;

/** Notes the run that the tab shows now; null forgets. */
export function rememberRun(lesson: string, run: string | null, texts: Readonly<Record<string, string>>): void {
  if (run === remembered) return;
  remembered = run;
  try {
    if (run === null) sessionStorage.removeItem(key(lesson));
    else sessionStorage.setItem(key(lesson), JSON.stringify({ run, sum: sumOf(texts) }));
  } catch {
    // A reload then starts afresh.
  }
}

/** The run that the tab showed before a reload, and whether the texts are still those it ran. */
export function lastRun(lesson: string, texts: Readonly<Record<string, string>>): { run: string; sameTexts: boolean } | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key(lesson)) ?? "null") as { run: string; sum: number } | null;
    if (kept === null) return null;
    remembered = kept.run;
    return { run: kept.run, sameTexts: kept.sum === sumOf(texts) };
  } catch {
    return null;
  }
}

/** All checks of a lesson have passed in this browser; the list of lessons shows it. */
export function notePassed(lesson: string): void {
  try {
    localStorage.setItem(`bpflab:passed:${lesson}`, "1");
  } catch {
    // Only the mark in the list is missing then.
  }
}
