import type { EventTarget, LanEvent } from './events.js';
import { asciiBytes } from './ftp-client.js';
import {
  ARP_REPLY,
  ARP_REQUEST,
  BROADCAST_MAC,
  buildArp,
  buildIcmp,
  buildIp,
  buildUdp,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ethernet,
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  IPPROTO_ICMP,
  IPPROTO_UDP,
  parseArp,
  parseIcmp,
  parseIp,
  parseIpPacket,
  viewOf,
} from './packets.js';
import { Rng } from './rng.js';
import { stateClass } from './state.js';
import { type FrameSink, macKey, type Station, type Wire } from './wire.js';

/** Shares of the kinds of chatter; they need not add up to 1. */
export interface ChatterMix {
  /** ARP requests for each other, for the gateway, now and then for a machine that is gone. */
  arp: number;
  /** NetBIOS name service broadcasts: queries and registrations, three times each. */
  names: number;
  /** NetBIOS datagrams: browser host announcements. */
  browser: number;
}

/** Options of an office. */
export interface ChatterOptions {
  /** The wire. */
  wire: Wire;
  /** Unique name; default `office`. */
  name?: string;
  /** Number of PCs, 2 to 100; default 20. */
  pcs?: number;
  /** Address of the first PC; default 192.168.1.100. */
  firstIp?: string;
  /** The network's directed broadcast address; default 192.168.1.255. */
  broadcast?: string;
  /** The gateway they ask for; default 192.168.1.1. */
  gateway?: string;
  /** Broadcast frames per second on average. */
  rate: number;
  /** Seed; default 1. */
  seed?: number;
  /** Kinds; default half ARP, a third name service, the rest browser. */
  mix?: Partial<ChatterMix>;
}

interface Pc {
  mac: Uint8Array;
  ip: number;
  name: string;
  id: number;
}

const NAMES = [
  'ACCOUNTS',
  'BIBLIO',
  'CONTROL',
  'DEPOT',
  'EMBEDDED',
  'FRONTDESK',
  'GALLEY',
  'HALLWAY',
  'INVOICE',
  'JUPITER',
];
const GROUP = 'WORKGROUP';

/** NetBIOS name suffixes: workstation, server, master browser, browser elections. */
const SUFFIX_WORKSTATION = 0x00;
const SUFFIX_SERVER = 0x20;
const SUFFIX_MASTER = 0x1d;
const SUFFIX_ELECTION = 0x1e;

const NBNS_PORT = 137;
const NBDS_PORT = 138;
/** RFC 1002 4.2: BCAST_REQ_RETRY_TIMEOUT 250 ms, BCAST_REQ_RETRY_COUNT 3; Windows waits 750 ms. */
const NAME_RETRY_NS = 750_000_000;
const NAME_TRIES = 3;

/**
 * An office's PCs behind a switch whose uplink is on the wire. What a switch passes on is heard: their broadcasts, and
 * their answers to ARP and ping from this side. The frames come one after the other from one port, so they collide
 * with other stations, not with each other.
 */
export class Chatter implements FrameSink, EventTarget {
  /** Frames sent by kind. */
  readonly stats = { arp: 0, names: 0, browser: 0, replies: 0 };
  private readonly wire: Wire;
  private readonly station: Station;
  private readonly rng: Rng;
  private readonly pcs: Pc[] = [];
  private readonly mix: ChatterMix;
  private readonly broadcast: number;
  private readonly gateway: number;
  private rate: number;
  private transaction = 1;
  private next: LanEvent | null = null;

