// Builds static/dist from static/src and static/css with esbuild.
//
//   node build.mjs            build once, minified
//   node build.mjs --watch    build again whenever a file changes
//   node build.mjs --weigh    build, then say what each file weighs; fails above a budget
//   node build.mjs --labels   only write src/labels.gen.ts, which the type check reads
//
// Knows entry points and budgets. Does not know what the scripts do.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));

/** Bytes after gzip -9. A lesson page has 30 kB for everything but the editor; about 9 kB of it is its HTML. */
const BUDGET = { "page.js": 2_000, "lab.js": 13_000, "bpflab.css": 6_000, "course.css": 2_000, "editor.js": 140_000 };

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  outdir: "dist",
  logLevel: "info",
};

const builds = [
  // In the head and not deferred, so that the stored colours are there before the first paint.
  { ...common, entryPoints: ["src/page.ts"], format: "iife" },
  { ...common, entryPoints: ["src/lab.ts", "src/editor.ts"], format: "esm" },
  { ...common, entryPoints: [{ in: "css/index.css", out: "bpflab" }, { in: "css/course.css", out: "course" }] },
];

/** The names of the labels in the server's table, as a type: a label that is missing there fails the check. */
function writeLabels() {
  const table = readFileSync(join(here, "../server/say/labels.rs"), "utf8");
  const names = [...table.matchAll(/^ {4}(\w+): "/gm)].map((found) => found[1]);
  if (names.length === 0) throw new Error("no labels found in server/say/labels.rs");
  const lines = names.map((name) => `  | "${name}"`).join("\n");
  writeFileSync(
    join(here, "src/labels.gen.ts"),
    `// Written by build.mjs from server/say/labels.rs.\n\n/** The name of a fixed word of the page. */\nexport type Label =\n${lines};\n`,
  );
}

function weigh() {
  let over = false;
  for (const file of readdirSync(join(here, "dist")).filter((name) => name in BUDGET)) {
    const size = gzipSync(readFileSync(join(here, "dist", file)), { level: 9 }).length;
    const fits = size <= BUDGET[file];
    over ||= !fits;
    console.log(`${file.padEnd(12)} ${String(size).padStart(7)} B gzip, budget ${BUDGET[file]}${fits ? "" : "  TOO HEAVY"}`);
  }
  if (over) process.exitCode = 1;
}

if (flags.has("--labels")) {
  writeLabels();
} else if (flags.has("--watch")) {
  for (const build of builds) await (await esbuild.context(build)).watch();
} else {
  await Promise.all(builds.map((build) => esbuild.build(build)));
  if (flags.has("--weigh")) weigh();
}
