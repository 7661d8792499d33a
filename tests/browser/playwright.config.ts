// How the page is tested: Debian's Chromium, the real server, two files at a
// time: a test mostly waits for a guest or a browser that starts.
//
// What measures how soon the page answers, and what runs on all guests at once,
// is a project of its own, with nothing beside it. Does not know what is tested.

import { defineConfig } from "@playwright/test";

/** No first-run pages, no talk with the browser's maker, no other protocol than what the server speaks. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium's own sandbox does not start as root; the only site it opens is ours. */
const asRoot = process.getuid?.() === 0;

/** A second is measured, or there is a guest of every kernel. */
const WHOLE_MACHINE = ["**/flood.spec.ts", "**/kernels.spec.ts", "**/terminal.spec.ts"];

/** Each program of tests/programs; apart from `make test`. */
const EVERY = ["**/every.spec.ts"];

export default defineConfig({
  testDir: "specs",
  globalSetup: "./support/server.ts",
  outputDir: "test-results",
  workers: 2,
  forbidOnly: Boolean(process.env["CI"]),
  // A run may have to wait for its turn behind another program's on this kernel.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  projects: [
    { name: "beside", testIgnore: [...WHOLE_MACHINE, ...EVERY] },
    { name: "alone", testMatch: WHOLE_MACHINE, workers: 1 },
    { name: "every", testMatch: EVERY },
  ],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    actionTimeout: 30_000,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["BPFLAB_CHROMIUM"] ?? "/usr/bin/chromium",
      args: asRoot ? ["--no-sandbox", ...FLAGS] : FLAGS,
    },
  },
});