  constructor(options: ChatterOptions) {
    const count = options.pcs ?? 20;
    if (!Number.isInteger(count) || count < 2 || count > 100) throw new Error(`${count} PCs: an office has 2 to 100`);
    checkRate(options.rate);
    this.wire = options.wire;
    this.rng = new Rng(options.seed ?? 1);
    this.rate = options.rate;
    this.broadcast = parseIp(options.broadcast ?? '192.168.1.255');
    this.gateway = parseIp(options.gateway ?? '192.168.1.1');
    this.mix = { arp: 0.5, names: 0.33, browser: 0.17, ...options.mix };
    const first = parseIp(options.firstIp ?? '192.168.1.100');
    for (let i = 0; i < count; i++) {
      this.pcs.push({
        // Locally administered addresses cannot belong to anybody.
        mac: Uint8Array.of(0x02, 0x0f, 0x1c, 0x00, i, this.rng.below(256)),
        ip: first + i,
        name: `${NAMES[i % NAMES.length]}${i + 1}`,
        id: this.rng.below(0x10000),
      });
    }
    const name = options.name ?? 'office';
    if (name in options.wire.roots) throw new Error(`there is already something named ${name} on the wire`);
    options.wire.roots[name] = this;
    this.station = options.wire.addStation(name, (this.pcs[0] as Pc).mac, this);
    for (const pc of this.pcs) this.station.aliases.add(macKey(pc.mac));
  }

  /** The office of that name (needed after `Wire.load`). Throws if there is none. */
  static find(wire: Wire, name = 'office'): Chatter {
    const office = wire.roots[name];
    if (!(office instanceof Chatter)) throw new Error(`there is no office named ${name}`);
    return office;
  }

  /** Whether it is chattering. */
  get running(): boolean {
    return this.next !== null;
  }

  /** Begins, `afterNs` from now. */
  start(afterNs = 0): void {
    this.stop();
    this.plan(afterNs);
  }

  /** Falls silent; requests are still answered. */
  stop(): void {
    this.next?.cancel();
    this.next = null;
  }

  /** Frames per second on average. */
  get frameRate(): number {
    return this.rate;
  }

  /** Changes the rate from now on; 0 is silence until the next change. */
  setRate(rate: number): void {
    checkRate(rate);
    const was = this.running || this.rate === 0;
    this.rate = rate;
    if (was) this.start();
  }

  /** @internal */
  onEvent(kind: string, arg: unknown, now: number): void {
    if (kind === 'talk') {
      this.talk(now);
      this.plan(0);
    } else if (kind === 'again') {
      const { frame, left } = arg as { frame: Uint8Array; left: number };
      if (this.next === null) return;
      this.stats.names++;
      this.station.send(frame);
      if (left > 1) this.wire.events.schedule(now + NAME_RETRY_NS, this, 'again', { frame, left: left - 1 });
    }
  }

  /** @internal */
  onFrame(frame: Uint8Array): void {
    const type = viewOf(frame).getUint16(12);
    if (type === ETHERTYPE_ARP) {
      const arp = parseArp(frame.subarray(14));
      const pc = this.pcs.find((p) => p.ip === arp?.targetIp);
      if (arp === null || pc === undefined || arp.operation !== ARP_REQUEST) return;
      const reply = {
        operation: ARP_REPLY,
        senderMac: pc.mac,
        senderIp: pc.ip,
        targetMac: arp.senderMac,
        targetIp: arp.senderIp,
      };
      this.stats.replies++;
      this.station.send(ethernet(arp.senderMac, pc.mac, ETHERTYPE_ARP, buildArp(reply)));
    } else if (type === ETHERTYPE_IP) {
      const packet = parseIpPacket(frame.subarray(14));
      const pc = this.pcs.find((p) => p.ip === packet?.dst);
      if (packet === null || pc === undefined || packet.protocol !== IPPROTO_ICMP) return;
      const icmp = parseIcmp(packet.payload);
      if (icmp?.type !== ICMP_ECHO) return;
      const payload = buildIcmp({ type: ICMP_ECHO_REPLY, code: 0, rest: icmp.rest });
      this.stats.replies++;
      this.station.send(this.ipFrame(pc, frame.slice(6, 12), packet.src, IPPROTO_ICMP, payload));
    }
  }

  /** The next frame of a Poisson process; each new name query accounts for its repetitions. */
  private plan(afterNs: number): void {
    if (this.rate <= 0) {
      this.next = null;
      return;
    }
    const { arp, names, browser } = this.mix;
    const framesPerTalk = (arp + names + browser) / (arp + names / NAME_TRIES + browser);
    const gap = Math.max(1, Math.round(this.rng.exponential((1e9 / this.rate) * framesPerTalk)));
    this.next = this.wire.events.schedule(this.wire.now + afterNs + gap, this, 'talk');
  }

