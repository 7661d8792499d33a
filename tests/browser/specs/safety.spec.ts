// Text from a run stays text, and the page talks to its own server only.

import { expect, ORIGIN, program, test } from "../support/lab";

const MARKUP = `<img src=x onerror=document.title=0><b>bold</b><script>document.title=1</script>`;

test("text from a run that looks like markup stays text", async ({ lab }) => {
  await lab.open("hello");
  const title = await lab.page.title();
  await lab.write(program("tp/syscalls/sys_enter_execve", `\tbpf_printk("${MARKUP}");`));
  await lab.observe();
  await expect(lab.rows.first()).toContainText(MARKUP);
  await expect(lab.page.locator(".bench :is(img, b, script)").filter({ hasText: /bold|document/ })).toHaveCount(0);
  await expect(lab.page.locator(".bench img")).toHaveCount(0);
  await lab.stopIt();

  // From the compiler too, which quotes the learner's own words.
  await lab.write(`#error ${MARKUP}\n`);
  await lab.run.click();
  await lab.ended("It did not compile");
  await expect(lab.findings).toContainText(MARKUP);
  await expect(lab.page.locator(".cm-words")).toContainText(MARKUP);
  await expect(lab.page.locator(".bench img")).toHaveCount(0);
  expect(await lab.page.title()).toBe(title);
});

test("nothing is asked of any other server", async ({ lab }) => {
  const foreign: string[] = [];
  const seen = new Set<string>();
  lab.page.on("request", (request) => {
    const { origin, pathname, protocol } = new URL(request.url());
    seen.add(pathname);
    if (origin !== ORIGIN && protocol !== "data:") foreign.push(request.url());
  });
  const sockets: string[] = [];
  lab.page.on("websocket", (socket) => sockets.push(socket.url()));

  await lab.page.goto(`${ORIGIN}/`);
  for (const slug of ["hello", "opensnoop"]) await lab.open(slug);
  await lab.observe();
  await expect(lab.rows.first()).toBeVisible();
  await lab.stopIt();

  expect([...seen]).toContain("/static/editor.js");
  expect(sockets.length).toBeGreaterThan(0);
  expect(sockets.filter((url) => new URL(url).host !== new URL(ORIGIN).host)).toEqual([]);
  expect(foreign).toEqual([]);
});
