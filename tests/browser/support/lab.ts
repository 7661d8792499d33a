// The bench of a lesson, as a person meets it: by roles and names.
//
// Also the two kinds of visitors: `reader` has no session, `lab` has opened the
// link. Does not know any particular lesson.

import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Locator, type Page } from "@playwright/test";

export const LINK = process.env["BPFLAB_LINK"] ?? "";
export const ORIGIN = LINK === "" ? "" : new URL(LINK).origin;

/** Every lesson that the course lists, by its address. */
export async function lessons(page: Page): Promise<string[]> {
  await page.goto(`${ORIGIN}/`);
  const found = await page.locator(".rows a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(found.length).toBeGreaterThanOrEqual(4);
  return found;
}

/** The guests of kernels.toml, as the server lists them. */
export const GUESTS = ["5.10", "6.1", "6.12", "7.x"];

/** Nothing for axe to complain about. */
export async function hasNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

/** For a run's turn on the kernel, and all of the run. */
const TURN_MS = 90_000;

/** A whole program around one function. */
export const program = (section: string, body: string) => `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("${section}")
int test(struct trace_event_raw_sys_enter *ctx)
{
${body}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

export class Lab {
  readonly run: Locator;
  readonly stop: Locator;
  readonly editor: Locator;
  /** What the run is doing, in a sentence. */
  readonly state: Locator;
  readonly rows: Locator;
  readonly findings: Locator;
  readonly checks: Locator;

  constructor(readonly page: Page) {
    this.run = page.getByRole("button", { name: "Run" });
    this.stop = page.getByRole("button", { name: "Stop" });
    this.editor = page.getByRole("textbox", { name: "Source code" });
    this.state = page.locator(".bench > .state .sentence");
    this.rows = page.locator(".results .lines tbody tr");
    this.findings = page.getByRole("region", { name: "Findings" });
    this.checks = page.getByRole("region", { name: "Checks" });
  }

  async open(lesson: string): Promise<void> {
    await this.page.goto(`${ORIGIN}/lessons/${lesson}`);
    await this.hasEditor();
  }

  /** CodeMirror has taken its place, and with it what the tests type into. */
  async hasEditor(): Promise<void> {
    await expect(this.page.locator(".cm-editor")).toBeVisible();
  }

  /** Replaces the program as a person does: select all, paste. */
  async write(text: string): Promise<void> {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: ORIGIN });
    await this.page.evaluate((words) => navigator.clipboard.writeText(words), text);
    await this.editor.click();
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.press("Control+v");
    await expect.poll(() => this.text()).toBe(text);
  }

  async putSolution(): Promise<void> {
    await this.page.getByText("Solution", { exact: true }).click();
    await this.page.getByRole("button", { name: "Put the solution into the editor" }).click();
  }

  /** What the editor holds, line by line; short programs are drawn in full. */
  text(): Promise<string> {
    return this.page.locator(".cm-content .cm-line").allTextContents().then((lines) => lines.join("\n"));
  }

  panel(name: string): Locator {
    return this.page.getByRole("tabpanel", { name });
  }

  async openPanel(name: string): Promise<Locator> {
    await this.page.getByRole("tab", { name }).click();
    return this.panel(name);
  }

  /** Chooses exactly these kernels, as a person does. */
  async choose(...kernels: string[]): Promise<void> {
    const picker = this.page.locator(".picker");
    await picker.locator("summary").click();
    const [first, ...others] = kernels;
    const alone = picker.getByRole("button", { name: `Only ${first}`, exact: true });
    if (await alone.isVisible()) await alone.click();
    for (const kernel of others) await picker.locator(`[id="kernel-${kernel}"]`).check();
    await expect(picker.locator("summary")).toHaveText(`Kernel ${GUESTS.concat("host").filter((name) => kernels.includes(name)).join(", ")}`);
    await this.page.keyboard.press("Escape");
  }

  /** The head of a kernel's column. */
  head(kernel: string): Locator {
    return this.page.locator(".heads").getByRole("region", { name: kernel, exact: true });
  }

  /** A kernel's column in the panel that is open. */
  column(kernel: string): Locator {
    return this.page.locator(".panel:visible .side").getByRole("group", { name: kernel, exact: true });
  }

  /** Waits until every kernel's part is over in this way. */
  async allEnded(sentence: string, kernels: string[] = GUESTS): Promise<void> {
    for (const kernel of kernels) await expect(this.head(kernel).locator(".sentence")).toHaveText(sentence, { timeout: TURN_MS });
    await expect(this.stop).toBeDisabled();
  }

  /** Presses Run, and waits until the program is attached. */
  async observe(): Promise<void> {
    await this.run.click();
    await expect(this.state).toHaveText("Observing", { timeout: TURN_MS });
  }

  async stopIt(): Promise<void> {
    await this.stop.click();
    await this.ended("Stopped");
  }

  /** The run ended in this way. */
  async ended(sentence: string | RegExp): Promise<void> {
    await expect(this.state).toHaveText(sentence, { timeout: TURN_MS });
    await expect(this.stop).toBeDisabled();
  }
}

/** Says what no page may say: scripts that fail, and what the page's own policy forbids. */
export const test = base.extend<{ complaints: string[]; reader: Page; lab: Lab }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // An answer that is not 200 is the test's own affair.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],

  reader: async ({ page }, use) => {
    await use(page);
  },

  lab: async ({ page }, use) => {
    await page.goto(LINK);
    const note = page.locator(".note");
    if ((await note.count()) > 0) {
      const why = (await note.innerText()).trim();
      // CI must be able to run programs; elsewhere the report says why not.
      if (process.env["CI"]) throw new Error(why);
      test.skip(true, why);
    }
    await use(new Lab(page));
  },
});

export { expect };
