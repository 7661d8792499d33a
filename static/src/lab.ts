// The lab of a lesson: wires state, socket, draft, editor and views together.
//
// Everything flows one way: what happens changes the state, and at most once a
// frame the views draw what the state says. Does not know how anything looks.

import { furnish, type Bench } from "./bench";
import { beside } from "./beside";
import { ownCommand } from "./command";
import { readConfig, say, speak, type Config } from "./config";
import { h } from "./dom";
import { openDraft, type Draft } from "./draft";
import { later, type Later } from "./later";
import { offerSolution } from "./solution";
import { connectTo, socketUrl, type Socket } from "./socket";
import { plainSource, type Source, type SourceOptions } from "./source";
import {
  askRun, askStop, askWatch, dispatch, forgetRun, isAwaited, isLive, newState, shownStory, type State,
} from "./state";
import { lastRun, notePassed, rememberRun } from "./memory";
import { checksView } from "./views/checks";
import { findingsView } from "./views/findings";
import { runView } from "./views/run";
import { troubleView } from "./views/trouble";
import type { View } from "./views/view";
import type { Change } from "./wire";

/** How often a running clock moves, in ms: tenths are shown, more would only cost. */
const TICK_MS = 200;

class Lab {
  private readonly state: State = newState();
  private readonly draft: Draft;
  private readonly socket: Socket;
  private readonly bench: Bench;
  private readonly command = ownCommand();
  private source: Source;
  private views: View[] = [];
  private later: Later | null = null;
  private drawing = false;
  private token = 0;
  /** Structs that were named for buffers: runs to come take them too. */
  private readonly records: Record<string, string>;
  /** The texts are still those of the run whose findings are shown. */
  private marksFit = true;

  constructor(private readonly config: Config, root: HTMLElement) {
    this.records = { ...config.records };
    this.draft = openDraft(config.lesson, config.files);
    this.bench = furnish(config, need(root, ".source"), {
      run: () => this.run(),
      stop: () => this.stop(),
      reset: () => this.replace(config.files, say("reset_done")),
      // Where nothing can be run, the server says what is wrong.
      program: () => (!config.can_run || this.fits() ? (this.draft.texts[config.program] ?? "") : null),
      show: (file) => this.show(file),
      text: () => this.draft.texts[config.program] ?? "",
      failed: () => {
        this.state.problem = say("results_failed");
        this.draw();
      },
    });
    this.source = plainSource(this.options());
    this.socket = connectTo(socketUrl(config.lang), {
      messages: (messages) => {
        for (const message of messages) {
          dispatch(this.state, message, Date.now());
          if (message.type === "accepted" && this.state.asked === "stop") this.stop();
        }
        rememberRun(config.lesson, this.state.run, this.draft.texts);
        this.draw();
      },
      bytes: (bytes) => this.later?.bytes(bytes),
      connection: (connection) => {
        this.state.connection = connection;
        if (connection.is === "open") this.later?.reconnected();
        this.draw();
      },
      resume: (unsent) => this.resume(unsent),
      wanted: () => isLive(this.state),
    });
    if (config.can_run) this.mountViews(root);
    offerSolution((text) => this.replace({ [config.program]: text }, say("solution_done")));
    document.addEventListener("keydown", (event) => this.key(event), { capture: true });
    void this.loadEditor();
    if (config.can_run) this.watchLast();
  }

  private mountViews(root: HTMLElement): void {
    const trouble = troubleView(() => this.socket.open());
    const run = runView(true);
    const findings = findingsView(this.config, {
      go: (file, line, column) => {
        this.bench.file(file);
        this.source.go(file, line, column);
      },
      mend: (file, fix) => {
        this.bench.file(file);
        return this.marksFit && this.source.mend(file, fix);
      },
      mark: (found) => this.source.mark(this.marksFit ? found : []),
      runOn: (kernel) => {
        const can = this.bench.choose(kernel);
        if (can) this.run();
        return can;
      },
    });
    const list = root.querySelector<HTMLElement>(".checks");
    const checks = list === null ? [] : [checksView(list, this.config.checks, () => notePassed(this.config.lesson))];
    const results = need(root, ".results");
    results.before(trouble.root, run.root, findings.root);
    results.prepend(h("div", { class: "panels" }, h("p", { class: "empty" }, say("trace_empty"))));
    this.later = later(this.config, {
      state: run.root,
      findings: findings.root,
      results,
      again: () => this.draw(),
      send: (message) => this.socket.send(message),
      bytes: (bytes) => this.socket.bytes(bytes),
      go: (file, line) => {
        this.bench.file(file);
        this.source.go(file, line, 1);
      },
      change: (kernel, about, change) => this.change(kernel ?? this.state.shown, about, change),
      show: (kernel) => (this.state.shown = kernel),
      text: () => Object.values(this.draft.texts).join("\n"),
      records: this.records,
      leave: () => this.bench.focus(),
      fail: () => {
        this.state.problem = say("results_failed");
        this.draw();
      },
    });
    this.views = [trouble, run, findings, ...checks, this.later];
    setInterval(() => {
      if (isLive(this.state) || this.state.connection.is === "waiting") this.draw();
    }, TICK_MS);
    this.draw();
  }

