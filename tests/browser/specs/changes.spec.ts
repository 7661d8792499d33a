// What a person sees of maps and changes while a program runs, and packets for the program.

import { expect, hasNoViolations, ORIGIN, test } from "../support/lab";

/** my_pid is the lesson's; the other names are this test's. */
const SOURCE = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct place {
	__u32 addr;
	__u16 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} size_hist SEC(".maps");

int my_pid;

SEC("xdp")
int look(struct xdp_md *ctx)
{
	__u32 key = 7;

	return bpf_map_lookup_elem(&places, &key) && my_pid ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("a map is edited, drawn as bars, and decides what happens to a packet", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.write(SOURCE);
  // A run with a terminal lasts as long as this takes.
  await lab.page.getByRole("checkbox", { name: "with a terminal" }).check();
  await lab.observe();
  const programs = await lab.openPanel("Programs");
  await expect(programs).toContainText("instructions looked at");
  await programs.getByText("Run look by itself").click();
  await programs.getByRole("button", { name: "Fill in the packet" }).click();
  await expect(programs.getByRole("textbox", { name: "Packet, in hexadecimal" })).toHaveValue(/^02 00 00 00 00 01 .* 08 00 45 00/);
  await programs.getByRole("button", { name: "Run once" }).click();
  await expect(programs).toContainText("It returned XDP_PASS (2)");
  await programs.locator("summary", { hasText: "Instructions of look" }).click();
  await expect(programs).toContainText("call __htab_map_lookup_elem");
  await programs.getByRole("radio", { name: "As compiled" }).check();
  await expect(programs).toContainText("call bpf_map_lookup_elem");
  await programs.getByRole("button", { name: "return bpf_map_lookup_elem" }).first().click();
  await programs.getByRole("radio", { name: "Machine code" }).check();
  await expect(programs.locator("tr.chosen.line").first()).toContainText("return bpf_map_lookup_elem");
  await hasNoViolations(lab.page);

  const maps = await lab.openPanel("Maps");
  const key = maps.getByRole("textbox", { name: "places: key" });
  const value = maps.getByRole("textbox", { name: "places: value" });
  const places = maps.locator(".map").filter({ has: lab.page.getByRole("heading", { name: "places" }) });
  await key.fill("7");
  await value.fill('{"addr": "10.13.0.2", "port": 80}');
  await places.getByRole("button", { name: "Set" }).click();
  await expect(places.getByRole("row", { name: "7" })).toContainText("10.13.0.2");
  await value.fill('{"prot": 80}');
  await value.press("Enter");
  await expect(places).toContainText("✗ In that value of \"places\" the field prot does not fit");

  const sizes = maps.locator(".map").filter({ has: lab.page.getByRole("heading", { name: "size_hist" }) });
  await maps.getByRole("textbox", { name: "size_hist: key" }).fill("3");
  await maps.getByRole("textbox", { name: "size_hist: value" }).fill("5");
  await sizes.getByRole("button", { name: "Set" }).click();
  await expect(sizes.getByRole("row", { name: "8 – 15" })).toContainText("5");
  await hasNoViolations(lab.page);

  await lab.openPanel("Programs");
  await programs.getByRole("button", { name: "Run once" }).click();
  await expect(programs).toContainText("It returned XDP_DROP (1)");
  await lab.openPanel("Maps");
  await key.fill("7");
  await places.getByRole("button", { name: "Delete" }).click();
  await expect(places).toContainText("It holds no entries.");
  await lab.stopIt();
});

/** A map of each kind that is shown in a way of its own. */
const KINDS = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct job {
	__u32 first;
	__u32 second;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, struct job);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 8);
	__type(value, __u64);
} known SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} each_cpu SEC(".maps");

__u32 sizes_hist[4];

SEC("tracepoint/syscalls/sys_enter_unlinkat")
int fill(void *ctx)
{
	struct job job = { .first = 7, .second = 8 };
	__u32 zero = 0;
	__u64 *mine = bpf_map_lookup_elem(&each_cpu, &zero);

	bpf_map_push_elem(&waiting, &job, BPF_ANY);
	if (mine)
		*mine += 1;
	sizes_hist[1] = 5;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("each kind of map is shown as what it is", async ({ lab }) => {
  const { page } = lab;
  await page.goto(`${ORIGIN}/sandbox`);
  await lab.hasEditor();
  await lab.write(KINDS);
  await page.getByLabel("What makes it happen").fill("touch /tmp/a /tmp/b; rm /tmp/a /tmp/b; sleep 1");
  await lab.run.click();
  await lab.ended("Completed");
  const maps = await lab.openPanel("Maps");
  const of = (name: string) => maps.locator(".map").filter({ has: page.getByRole("heading", { name }) });
  await expect(of("waiting")).toContainText("struct job");
  await expect(of("waiting")).toContainText("only the next element can be seen");
  await expect(of("waiting").getByRole("row", { name: "next" })).toContainText("7");
  await expect(of("known")).toContainText("A bloom filter cannot be listed");
  await expect(of("each_cpu").getByRole("columnheader")).toHaveText(["key", "Sum", "CPU 0", "CPU 1"]);
  await expect(of("each_cpu").getByRole("row").nth(1).getByRole("cell").first()).toHaveText("2");
  const globals = await lab.openPanel("Globals");
  await expect(globals.getByRole("row", { name: "2 – 3" })).toContainText("5");
  await hasNoViolations(page);
});

/** A map that holds a map, looked into ten times a second. */
const NAMED = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct numbers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct numbers);
} outer SEC(".maps");

int my_pid;

SEC("perf_event")
int look(void *ctx)
{
	__u32 one = 1, zero = 0;
	void *numbers = bpf_map_lookup_elem(&outer, &one);
	__u64 *number = numbers ? bpf_map_lookup_elem(numbers, &zero) : NULL;

	if (number && my_pid)
		bpf_printk("inner holds %llu", *number);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("what a map holds that is no number is set and deleted by its name", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.write(NAMED);
  await lab.page.getByRole("checkbox", { name: "with a terminal" }).check();
  await lab.observe();
  const maps = await lab.openPanel("Maps");
  const map = (name: string) => maps.locator(".map").filter({ has: lab.page.getByRole("heading", { name, exact: true }) });
  const set = async (name: string, key: string, value: string) => {
    await map(name).getByRole("textbox", { name: `${name}: key` }).fill(key);
    await map(name).getByRole("textbox", { name: `${name}: value` }).fill(value);
    await map(name).getByRole("button", { name: "Set" }).click();
  };
  await set("inner", "0", "77");
  await set("outer", "1", "iner");
  await expect(map("outer")).toContainText('✗ There is no iner that "outer" could hold; there is: inner');
  await set("outer", "1", "inner");
  await expect(map("outer").getByRole("row", { name: "1" })).toBeVisible();
  await expect(await lab.openPanel("Trace")).toContainText("inner holds 77");
  await lab.openPanel("Maps");
  await map("outer").getByRole("button", { name: "Delete" }).click();
  await expect(map("outer").getByRole("row", { name: "1" })).toBeHidden();
  await lab.stop.click();
});
