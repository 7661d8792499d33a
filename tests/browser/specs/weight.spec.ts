// What a lesson costs to open, in bytes on the wire.

import type { Response } from "@playwright/test";

import { expect, lessons, ORIGIN, test } from "../support/lab";

/** A lesson without its editor, and the editor, each gzipped. */
const BUDGET = { page: 30_000, editor: 140_000, results: 24_000 };

const EDITOR = "/static/editor.js";

test("a lesson weighs little, and its editor comes after it", async ({ reader, browser }) => {
  for (const path of await lessons(reader)) {
    // With nothing in its cache, as at the first visit.
    const context = await browser.newContext();
    const page = await context.newPage();
    const answers: Response[] = [];
    page.on("response", (answer) => answers.push(answer));
    await page.goto(`${ORIGIN}${path}`, { waitUntil: "networkidle" });
    await expect(page.locator(".cm-editor")).toBeVisible();

    const weight = { page: 0, editor: 0 };
    const order: string[] = [];
    for (const answer of answers) {
      const { pathname, protocol } = new URL(answer.url());
      if (protocol === "data:") continue;
      order.push(pathname);
      expect(answer.headers()["content-encoding"], pathname).toBe("gzip");
      const { responseBodySize } = await answer.request().sizes();
      weight[pathname === EDITOR ? "editor" : "page"] += responseBodySize;
    }
    await context.close();
    expect(order.indexOf(EDITOR), "the editor comes after the page and its style").toBeGreaterThan(order.indexOf("/static/bpflab.css"));
    // Less would mean that something was not counted.
    expect.soft(weight.page, `bytes of ${path}`).toBeGreaterThan(15_000);
    expect.soft(weight.page, `bytes of ${path}`).toBeLessThanOrEqual(BUDGET.page);
    expect.soft(weight.editor, "bytes of the editor").toBeGreaterThan(50_000);
    expect.soft(weight.editor, "bytes of the editor").toBeLessThanOrEqual(BUDGET.editor);
  }
});

test("what a run shows comes with the first run, once", async ({ lab }) => {
  const names: string[] = [];
  const answers: Response[] = [];
  lab.page.on("response", (answer) => {
    const { pathname } = new URL(answer.url());
    if (!pathname.startsWith("/static/")) return;
    names.push(pathname);
    if (pathname.startsWith("/static/results.")) answers.push(answer);
  });
  await lab.open("hello");
  expect(names.filter((name) => /results|terminal/.test(name))).toEqual([]);
  await lab.observe();
  await lab.stopIt();
  await lab.observe();
  await lab.stopIt();
  expect(names.filter((name) => /results|terminal/.test(name)).sort()).toEqual(["/static/results.css", "/static/results.js"]);
  let bytes = 0;
  for (const answer of answers) bytes += (await answer.request().sizes()).responseBodySize;
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThanOrEqual(BUDGET.results);
});
