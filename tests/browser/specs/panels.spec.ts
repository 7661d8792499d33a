// What a run shows while it goes on, and what can be done to it meanwhile.

import { expect, hasNoViolations, test } from "../support/lab";

test("a global that is changed while the program runs is read by it", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  await lab.putSolution();
  await lab.observe();
  await expect(lab.rows.first()).toBeVisible();
  const output = await lab.openPanel("Stimulus");
  const [, neighbour] = /neighbour, process (\d+),/.exec(await output.innerText()) ?? [];
  expect(neighbour).toBeDefined();

  const globals = await lab.openPanel("Globals");
  const row = globals.getByRole("row", { name: "my_pid" });
  const value = row.getByRole("cell").nth(1);
  await row.getByRole("textbox", { name: "New value of my_pid" }).fill(neighbour ?? "");
  await row.getByRole("button", { name: "Set" }).click();
  await expect(row).toContainText("✓ Set.");
  await expect(value).toHaveText(neighbour ?? "");
  await lab.openPanel("Trace");
  await expect(lab.rows.last()).toContainText(`of process ${neighbour}`);

  // A value that does not fit is refused with a sentence, and the old one stays.
  await lab.openPanel("Globals");
  await row.getByRole("textbox", { name: "New value of my_pid" }).fill("many");
  await row.getByRole("textbox", { name: "New value of my_pid" }).press("Enter");
  await expect(row).toContainText("✗ That value does not fit \"my_pid\", which is of type int.");
  await expect(value).toHaveText(neighbour ?? "");
  await lab.stopIt();
});

test("trace lines can be filtered and held", async ({ lab }) => {
  // The run of this lesson is the longest; its stimulus starts one sleep after the other.
  await lab.open("libbpf-minimal");
  const starter = await lab.text();
  await lab.write(starter.replace("sys_enter_write", "sys_enter_openat").replace("writes++;", 'bpf_printk("openat");'));
  await lab.observe();
  const filter = lab.page.getByRole("searchbox", { name: "Filter lines" });
  await filter.fill("sleep");
  // The view follows what is typed in its next frame.
  await expect(lab.page.locator(".trace .tally")).toContainText(" match");
  await expect(lab.rows.first()).toBeVisible();
  for (const text of await lab.rows.allInnerTexts()) expect(text).toContain("sleep");
  await filter.fill("no line says this");
  await expect(lab.panel("Trace")).toContainText("No line matches.");
  await filter.fill("");

  await lab.page.getByRole("button", { name: "Pause" }).click();
  const held = await lab.rows.last().innerText();
  // Lines go on coming, and are counted on the button that leads to them.
  const follow = lab.page.locator(".follow");
  await expect(follow).toHaveText(/↓ [\d\s]+ new/);
  expect(await lab.rows.last().innerText()).toBe(held);
  await lab.page.getByRole("button", { name: "Continue" }).click();
  await expect(follow).toBeHidden();
  expect(await lab.rows.last().innerText()).not.toBe(held);
  await lab.stopIt();
});

test("what the lab itself prints is marked, and hidden until asked for", async ({ lab }) => {
  await lab.open("libbpf-minimal");
  // Prints on every write of anybody, the lab's own among them.
  await lab.write((await lab.text()).replace("writes++;", 'writes++;\n\tbpf_printk("write");'));
  await lab.observe();
  const hide = lab.page.getByRole("checkbox", { name: "Hide the lab's own lines" });
  await expect(lab.page.getByText(/Hide the lab's own lines \([\d\s]+\)/)).toBeVisible();
  await expect(lab.page.locator(".of-lab")).toHaveCount(0);
  await hide.uncheck();
  await expect(lab.page.locator(".of-lab").first()).toContainText("lab");
  await lab.stopIt();
});

test("maps that libbpf keeps for itself are folded away below the program's", async ({ lab }) => {
  await lab.open("javagc");
  await lab.observe();
  const maps = await lab.openPanel("Maps");
  const own = maps.getByText("Maps that libbpf keeps for itself");
  await expect(own).toBeVisible();
  const specs = maps.getByRole("heading", { name: "__bpf_usdt_specs" });
  await expect(specs).toBeHidden();
  await own.click();
  await expect(specs).toBeVisible();
  // The panel's number counts the program's: one, which is a buffer.
  await expect(lab.page.getByRole("tab", { name: "Maps" })).toHaveText("Maps1");
  await hasNoViolations(lab.page);
  await lab.ended("Completed");
});
