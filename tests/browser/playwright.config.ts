// How the page is tested: Debian's Chromium, one worker, the real server.
//
// Host runs take turns on a machine, so tests gain nothing from running side by
// side. Does not know what is tested.

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

export default defineConfig({
  testDir: "specs",
  globalSetup: "./support/server.ts",
  outputDir: "test-results",
  workers: 1,
  forbidOnly: Boolean(process.env["CI"]),
  // A run may have to wait for its turn behind another program's on this kernel.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    actionTimeout: 15_000,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["BPFLAB_CHROMIUM"] ?? "/usr/bin/chromium",
      args: asRoot ? ["--no-sandbox", ...FLAGS] : FLAGS,
    },
  },
});
