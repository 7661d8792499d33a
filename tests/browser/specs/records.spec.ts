// What records are, where their size does not tell it.

import { expect, hasNoViolations, test } from "../support/lab";

const SOURCE = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct single {
	__u64 both;
};

struct pair {
	__u32 left;
	__u32 right;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

int my_pid;

SEC("tp/sched/sched_switch")
int look(void *ctx)
{
	struct pair pair = { 7, 9 };

	bpf_ringbuf_output(&events, &pair, sizeof(pair), 0);
	return my_pid;
}

char LICENSE[] SEC("license") = "GPL";
`;

test("a struct that is named is what the records are, in this run and the next", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.write(SOURCE);
  // A run with a terminal lasts as long as this takes.
  await lab.page.getByRole("checkbox", { name: "with a terminal" }).check();
  await lab.observe();
  const records = await lab.openPanel("Records");
  await expect(records.getByRole("columnheader", { name: "both" })).toBeVisible();
  const which = records.getByRole("combobox", { name: "Records of events are" });
  await which.selectOption("struct pair");
  await expect(records).toContainText("✓ Set.");
  await expect(records.getByRole("columnheader", { name: "left" })).toBeVisible();
  await expect(records.getByRole("row").last()).toContainText("79");
  await hasNoViolations(lab.page);
  await lab.stopIt();

  await lab.observe();
  await lab.openPanel("Records");
  await expect(records.getByRole("columnheader", { name: "right" })).toBeVisible();
  await expect(which).toHaveValue("pair");
  await which.selectOption("the struct of their size");
  await expect(records.getByRole("columnheader", { name: "both" })).toBeVisible();
  await lab.stopIt();
});
