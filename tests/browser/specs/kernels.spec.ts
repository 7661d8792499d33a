// Choosing kernels, and a run on several of them side by side.

import { expect, GUESTS, ORIGIN, program, test, type Lab } from "../support/lab";

/** What stands in one row of the table of differences, by kernel. */
async function difference(lab: Lab, what: string): Promise<string[]> {
  const caption = lab.page.locator(".differences tr").filter({ has: lab.page.locator("[scope=rowgroup]", { hasText: what }) });
  return caption.locator("xpath=following-sibling::tr[1]").locator("td").allTextContents();
}

test("the picker says what each place is, and is worked and left by keyboard", async ({ lab }) => {
  await lab.open("hello");
  const picker = lab.page.locator(".picker");
  const { keyboard } = lab.page;
  await expect(picker.locator("summary")).toHaveText("Kernel 6.1");
  await picker.locator("summary").focus();
  await keyboard.press("Enter");
  for (const kernel of GUESTS) await expect(picker.locator("li").filter({ hasText: kernel }).first()).toContainText(/software emulation|KVM|being prepared/);
  await expect(picker.locator("li").filter({ hasText: "6.1" }).first()).toContainText("default");
  await expect(picker.locator("li").filter({ hasText: "host" })).toContainText(/this machine|off/);

  // The last one cannot be taken away; a second one comes beside it.
  const box = (kernel: string) => picker.locator(`[id="kernel-${kernel}"]`);
  await box("6.1").focus();
  await keyboard.press("Space");
  await expect(box("6.1")).toBeChecked();
  await box("7.x").focus();
  await keyboard.press("Space");
  await expect(picker.locator("summary")).toHaveText("Kernel 6.1, 7.x");
  await picker.getByRole("button", { name: "All guests" }).press("Enter");
  await expect(picker.locator("summary")).toHaveText(`Kernel ${GUESTS.join(", ")}`);
  await keyboard.press("Escape");
  await expect(box("6.1")).toBeHidden();
  await expect(picker.locator("summary")).toBeFocused();

  await lab.page.reload();
  await expect(picker.locator("summary")).toHaveText(`Kernel ${GUESTS.join(", ")}`);
  // Whoever looks elsewhere has chosen.
  await picker.locator("summary").click();
  await picker.getByRole("button", { name: "Only 6.12" }).click();
  await expect(box("6.12")).toBeFocused();
  await lab.page.getByRole("heading", { level: 1 }).click();
  await expect(box("6.1")).toBeHidden();
  await expect(picker.locator("summary")).toHaveText("Kernel 6.12");
});

test("a run on all four shows four columns, and the same program does not differ", async ({ lab }) => {
  await lab.open("hello");
  await lab.putSolution();
  await lab.choose(...GUESTS);
  await lab.run.click();
  await lab.allEnded("Completed");
  for (const kernel of GUESTS) {
    await expect(lab.head(kernel)).toContainText("Checks: All passed");
    await expect(lab.head(kernel)).toContainText(kernel === "7.x" ? "7." : kernel);
    await expect(lab.column(kernel).locator(".lines tbody tr").first()).toContainText("hello from process");
  }
  await expect(lab.page.locator(".strip")).toContainText("No difference between the kernels");
  const lefts = await Promise.all(GUESTS.map(async (kernel) => (await lab.head(kernel).boundingBox())?.x ?? 0));
  expect(lefts).toEqual([...lefts].sort((one, other) => one - other));
  expect(new Set(lefts).size).toBe(GUESTS.length);

  await lab.page.getByRole("tab", { name: "Checks" }).click();
  for (const kernel of GUESTS) await expect(lab.column(kernel).locator("li.passed")).toHaveCount(3);
  await lab.page.getByRole("tab", { name: "Time" }).click();
  await expect(lab.panel("Time").getByRole("row", { name: "observe" }).getByRole("cell")).toHaveText(Array(4).fill(/\d s$/));
  // The lesson counts as passed, and one kernel can be looked at alone.
  await lab.page.getByRole("group", { name: "Kernels shown" }).getByRole("button", { name: "6.12" }).click();
  await expect(lab.state).toHaveText("Completed");
  await expect(lab.rows.first()).toContainText("hello from process");
  await expect(lab.checks).toContainText("All passed");
  await lab.page.goto(`${ORIGIN}/`);
  await expect(lab.page.locator("[data-lesson].passed")).toHaveCount(1);
});

