// What is set before a program loads, chosen in the page: what it attaches to,
// first values of globals, sizes of maps.

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
  await page.getByText("Set before it loads").click();
  const program = page.getByRole("combobox", { name: "Program" });
  const kind = page.getByRole("combobox", { name: "Set before it loads" });
  const set = page.locator(".preset-form").getByRole("button", { name: "Set" });
  await program.focus();
  await expect(page.locator("#preset-names option")).toHaveAttribute("value", "look");
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
  await expect(lab.findings).toContainText('there is no network interface "eth7" here. There are: ');

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
  await expect(page.locator(".presets summary")).toHaveText("Set before it loads look → if:lab0:egress, lok → cgroup");
  await page.getByText("Set before it loads").click();
  await page.getByRole("button", { name: "Remove look" }).click();
  await page.getByRole("button", { name: "Remove lok" }).click();
  await expect(page.locator(".presets summary")).toHaveText("Set before it loads ");
  await lab.observe();
  await expect(await lab.openPanel("Programs")).toContainText("lo");
  await expect(lab.panel("Programs")).not.toContainText("lab0");
  await lab.stopIt();
});

const PRESET = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile int least = 5;
const volatile short ports[4] = {};
static volatile char name[8];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, int);
	__type(value, int);
} seen SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_write")
int look(void *ctx)
{
	int zero = 0;

	bpf_printk("least is %d, then %d and %d", least, ports[0], ports[1]);
	bpf_map_update_elem(&seen, &zero, &zero, BPF_ANY);
	name[0] = 'x';
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("a constant and a map's size are set before the program loads", async ({ lab }) => {
  const { page } = lab;
  await lab.open("hello");
  await lab.write(PRESET);
  // A map whose loader gives it its size has a usual one.
  await lab.observe();
  await expect(lab.findings).toContainText("it has the usual size here: 1024 entries");
  await lab.stopIt();

  await page.getByText("Set before it loads").click();
  const kind = page.getByRole("combobox", { name: "Set before it loads" });
  const set = page.locator(".preset-form").getByRole("button", { name: "Set" });
  await kind.selectOption("map: number of entries");
  await page.getByRole("combobox", { name: "Name" }).focus();
  await expect(page.locator("#preset-names option")).toHaveAttribute("value", "seen");
  await page.getByRole("combobox", { name: "Name" }).fill("seen");
  await page.getByRole("textbox", { name: "Number of entries" }).fill("many");
  await set.click();
  await expect(page.locator(".presets summary")).toHaveText("Set before it loads ");
  await page.getByRole("textbox", { name: "Number of entries" }).fill("77");
  await set.click();

  await kind.selectOption("global variable: value");
  const variable = page.getByRole("combobox", { name: "Name" });
  await variable.focus();
  const names = page.locator("#preset-names option");
  expect(await names.evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))).toEqual(["least", "ports", "name"]);
  await variable.fill("least");
  await page.getByRole("textbox", { name: "global variable: value" }).fill("42");
  await set.click();
  await variable.fill("ports");
  await page.getByRole("textbox", { name: "global variable: value" }).fill("80, 443");
  await set.click();
  await kind.selectOption("map: entry");
  await page.getByRole("combobox", { name: "map[key]" }).fill("seen[-3]");
  await page.getByRole("textbox", { name: "Value" }).fill("@stimulus");
  await set.click();
  const all = "Set before it loads least = 42, ports = 80, 443, seen × 77, seen[-3] = @stimulus";
  await expect(page.locator(".presets summary")).toHaveText(all);
  await hasNoViolations(page);

  await lab.observe();
  await expect(await lab.openPanel("Trace")).toContainText("least is 42, then 80 and 443");
  await expect(await lab.openPanel("Maps")).toContainText("at most 77");
  await expect(lab.panel("Maps").getByRole("row", { name: /^-3 \d+/ })).toBeVisible();
  await lab.stopIt();

  // A name that is none, and a value that does not fit: the run says what there is.
  await kind.selectOption("global variable: value");
  await variable.fill("leest");
  await page.getByRole("textbox", { name: "global variable: value" }).fill("1");
  await set.click();
  await lab.run.click();
  await lab.ended(/./);
  await expect(lab.findings).toContainText("least");
});
