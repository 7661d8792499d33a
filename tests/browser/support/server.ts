// Starts the real server before the tests, and ends it after them.
//
// BPFLAB_BIN says which binary; without it the release build, else the debug
// build. BPFLAB_DATA names another folder for what can be made again. The link that it prints, with its key, goes to the tests by
// BPFLAB_LINK. Does not know pages.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The first start on a machine makes the kernel's headers. */
const START_LIMIT_MS = 60_000;

export default async function start(): Promise<() => Promise<void>> {
  const { link, stop } = await serve();
  process.env["BPFLAB_LINK"] = link;
  return stop;
}

/** A server with these arguments, and the way to end it. */
export async function serve(...args: string[]): Promise<{ link: string; stop: () => Promise<void> }> {
  const data = process.env["BPFLAB_DATA"];
  const own = data === undefined || args.includes("--data") ? args : ["--data", data, ...args];
  const server = spawn(binary(), [...own, "serve", "--listen", "127.0.0.1:0"], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  return { link: await printedLink(server), stop: () => end(server) };
}

function binary(): string {
  const named = process.env["BPFLAB_BIN"];
  const places = named ? [named] : ["release", "debug"].map((profile) => join(ROOT, "target", profile, "bpflab"));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`there is no server at ${places.join(" or ")}: run "make build"`);
  return found;
}

async function printedLink(server: ChildProcess): Promise<string> {
  const limit = setTimeout(() => server.kill("SIGKILL"), START_LIMIT_MS);
  try {
    for await (const line of createInterface({ input: server.stdout! })) {
      const link = /http:\S+\/enter\?key=\S+/.exec(line);
      if (link !== null) {
        // Whatever it prints from here on must not fill the pipe.
        server.stdout!.resume();
        return link[0];
      }
    }
  } finally {
    clearTimeout(limit);
  }
  throw new Error("the server ended, or was too slow, before it printed its link");
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) throw new Error("the server ended during the tests");
  const over = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.kill("SIGTERM");
  await over;
}
