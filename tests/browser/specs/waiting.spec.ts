// The first use of a kernel on a machine: what the page says while it waits.

import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { expect, test } from "../support/lab";
import { serve } from "../support/server";

/** Where the lab keeps what can be made again, unless told otherwise. */
const DATA = process.env["BPFLAB_DATA"] ?? (process.getuid?.() === 0 ? "/var/cache/bpflab" : join(homedir(), ".cache/bpflab"));

test("the first use of a kernel says in words what is happening, and for how long", async ({ lab }) => {
  // The images are there; snapshots and headers are made anew.
  const fresh = mkdtempSync("/var/tmp/bpflab-first-use-");
  // The compiler and the guests have users of their own.
  chmodSync(fresh, 0o755);
  symlinkSync(realpathSync(join(DATA, "images")), join(fresh, "images"));
  const { link, stop } = await serve("--data", fresh);
  try {
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
  } finally {
    await stop();
    rmSync(fresh, { recursive: true, force: true });
  }
});
