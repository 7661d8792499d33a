// Stacks that a run counted: folded, and drawn as a flame graph.

import { test as plain } from "@playwright/test";

import { boxesOf, foldedText, foldStacks, frameAt, grow, sourcesOf, type Stacked } from "../../../static/src/folded";
import { note } from "../../../static/src/samples";
import type { MapState } from "../../../static/src/story";
import type { Value } from "../../../static/src/wire";
import { expect, hasNoViolations, test } from "../support/lab";

const SHARED = { key: null, value: null, max_entries: 0 };

function map(name: string, type: string, entries: [Value, Value][]): [string, MapState] {
  const kept = entries.map(([key, value]) => [JSON.stringify(key), { key, value }] as const);
  return [name, { facts: { ...SHARED, name, type }, entries: new Map(kept), total: entries.length, shown: entries.length, rev: 1 }];
}

const WRITE = ["vfs_write+0x75", "ksys_write+0x6b"];
const STACKS = map("stacks", "stack_trace", [
  [5, WRITE],
  [6, ["vfs_write+0x11", "ksys_write+0x6b"]],
  [7, ["main+0x1 [lab-do]", "0x29ca8 [libc.so.6]", "0x7f0000001234"]],
]);

plain.describe("folding", () => {
  plain("of records each counts one, without offsets, the program's frames before the kernel's", () => {
    const story: Stacked = { maps: new Map([STACKS]), samples: new Map([["samples", new Map()]]) };
    const records: Value[] = [
      { pid: 3, kernel: 5, user: 7, comm: "lab-do" },
      // Only offsets differ, as only the processor does below.
      { pid: 3, kernel: 6, user: 7, comm: "lab-do" },
      { pid: 3, cpu: 1, kernel: -14, user: 7, comm: "lab-do" },
      { pid: 3, cpu: 0, kernel: 4294967282, user: "18446744073709551602", comm: "lab;do" },
      // Its place was another's; the last one's stack was not sent.
      { pid: 3, kernel: -17, user: -14, comm: "sh" },
      { pid: 3, kernel: 9, user: -14, comm: "sh" },
    ];
    for (const record of records) note(story.samples.get("samples")!, record);
    expect(sourcesOf(story)).toEqual([{ map: "samples", field: null }]);
    const user = "[unknown];[libc.so.6];main [lab-do]";
    expect(foldedText(foldStacks(story, { map: "samples", field: null })).trimEnd().split("\n").sort()).toEqual([
      `lab-do;${user} 1`,
      `lab-do;${user};ksys_write;vfs_write 2`,
      "lab:do 1",
      "sh;[missed] 1",
      "sh;[unknown] 1",
    ]);
  });

  plain("a map counts by its value, of each processor, and a field that is no stack does not make one", () => {
    const story: Stacked = {
      samples: new Map(),
      maps: new Map([
        STACKS,
        map("counts", "percpu_hash", [[{ pid: 3, kstack: 5 }, ["2", "40"]], [{ pid: 4, kstack: -14 }, ["1", "0"]]]),
        map("held", "hash", [[5, { blocks: "3", bytes: "300" }], [7, { blocks: "0", bytes: "0" }]]),
        map("by_pid", "hash", [[5, 1], [1234, 1]]),
        map("by_user", "hash", [[{ user: 1000 }, 1]]),
      ]),
    };
    expect(sourcesOf(story)).toEqual([
      { map: "counts", field: null },
      { map: "held", field: "blocks" },
      { map: "held", field: "bytes" },
    ]);
    expect(foldedText(foldStacks(story, { map: "counts", field: null }))).toBe("3;ksys_write;vfs_write 42\n4 1\n");
    expect(foldedText(foldStacks(story, { map: "held", field: "bytes" }))).toBe("ksys_write;vfs_write 300\n");
    story.maps.delete("stacks");
    expect(sourcesOf(story)).toEqual([]);
  });

  plain("however many different samples there are, all are counted", () => {
    const samples = new Map();
    for (let pid = 0; pid < 6_000; pid++) note(samples, { pid, kernel: 5 });
    expect(samples.size).toBeLessThan(5_100);
    expect([...samples.values()].reduce((sum, { count }) => sum + count, 0)).toBe(6_000);
  });

  plain("equal callers are joined, narrow frames as well, and one looked into is as wide as all", () => {
    const stack = (count: number, ...names: string[]) => ({ count, frames: names.map((name) => ({ name, kind: "kernel" as const })) });
    const tree = grow("all", [stack(1, "a", "tiny"), stack(1, "a", "small"), stack(498, "a", "b"), stack(500, "c"), stack(0, "d")]);
    const drawn = (path: string) => boxesOf(frameAt(tree, path)).map(({ frame, depth, left, width }) => [frame.name, depth, left, width]);
    expect(drawn("")).toEqual([["all", 0, 0, 1], ["a", 1, 0, 0.5], ["b", 2, 0, 0.498], ["…", 2, 0.498, 0.002], ["c", 1, 0.5, 0.5]]);
    expect(drawn("\nkernel a").map(([name, depth, left]) => [name, depth, left])).toEqual([["all", 0, 0], ["a", 1, 0], ["b", 2, 0], ["…", 2, 0.996]]);
    // What is gone since leads to the nearest that is left.
    expect(drawn("\nkernel a\nkernel gone")).toEqual(drawn("\nkernel a"));
  });
});

