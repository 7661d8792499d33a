// The command that makes something happen, where it is the learner's own: kept
// in this browser like the program.
//
// Does not know runs.

const KEY = "bpflab:draft:sandbox:command";

export interface Command {
  /** Empty where there is none. */
  text(): string;
}

export function ownCommand(): Command {
  const field = document.querySelector<HTMLTextAreaElement>("#stimulus");
  if (field === null) return { text: () => "" };
  try {
    field.value = localStorage.getItem(KEY) ?? field.value;
  } catch {
    // Storage is forbidden: then it is as new each time.
  }
  field.addEventListener("input", () => {
    try {
      localStorage.setItem(KEY, field.value);
    } catch {
      // The same.
    }
  });
  return { text: () => field.value.trim() };
}