  /** Draws in the next frame; calls in between cost nothing. */
  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      const story = shownStory(this.state);
      this.bench.live(isLive(this.state) && this.state.asked !== "stop");
      for (const view of this.views) view.draw(this.state, story);
    });
  }

  private run(): void {
    if (!this.config.can_run || isAwaited(this.state)) return;
    this.draft.save();
    if (!this.fits()) return;
    const { config, state } = this;
    // One run at a time: the one before makes room at once.
    if (isLive(state) && state.run !== null && state.connection.is === "open") {
      this.socket.send({ type: "stop", run: state.run });
    }
    askRun(state);
    this.marksFit = true;
    this.socket.send({
      type: "run",
      files: { ...this.draft.texts },
      kernels: this.bench.kernels(),
      lesson: config.sandbox ? null : config.lesson,
      seed: null,
      ...this.bench.presets(),
      records: this.records,
      ...(this.command.text() === "" ? {} : { stimulus: this.command.text() }),
      ...(this.bench.terminal() ? { terminal: true } : {}),
    });
    this.draw();
  }

  /** Whether the lab takes so much text; says so where it does not. */
  private fits(): boolean {
    const { config, state } = this;
    const size = Object.values(this.draft.texts).reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
    if (size <= config.max_source) return true;
    state.problem = say("too_large", { n: Math.floor(config.max_source / 1024) });
    this.draw();
    return false;
  }

  private stop(): void {
    const { state } = this;
    if (isAwaited(state) && this.socket.forget()) forgetRun(state);
    else askStop(state);
    if (state.asked === "stop" && state.run !== null) this.socket.send({ type: "stop", run: state.run });
    this.draw();
  }

  private change(kernel: string | null, about: string, change: Change): void {
    const { state } = this;
    if (change.type === "decode") {
      if (change.name === "") delete this.records[change.map];
      else this.records[change.map] = change.name;
    }
    if (state.run === null || kernel === null) return;
    const token = ++this.token;
    state.edits.set(`${kernel}\n${about}`, { token, answer: null });
    state.editsRev++;
    this.socket.send({ ...change, token, run: state.run, kernel });
    this.draw();
  }

  /** A run that was under way, or has ended, before the page was loaded again. */
  private watchLast(): void {
    const last = lastRun(this.config.lesson, this.draft.texts);
    if (last === null) return;
    this.marksFit = last.sameTexts;
    askWatch(this.state, last.run);
    this.socket.open();
    this.draw();
  }

  private resume(unsent: boolean): ReturnType<Parameters<typeof connectTo>[1]["resume"]> {
    const { state } = this;
    if (state.run !== null && isLive(state)) {
      return [{ type: "watch", run: state.run, after: Math.max(0, state.seen) }];
    }
    if (isAwaited(state) && !unsent) forgetRun(state, say("not_taken"));
    return [];
  }

  private show(file: string): void {
    this.bench.file(file);
    this.source.show(file);
  }

  private replace(texts: Record<string, string>, done: string): void {
    const before = this.draft.replace(texts);
    this.source.replace(this.draft.texts);
    this.bench.notice(done, () => {
      this.draft.replace(before);
      this.source.replace(this.draft.texts);
      this.bench.notice("", null);
      this.source.focus();
    });
  }

  private options(): SourceOptions {
    return {
      texts: this.draft.texts,
      program: this.config.program,
      label: say("editor"),
      help: say("editor_help"),
      nonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "",
      strings: this.config.strings,
      changed: (file, text) => this.draft.change(file, text),
    };
  }

  /** CodeMirror comes after the page; until then the program can be read, and without it the text box serves. */
  private async loadEditor(): Promise<void> {
    this.bench.file(this.config.program);
    if (this.draft.differs()) this.bench.preview(this.draft.texts[this.config.program] ?? "");
    this.bench.help(say("editor_loading"));
    const kept = say(this.draft.kept ? "draft_kept" : "draft_not_kept");
    try {
      const module = (await import(beside("editor.js"))) as typeof import("./editor");
      this.source = module.openEditor(this.options());
      this.bench.seat(this.source);
      this.source.mark(this.marksFit ? (shownStory(this.state)?.findings ?? []) : []);
      this.bench.help(`${say("editor_help")} · ${kept}`);
    } catch (error) {
      console.error(error);
      this.bench.seat(this.source);
      this.bench.help(`${say("editor_failed")} ${kept}`);
    }
  }

  private key(event: KeyboardEvent): void {
    // In a terminal all keys are its own: Run would throw it away.
    if (event.target instanceof Element && event.target.closest(".shell .screen") !== null) return;
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key === "Enter") this.run();
    else if ((mod && event.key === ".") || (event.shiftKey && event.key === "Escape")) this.stop();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function need(root: HTMLElement, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

const config = readConfig();
const root = document.getElementById("lab");
if (config !== null && root !== null) {
  speak(config.strings);
  new Lab(config, root);
}
