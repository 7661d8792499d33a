// What a program attaches to, chosen in the page.

import { expect, hasNoViolations, test } from "../support/lab";

const SOURCE = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tc")
int look(struct __sk_buff *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("a program attaches to what the form says, and what is wrong is said by the server", async ({ lab }) => {
  const { page } = lab;
  await lab.open("hello");
  await lab.write(SOURCE);
  await page.getByText("Attach to").click();
  const program = page.getByRole("combobox", { name: "Program" });
  const kind = page.getByRole("combobox", { name: "Attach it to" });
  const set = page.locator(".targets").getByRole("button", { name: "Set" });
  await program.focus();
  await expect(page.locator("#attach-programs option")).toHaveAttribute("value", "look");
  await hasNoViolations(page);

  // What cannot be read is refused before anything runs.
  await program.fill("look");
  await kind.selectOption("function of a program (uprobe)");
  await page.getByRole("textbox", { name: "Path:function" }).fill("/usr/bin/bash");
  await set.click();
  await lab.run.click();
  await expect(page.getByRole("alert")).toContainText('"uprobe:/usr/bin/bash" is nothing to attach to. Write if:lab0');

  // No such interface: the kernel's answer, with those that there are.
  await kind.selectOption("network interface");
  await page.getByRole("textbox", { name: "Name of the interface" }).fill("eth7");
  await set.click();
  await lab.run.click();
  await lab.ended("The program could not be attached");
  await expect(lab.findings).toContainText("there is no such network interface here. There are: ");

  await page.getByRole("textbox", { name: "Name of the interface" }).fill("lab0");
  await page.getByRole("combobox", { name: "Direction" }).selectOption("egress");
  await set.click();
  // Another name is that of no program.
  await program.fill("lok");
  await kind.selectOption("cgroup of the run");
  await program.press("Enter");
  await lab.observe();
  await expect(await lab.openPanel("Programs")).toContainText(/lab0.*egress/);
  await expect(lab.findings).toContainText('The object has no program named "lok"; it has: look.');
  await lab.stopIt();

  // It survives a reload, and goes when it is no longer wanted.
  await page.reload();
  await expect(page.locator(".attach summary")).toHaveText("Attach to look → if:lab0:egress, lok → cgroup");
  await page.getByText("Attach to").click();
  await page.getByRole("button", { name: "Remove look" }).click();
  await page.getByRole("button", { name: "Remove lok" }).click();
  await expect(page.locator(".attach summary")).toHaveText("Attach to ");
  await lab.observe();
  await expect(await lab.openPanel("Programs")).toContainText("lo");
  await expect(lab.panel("Programs")).not.toContainText("lab0");
  await lab.stopIt();
});
