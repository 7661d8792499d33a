// What the server tells the lab about this lesson, and the fixed words.
//
// Read once from the page. Does not know runs.

import type { Label } from "./labels.gen";

/** The machine's own kernel; every other one is a guest. */
export const HOST = "host";

export type Accelerator = "none" | "kvm" | "tcg";

export interface KernelPlace {
  name: string;
  state: "ready" | "preparing" | "no_image" | "off";
  release: string | null;
  why: string | null;
  accelerator: Accelerator;
}

export interface Config {
  lang: "en" | "zh";
  lesson: string;
  /** No lesson at all: the learner's own program and command. */
  sandbox: boolean;
  /** The name of the file that is the program. */
  program: string;
  /** What lies beside it, by name. */
  headers: Record<string, string>;
  /** The program, as the page shows it, and its headers. */
  files: Record<string, string>;
  /** By buffer: the struct that its records are, as the lesson says. */
  records: Record<string, string>;
  /** What the lesson sets before the program loads, as the form says it. */
  sets: string[];
  kernels: KernelPlace[];
  default_kernel: string;
  can_run: boolean;
  why_not: string | null;
  checks: { id: string; says: string }[];
  strings: Record<Label, string>;
  /** Bytes of all files together. */
  max_source: number;
}

export function readConfig(): Config | null {
  const element = document.getElementById("lab-config");
  const starter = document.querySelector(".source pre")?.textContent;
  if (element === null || starter == null) return null;
  const config = JSON.parse(element.textContent ?? "") as Config;
  config.files = { ...config.headers, [config.program]: starter };
  return config;
}

let words: Partial<Record<Label, string>> = {};

/** Gives [`say`] its language. */
export function speak(strings: Record<Label, string>): void {
  words = strings;
}

/** A fixed word of the page, its `{holes}` filled. */
export function say(label: Label, holes: Record<string, string | number> = {}): string {
  return fill(words[label] ?? label, holes);
}

export function fill(text: string, holes: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole));
}