  private talk(now: number): void {
    const pc = this.pcs[this.rng.below(this.pcs.length)] as Pc;
    const { arp, names, browser } = this.mix;
    const draw = this.rng.unit() * (arp + names / NAME_TRIES + browser);
    if (draw < arp) this.askArp(pc);
    else if (draw < arp + names / NAME_TRIES) this.askName(pc, now);
    else this.announce(pc);
  }

  private askArp(pc: Pc): void {
    this.stats.arp++;
    const draw = this.rng.unit();
    let targetIp = this.gateway;
    // One in ten asks for a machine that has been switched off.
    if (draw < 0.1) targetIp = (this.pcs[0] as Pc).ip + this.pcs.length + this.rng.below(5);
    else if (draw < 0.6) targetIp = (this.pcs[this.rng.below(this.pcs.length)] as Pc).ip;
    if (targetIp === pc.ip) targetIp = this.gateway;
    const arp = { operation: ARP_REQUEST, senderMac: pc.mac, senderIp: pc.ip, targetMac: new Uint8Array(6), targetIp };
    this.station.send(ethernet(BROADCAST_MAC, pc.mac, ETHERTYPE_ARP, buildArp(arp)));
  }

  private askName(pc: Pc, now: number): void {
    this.stats.names++;
    const registration = this.rng.chance(0.2);
    const [name, suffix] = registration
      ? ([pc.name, this.rng.chance(0.5) ? SUFFIX_WORKSTATION : SUFFIX_SERVER] as const)
      : ([this.someName(), this.rng.chance(0.3) ? SUFFIX_MASTER : SUFFIX_SERVER] as const);
    this.transaction = (this.transaction + 1) & 0xffff;
    const message = registration
      ? nameRegistration(this.transaction, name, suffix, pc.ip)
      : nameQuery(this.transaction, suffix === SUFFIX_MASTER ? GROUP : name, suffix);
    const frame = this.udpFrame(pc, NBNS_PORT, message);
    this.station.send(frame);
    this.wire.events.schedule(now + NAME_RETRY_NS, this, 'again', { frame, left: NAME_TRIES - 1 });
  }

  private someName(): string {
    return this.rng.chance(0.3)
      ? `OLDPC${this.rng.below(90) + 10}`
      : (this.pcs[this.rng.below(this.pcs.length)] as Pc).name;
  }

  private announce(pc: Pc): void {
    this.stats.browser++;
    this.transaction = (this.transaction + 1) & 0xffff;
    this.station.send(this.udpFrame(pc, NBDS_PORT, hostAnnouncement(this.transaction, pc.ip, pc.name)));
  }

  private udpFrame(pc: Pc, port: number, payload: Uint8Array): Uint8Array {
    const udp = buildUdp(pc.ip, this.broadcast, { srcPort: port, dstPort: port, payload });
    return this.ipFrame(pc, BROADCAST_MAC, this.broadcast, IPPROTO_UDP, udp);
  }

  private ipFrame(pc: Pc, dstMac: Uint8Array, dst: number, protocol: number, payload: Uint8Array): Uint8Array {
    pc.id = (pc.id + 1) & 0xffff;
    const packet = buildIp({
      src: pc.ip,
      dst,
      protocol,
      id: pc.id,
      ttl: 128,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      payload,
    });
    return ethernet(dstMac, pc.mac, ETHERTYPE_IP, packet);
  }
}

function checkRate(rate: number): void {
  if (!(rate >= 0 && rate <= 10_000)) throw new Error(`chatter of ${rate} frames per second is not within 0 to 10000`);
}

/** Big-endian fields one after the other. */
class Writer {
  private readonly bytes: number[] = [];

  u8(...values: number[]): this {
    for (const value of values) this.bytes.push(value & 255);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.u8(value >> 8, value);
    return this;
  }

