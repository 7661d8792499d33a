// The terminal in a guest: xterm.js in a panel that says how long it lasts and
// how to leave it.
//
// A bundle of its own, loaded when a run opens a terminal; what says words comes
// with the call, so that it carries none. Knows bytes, rows and columns. Does not
// know sockets, nor what is at the other end.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { button, h, setText } from "./dom";
import { isLive, type State } from "./state";
import { coloursOf } from "./terminal/colours";
import type { say as sayWord } from "./words";

/** Leaves the terminal: a shell in it needs Escape and Tab itself. */
const WAY_OUT = "F6";
/** Lines that can be scrolled back to. */
const SCROLLBACK = 2_000;
/** Minutes before the end that are said aloud. */
const WARNINGS = [5, 1];
const READER_KEY = "bpflab:terminal-reader";

export interface TerminalActions {
  /** From now on bytes are this kernel's. */
  choose(kernel: string, rows: number, cols: number): void;
  resize(rows: number, cols: number): void;
  bytes(bytes: Uint8Array<ArrayBuffer>): void;
  /** Where the keyboard goes from here. */
  leave(): void;
}

export interface Terminals {
  readonly root: HTMLElement;
  draw(state: State): void;
  /** Bytes from the terminal that was chosen last. */
  bytes(bytes: Uint8Array): void;
  /** A new connection knows nothing of the choice; it is told. */
  again(): void;
}

/** One kernel's terminal: its screen stays while another one is shown. */
interface Screen {
  term: Terminal;
  fit: FitAddon;
  box: HTMLElement;
  open: boolean;
}

