// The lab of a lesson: wires state, socket, draft, editor and views together.
//
// Everything flows one way: what happens changes the state, and at most once a
// frame the views draw what the state says. Does not know how anything looks.

import { furnish, type Bench } from "./bench";
import { readConfig, say, speak, type Config } from "./config";
import { openDraft, type Draft } from "./draft";
import { offerSolution } from "./solution";
import { connectTo, socketUrl, type Socket } from "./socket";
import { plainSource, type Source, type SourceOptions } from "./source";
import {
  askRun, askStop, askWatch, dispatch, forgetRun, isAwaited, isLive, newState, shownStory, type State,
} from "./state";
import { lastRun, notePassed, rememberRun } from "./memory";
import { checksView } from "./views/checks";
import { findingsView } from "./views/findings";
import { globalsView } from "./views/globals";
import { logView } from "./views/log";
import { mapsView } from "./views/maps";
import { outputView } from "./views/output";
import { programsView } from "./views/programs";
import { recordsView } from "./views/records";
import { runView } from "./views/run";
import { tabs } from "./views/tabs";
import { traceView } from "./views/trace";
import type { View } from "./views/view";

/** How often a running clock moves, in ms: tenths are shown, more would only cost. */
const TICK_MS = 200;

class Lab {
  private readonly state: State = newState();
  private readonly draft: Draft;
  private readonly socket: Socket;
  private readonly bench: Bench;
  private source: Source;
  private views: View[] = [];
  private drawing = false;
  private token = 0;
  /** The texts are still those of the run whose findings are shown. */
  private marksFit = true;

  constructor(private readonly config: Config, root: HTMLElement) {
    this.draft = openDraft(config.lesson, config.files);
    this.bench = furnish(config, need(root, ".source"), {
      run: () => this.run(),
      stop: () => this.stop(),
      reset: () => this.replace(config.files, say("reset_done")),
      show: (file) => this.show(file),
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
      connection: (connection) => {
        this.state.connection = connection;
        this.draw();
      },
      resume: (unsent) => this.resume(unsent),
      wanted: () => isLive(this.state),
    });
    if (config.can_run) this.mountViews(root);
    offerSolution(() => this.replace({ [config.program]: config.solution }, say("solution_done")));
    document.addEventListener("keydown", (event) => this.key(event), { capture: true });
    void this.loadEditor();
    if (config.can_run) this.watchLast();
  }

  private mountViews(root: HTMLElement): void {
    const again = () => this.draw();
    const run = runView(() => this.socket.open());
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
    });
    const checks = checksView(need(root, ".checks"), this.config.checks, () => notePassed(this.config.lesson));
    const panels = tabs(say("panels"), [
      { id: "trace", name: say("trace"), view: traceView(again) },
      { id: "maps", name: say("maps"), view: mapsView() },
      { id: "records", name: say("records"), view: recordsView(again) },
      { id: "globals", name: say("globals"), view: globalsView((name, value) => this.setGlobal(name, value)) },
      { id: "programs", name: say("programs"), view: programsView() },
      { id: "output", name: say("output"), view: outputView() },
      { id: "log", name: say("log"), view: logView() },
    ]);
    const results = need(root, ".results");
    results.before(run.root, findings.root);
    results.prepend(panels.root);
    this.views = [run, findings, checks, panels];
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
    const { config, state } = this;
    const size = Object.values(this.draft.texts).reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
    if (size > config.max_source) {
      state.problem = say("too_large", { n: Math.floor(config.max_source / 1024) });
      this.draw();
      return;
    }
    // One run at a time: the one before makes room at once.
    if (isLive(state) && state.run !== null && state.connection.is === "open") {
      this.socket.send({ type: "stop", run: state.run });
    }
    askRun(state);
    this.marksFit = true;
    this.socket.send({
      type: "run",
      files: { ...this.draft.texts },
      kernels: [this.bench.kernel()],
      lesson: config.lesson,
      seed: null,
      globals: {},
      attach: {},
    });
    this.draw();
  }

  private stop(): void {
    const { state } = this;
    if (isAwaited(state) && this.socket.forget()) forgetRun(state);
    else askStop(state);
    if (state.asked === "stop" && state.run !== null) this.socket.send({ type: "stop", run: state.run });
    this.draw();
  }

  private setGlobal(name: string, value: string): void {
    const { state } = this;
    if (state.run === null || state.shown === null) return;
    const token = ++this.token;
    state.edits.set(`${state.shown}\n${name}`, { token, answer: null });
    state.editsRev++;
    this.socket.send({ type: "global", token, run: state.run, kernel: state.shown, name, value });
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
      // Beside this script and of the same version, so that both come from the same build.
      const url = new URL("editor.js", import.meta.url);
      url.search = new URL(import.meta.url).search;
      const module = (await import(url.href)) as typeof import("./editor");
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
