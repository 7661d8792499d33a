// Taking a lesson home: what is in the editor arrives as a file, and the page stays.

import { execFileSync } from "node:child_process";

import { expect, ORIGIN, test } from "../support/lab";

const NAME = "Take it home";

test("the text of the editor is downloaded with its loader, and the page stays as it is", async ({ lab }) => {
  await lab.open("hello");
  const text = "// mine: 内核 & \"quotes\" %41 +\nint x;\n\n// end";
  await lab.write(text);
  const [download] = await Promise.all([
    lab.page.waitForEvent("download"),
    lab.page.getByRole("button", { name: NAME }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("hello.tar.gz");
  const file = await download.path();
  const read = (name: string) => execFileSync("tar", ["-xzOf", file, `hello/${name}`]).toString();
  expect(read("hello.bpf.c")).toBe(text);
  expect(read("main.c")).toContain("hello_bpf__load");
  expect(lab.page.url()).toBe(`${ORIGIN}/lessons/hello`);
  expect(await lab.text()).toBe(text);
});

test("whoever may only read can take a lesson home too, in the page's language", async ({ reader }) => {
  await reader.goto(`${ORIGIN}/zh/lessons/hello`);
  const [download] = await Promise.all([
    reader.waitForEvent("download"),
    reader.getByRole("button", { name: "带回家" }).click(),
  ]);
  const file = await download.path();
  expect(execFileSync("tar", ["-xzOf", file, "hello/README.md"]).toString()).toContain("## 编译");
});