test("a profile is drawn: boxes to look into by keyboard, and text that counts every record", async ({ lab }) => {
  const { page } = lab;
  let records = 0;
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      for (const line of String(payload).split("\n")) if (line !== "" && JSON.parse(line).type === "record") records++;
    });
  });
  await lab.open("profile");
  const tab = page.getByRole("tab", { name: "Flame graph" });
  await lab.putSolution();
  await lab.observe();
  await expect(tab).toBeVisible({ timeout: 60_000 });
  const panel = await lab.openPanel("Flame graph");
  const chart = panel.getByRole("group", { name: "Flame graph" });
  const box = (name: string) => chart.getByRole("button", { name: new RegExp(`^${name}: `) }).first();
  await lab.ended("Completed");
  for (const name of ["all", "lab-do", "ksys_write", "vfs_write"]) await expect(box(name)).toBeVisible();
  await expect(box("all")).toHaveAttribute("aria-label", `all: ${records.toLocaleString("en").replaceAll(",", "\u202f")}, 100.0 %`);
  const width = async (name: string) => (await box(name).boundingBox())?.width ?? 0;
  expect(await width("lab-do")).toBeGreaterThan(await width("ksys_write"));
  expect((await box("lab-do").boundingBox())?.y).toBeLessThan((await box("all").boundingBox())?.y ?? 0);
  await hasNoViolations(page);

  // By keyboard: one Tab stop, arrows within, Enter looks into a box.
  const before = await width("lab-do");
  await box("all").focus();
  await page.keyboard.press("ArrowUp");
  await expect(box("all")).not.toBeFocused();
  await box("lab-do").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => width("lab-do")).toBeGreaterThan(before);
  expect(await width("lab-do")).toBeCloseTo(await width("all"), 0);
  await expect(panel.locator(".about")).toContainText("lab-do: ");
  await expect(box("lab-do")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(box("all")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect.poll(() => width("lab-do")).toBeCloseTo(before, 0);

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await panel.getByRole("button", { name: "Copy folded" }).click();
  await expect(panel).toContainText("Copied, a line for each stack");
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/^\S.* \d+$/);
  expect(lines.some((line) => /^lab-do;.*ksys_write;vfs_write.* \d+$/.test(line))).toBe(true);
  expect(lines.reduce((sum, line) => sum + Number(/\d+$/.exec(line)?.[0]), 0)).toBe(records);

  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(box("all")).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await hasNoViolations(page);
});

test("a program that keeps no stacks has no flame graph", async ({ lab }) => {
  await lab.open("hello");
  await lab.observe();
  await expect(lab.page.getByRole("tab", { name: "Trace" })).toBeVisible();
  await expect(lab.page.getByRole("tab", { name: "Flame graph" })).toBeHidden();
  await lab.stopIt();
});