test("what differs is marked with a word: attached here, not there", async ({ lab }) => {
  await lab.open("hello");
  await lab.choose(...GUESTS);
  // The function is gone on 7.x, where another has its name's place.
  await lab.write(program("kprobe/do_unlinkat", '\tbpf_printk("unlink");'));
  await lab.run.click();
  await lab.allEnded("Completed", ["5.10", "6.1", "6.12"]);
  await expect(lab.head("7.x").locator(".sentence")).not.toHaveText("Completed");

  await expect(lab.page.locator(".differences summary")).toHaveText(/^[23] differences: how they ended, where they are attached/);
  const attached = await difference(lab, "test: attached to");
  expect(attached.slice(0, 3).every((text) => text.includes("do_unlinkat") && !text.includes("differs"))).toBe(true);
  expect(attached[3]).toMatch(/^≠ differs: not (loaded|attached)$/);
  const finding = lab.findings.getByRole("listitem").first();
  await expect(finding).toContainText("on 7.x");
  await expect(finding).toContainText("filename_unlinkat");
});

test("what differs is marked with a word: refused there", async ({ lab }) => {
  await lab.open("hello");
  await lab.choose("5.10", "6.1", "7.x");
  // The older verifiers do not look at what a decision returns.
  await lab.write(program("lsm/socket_connect", "").replace("return 0;", "return 5;"));
  await lab.run.click();
  await lab.allEnded("Completed", ["5.10", "6.1"]);
  await expect(lab.head("7.x").locator(".sentence")).toHaveText("The verifier refused the program");

  const ended = await difference(lab, "how it ended");
  expect(ended.slice(0, 2)).toEqual(["Completed", "Completed"]);
  expect(ended[2]).toBe("≠ differs: The verifier refused the program");
  const attached = await difference(lab, "test: attached to");
  expect(attached.slice(0, 2).every((text) => text.includes("socket_connect") && !text.includes("differs"))).toBe(true);
  expect(attached[2]).toBe("≠ differs: not loaded");
});

test("what differs is marked with a word: attached under another name", async ({ lab }) => {
  await lab.open("kprobe-unlink");
  // What a check says has the run's values, where they are the same on all kernels.
  await lab.choose("5.10", "6.1");
  await lab.run.click();
  await lab.allEnded("Completed", ["5.10", "6.1"]);
  await lab.page.locator(".differences summary").click();
  await expect(lab.page.locator(".differences")).toContainText(/check: \d+ calls end with ENOENT/);

  await lab.putSolution();
  await lab.choose("6.1", "6.12", "7.x");
  await lab.run.click();
  await lab.allEnded("Completed", ["6.1", "6.12", "7.x"]);

  const old = await difference(lab, "old_begins: attached to");
  expect(old.slice(0, 2).every((text) => text.includes("do_unlinkat") && !text.includes("differs"))).toBe(true);
  expect(old[2]).toBe("≠ differs: not attached");
  const renamed = await difference(lab, "new_begins: attached to");
  expect(renamed.slice(0, 2)).toEqual(["not attached", "not attached"]);
  expect(renamed[2]).toMatch(/^≠ differs: .*filename_unlinkat/);
});

