// A run, from Run to its end, and across a reload.

import { expect, ORIGIN, test } from "../support/lab";

/** Prints at each "x" that anyone writes, so often that the end is far. */
const EVERY_WRITE = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile int my_pid = 0;

SEC("tp/syscalls/sys_enter_write")
int look(struct trace_event_raw_sys_enter *ctx)
{
	if (my_pid != 0 && ctx->args[0] == 1 && ctx->args[2] == 2)
		bpf_printk("a write");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("the first line is in the page before the run ends; Stop ends it", async ({ lab }) => {
  await lab.open("hello");
  await expect(lab.state).toHaveText("Not run yet");
  await lab.run.click();
  // Both at one moment: a line is there, and the run is still going.
  await lab.page.waitForFunction(
    () => document.querySelector(".lines tbody tr") !== null && document.querySelector(".state")?.getAttribute("data-mood") === "busy",
    undefined,
    { timeout: 90_000 },
  );
  await expect(lab.rows.first()).toContainText("hello");
  await expect(lab.state).toHaveText("Observing");
  await lab.stopIt();
  // What came is still there to be read, and the next run starts afresh.
  await expect(lab.rows.first()).toContainText("hello");
  await lab.observe();
  await expect(lab.rows.first()).toContainText("hello");
  await lab.stopIt();
});

test("the solution passes all checks, and the course remembers it", async ({ lab }) => {
  await lab.open("hello");
  await lab.putSolution();
  await lab.run.click();
  await lab.ended("Completed");
  await expect(lab.checks).toContainText("All passed");
  await expect(lab.checks.locator("li.passed")).toHaveCount(3);
  await expect(lab.checks.getByRole("link", { name: /^Next: / })).toBeVisible();

  await lab.page.goto(`${ORIGIN}/`);
  await expect(lab.page.locator("[data-lesson].passed")).toHaveCount(1);
  await expect(lab.page.locator('[data-lesson="/lessons/hello"]')).toContainText("✓ passed");
});

test("the starter does not pass, and each failed check says what was seen and where to look", async ({ lab }) => {
  await lab.open("hello");
  await lab.run.click();
  await lab.ended("Completed");
  await expect(lab.checks).toContainText("1 of 3 passed");
  const failed = lab.checks.locator("li.failed");
  await expect(failed).toHaveCount(2);
  await expect(failed.first()).toContainText(/Seen: \d+ of \d+ trace lines matched/);
  await expect(failed.first()).toContainText("Hint: ");
});

test("a reload in the middle of a run sees it go on", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  // Its neighbour writes for twelve seconds: a reload may take half of them.
  await lab.write(EVERY_WRITE);
  await lab.observe();
  await expect(lab.rows.first()).toBeVisible();
  const first = await lab.rows.first().innerText();
  const seed = /seed \d+/.exec(await lab.page.locator(".state .facts").innerText())?.[0] ?? "no seed";

  await lab.page.reload();
  await lab.hasEditor();
  await expect(lab.page.locator(".state .facts")).toContainText(seed);
  await expect(lab.state).toHaveText("Observing");
  // From its first line on, and with lines that are newer than the reload.
  await expect(lab.rows.first()).toHaveText(first, { useInnerText: true });
  const before = await lab.rows.count();
  await expect.poll(() => lab.rows.count()).toBeGreaterThan(before);
  await lab.stopIt();
});

test("what was typed is there after a reload; Reset brings the starter back, Undo the text", async ({ lab }) => {
  await lab.open("hello");
  const starter = await lab.text();
  await lab.page.getByText('bpf_printk("hello");').click();
  await lab.page.keyboard.press("End");
  await lab.page.keyboard.type(" /* mine */");
  const typed = await lab.text();
  expect(typed).toContain("/* mine */");

  await lab.page.reload();
  await lab.hasEditor();
  expect(await lab.text()).toBe(typed);

  await lab.page.getByRole("button", { name: "Reset" }).click();
  expect(await lab.text()).toBe(starter);
  await lab.page.getByRole("button", { name: "Undo" }).click();
  expect(await lab.text()).toBe(typed);
  // Of another lesson, nothing has changed.
  await lab.open("helloworld");
  expect(await lab.text()).not.toContain("/* mine */");
});

test("a run speaks the page's language", async ({ lab }) => {
  await lab.page.goto(`${ORIGIN}/zh/lessons/hello`);
  await lab.hasEditor();
  await lab.page.getByRole("button", { name: "运行" }).click();
  await expect(lab.state).toHaveText("运行完成", { timeout: 90_000 });
  const failed = lab.page.locator(".checks li.failed").first();
  await expect(failed).toContainText("实际看到：");
  await expect(failed.locator(".says")).toHaveText(/[\u4e00-\u9fff]{4}/);
});
