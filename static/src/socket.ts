// One websocket that is there when it is needed.
//
// Opens at the first message, and comes back with growing pauses for as long
// as somebody wants it. Knows frames and time. Does not know what messages mean.

import { parseFrame, type ClientMessage, type ServerMessage } from "./wire";
import type { Connection } from "./state";

/** Pauses before each further try, in seconds; the last one repeats. */
const PAUSES = [1, 2, 4, 8, 15];

export interface Socket {
  /** Sends now, or as soon as there is a connection. */
  send(message: ClientMessage): void;
  /** A terminal's bytes; without a connection they are dropped, as keys pressed in a dark room. */
  bytes(bytes: Uint8Array<ArrayBuffer>): void;
  /** Opens without a message; while it waits to try again, tries at once. */
  open(): void;
  /** Takes back what has not been sent; says whether there was anything. */
  forget(): boolean;
}

export interface Listener {
  messages(messages: ServerMessage[]): void;
  /** Bytes of the terminal that was asked for. */
  bytes(bytes: Uint8Array<ArrayBuffer>): void;
  connection(connection: Connection): void;
  /** A connection was made: what to send before what has waited, if any of it is `unsent`. */
  resume(unsent: boolean): ClientMessage[];
  /** Whether to come back after a loss. */
  wanted(): boolean;
}

export function connectTo(url: string, listener: Listener): Socket {
  let socket: WebSocket | null = null;
  let waiting: ClientMessage[] = [];
  let failures = 0;
  let timer = 0;

  function open(): void {
    clearTimeout(timer);
    listener.connection({ is: "connecting" });
    const opened = new WebSocket(url);
    socket = opened;
    opened.binaryType = "arraybuffer";
    opened.onopen = () => {
      failures = 0;
      const first = listener.resume(waiting.length > 0);
      for (const message of [...first, ...waiting]) opened.send(JSON.stringify(message));
      waiting = [];
      listener.connection({ is: "open" });
    };
    opened.onmessage = (event: MessageEvent) => {
      if (typeof event.data === "string") listener.messages(parseFrame(event.data));
      else listener.bytes(new Uint8Array(event.data as ArrayBuffer));
    };
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = null;
      if (listener.wanted() || waiting.length > 0) later();
      else listener.connection({ is: "idle" });
    };
  }

  function later(): void {
    const seconds = PAUSES[Math.min(failures++, PAUSES.length - 1)] ?? 1;
    listener.connection({ is: "waiting", until: Date.now() + seconds * 1_000 });
    timer = window.setTimeout(open, seconds * 1_000);
  }

  return {
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify(message));
        return;
      }
      waiting.push(message);
      if (socket === null) open();
    },
    bytes(bytes) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    open() {
      if (socket === null) open();
    },
    forget() {
      const any = waiting.length > 0;
      waiting = [];
      return any;
    },
  };
}

/** The lab's socket on this page's own server, which speaks the page's language. */
export function socketUrl(lang: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws?lang=${lang}`;
}