  u32(value: number): this {
    return this.u16(value >>> 16, value & 0xffff);
  }

  /** 16 bits, least significant byte first, as SMB has them. */
  le16(...values: number[]): this {
    for (const value of values) this.u8(value, value >> 8);
    return this;
  }

  le32(value: number): this {
    return this.le16(value & 0xffff, value >>> 16);
  }

  raw(bytes: Uint8Array): this {
    return this.u8(...bytes);
  }

  get length(): number {
    return this.bytes.length;
  }

  take(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** First-level encoding of a NetBIOS name (RFC 1001 14.1) as a DNS label: each nibble becomes a letter from A. */
function encodeName(name: string, suffix: number): Uint8Array {
  const raw = asciiBytes(name.slice(0, 15).padEnd(15, ' '));
  const out = new Writer().u8(32);
  for (const b of [...raw, suffix]) out.u8(0x41 + (b >> 4), 0x41 + (b & 15));
  return out.u8(0).take();
}

/** RFC 1002 4.2.12: broadcast name query. */
function nameQuery(id: number, name: string, suffix: number): Uint8Array {
  const NB_BROADCAST_QUERY = 0x0110; // opcode 0, recursion desired, broadcast
  return new Writer().u16(id, NB_BROADCAST_QUERY, 1, 0, 0, 0).raw(encodeName(name, suffix)).u16(0x20, 1).take();
}

/** RFC 1002 4.2.2: broadcast name registration. */
function nameRegistration(id: number, name: string, suffix: number, ip: number): Uint8Array {
  const NB_REGISTRATION = 0x2910; // opcode 5, recursion desired, broadcast
  const SAME_NAME = 0xc00c;
  return new Writer()
    .u16(id, NB_REGISTRATION, 1, 0, 0, 1)
    .raw(encodeName(name, suffix))
    .u16(0x20, 1, SAME_NAME, 0x20, 1)
    .u32(300_000)
    .u16(6, 0)
    .u32(ip)
    .take();
}

/** A browser host announcement in an SMB mailslot transaction in a NetBIOS group datagram (RFC 1002 4.4, MS-BRWS). */
function hostAnnouncement(id: number, ip: number, name: string): Uint8Array {
  const comment = asciiBytes(`${name} in the office`);
  const browse = new Writer()
    .u8(1, 0) // host announcement, update count
    .le32(720_000) // announced every 12 minutes
    .raw(asciiBytes(name.slice(0, 15).padEnd(16, '\0')))
    .u8(5, 1) // operating system version
    .le32(0x0001_1003) // workstation, server, NT
    .u8(15, 1) // browser version
    .le16(0xaa55)
    .raw(comment)
    .u8(0)
    .take();
  const slot = asciiBytes('\\MAILSLOT\\BROWSE\0');
  const smb = new Writer()
    .u8(0xff)
    .raw(asciiBytes('SMB'))
    .u8(0x25) // transaction
    .le32(0)
    .u8(0)
    .le16(0, 0)
    .raw(new Uint8Array(10))
    .le16(0, 0, 0, 0)
    .u8(17) // parameter words
    .le16(0, browse.length, 0, 0)
    .u8(0, 0)
    .le16(0)
    .le32(0)
    .le16(0, 0, 0)
    .le16(browse.length, 32 + 1 + 34 + 2 + slot.length)
    .u8(3, 0) // set-up words: write mailslot, priority 1, class 2
    .le16(1, 1, 2)
    .le16(slot.length + browse.length)
    .raw(slot)
    .raw(browse)
    .take();
  const source = encodeName(name, SUFFIX_WORKSTATION);
  const destination = encodeName(GROUP, SUFFIX_ELECTION);
  return new Writer()
    .u8(0x11, 0x0a) // direct group datagram; first and only fragment, M node
    .u16(id)
    .u32(ip)
    .u16(NBDS_PORT, source.length + destination.length + smb.length, 0)
    .raw(source)
    .raw(destination)
    .raw(smb)
    .take();
}

stateClass('Chatter', Chatter);
