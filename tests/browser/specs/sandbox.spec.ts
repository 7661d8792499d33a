// The sandbox: any program and a command of one's own, with nothing checked.

import { execFileSync } from "node:child_process";

import { expect, ORIGIN, test } from "../support/lab";

test("a learner's own program and command run in a guest, and are still there after a reload", async ({ lab }) => {
  const { page } = lab;
  await page.goto(`${ORIGIN}/sandbox`);
  await lab.hasEditor();
  await lab.write(`#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
SEC("tracepoint/syscalls/sys_enter_mkdirat") int on_mkdir(void *ctx)
{
	bpf_printk("somebody makes a folder");
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
`);
  const command = page.getByLabel("What makes it happen");
  await command.fill("mkdir /tmp/mine; echo made");
  await lab.run.click();
  await expect(page.getByText("somebody makes a folder").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.locator(".checks")).toHaveCount(0);
  await page.reload();
  await expect(command).toHaveValue("mkdir /tmp/mine; echo made");
  expect(await lab.text()).toContain("somebody makes a folder");
});

test("the sandbox's program can be taken home, in the page's language", async ({ reader }) => {
  await reader.goto(`${ORIGIN}/zh/sandbox`);
  const [download] = await Promise.all([
    reader.waitForEvent("download"),
    reader.getByRole("button", { name: "带回家" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("sandbox.tar.gz");
  const file = await download.path();
  expect(execFileSync("tar", ["-xzOf", file, "sandbox/README.md"]).toString()).toContain("沙盒");
  expect(execFileSync("tar", ["-xzOf", file, "sandbox/main.c"]).toString()).toContain("sandbox_bpf__load");
});
