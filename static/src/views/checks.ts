// The checks: what the program has to do, and how the run answered.
//
// Takes the list that the server rendered and keeps it up to date.
// Does not know how a check is decided.

import { say, type Config } from "../config";
import { h, setText } from "../dom";
import type { State } from "../state";
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

  function draw(state: State, story: Story | null): void {
    // Of a run on several kernels any one will do, shown or not.
    if ([...state.stories.values()].some((any) => allPassed(checks, any))) passed();
    if (!changed(story, story?.rev.checks)) return;
    list.replaceChildren(...checkItems(checks, story));
    const all = allPassed(checks, story);
    setText(tally, tallyOf(checks, story));
    root.classList.toggle("all-passed", all);
    onward.hidden = !all;
  }

  return { root, draw };
}

/** What a story says of each check; nothing of a program that never ran: the findings say what it failed at. */
function resultsOf(checks: Config["checks"], story: Story | null): { says: string; result: CheckResult | null }[] {
  const ran = story !== null && story.observingSince !== null;
  return checks.map(({ id, says }) => ({ says, result: ran ? (story.checks.get(id) ?? null) : null }));
}

function allPassed(checks: Config["checks"], story: Story | null): boolean {
  return checks.length > 0 && resultsOf(checks, story).every(({ result }) => result?.passed === true);
}

/** The checks as items of a list. */
export function checkItems(checks: Config["checks"], story: Story | null): HTMLElement[] {
  return resultsOf(checks, story).map(({ says, result }) => item(says, result));
}

/** How many have passed; empty before there is anything to count. */
export function tallyOf(checks: Config["checks"], story: Story | null): string {
  if (story === null || story.observingSince === null) return "";
  const n = resultsOf(checks, story).filter(({ result }) => result?.passed === true).length;
  return allPassed(checks, story) ? say("checks_all") : say("checks_count", { n, m: checks.length });
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
      ? h("p", { class: "hint" }, h("b", {}, say("hint_is")), " ", result.hint)
      : null,
  );
}
