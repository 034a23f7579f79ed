/** Building and taking apart Ethernet, ARP, IPv4, ICMP, UDP and TCP (RFC 894, 826, 791, 792, 768, 9293). */

/** EtherType of IPv4. */
export const ETHERTYPE_IP = 0x0800;
/** EtherType of ARP. */
export const ETHERTYPE_ARP = 0x0806;
/** IP protocol numbers. */
export const IPPROTO_ICMP = 1;
/** TCP. */
export const IPPROTO_TCP = 6;
/** UDP. */
export const IPPROTO_UDP = 17;

/** ff:ff:ff:ff:ff:ff */
export const BROADCAST_MAC = new Uint8Array(6).fill(0xff);

/** "192.168.1.10" as an unsigned number, most significant byte first. Throws on anything else. */
export function parseIp(text: string): number {
  const parts = text.split('.');
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) throw new Error(`${text} is not an IPv4 address`);
    value = value * 256 + Number(part);
  }
  if (parts.length !== 4) throw new Error(`${text} is not an IPv4 address`);
  return value;
}

/** The dotted form of an address. */
export function formatIp(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/** "00:10:5a:…" as six bytes. Throws on anything else. */
export function parseMac(text: string): Uint8Array {
  const parts = text.split(/[:-]/);
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-fA-F]{1,2}$/.test(part)))
    throw new Error(`${text} is not an Ethernet address`);
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

/** A view for reading and writing big-endian fields. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One's complement sum of 16-bit words, to be folded and complemented by `finishChecksum`. */
export function sumWords(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  const n = bytes.length & ~1;
  for (let i = 0; i < n; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  if (n < bytes.length) sum += (bytes[n] as number) << 8;
  return sum;
}

/** Internet checksum (RFC 1071) of the accumulated sum. */
export function finishChecksum(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
  return ~s & 0xffff;
}

/** Sum of the pseudo header that TCP and UDP checksums include. */
export function pseudoSum(src: number, dst: number, protocol: number, length: number): number {
  return (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + protocol + length;
}

/** An Ethernet frame without FCS and padding. */
export function ethernet(dst: Uint8Array, src: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + payload.length);
  frame.set(dst, 0);
  frame.set(src, 6);
  frame[12] = type >> 8;
  frame[13] = type & 255;
  frame.set(payload, 14);
  return frame;
}

/** ARP operation codes. */
export const ARP_REQUEST = 1;
/** Reply. */
export const ARP_REPLY = 2;

/** An ARP packet for IPv4 over Ethernet. */
export interface Arp {
  operation: number;
  senderMac: Uint8Array;
  senderIp: number;
  targetMac: Uint8Array;
  targetIp: number;
}

/** The 28 bytes of an ARP packet. */
export function buildArp(arp: Arp): Uint8Array {
  const bytes = new Uint8Array(28);
  const view = viewOf(bytes);
  view.setUint16(0, 1);
  view.setUint16(2, ETHERTYPE_IP);
  bytes[4] = 6;
  bytes[5] = 4;
  view.setUint16(6, arp.operation);
  bytes.set(arp.senderMac, 8);
  view.setUint32(14, arp.senderIp);
  bytes.set(arp.targetMac, 18);
  view.setUint32(24, arp.targetIp);
  return bytes;
}

/** Reads an ARP packet; null if it is not IPv4 over Ethernet. */
export function parseArp(bytes: Uint8Array): Arp | null {
  if (bytes.length < 28) return null;
  const view = viewOf(bytes);
  if (view.getUint16(0) !== 1 || view.getUint16(2) !== ETHERTYPE_IP || view.getUint16(4) !== 0x0604) return null;
  return {
    operation: view.getUint16(6),
    senderMac: bytes.slice(8, 14),
    senderIp: view.getUint32(14),
    targetMac: bytes.slice(18, 24),
    targetIp: view.getUint32(24),
  };
}

/** An IPv4 datagram or fragment. */
export interface Ip {
  src: number;
  dst: number;
  protocol: number;
  id: number;
  ttl: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** Bytes. */
  fragmentOffset: number;
  payload: Uint8Array;
}

/** An IPv4 packet without options. */
export function buildIp(ip: Ip): Uint8Array {
  const bytes = new Uint8Array(20 + ip.payload.length);
  const view = viewOf(bytes);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, ip.id);
  view.setUint16(6, (ip.dontFragment ? 0x4000 : 0) | (ip.moreFragments ? 0x2000 : 0) | (ip.fragmentOffset >> 3));
  bytes[8] = ip.ttl;
  bytes[9] = ip.protocol;
  view.setUint32(12, ip.src);
  view.setUint32(16, ip.dst);
  view.setUint16(10, finishChecksum(sumWords(bytes.subarray(0, 20))));
  bytes.set(ip.payload, 20);
  return bytes;
}

/** Reads an IPv4 packet (which may be followed by Ethernet padding); null if it is malformed. */
export function parseIpPacket(bytes: Uint8Array): Ip | null {
  if (bytes.length < 20) return null;
  const view = viewOf(bytes);
  const header = ((bytes[0] as number) & 15) * 4;
  const total = view.getUint16(2);
  if ((bytes[0] as number) >> 4 !== 4 || header < 20 || total < header || total > bytes.length) return null;
  if (finishChecksum(sumWords(bytes.subarray(0, header))) !== 0) return null;
  const flags = view.getUint16(6);
  return {
    src: view.getUint32(12),
    dst: view.getUint32(16),
    protocol: bytes[9] as number,
    id: view.getUint16(4),
    ttl: bytes[8] as number,
    dontFragment: (flags & 0x4000) !== 0,
    moreFragments: (flags & 0x2000) !== 0,
    fragmentOffset: (flags & 0x1fff) * 8,
    payload: bytes.subarray(header, total),
  };
}

