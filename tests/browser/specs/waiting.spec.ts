// The first use of a kernel on a machine: what the page says while it waits.

import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { expect, hasNoViolations, test } from "../support/lab";
import { serve } from "../support/server";

/** Where the lab keeps what can be made again, unless told otherwise. */
const DATA = process.env["BPFLAB_DATA"] ?? (process.getuid?.() === 0 ? "/var/cache/bpflab" : join(homedir(), ".cache/bpflab"));

/** A server that has the images, and makes snapshots and headers anew. */
async function withFreshServer(use: (link: string) => Promise<void>): Promise<void> {
  const fresh = mkdtempSync("/var/tmp/bpflab-first-use-");
  // The compiler and the guests have users of their own.
  chmodSync(fresh, 0o755);
  symlinkSync(realpathSync(join(DATA, "images")), join(fresh, "images"));
  const { link, stop } = await serve("--data", fresh);
  try {
    await use(link);
  } finally {
    await stop();
    rmSync(fresh, { recursive: true, force: true });
  }
}

test("the first use of a kernel says in words what is happening, and for how long", async ({ lab }) => {
  await withFreshServer(async (link) => {
    await lab.page.goto(link);
    await lab.page.goto(`${new URL(link).origin}/lessons/hello`);
    await lab.hasEditor();
    const said = new Set<string>();
    await lab.page.exposeFunction("note", (sentence: string) => void said.add(sentence));
    await lab.page.evaluate(() => {
      const sentence = document.querySelector(".state .sentence");
      const note = (globalThis as unknown as { note(text: string): void }).note;
      if (sentence !== null) new MutationObserver(() => note(sentence.textContent ?? "")).observe(sentence, { childList: true, characterData: true, subtree: true });
    });
    await lab.run.click();
    await expect(lab.state).toHaveText(/^First use of this kernel: /, { timeout: 30_000 });
    await expect(lab.page.locator(".state .clock")).toHaveText(/^\d+\.\d s$/);
    await expect(lab.page.locator(".stages [aria-current=step]")).toContainText("first use");
    await lab.ended("Completed");
    expect([...said].filter((sentence) => sentence.startsWith("First use")).length).toBeGreaterThanOrEqual(2);
    // Afterwards the bar says how long it took.
    await expect(lab.page.locator(".stages li").filter({ hasText: "first use" })).toContainText(/\d s$/);

    await lab.run.click();
    await lab.ended("Completed");
    await expect(lab.page.locator(".stages li").filter({ hasText: "first use" })).toBeHidden();
  });
});

test("the picker sees by itself that a kernel has become ready, and says so once", async ({ lab }) => {
  await withFreshServer(async (link) => {
    const { page } = lab;
    await page.goto(link);
    const summary = page.locator(".picker summary");
    await expect(async () => {
      await page.goto(`${new URL(link).origin}/lessons/hello`);
      await expect(summary).toHaveText(/being prepared$/, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    const kernel = /^Kernel (\S+?)being prepared$/.exec((await summary.textContent()) ?? "")?.[1] ?? "";
    expect(kernel).not.toBe("");
    await expect(lab.run).toHaveAttribute("title", "being prepared; a run waits for it");
    await expect(lab.run).toBeEnabled();
    const said: string[] = [];
    await page.exposeFunction("note", (sentence: string) => void said.push(sentence));
    await page.evaluate(() => {
      const status = document.querySelector(".choice [role=status]");
      const note = (globalThis as unknown as { note(text: string): void }).note;
      if (status !== null) new MutationObserver(() => note(status.textContent ?? "")).observe(status, { childList: true, characterData: true, subtree: true });
    });

    await expect(summary).toHaveText(`Kernel ${kernel}`, { timeout: 120_000 });
    await expect(lab.run).toHaveAttribute("title", "");
    await summary.click();
    const row = page.locator(".places li").filter({ has: page.locator(`[id="kernel-${kernel}"]`) });
    await expect(row).toContainText(/software emulation|KVM/);
    await hasNoViolations(page);
    // Two more answers of the server, after which nothing has been said again.
    for (let n = 0; n < 2; n++) await page.waitForResponse((answer) => answer.url().includes("/api/kernels"));
    expect(said).toEqual([`${kernel} is ready.`]);
  });
});
