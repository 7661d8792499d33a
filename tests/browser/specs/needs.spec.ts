// A lesson that needs what a kernel lacks: said before anything loads, with a
// kernel that can.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "../support/lab";
import { serve } from "../support/server";

const LESSONS = fileURLToPath(new URL("../../../lessons", import.meta.url));

test("a kernel that lacks a feature offers one that has it, and a press runs it there", async ({ lab }) => {
  const course = mkdtempSync(join(tmpdir(), "bpflab-needs-"));
  cpSync(join(LESSONS, "course.toml"), join(course, "course.toml"));
  cpSync(join(LESSONS, "020-hello"), join(course, "020-hello"), { recursive: true });
  const file = join(course, "020-hello/lesson.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace('features = ["tracepoint"]', 'features = ["tracepoint", "kprobe.multi"]'));
  const { link, stop } = await serve("--lessons", course);
  try {
    await lab.page.goto(link);
    await lab.page.goto(`${new URL(link).origin}/lessons/hello`);
    await lab.hasEditor();
    await lab.choose("6.1");
    await lab.run.click();
    await lab.ended("The program cannot run here as it is");
    const finding = lab.findings.getByRole("listitem").first();
    await expect(finding).toContainText("kprobe.multi");
    await expect(finding.getByRole("button", { name: "Run on 7.x" })).toBeVisible();
    await finding.getByRole("button", { name: "Run on 6.12" }).click();
    await lab.ended("Completed");
    await expect(lab.page.locator(".picker summary")).toHaveText("Kernel 6.12");
    await expect(lab.page.locator(".bench > .state .facts")).toContainText("6.12.");
  } finally {
    await stop();
    rmSync(course, { recursive: true, force: true });
  }
});