test("what all kernels say alike stands once, with their names", async ({ lab }) => {
  await lab.open("hello");
  await lab.choose(...GUESTS);
  await lab.write(program("tp/syscalls/sys_enter_write", '\tbpf_printk("%d", numbre);'));
  await lab.run.click();
  await lab.allEnded("It did not compile");
  const found = lab.findings.getByRole("listitem").filter({ hasText: "undeclared identifier 'numbre'" });
  await expect(found).toHaveCount(1);
  await expect(found).toContainText(`on ${GUESTS.join(", ")}`);
  await expect(lab.page.locator(".cm-sign.error")).toHaveCount(1);
});

test("a global of one kernel is changed in its column, and in no other", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.putSolution();
  await lab.choose("6.1", "6.12");
  await lab.run.click();
  for (const kernel of ["6.1", "6.12"]) await expect(lab.head(kernel)).toContainText("Observing", { timeout: 90_000 });
  await lab.page.getByRole("tab", { name: "Globals" }).click();
  const row = (kernel: string) => lab.column(kernel).getByRole("row", { name: "my_pid" });
  await row("6.12").getByRole("textbox").fill("1");
  await row("6.12").getByRole("textbox").press("Enter");
  await expect(row("6.12")).toContainText("✓ Set.");
  await expect(row("6.12").getByRole("cell").nth(1)).toHaveText("1");
  await expect(row("6.1").getByRole("cell").nth(1)).not.toHaveText("1");
  await lab.stop.click();
  await lab.allEnded("Stopped", ["6.1", "6.12"]);
});

test("a reload in the middle of a run on several sees all of them go on", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.choose("5.10", "7.x");
  await lab.run.click();
  await expect(lab.head("7.x")).toContainText("Observing", { timeout: 90_000 });
  await lab.page.reload();
  for (const kernel of ["5.10", "7.x"]) await expect(lab.head(kernel)).toContainText(/Observing|Completed/, { timeout: 90_000 });
  await lab.stop.click();
  for (const kernel of ["5.10", "7.x"]) await expect(lab.head(kernel)).toContainText(/Stopped|Completed/, { timeout: 90_000 });
});

test("what libbpf patched stands side by side, a column a kernel", async ({ lab }) => {
  await lab.open("hello");
  await lab.choose(...GUESTS);
  await lab.write(
    program(
      "tp/syscalls/sys_enter_execve",
      '\tstruct task_struct *task = (void *)bpf_get_current_task();\n\n\tbpf_printk("%d", BPF_CORE_READ(task, real_parent, tgid));',
    ).replace("<bpf/bpf_helpers.h>", "<bpf/bpf_helpers.h>\n#include <bpf/bpf_core_read.h>"),
  );
  await lab.run.click();
  await lab.allEnded("Completed");
  await expect(lab.page.locator(".differences summary")).toContainText("CO-RE");
  await lab.page.getByRole("tab", { name: "CO-RE" }).click();
  const row = lab.panel("CO-RE").getByRole("row", { name: /task_struct\S*tgid/ });
  await expect(row).toContainText("≠ differs");
  const offsets = (await row.getByRole("cell").allInnerTexts()).slice(1);
  expect(offsets.length).toBe(GUESTS.length);
  for (const offset of offsets) expect(Number(offset)).toBeGreaterThan(0);
  expect(new Set(offsets).size).toBeGreaterThan(1);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test("one kernel at a time, and the differences behind their sentence", async ({ lab }) => {
    await lab.open("hello");
    await lab.choose("6.1", "7.x");
    await lab.run.tap();
    await expect(lab.state).toHaveText("Completed", { timeout: 90_000 });
    await expect(lab.page.locator(".heads")).toBeHidden();
    const which = lab.page.getByRole("group", { name: "Kernels shown" });
    await expect(which.getByRole("button", { name: "Side by side" })).toBeHidden();
    await which.getByRole("button", { name: "7.x" }).tap();
    await expect(which.getByRole("button", { name: "7.x" })).toHaveAttribute("aria-pressed", "true");
    await expect(lab.page.locator(".bench > .state .facts")).toContainText(/^7\./);
    const { content, window } = await lab.page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
    }));
    expect(content).toBeLessThanOrEqual(window);
  });
});
