// Reading: without a session, without JavaScript, in both languages, on a phone.

import { readdirSync, readFileSync } from "node:fs";

import { expect, lessons, ORIGIN, test } from "../support/lab";

const LESSONS = new URL("../../../lessons/", import.meta.url);

test("without a session the course and a lesson can be read, and say why nothing runs", async ({ reader }) => {
  await reader.goto(`${ORIGIN}/`);
  await expect(reader.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(reader.locator(".note")).toContainText("open the link that the server printed");

  await reader.getByRole("link", { name: "Hello, kernel" }).click();
  await expect(reader.getByRole("heading", { name: "Run it first" })).toBeVisible();
  await expect(reader.locator(".why-not")).toContainText("open the link that the server printed");
  await expect(reader.getByRole("button", { name: "Run" })).toHaveCount(0);
  // The program can be looked at, and edited, all the same.
  await expect(reader.getByRole("textbox", { name: "Source code" })).toContainText("bpf_printk");
});

test("every lesson opens in both languages; a Chinese page without Chinese text has the English one and says so", async ({ reader }) => {
  for (const path of await lessons(reader)) {
    await reader.goto(`${ORIGIN}${path}`);
    const text = await reader.locator(".prose").innerText();
    await reader.getByRole("link", { name: "中文" }).click();
    await expect(reader).toHaveURL(`${ORIGIN}/zh${path}`);
    await expect(reader.locator("html")).toHaveAttribute("lang", "zh-Hans");
    await expect(reader.getByRole("heading", { level: 1 })).toHaveText(/[\u4e00-\u9fff]/);
    if ((await reader.locator('.prose[lang="en"]').count()) > 0) {
      await expect(reader.locator(".text > .note")).toHaveText("本课暂时只有英文版。");
      await expect(reader.locator(".prose")).toHaveText(text, { useInnerText: true });
    } else {
      await expect(reader.locator(".text > .note")).toHaveCount(0);
      await expect(reader.locator(".prose > p").first()).toHaveText(/[\u4e00-\u9fff]/);
    }
    await reader.getByRole("link", { name: "English" }).click();
    await expect(reader).toHaveURL(`${ORIGIN}${path}`);
  }
});

test("what the editor begins with is the starter, to the byte", async ({ reader }) => {
  await reader.goto(`${ORIGIN}/`);
  const folders = readdirSync(LESSONS).filter((name) => /^\d+-/.test(name));
  expect(folders.length).toBeGreaterThan(30);
  for (const folder of folders) {
    // The editor takes its text from the page: colours and escapes have to leave it as it was.
    const shown = await reader.evaluate(async (path) => {
      const html = await (await fetch(path)).text();
      return new DOMParser().parseFromString(html, "text/html").querySelector(".source pre")?.textContent;
    }, `/lessons/${folder.replace(/^\d+-/, "")}`);
    expect(shown, folder).toBe(readFileSync(new URL(`${folder}/starter.bpf.c`, LESSONS), "utf8"));
  }
});

test("a lesson that does not exist gets a page with the way back", async ({ reader }) => {
  const answer = await reader.goto(`${ORIGIN}/lessons/nothing`);
  expect(answer?.status()).toBe(404);
  await expect(reader.getByRole("main")).toContainText('There is no lesson named "nothing".');
  await reader.getByRole("main").getByRole("link", { name: "All lessons" }).click();
  await expect(reader).toHaveURL(`${ORIGIN}/`);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a lesson can be read to its end", async ({ reader }) => {
    await reader.goto(`${ORIGIN}/lessons/hello`);
    await expect(reader.locator("article noscript .note")).toBeVisible();
    await expect(reader.locator("article noscript .note")).toHaveText(/^All of this can be read without JavaScript\./);
    await expect(reader.getByRole("heading", { name: "What you should know now" })).toBeVisible();
    await expect(reader.locator(".bench .source")).toContainText('bpf_printk("hello");');
    await expect(reader.locator(".checks li")).toHaveCount(3);
    await reader.getByText("Hint 1").click();
    await expect(reader.getByText("The number changes from process to process")).toBeVisible();
    await reader.getByText("Solution", { exact: true }).click();
    await expect(reader.locator("#solution")).toContainText("bpf_get_current_pid_tgid()");
    await reader.getByRole("link", { name: "Next" }).click();
    await expect(reader).toHaveURL(/\/lessons\/(?!hello$)[a-z0-9-]+$/);
    await expect(reader.getByRole("heading", { level: 1 })).toBeVisible();
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test("no page scrolls sideways", async ({ reader }) => {
    const texts = (await lessons(reader)).flatMap((path) => [path, `/zh${path}`]);
    for (const path of ["/", "/zh/", "/lessons/nothing", ...texts]) {
      await reader.goto(`${ORIGIN}${path}`);
      if (texts.includes(path)) await expect(reader.locator(".cm-editor")).toBeAttached();
      const { content, window } = await reader.evaluate(() => ({
        content: document.documentElement.scrollWidth,
        window: document.documentElement.clientWidth,
      }));
      expect(content, path).toBeLessThanOrEqual(window);
    }
  });

  test("the way to the editor is in sight from the first screen on", async ({ lab }) => {
    await lab.open("hello");
    await lab.page.getByRole("link", { name: "Editor and Run" }).tap();
    await expect(lab.run).toBeInViewport();
    await lab.run.tap();
    await expect(lab.state).toHaveText("Observing", { timeout: 90_000 });
    await expect(lab.rows.first()).toBeVisible();
    await lab.stop.tap();
    await lab.ended("Stopped");
  });
});