export function openTerminals(say: typeof sayWord, actions: TerminalActions): Terminals {
  allowStyles();
  const screens = new Map<string, Screen>();
  let run: string | null = null;
  let current: string | null = null;
  /** Whose bytes the other end knows ours to be. */
  let bound: string | null = null;
  /** Those whose bytes this connection has had: it sends none of them twice. */
  const had = new Set<string>();
  /** What comes first shows the screen as it was: nothing in it is a question to be answered again. */
  let replay: "awaited" | "shown" | "over" = "over";
  let said = Infinity;

  const which = h("div", { class: "which", role: "group", "aria-label": say("terminal_which") });
  const left = h("span", { class: "left" });
  const news = h("p", { class: "news", role: "status" });
  const help = h("p", { class: "facts" });
  const reader = h("input", { type: "checkbox", change: () => readAloud(reader.checked) });
  reader.checked = stored(READER_KEY) === "1";
  const hide = button(say("terminal_hide"), () => (root.hidden = true), "link");
  const place = h("div", { class: "screens" });
  const root = h(
    "section",
    { class: "shell", "aria-label": say("terminal"), hidden: true },
    h("div", { class: "line" }, h("h3", {}, say("terminal")), which, left, h("label", {}, reader, ` ${say("terminal_reader")}`), hide),
    place,
    help,
    news,
  );
  const colours = () => coloursOf(root);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new ResizeObserver(() => fitNow()).observe(place);

  function draw(state: State): void {
    if (state.run !== run) forget(state.run);
    for (const [kernel, { terminal }] of state.stories) {
      if (terminal === null) continue;
      const screen = screens.get(kernel) ?? (terminal.open ? add(kernel) : null);
      if (screen !== null && screen.open && !terminal.open) close(screen);
    }
    const ends = current === null ? null : (state.stories.get(current)?.terminal ?? null);
    if (ends !== null) {
      setText(help, say("terminal_help", { n: ends.minutes }));
      tellTime(ends.open && isLive(state) ? state.start + ends.until - Date.now() : null);
    }
    const away = isLive(state) && state.connection.is !== "open";
    root.classList.toggle("away", away);
    if (away) setText(news, say("terminal_away"));
    else if (news.textContent === say("terminal_away")) setText(news, "");
  }

  function forget(now: string | null): void {
    for (const { term } of screens.values()) term.dispose();
    screens.clear();
    had.clear();
    which.replaceChildren();
    place.replaceChildren();
    root.hidden = true;
    setText(news, "");
    current = null;
    bound = null;
    said = Infinity;
    run = now;
  }

  function add(kernel: string): Screen {
    const term = new Terminal({
      fontFamily: getComputedStyle(root).getPropertyValue("--mono"),
      fontSize: 13,
      scrollback: SCROLLBACK,
      theme: colours(),
      minimumContrastRatio: 4.5,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      screenReaderMode: reader.checked,
    });
    const fit = new FitAddon();
    const box = h("div", { class: "screen" });
    const screen: Screen = { term, fit, box, open: true };
    screens.set(kernel, screen);
    place.append(box);
    root.hidden = false;
    term.loadAddon(fit);
    term.open(box);
    const label = `${say("terminal_on", { name: kernel })}. ${say("terminal_help", { n: 30 })}`;
    term.textarea?.setAttribute("aria-label", label);
    term.textarea?.setAttribute("aria-keyshortcuts", WAY_OUT);
    term.attachCustomKeyEventHandler((event) => {
      if (event.key !== WAY_OUT) return true;
      event.preventDefault();
      if (event.type === "keydown") actions.leave();
      return false;
    });
    const encoder = new TextEncoder();
    term.onData((text) => send(kernel, encoder.encode(text)));
    // Mouse reports are bytes, not text.
    term.onBinary((text) => send(kernel, Uint8Array.from(text, (char) => char.charCodeAt(0))));
    term.onResize(({ rows, cols }) => {
      if (kernel === bound && screen.open) actions.resize(rows, cols);
    });
    which.append(button(kernel, () => choose(kernel, true), "file"));
    which.hidden = screens.size < 2;
    if (current === null) choose(kernel, atRest());
    else box.hidden = true;
    return screen;
  }

  function send(kernel: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (replay !== "shown" && kernel === bound && screens.get(kernel)?.open === true) actions.bytes(bytes);
  }

  function choose(kernel: string, focus: boolean): void {
    current = kernel;
    bound = null;
    for (const [name, { box }] of screens) box.hidden = name !== kernel;
    for (const tab of which.children) tab.setAttribute("aria-pressed", String(tab.textContent === kernel));
    const screen = screens.get(kernel);
    if (screen === undefined) return;
    screen.fit.fit();
    bind();
    if (focus) screen.term.focus();
  }

  function bind(): void {
    const screen = current === null ? undefined : screens.get(current);
    if (current === null || screen?.open !== true) return;
    bound = current;
    if (!had.has(current)) {
      // The other end sends what it said last, so the screen starts anew.
      had.add(current);
      replay = "awaited";
      screen.term.reset();
    }
    actions.choose(current, screen.term.rows, screen.term.cols);
  }

  function close(screen: Screen): void {
    screen.open = false;
    screen.term.options.disableStdin = true;
    screen.term.options.cursorBlink = false;
    screen.term.write(`\r\n\x1b[1m${say("terminal_closed")}\x1b[0m\r\n`);
    setText(news, say("terminal_closed"));
  }

  function tellTime(ms: number | null): void {
    const seconds = ms === null || !Number.isFinite(ms) ? null : Math.max(0, Math.ceil(ms / 1_000));
    const time = seconds === null ? "" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    setText(left, seconds === null ? "" : say("terminal_left", { time }));
    const due = seconds === null ? undefined : WARNINGS.filter((n) => seconds <= n * 60).at(-1);
    if (due === undefined || due >= said) return;
    said = due;
    setText(news, say("terminal_soon", { n: due }));
  }

  function fitNow(): void {
    if (current !== null) screens.get(current)?.fit.fit();
  }

  function recolour(): void {
    for (const { term } of screens.values()) term.options.theme = colours();
  }

  function readAloud(yes: boolean): void {
    for (const { term } of screens.values()) term.options.screenReaderMode = yes;
    try {
      localStorage.setItem(READER_KEY, yes ? "1" : "0");
    } catch {
      // It then holds for this page.
    }
  }

  return {
    root,
    draw,
    bytes: (bytes) => {
      if (bound === null) return;
      const first = replay === "awaited";
      if (first) replay = "shown";
      screens.get(bound)?.term.write(bytes, () => {
        if (first) replay = "over";
      });
    },
    again() {
      had.clear();
      bind();
    },
  };
}

/** Whether the reader waits for the terminal, and does not write in the editor. */
function atRest(): boolean {
  const at = document.activeElement;
  return at === null || at === document.body || at.closest(".bar") !== null;
}

/** The style elements that xterm.js makes get the page's nonce; build.mjs leads them here. */
function allowStyles(): void {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  const scope = globalThis as typeof globalThis & { bpflabStyle?: (owner: Document) => HTMLStyleElement };
  scope.bpflabStyle = (owner) => {
    const style = owner.createElement("style");
    style.nonce = nonce;
    return style;
  };
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
