// The button that puts the solution into the editor, beside the solution.
//
// Does not know the editor.

import { say } from "./config";
import { button } from "./dom";

export function offerSolution(use: (text: string) => void): void {
  const text = document.querySelector("#solution pre")?.textContent;
  if (text != null) document.querySelector("#solution")?.append(button(say("solution_use"), () => use(text)));
}
