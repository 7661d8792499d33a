// Without a mouse, and for axe: everything can be reached, named and left.

import { expect, GUESTS, hasNoViolations, lessons, ORIGIN, program, test } from "../support/lab";

test("with the keyboard alone: into the editor, out of it, and Run", async ({ lab }) => {
  await lab.open("hello");
  const { keyboard } = lab.page;
  await keyboard.press("Tab");
  await expect(lab.page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  const inEditor = () => lab.editor.evaluate((editor) => editor === document.activeElement);
  for (let presses = 0; !(await inEditor()) && presses < 60; presses++) await keyboard.press("Tab");
  await expect(lab.editor).toBeFocused();

  // Inside, Tab indents; after Escape it leaves, forwards and backwards.
  await keyboard.press("Control+Home");
  await keyboard.press("Tab");
  expect(await lab.text()).toMatch(/^\t/);
  await keyboard.press("Control+z");
  await keyboard.press("Escape");
  await keyboard.press("Tab");
  await expect(lab.editor).not.toBeFocused();
  await keyboard.press("Shift+Tab");
  await expect(lab.editor).toBeFocused();
  await keyboard.press("Escape");
  await keyboard.press("Shift+Tab");
  await expect(lab.run).toBeFocused();

  await keyboard.press("Tab");
  await keyboard.press("Control+Enter");
  await expect(lab.state).toHaveText("Observing", { timeout: 90_000 });
  await expect(lab.rows.first()).toBeVisible();
  await keyboard.press("Control+.");
  await lab.ended("Stopped");

  // The panels are one stop; arrows go from one to the next.
  await lab.page.getByRole("tab", { name: "Trace" }).focus();
  await keyboard.press("ArrowRight");
  await expect(lab.page.getByRole("tab", { name: "Maps" })).toBeFocused();
  await expect(lab.panel("Maps")).toBeVisible();
  await keyboard.press("End");
  await expect(lab.panel("Log")).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`axe finds nothing to complain about (${colorScheme})`, () => {
    test.use({ colorScheme });

    test("on the course and on pages that are a message", async ({ reader }) => {
      for (const path of ["/", "/zh/", "/lessons/nothing"]) {
        await reader.goto(`${ORIGIN}${path}`);
        await hasNoViolations(reader);
      }
    });

    test("on a lesson, before and after a run", async ({ lab }) => {
      await lab.open("hello");
      await lab.page.getByText("Solution", { exact: true }).click();
      await hasNoViolations(lab.page);
      await lab.run.click();
      await lab.ended("Completed");
      await hasNoViolations(lab.page);
      for (const name of ["Programs", "Log"]) {
        await lab.openPanel(name);
        await hasNoViolations(lab.page);
      }
      await lab.choose(...GUESTS);
      await lab.page.locator(".picker summary").click();
      await hasNoViolations(lab.page);
      await lab.page.keyboard.press("Escape");
      // Gone on 7.x: differences, a finding, and columns of every kind.
      await lab.write(program("kprobe/do_unlinkat", "\tbpf_printk(\"unlink\");"));
      await lab.run.click();
      await lab.allEnded("Completed", ["5.10", "6.1", "6.12"]);
      await expect(lab.page.locator(".differences")).toContainText("differs");
      await hasNoViolations(lab.page);
      for (const name of ["Checks", "Programs", "Time", "Log"]) {
        await lab.page.getByRole("tab", { name }).click();
        await hasNoViolations(lab.page);
      }
      await lab.choose("6.1");
      await lab.write(program("tp/syscalls/sys_enter_write", "\tbpf_printk(\"%d\", numbre);"));
      await lab.run.click();
      await lab.ended("It did not compile");
      await hasNoViolations(lab.page);
    });
  });
}

test("axe finds nothing to complain about on any lesson", async ({ reader }) => {
  // A second or two for each of some sixty pages, and another file's tests run beside.
  test.setTimeout(360_000);
  for (const path of await lessons(reader)) {
    await reader.goto(`${ORIGIN}${path}`);
    await expect(reader.locator(".cm-editor")).toBeVisible();
    await hasNoViolations(reader);
  }
});