/** A UDP datagram. */
export interface Udp {
  srcPort: number;
  dstPort: number;
  payload: Uint8Array;
}

/** UDP header and payload with checksum. */
export function buildUdp(src: number, dst: number, udp: Udp): Uint8Array {
  const bytes = new Uint8Array(8 + udp.payload.length);
  const view = viewOf(bytes);
  view.setUint16(0, udp.srcPort);
  view.setUint16(2, udp.dstPort);
  view.setUint16(4, bytes.length);
  bytes.set(udp.payload, 8);
  const sum = finishChecksum(sumWords(bytes, pseudoSum(src, dst, IPPROTO_UDP, bytes.length)));
  view.setUint16(6, sum === 0 ? 0xffff : sum);
  return bytes;
}

/** Reads a UDP datagram; null if it is malformed or its checksum is wrong. */
export function parseUdp(src: number, dst: number, bytes: Uint8Array): Udp | null {
  if (bytes.length < 8) return null;
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (length < 8 || length > bytes.length) return null;
  const body = bytes.subarray(0, length);
  if (view.getUint16(6) !== 0 && finishChecksum(sumWords(body, pseudoSum(src, dst, IPPROTO_UDP, length))) !== 0)
    return null;
  return { srcPort: view.getUint16(0), dstPort: view.getUint16(2), payload: body.subarray(8) };
}

/** An ICMP message; `rest` is everything behind the checksum. */
export interface Icmp {
  type: number;
  code: number;
  rest: Uint8Array;
}

/** ICMP echo reply, destination unreachable, echo request. */
export const ICMP_ECHO_REPLY = 0;
/** Destination unreachable. */
export const ICMP_UNREACHABLE = 3;
/** Echo request. */
export const ICMP_ECHO = 8;

/** An ICMP message with checksum. */
export function buildIcmp(icmp: Icmp): Uint8Array {
  const bytes = new Uint8Array(4 + icmp.rest.length);
  bytes[0] = icmp.type;
  bytes[1] = icmp.code;
  bytes.set(icmp.rest, 4);
  viewOf(bytes).setUint16(2, finishChecksum(sumWords(bytes)));
  return bytes;
}

/** Reads an ICMP message; null if it is too short or its checksum is wrong. */
export function parseIcmp(bytes: Uint8Array): Icmp | null {
  if (bytes.length < 8 || finishChecksum(sumWords(bytes)) !== 0) return null;
  return { type: bytes[0] as number, code: bytes[1] as number, rest: bytes.subarray(4) };
}

/** TCP flag masks. */
export const TH_FIN = 0x01;
/** Synchronise. */
export const TH_SYN = 0x02;
/** Reset. */
export const TH_RST = 0x04;
/** Push. */
export const TH_PUSH = 0x08;
/** Acknowledgement field valid. */
export const TH_ACK = 0x10;

/** A TCP segment. */
export interface TcpSegment {
  srcPort: number;
  dstPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  /** MSS option, 0 if absent. */
  mss: number;
  data: Uint8Array;
}

/** TCP header, the MSS option if not 0, and data, with checksum. */
export function buildTcp(src: number, dst: number, segment: TcpSegment): Uint8Array {
  const header = segment.mss === 0 ? 20 : 24;
  const bytes = new Uint8Array(header + segment.data.length);
  const view = viewOf(bytes);
  view.setUint16(0, segment.srcPort);
  view.setUint16(2, segment.dstPort);
  view.setUint32(4, segment.seq);
  view.setUint32(8, segment.ack);
  bytes[12] = (header / 4) << 4;
  bytes[13] = segment.flags;
  view.setUint16(14, segment.window);
  if (segment.mss !== 0) view.setUint32(20, 0x0204_0000 | segment.mss);
  bytes.set(segment.data, header);
  view.setUint16(16, finishChecksum(sumWords(bytes, pseudoSum(src, dst, IPPROTO_TCP, bytes.length))));
  return bytes;
}

/** Reads a TCP segment; null if it is malformed or its checksum is wrong. Options other than MSS are skipped. */
export function parseTcp(src: number, dst: number, bytes: Uint8Array): TcpSegment | null {
  if (bytes.length < 20) return null;
  if (finishChecksum(sumWords(bytes, pseudoSum(src, dst, IPPROTO_TCP, bytes.length))) !== 0) return null;
  const view = viewOf(bytes);
  const header = ((bytes[12] as number) >> 4) * 4;
  if (header < 20 || header > bytes.length) return null;
  let mss = 0;
  for (let i = 20; i < header; ) {
    const kind = bytes[i] as number;
    if (kind === 0) break;
    if (kind === 1) {
      i++;
      continue;
    }
    const length = i + 1 < header ? (bytes[i + 1] as number) : 0;
    if (length < 2 || i + length > header) break;
    if (kind === 2 && length === 4) mss = view.getUint16(i + 2);
    i += length;
  }
  return {
    srcPort: view.getUint16(0),
    dstPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: bytes[13] as number,
    window: view.getUint16(14),
    mss,
    data: bytes.subarray(header),
  };
}
