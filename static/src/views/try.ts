// A program run by itself on a packet or a context: the packet from its fields
// or as digits, and what came of it.
//
// Knows which kinds take a packet. Does not know what the program does.

import { button, h, setText } from "../dom";
import { digits, packet, type PacketFields } from "../packet";
import type { ProgramFacts, Tested, Change } from "../wire";
import { count } from "../values";
import { say } from "../words";

const PACKETS = ["xdp", "sched_cls", "sched_act", "socket_filter", "cgroup_skb", "flow_dissector", "lwt_in", "lwt_out", "lwt_xmit"];
const CONTEXTS = ["syscall", "raw_tracepoint", "sk_lookup"];

export interface Trial {
  root: HTMLElement;
  draw(live: boolean, answer: string, tested: Tested | null): void;
}

/** The form of a program; null where its kind is not run by itself. */
export function trialOf({ name, type }: ProgramFacts, send: (change: Change) => void): Trial | null {
  const takesPacket = PACKETS.includes(type);
  if (!takesPacket && !CONTEXTS.includes(type)) return null;
  const input = h("textarea", { rows: "3", spellcheck: "false", "aria-label": say(takesPacket ? "try_packet" : "try_context") });
  const repeat = h("input", { type: "number", min: "1", max: "1000000", value: "1", "aria-label": say("try_repeat") });
  const answer = h("p", { class: "answer", role: "status" });
  const result = h("p", { class: "tested", role: "status" });
  const bytes = h("pre", { class: "plain bytes", tabindex: "0" });
  const form = h("form", { class: "try" }, takesPacket ? builder((text) => (input.value = text)) : null, input, h("label", {}, say("try_repeat"), " ", repeat), h("button", { type: "submit", class: "quiet" }, say("try_run")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ type: "test", program: name, input: input.value, repeat: Math.max(1, Number(repeat.value) || 1) });
  });
  const root = h("details", { class: "trial" }, h("summary", {}, say("try_title", { name })), form, answer, result, bytes);

  function draw(live: boolean, text: string, tested: Tested | null): void {
    form.hidden = !live;
    // That it was run is said by what came of it.
    setText(answer, text.startsWith("✓") ? "" : text);
    result.hidden = tested === null;
    bytes.hidden = tested === null || tested.output === null;
    if (tested === null) return;
    const returned = tested.verdict === null ? String(tested.returned) : `${tested.verdict} (${tested.returned})`;
    setText(result, say("try_result", { what: returned, n: count(tested.ns), k: count(tested.repeat) }));
    if (tested.output !== null && bytes.dataset["of"] !== tested.output) {
      bytes.dataset["of"] = tested.output;
      bytes.replaceChildren(...marked(tested.output, input.value.replaceAll(/\s/g, "")));
    }
  }

  return { root, draw };
}

/** The bytes afterwards; those that differ from before are marked. */
function marked(after: string, before: string): Node[] {
  return (after.match(/../g) ?? []).map((byte, at) => {
    const changed = before.slice(2 * at, 2 * at + 2).toLowerCase() !== byte;
    return changed ? h("mark", {}, byte, " ") : document.createTextNode(`${byte} `);
  });
}

function builder(fill: (digits: string) => void): HTMLElement {
  const protocol = h("select", { "aria-label": say("try_protocol") }, ...["tcp", "udp", "icmp"].map((one) => h("option", { value: one }, one.toUpperCase())));
  const text = (label: Parameters<typeof say>[0], value: string) => h("input", { type: "text", "aria-label": say(label), value, spellcheck: "false" });
  const port = (label: Parameters<typeof say>[0], value: string) => h("input", { type: "number", min: "0", max: "65535", "aria-label": say(label), value });
  const from = text("try_from", "10.13.0.1");
  const to = text("try_to", "10.13.0.2");
  const fromPort = port("try_from_port", "40000");
  const toPort = port("try_to_port", "80");
  const payload = text("try_payload", "");
  function build(): void {
    const fields: PacketFields = {
      protocol: protocol.value as PacketFields["protocol"],
      from: from.value,
      to: to.value,
      fromPort: Number(fromPort.value),
      toPort: Number(toPort.value),
      text: payload.value,
    };
    const made = packet(fields);
    [from, to].forEach((input) => input.setCustomValidity(made === null ? say("try_no_address") : ""));
    if (made !== null) fill(digits(made));
  }
  const labelled = (label: Parameters<typeof say>[0], input: HTMLElement) => h("label", {}, say(label), " ", input);
  return h(
    "div",
    { class: "fields" },
    labelled("try_protocol", protocol),
    labelled("try_from", from),
    labelled("try_from_port", fromPort),
    labelled("try_to", to),
    labelled("try_to_port", toPort),
    labelled("try_payload", payload),
    button(say("try_build"), build),
  );
}
