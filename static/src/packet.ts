// A packet from its fields: Ethernet, IPv4, and TCP, UDP or ICMP, as digits.
//
// Knows headers and their checksums (RFC 791, 768, 792, 9293). Does not know
// forms or programs.

export interface PacketFields {
  protocol: "tcp" | "udp" | "icmp";
  from: string;
  to: string;
  fromPort: number;
  toPort: number;
  text: string;
}

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;
const SYN = 0x02;

/** The packet's bytes; null where an address is none. */
export function packet(fields: PacketFields): Uint8Array | null {
  const from = address(fields.from);
  const to = address(fields.to);
  if (from === null || to === null) return null;
  const payload = new TextEncoder().encode(fields.text);
  const protocol = PROTOCOLS[fields.protocol];
  const segment = segmentOf(fields, payload);
  const length = word(segment.length);
  const pseudo = [...from, ...to, 0, protocol, ...length];
  const at = { tcp: 16, udp: 6, icmp: 2 }[fields.protocol];
  const sum = checksum(fields.protocol === "icmp" ? segment : [...pseudo, ...segment]);
  // In UDP zero says that there is no checksum.
  segment.splice(at, 2, ...word(sum === 0 && fields.protocol === "udp" ? 0xffff : sum));
  const head = [0x45, 0, ...word(20 + segment.length), 0, 0, 0x40, 0, 64, protocol, 0, 0, ...from, ...to];
  head.splice(10, 2, ...word(checksum(head)));
  const ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];
  return Uint8Array.from([...ethernet, ...head, ...segment]);
}

function segmentOf({ protocol, fromPort, toPort }: PacketFields, payload: Uint8Array): number[] {
  const ports = [...word(fromPort), ...word(toPort)];
  switch (protocol) {
    case "tcp":
      return [...ports, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, SYN, 0xff, 0xff, 0, 0, 0, 0, ...payload];
    case "udp":
      return [...ports, ...word(8 + payload.length), 0, 0, ...payload];
    case "icmp":
      return [8, 0, 0, 0, 0, 1, 0, 1, ...payload];
  }
}

/** The ones' complement of the ones' complement sum of 16-bit words. */
function checksum(bytes: number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function word(number: number): [number, number] {
  return [(number >> 8) & 0xff, number & 0xff];
}

function address(text: string): number[] | null {
  const parts = text.trim().split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : NaN));
  return parts.length === 4 && parts.every((part) => part <= 255) ? parts : null;
}

/** Two digits a byte, a space between two. */
export function digits(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
