// Programs that fail, each in its own way: the compiler, the verifier, attaching.

import { expect, program, test } from "../support/lab";

test("a program that does not compile: its line is marked, and the finding leads there", async ({ lab }) => {
  await lab.open("hello");
  await lab.write(program("tp/syscalls/sys_enter_write", "\tlong number = 1;\n\tlong other = numbre;\n\n\tbpf_printk(\"%ld\", other);"));
  await lab.run.click();
  await lab.ended("It did not compile");

  const finding = lab.findings.getByRole("listitem").first();
  await expect(finding).toContainText("error");
  await expect(finding).toContainText("use of undeclared identifier 'numbre'");
  // In the editor: a sign in the gutter, the word underlined, the sentence under its line.
  await expect(lab.page.locator(".cm-sign.error")).toHaveCount(1);
  await expect(lab.page.locator(".cm-finding.error")).toHaveText("numbre");
  await expect(lab.page.locator(".cm-words.error")).toContainText("use of undeclared identifier 'numbre'");
  await expect(lab.page.locator(".cm-line:has(+ .cm-words)")).toContainText("long other");

  await finding.getByRole("button", { name: /^hello\.bpf\.c:8:\d+$/ }).click();
  await expect(lab.editor).toBeFocused();
  await expect(lab.page.locator(".cm-activeLine")).toContainText("numbre");
  // The checks do not complain about a program that never ran.
  await expect(lab.checks.locator("li.failed")).toHaveCount(0);

  // The compiler's proposal, applied, compiles; and editing its line has taken the mark away.
  await lab.page.locator(".cm-words").getByRole("button", { name: "Apply: number" }).click();
  await expect(lab.page.locator(".cm-sign.error")).toHaveCount(0);
  await lab.observe();
  await expect(lab.rows.first()).toContainText("1");
  await expect(lab.findings).toBeHidden();
  await lab.stopIt();
});

test("a place in a header of the lab is named, and is no link into the editor", async ({ lab }) => {
  await lab.open("hello");
  await lab.write(program("tp/syscalls/sys_enter_write", "\tbpf_printk(\"%d\", );"));
  await lab.run.click();
  await lab.ended("It did not compile");
  await expect(lab.findings).toContainText("bpf_helpers.h");
  await expect(lab.findings.getByRole("button", { name: "bpf_helpers.h" })).toHaveCount(0);
});

test("a program that the verifier refuses: its sentence, its line and its log", async ({ lab }) => {
  await lab.open("hello");
  await lab.write(program("tp/syscalls/sys_enter_openat", "\tconst char *from = (const char *)ctx->args[1];\n\n\tif (from[0] == '/')\n\t\tbpf_printk(\"hello\");"));
  await lab.run.click();
  await lab.ended("The verifier refused the program");

  await expect(lab.findings.getByRole("listitem").first()).toContainText("The verifier refused test");
  await expect(lab.page.locator(".cm-line:has(+ .cm-words.error)")).toContainText("from[0]");
  const log = await lab.openPanel("Log");
  await expect(log.getByText("R1 invalid mem access 'scalar'")).toBeVisible();
});

test("a program whose hook does not exist: the sentence names it", async ({ lab }) => {
  await lab.open("hello");
  await lab.write(program("tp/syscalls/sys_enter_nothing", "\tbpf_printk(\"hello\");"));
  await lab.run.click();
  await lab.ended("The program could not be attached");
  await expect(lab.findings).toContainText('this kernel has no hook for SEC("tp/syscalls/sys_enter_nothing")');
});
