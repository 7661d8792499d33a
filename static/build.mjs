// Builds static/dist from static/src and static/css with esbuild.
//
//   node build.mjs            build once, minified
//   node build.mjs --watch    build again whenever a file changes
//   node build.mjs --weigh    build, then say what each file weighs; fails above a budget
//   node build.mjs --labels   only write src/labels.gen.ts, which the type check reads
//
// Knows entry points, budgets, and what xterm.js does that our policy forbids. Does not know what the scripts do.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));

/**
 * Bytes after gzip -9. A lesson page has 30 kB for everything but what comes after it; about 10 kB is its HTML.
 * The results come with the first run, the terminal with the first run that has one,
 * the form for what is set before a program loads when it is opened; each brings the words of all,
 * but for the terminal and the flame graph, which comes with the first program that keeps stacks: they take theirs
 * from the results.
 */
const BUDGET = {
  "page.js": 2_000,
  "lab.js": 12_000,
  "bpflab.css": 6_000,
  "course.css": 2_000,
  "editor.js": 140_000,
  "results.js": 21_000,
  "results.css": 4_000,
  "terminal.js": 93_000,
  "terminal.css": 3_000,
  "presetform.js": 9_500,
  "presetform.css": 1_000,
  "flame.js": 4_000,
  "flame.css": 1_000,
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  outdir: "dist",
  logLevel: "info",
};

/**
 * xterm.js adds styles in two ways that the page's policy forbids: style elements
 * without the page's nonce, and style attributes set as text. Each is put right
 * here, and the build fails when a new version does it elsewhere or otherwise.
 */
const XTERM = [
  { from: /([\w.]+)\.createElement\("style"\)/g, to: "globalThis.bpflabStyle($1)", times: 3 },
  { from: /(\w)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{(\w)\};`\)/g, to: '$1.style.cssText+=$2+";"', times: 1 },
];

const obeyPolicy = {
  name: "xterm under our policy",
  setup(build) {
    build.onLoad({ filter: /@xterm\/xterm\/lib\/xterm\.mjs$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const { from, to, times } of XTERM) {
        const found = [...contents.matchAll(from)].length;
        if (found !== times) throw new Error(`xterm.js has ${from} ${found} times, not ${times}: look at its styles again`);
        contents = contents.replaceAll(from, to);
      }
      if (/createElement\(["']style|setAttribute\(["']style/.test(contents)) throw new Error("xterm.js adds styles in another way");
      return { contents, loader: "js" };
    });
  },
};

const builds = [
  // In the head and not deferred, so that the stored colours are there before the first paint.
  { ...common, entryPoints: ["src/page.ts"], format: "iife" },
  { ...common, entryPoints: ["src/lab.ts", "src/editor.ts", "src/results.ts", "src/terminal.ts", "src/presetform.ts", "src/flame.ts"], format: "esm", plugins: [obeyPolicy] },
  { ...common, entryPoints: ["index:bpflab", "course", "after:results", "terminal", "presetform", "flame"].map(style) },
];

/** A style's entry: the file below css/, and its name in dist/ where that is another. */
function style(names) {
  const [file, out = file] = names.split(":");
  return { in: `css/${file}.css`, out };
}

/**
 * The server's table of labels: the names that a page carries as a type, so that one that is missing there
 * fails the check, and the words that come with a run as they are, English and Chinese.
 */
function writeLabels() {
  const table = readFileSync(join(here, "../server/say/labels.rs"), "utf8");
  const [, script, later] = /^ {4}\[script\]\n([^]*)^ {4}\[later\]\n([^]*)^\}/m.exec(table) ?? [];
  const labels = (text) => [...text.matchAll(/^ {4}(\w+): ("(?:[^"\\]|\\.)*"), ("(?:[^"\\]|\\.)*");$/gm)];
  if (script === undefined || labels(script).length === 0 || labels(later).length === 0) {
    throw new Error("no labels found in server/say/labels.rs");
  }
  const names = labels(script).map(([, name]) => `  | "${name}"`).join("\n");
  const words = labels(later).map(([, name, en, zh]) => `  ${name}: [${en}, ${zh}],`).join("\n");
  writeFileSync(
    join(here, "src/labels.gen.ts"),
    `// Written by build.mjs from server/say/labels.rs.\n
/** The name of a fixed word that a page carries. */\nexport type Label =\n${names};\n
/** Words that come with a run: English, Chinese. */\nexport const LATER = {\n${words}\n} as const;\n`,
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

writeLabels();
if (flags.has("--labels")) {
  // That was all.
} else if (flags.has("--watch")) {
  for (const build of builds) await (await esbuild.context(build)).watch();
} else {
  await Promise.all(builds.map((build) => esbuild.build(build)));
  if (flags.has("--weigh")) weigh();
}
