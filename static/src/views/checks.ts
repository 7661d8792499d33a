// The checks: what the program has to do, and how the run answered.
//
// Takes the list that the server rendered and keeps it up to date.
// Does not know how a check is decided.

import { say, type Config } from "../config";
import { h, setText } from "../dom";
import type { Story } from "../story";
import type { CheckResult } from "../wire";
import { watcher, type View } from "./view";

export function checksView(root: HTMLElement, checks: Config["checks"], passed: () => void): View {
  const list = root.querySelector("ol") ?? root.appendChild(h("ol"));
  const tally = h("span", { class: "tally", role: "status" });
  root.querySelector("h3")?.append(" ", tally);
  const onward = onwardLink();
  list.before(onward);
  const changed = watcher();

  function draw(_: unknown, story: Story | null): void {
    if (!changed(story, story?.rev.checks)) return;
    // A program that never ran has failed at something else, which the findings say.
    const ran = story !== null && story.observingSince !== null;
    const results = checks.map(({ id, says }) => ({ says, result: ran ? (story.checks.get(id) ?? null) : null }));
    list.replaceChildren(...results.map(({ says, result }) => item(says, result)));
    const good = results.filter(({ result }) => result?.passed === true).length;
    const all = good === checks.length && good > 0;
    setText(tally, !ran ? "" : all ? say("checks_all") : say("checks_count", { n: good, m: checks.length }));
    root.classList.toggle("all-passed", all);
    onward.hidden = !all;
    if (all) passed();
  }

  return { root, draw };
}

/** The way to the next lesson, for when this one is done. */
function onwardLink(): HTMLElement {
  const next = document.querySelector<HTMLAnchorElement>("a[rel=next]");
  const link = next === null ? null : h("a", { href: next.href }, `${say("next")}: ${next.lastChild?.textContent} →`);
  return h("p", { class: "onward", hidden: true }, link);
}

function item(says: string, result: CheckResult | null): HTMLElement {
  const [kind, icon, word] =
    result === null
      ? (["waiting", "○", say("check_waiting")] as const)
      : result.passed
        ? (["passed", "✓", say("check_passed")] as const)
        : (["failed", "✗", say("check_failed")] as const);
  return h(
    "li",
    { class: kind },
    h("span", { class: "mark" }, h("span", { "aria-hidden": "true" }, icon), h("span", { class: "unseen" }, word)),
    h("span", { class: "says" }, result?.says ?? says),
    result !== null && !result.passed && result.saw !== null
      ? h("p", { class: "saw" }, h("b", {}, say("check_saw")), " ", result.saw)
      : null,
    result !== null && !result.passed && result.hint !== null
      ? h("p", { class: "hint" }, h("b", {}, `${say("hint")}:`), " ", result.hint)
      : null,
  );
}
