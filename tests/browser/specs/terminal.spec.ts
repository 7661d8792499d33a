// A shell in the guest, beside the running program.

import type { Locator } from "@playwright/test";

import { expect, hasNoViolations, test, type Lab } from "../support/lab";

/** A guest's first use on this machine may come before its terminal. */
const OPEN_MS = 90_000;

const panel = (lab: Lab): Locator => lab.page.getByRole("region", { name: "Terminal", exact: true });
const screen = (lab: Lab): Locator => panel(lab).locator(".screen:visible .xterm-rows");
const intoIt = (lab: Lab): Promise<void> => panel(lab).locator(".screen:visible .xterm-screen").click();

/** A run with a terminal, until its shell has said something. */
async function open(lab: Lab, ...kernels: string[]): Promise<void> {
  await lab.open("hello");
  await lab.choose(...kernels);
  await lab.page.getByRole("checkbox", { name: "with a terminal" }).check();
  await lab.run.click();
  await expect(screen(lab)).toContainText("#", { timeout: OPEN_MS });
}

async function type(lab: Lab, command: string): Promise<void> {
  await lab.page.keyboard.type(command);
  await lab.page.keyboard.press("Enter");
}

test("what is typed in the guest's shell makes the program print", async ({ lab }) => {
  await open(lab, "6.1");
  await expect(panel(lab)).toContainText(/(29:\d\d|30:00) left/);
  await expect(panel(lab)).toContainText("A run with a terminal lasts at most 30 minutes; afterwards all in it is gone.");
  await type(lab, "uname -r; echo $((6 * 7))ok");
  await expect(screen(lab)).toContainText("42ok");
  await expect(screen(lab)).toContainText(/6\.1\.\d+-\d+-cloud-amd64/);

  // Other programs start at the learner's hand, for as long as the run goes on.
  await expect(lab.state).toHaveText("Observing");
  const filter = lab.page.getByRole("searchbox", { name: "Filter lines" });
  const before = await lab.rows.count();
  await intoIt(lab);
  await type(lab, "/bin/true; /bin/true");
  await expect.poll(() => lab.rows.count()).toBeGreaterThanOrEqual(before + 2);
  await expect(filter).toBeVisible();

  await lab.stopIt();
  await expect(screen(lab)).toContainText("The terminal is closed; all that was in it is gone.");
  await expect(panel(lab)).not.toContainText(" left");
  // The next run has none, unless it is wished for.
  await lab.page.getByRole("checkbox", { name: "with a terminal" }).uncheck();
  await lab.observe();
  await expect(panel(lab)).toBeHidden();
  await lab.stopIt();
});

test("the terminal has all keys but one, and that one leads out", async ({ lab }) => {
  await open(lab, "6.1");
  const keys = lab.page.getByRole("textbox", { name: /^Terminal on 6\.1\. F6 leaves the terminal\./ });
  await expect(keys).toBeFocused();
  await expect(keys).toHaveAttribute("aria-keyshortcuts", "F6");
  // Tab completes, Run's and Stop's keys are the shell's.
  const { keyboard } = lab.page;
  await keyboard.type("ech");
  await keyboard.press("Tab");
  await keyboard.type("tab$((1 + 1))");
  await keyboard.press("Control+Enter");
  await expect(screen(lab)).toContainText("tab2");
  await keyboard.press("Control+.");
  await keyboard.press("Shift+Escape");
  await expect(keys).toBeFocused();
  await expect(lab.state).toHaveText("Observing");
  await keyboard.press("F6");
  await expect(lab.stop).toBeFocused();
  await hasNoViolations(lab.page);
  await keyboard.press("Enter");
  await lab.ended("Stopped");
});

test("each kernel has its own shell; a reload comes back to it", async ({ lab }) => {
  await open(lab, "6.1", "6.12");
  const which = panel(lab).getByRole("group", { name: "Terminal of" });
  await expect(which.getByRole("button")).toHaveCount(2, { timeout: OPEN_MS });
  await which.getByRole("button", { name: "6.1", exact: true }).click();
  await type(lab, "echo first$((1))");
  await expect(screen(lab)).toContainText("first1");
  await which.getByRole("button", { name: "6.12" }).click();
  await expect(screen(lab)).not.toContainText("first1");
  await type(lab, "cut -d. -f1-2 /proc/sys/kernel/osrelease | sed s/^/is/");
  await expect(screen(lab)).toContainText("is6.12");
  await which.getByRole("button", { name: "6.1", exact: true }).click();
  await expect(screen(lab)).toContainText("first1");

  await lab.page.reload();
  await lab.hasEditor();
  await expect(screen(lab)).toContainText(/first1|is6\.12/, { timeout: 30_000 });
  await intoIt(lab);
  await type(lab, "echo again$((1))");
  await expect(screen(lab)).toContainText("again1");
  // Full lines wrap where this window says.
  await type(lab, "stty size");
  await expect(screen(lab)).toContainText(/stty size\d+ \d+/);
  await lab.stop.click();
  await lab.allEnded("Stopped", ["6.1", "6.12"]);
});

test("the machine's own kernel has no terminal", async ({ lab }) => {
  await lab.open("hello");
  const wish = lab.page.getByRole("checkbox", { name: "with a terminal" });
  await expect(wish).toBeVisible();
  const host = lab.page.locator('[id="kernel-host"]');
  await lab.page.locator(".picker summary").click();
  if (await host.isDisabled()) return;
  await host.check();
  await expect(wish).toBeHidden();
});
