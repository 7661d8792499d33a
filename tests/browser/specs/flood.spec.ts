// Typing while a program submits records as fast as it can.
//
// Says what was measured; fails only where a person would call the page stuck.

import { expect, ORIGIN, test, type Lab } from "../support/lab";

/** Each write of a shell submits fifty records; nothing else in the guest does. */
const SOURCE = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct event { __u64 number; __u32 pid; char comm[16]; };
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");
__u64 tried;
SEC("tp/syscalls/sys_enter_write") int flood(void *ctx)
{
	struct event *e, now = { .pid = bpf_get_current_pid_tgid() >> 32 };
	bpf_get_current_comm(now.comm, sizeof(now.comm));
	if (now.comm[0] != 'b' || now.comm[1] != 'a' || now.comm[2] != 's') return 0;
	for (int i = 0; i < 50; i++) {
		now.number = tried++;
		bpf_ringbuf_output(&events, &now, sizeof(now), 0);
	}
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
`;

const COMMAND = "exec bash -c 'while :; do echo -n x; done >/dev/null'";

const SENTENCE = "a sentence that somebody types while records come and go";

/** Between two keys: somebody who types fast. */
const KEY_MS = 60;

/** A page that does nothing else for so long is stuck; how fast it is, the output says. */
const STUCK_MS = 1_000;

/** Fewer than these, submitted or refused while the sentence is typed, are no flood. */
const FLOOD = 50_000;

/** What the browser measured since it was asked. */
interface Measured {
  /** From each key to the frame that shows it, in ms. */
  keys: number[];
  /** Work that held the page up, each over 50 ms. */
  tasks: number[];
}

/** What the page keeps while it is measured. */
type Measuring = typeof globalThis & { measured?: Measured };

async function type(lab: Lab, sentence: string): Promise<Measured> {
  await lab.page.evaluate(() => {
    const measured: Measured = { keys: [], tasks: [] };
    (globalThis as Measuring).measured = measured;
    const see = (list: PerformanceObserverEntryList) => {
      for (const { entryType, name, duration } of list.getEntries()) {
        if (entryType === "longtask") measured.tasks.push(duration);
        else if (name === "keydown") measured.keys.push(duration);
      }
    };
    new PerformanceObserver(see).observe({ type: "longtask" });
    // The least that a browser tells.
    new PerformanceObserver(see).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
  });
  await lab.editor.click();
  await lab.page.keyboard.press("Control+End");
  await lab.page.keyboard.type(`// ${sentence}`, { delay: KEY_MS });
  await expect.poll(() => lab.text()).toContain(`// ${sentence}`);
  return lab.page.evaluate(() => (globalThis as Measuring).measured!);
}

const report = (when: string, { keys, tasks }: Measured): void => {
  const sorted = keys.sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const long = tasks.map((task) => Math.round(task)).join(", ") || "none";
  console.log(`${when}: ${keys.length} keys over 16 ms, median ${middle} ms, longest ${sorted.at(-1) ?? 0} ms; tasks over 50 ms: ${long}`);
};

test("the editor can be typed into while records come as fast as a guest submits them", async ({ lab }) => {
  const { page } = lab;
  await page.goto(`${ORIGIN}/sandbox`);
  await lab.hasEditor();
  await lab.write(SOURCE);
  await page.getByLabel("What makes it happen").fill(COMMAND);
  report("nothing runs", await type(lab, "quiet"));

  await lab.write(SOURCE);
  await lab.choose("6.1");
  await lab.observe();
  const records = await lab.openPanel("Records");
  const cell = records.getByRole("row").last().getByRole("cell").nth(2);
  const newest = async () => Number(await cell.textContent());
  await expect.poll(newest).toBeGreaterThan(FLOOD);
  const before = await newest();
  const measured = await type(lab, SENTENCE);
  const came = (await newest()) - before;
  report(`${came} records submitted or refused meanwhile`, measured);
  expect(came, "records came all the while").toBeGreaterThan(FLOOD);
  for (const took of [...measured.keys, ...measured.tasks]) expect(took).toBeLessThan(STUCK_MS);
  await expect(records.getByRole("row")).toHaveCount(101);
  await lab.stopIt();
});
