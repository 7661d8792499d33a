// What stands in the way of a run: a sentence of the lab, or a lost connection.
//
// Does not know how the run itself goes.

import { say } from "../config";
import { button, h, setText } from "../dom";
import type { State } from "../state";
import type { View } from "./view";

export function troubleView(retry: () => void): View {
  const problem = h("p", { class: "trouble", role: "alert", hidden: true });
  const countdown = h("span");
  const away = h("p", { class: "trouble", hidden: true }, countdown, " ", button(say("connection_now"), retry));
  const root = h("div", { class: "troubles" }, problem, away);

  function draw({ connection, problem: text }: State): void {
    problem.hidden = text === null;
    setText(problem, text ?? "");
    away.hidden = connection.is !== "waiting";
    if (connection.is !== "waiting") return;
    const n = Math.max(1, Math.ceil((connection.until - Date.now()) / 1_000));
    setText(countdown, say("connection_lost", { n }));
  }

  return { root, draw };
}
