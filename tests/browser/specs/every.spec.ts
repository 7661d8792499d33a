// Every program of tests/programs, as a learner would run it: pasted into the
// sandbox with its command, on one kernel that has its kind, and seen in the
// panel that it is for.
//
// Takes as long as all of them (`make every`); tests/programs.rs proves them on
// every kernel. PROGRAM=xdp,tc leaves those alone.

import { readdirSync, readFileSync } from "node:fs";

import { expect, type Lab, ORIGIN, test } from "../support/lab";

const FOLDER = new URL("../../programs/", import.meta.url);
const ONLY = process.env["PROGRAM"]?.split(",");
const PROGRAMS = readdirSync(FOLDER).map((file) => file.replace(/\.bpf\.c$/, "")).filter((name) => ONLY?.includes(name) ?? true);

/** For a kernel that gets ready, and all of the run. */
const TURN_MS = 90_000;

/** The lessons' default, where it has the kind. */
const BEST = "6.1";

/** What the first lines of a program say of one thing. */
function said(text: string, word: string): string[] {
  return [...text.matchAll(new RegExp(`^// @${word} (.*)$`, "gm"))].map(([, what]) => what ?? "");
}

/** As a person would do in the forms: they keep what was chosen here. */
async function fill(lab: Lab, text: string): Promise<void> {
  const { page } = lab;
  await page.goto(`${ORIGIN}/sandbox`);
  const file = await page.locator(".files .file").first().innerText();
  const pairs = (word: string) => Object.fromEntries(said(text, word).map((line) => line.split(/=(.*)/s, 2)));
  const before = { attach: pairs("attach"), map_entries: pairs("entry") };
  const kernels = (said(text, "kernels")[0] ?? "").split(" ");
  const kept = {
    "bpflab:kernels": JSON.stringify([kernels.includes(BEST) ? BEST : kernels.at(-1)]),
    [`bpflab:draft:sandbox:${file}`]: text,
    "bpflab:draft:sandbox:command": said(text, "stimulus")[0] ?? "",
    "bpflab:before:sandbox": JSON.stringify(before),
  };
  await page.evaluate((all) => {
    for (const [key, value] of Object.entries(all)) localStorage.setItem(key, value);
  }, kept);
  await page.reload();
  await lab.hasEditor();
}

/** That what a line says is shown can be seen. */
async function sees(lab: Lab, kind: string, pattern: string): Promise<void> {
  const words = new RegExp(pattern.replace(/[$^]/g, ""));
  const first = words.source.split(" ")[0] ?? "";
  const heading = (name: string) => lab.page.getByRole("heading", { name, exact: true });
  switch (kind) {
    case "trace":
    case "once":
      return expect(await lab.openPanel("Trace")).toContainText(words);
    case "output":
      return expect(await lab.openPanel("Stimulus")).toContainText(words);
    case "attached":
      return expect(await lab.openPanel("Programs")).toContainText(words);
    case "runs": {
      const [name = "", runs = ""] = words.source.split(" ");
      const row = (await lab.openPanel("Programs")).getByRole("row").filter({ hasText: name }).first();
      return expect(row.getByRole("cell", { name: runs, exact: true })).toBeVisible();
    }
    case "uncounted":
      return expect(await lab.openPanel("Programs")).not.toContainText("XDP_");
    case "stats": {
      const row = (await lab.openPanel("Programs")).getByRole("row").filter({ hasText: first });
      return expect(row.first()).toContainText(new RegExp(words.source.slice(first.length)));
    }
    case "finding":
      return expect(lab.findings).not.toBeEmpty();
    case "record":
      return expect((await lab.openPanel("Records")).locator("tbody tr").first()).toBeVisible();
    case "map":
    case "total":
      await lab.openPanel("Maps");
      return expect(heading(first)).toBeVisible();
    case "global":
      return expect((await lab.openPanel("Globals")).getByRole("rowheader", { name: first })).toBeVisible();
    case "tested":
    case "code":
      // Asked for by hand: changes.spec.ts does.
      return expect(await lab.openPanel("Programs")).toContainText("instructions");
    default:
      throw new Error(`${kind} is no kind`);
  }
}

for (const name of PROGRAMS) {
  test(name, async ({ lab }) => {
    const text = readFileSync(new URL(`${name}.bpf.c`, FOLDER), "utf8");
    await fill(lab, text);
    await lab.run.click();
    await expect(lab.stop).toBeEnabled();
    await expect(lab.stop).toBeDisabled({ timeout: TURN_MS });
    for (const line of said(text, "shows")) {
      const [kind, pattern] = line.split(/ (.*)/s, 2);
      await sees(lab, kind ?? "", pattern ?? "");
    }
  });
}
