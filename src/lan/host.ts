import type { EventTarget } from './events.js';
import {
  ARP_REPLY,
  ARP_REQUEST,
  BROADCAST_MAC,
  buildArp,
  buildIcmp,
  buildIp,
  buildTcp,
  buildUdp,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ethernet,
  formatIp,
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_UNREACHABLE,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Ip,
  parseArp,
  parseIcmp,
  parseIp,
  parseIpPacket,
  parseMac,
  parseTcp,
  parseUdp,
  type TcpSegment,
  TH_ACK,
  TH_FIN,
  TH_RST,
  TH_SYN,
  viewOf,
} from './packets.js';
import { Rng } from './rng.js';
import { stateClass } from './state.js';
import { DEFAULT_TCP_OPTIONS, type TcpAcceptor, type TcpApp, TcpConnection, type TcpOptions } from './tcp.js';
import type { FrameSink, Station, Wire } from './wire.js';

/** Options of a new host. */
export interface HostOptions {
  /** Unique name on the wire. */
  name: string;
  /** "00:10:5a:12:34:56". */
  mac: string;
  /** "192.168.1.20". */
  ip: string;
  /** Default 255.255.255.0. */
  netmask?: string;
  /** Router for other networks; none by default. */
  gateway?: string;
  /** From a frame's end until the host has acted on it: card, interrupt, stack. Default 50 µs, in ns. */
  latencyNs?: number;
  /** Seed for initial sequence numbers. Default: derived from the address. */
  seed?: number;
  /** TCP behaviour that differs from `DEFAULT_TCP_OPTIONS`. */
  tcp?: Partial<TcpOptions>;
}

/** The application of a UDP port. */
export interface UdpApp {
  /** A datagram arrived. */
  onDatagram(socket: UdpSocket, srcIp: number, srcPort: number, payload: Uint8Array, now: number): void;
}

/** What gets the echo replies of one identifier. */
export interface EchoApp {
  /** A reply arrived. */
  onEchoReply(srcIp: number, sequence: number, payload: Uint8Array, now: number): void;
}

/** A bound UDP port of a host. */
export class UdpSocket {
  /** Whose port it is. */
  readonly host: Host;
  /** Its number. */
  readonly port: number;
  /** Its application; null only counts. */
  app: UdpApp | null;

  /** @internal Use `host.bindUdp`. */
  constructor(host: Host, port: number, app: UdpApp | null) {
    this.host = host;
    this.port = port;
    this.app = app;
  }

  /** Sends a datagram; broadcasts are allowed. */
  sendTo(ip: number, port: number, payload: Uint8Array): void {
    this.host.sendIp(ip, IPPROTO_UDP, buildUdp(this.host.ip, ip, { srcPort: this.port, dstPort: port, payload }));
  }

  /** Releases the port. */
  close(): void {
    this.host.unbindUdp(this.port);
  }
}

interface ArpEntry {
  mac: Uint8Array | null;
  /** When a known address must be asked for again, ns. */
  expires: number;
  tries: number;
  waiting: Uint8Array[];
}

interface Reassembly {
  since: number;
  total: number;
  parts: Array<{ offset: number; data: Uint8Array }>;
}

const ARP_LIFETIME_NS = 600_000_000_000;
const ARP_RETRY_NS = 1_000_000_000;
const ARP_TRIES = 3;
const ARP_WAITING = 16;
// Bounds on what a wild peer can make a host remember.
const ARP_ENTRIES = 1024;
const CONNECTIONS = 4096;
const REASSEMBLY_NS = 30_000_000_000;
const REASSEMBLIES = 16;
const MTU = 1500;
const EPHEMERAL_FIRST = 49_152;

/** A PC on the wire: ARP, IPv4, ICMP echo, UDP and TCP. */
export class Host implements FrameSink, EventTarget {
  /** Its card. */
  readonly station: Station;
  /** Name on the wire. */
  readonly name: string;
  /** Ethernet address, 6 bytes. */
  readonly mac: Uint8Array;
  /** Address, as a number. */
  readonly ip: number;
  /** Network mask, as a number. */
  readonly netmask: number;
  /** Router, as a number; 0 = none. */
  readonly gateway: number;
  /** Defaults for its connections. */
  readonly tcp: TcpOptions;
  /** Source of initial sequence numbers. */
  readonly rng: Rng;
  /** Time it takes to act on a frame, ns. */
  latencyNs: number;
  /** Counters. */
  readonly stats = { badPackets: 0, unreachable: 0, resetsSent: 0, unreachablesReceived: 0, echoRequests: 0 };

  /** The wire it is on. */
  readonly wire: Wire;
  private ipId = 1;
  private nextPort = EPHEMERAL_FIRST;
  private readonly arp = new Map<number, ArpEntry>();
  private readonly udp = new Map<number, UdpSocket>();
  private readonly echoes = new Map<number, EchoApp>();
  private readonly listeners = new Map<number, { acceptor: TcpAcceptor; options: TcpOptions }>();
  private readonly connections = new Map<string, TcpConnection>();
  private readonly reassemblies = new Map<string, Reassembly>();

  constructor(wire: Wire, options: HostOptions) {
    if (options.name in wire.roots) throw new Error(`there is already a host named ${options.name}`);
    this.wire = wire;
    this.name = options.name;
    this.mac = parseMac(options.mac);
    this.ip = parseIp(options.ip);
    this.netmask = parseIp(options.netmask ?? '255.255.255.0');
    this.gateway = options.gateway === undefined ? 0 : parseIp(options.gateway);
    this.latencyNs = options.latencyNs ?? 50_000;
    this.tcp = { ...DEFAULT_TCP_OPTIONS, ...options.tcp };
    this.rng = new Rng(options.seed ?? this.ip);
    this.station = wire.addStation(options.name, this.mac, this);
    wire.roots[options.name] = this;
  }

  /** The host of that name on a wire (needed after `Wire.load`). Throws if there is none. */
  static find(wire: Wire, name: string): Host {
    const host = wire.roots[name];
    if (!(host instanceof Host)) throw new Error(`there is no host named ${name}`);
    return host;
  }

  /** The directed broadcast address of its network. */
  get broadcast(): number {
    return (this.ip | ~this.netmask) >>> 0;
  }

  /** Connections that exist, TIME-WAIT included. */
  get openConnections(): TcpConnection[] {
    return [...this.connections.values()];
  }

  // ---- TCP ----

  /** Opens a connection. The application hears `onConnected` or `onClosed`. */
  connect(
    ip: number,
    port: number,
    app: TcpApp,
    options: Partial<TcpOptions> & { localPort?: number } = {},
  ): TcpConnection {
    const { localPort, ...rest } = options;
    const local = localPort ?? this.freePort(ip, port);
    const key = connectionKey(local, ip, port);
    if (this.connections.has(key)) throw new Error(`${this.name}: connection ${key} exists`);
    const connection = new TcpConnection(this, local, ip, port, app, false, { ...this.tcp, ...rest });
    this.connections.set(key, connection);
    connection.open(this.wire.now);
    return connection;
  }

  /** Accepts connections to a port. Throws if it is taken. */
  listen(port: number, acceptor: TcpAcceptor, options: Partial<TcpOptions> = {}): void {
    if (this.listeners.has(port)) throw new Error(`${this.name}: TCP port ${port} is in use`);
    this.listeners.set(port, { acceptor, options: { ...this.tcp, ...options } });
  }

  /** Accepts no more. */
  unlisten(port: number): void {
    this.listeners.delete(port);
  }

  /** An unused local port. */
  freePort(ip = 0, port = 0): number {
    for (let i = 0; i < 65_536 - EPHEMERAL_FIRST; i++) {
      const candidate = this.nextPort;
      this.nextPort = this.nextPort === 65_535 ? EPHEMERAL_FIRST : this.nextPort + 1;
      if (!this.listeners.has(candidate) && !this.connections.has(connectionKey(candidate, ip, port))) return candidate;
    }
    throw new Error(`${this.name}: no free port`);
  }

  /** @internal */
  forget(connection: TcpConnection): void {
    const key = connectionKey(connection.localPort, connection.remoteIp, connection.remotePort);
    if (this.connections.get(key) === connection) this.connections.delete(key);
  }

  /** @internal */
  sendSegment(ip: number, segment: TcpSegment): void {
    this.sendIp(ip, IPPROTO_TCP, buildTcp(this.ip, ip, segment));
  }

  /** @internal Answers a segment that belongs to no connection (RFC 9293 3.10.7.1). */
  sendReset(ip: number, to: TcpSegment): void {
    this.stats.resetsSent++;
    const length = to.data.length + (to.flags & TH_SYN ? 1 : 0) + (to.flags & TH_FIN ? 1 : 0);
    const hasAck = (to.flags & TH_ACK) !== 0;
    this.sendSegment(ip, {
      srcPort: to.dstPort,
      dstPort: to.srcPort,
      seq: hasAck ? to.ack : 0,
      ack: hasAck ? 0 : (to.seq + length) >>> 0,
      flags: hasAck ? TH_RST : TH_RST | TH_ACK,
      window: 0,
      mss: 0,
      data: new Uint8Array(0),
    });
  }

  // ---- UDP and ICMP ----

  /** Binds a UDP port. Throws if it is taken. */
  bindUdp(port: number, app: UdpApp | null): UdpSocket {
    if (this.udp.has(port)) throw new Error(`${this.name}: UDP port ${port} is in use`);
    const socket = new UdpSocket(this, port, app);
    this.udp.set(port, socket);
    return socket;
  }

  /** @internal Use `socket.close`. */
  unbindUdp(port: number): void {
    this.udp.delete(port);
  }

  /** Sends an ICMP echo request; replies with this identifier go to `onEcho`'s application. */
  sendEcho(ip: number, identifier: number, sequence: number, payload: Uint8Array): void {
    const rest = new Uint8Array(4 + payload.length);
    viewOf(rest).setUint16(0, identifier);
    viewOf(rest).setUint16(2, sequence);
    rest.set(payload, 4);
    this.sendIp(ip, IPPROTO_ICMP, buildIcmp({ type: ICMP_ECHO, code: 0, rest }));
  }

  /** Registers who gets the echo replies of an identifier. */
  onEcho(identifier: number, app: EchoApp): void {
    this.echoes.set(identifier, app);
  }

  // ---- IP ----

  /** Sends an IP datagram, fragmented if it is longer than the MTU. */
  sendIp(dst: number, protocol: number, payload: Uint8Array): void {
    const id = this.ipId;
    this.ipId = (this.ipId + 1) & 0xffff;
    const step = (MTU - 20) & ~7;
    const whole = payload.length <= MTU - 20;
    for (let offset = 0; offset === 0 || offset < payload.length; offset += step) {
      const end = whole ? payload.length : Math.min(offset + step, payload.length);
      const packet = buildIp({
        src: this.ip,
        dst,
        protocol,
        id,
        ttl: 64,
        dontFragment: protocol === IPPROTO_TCP,
        moreFragments: end < payload.length,
        fragmentOffset: offset,
        payload: payload.subarray(offset, end),
      });
      this.route(dst, packet);
      if (whole) break;
    }
  }

  private route(dst: number, packet: Uint8Array): void {
    if (dst === 0xffff_ffff || dst === this.broadcast) {
      this.station.send(ethernet(BROADCAST_MAC, this.mac, ETHERTYPE_IP, packet));
      return;
    }
    if (dst >>> 28 === 0xe) {
      const group = Uint8Array.of(0x01, 0x00, 0x5e, (dst >>> 16) & 0x7f, (dst >>> 8) & 255, dst & 255);
      this.station.send(ethernet(group, this.mac, ETHERTYPE_IP, packet));
      return;
    }
    const local = ((dst ^ this.ip) & this.netmask) === 0;
    const hop = local ? dst : this.gateway;
    if (hop === 0) {
      this.stats.unreachable++;
      return;
    }
    const now = this.wire.now;
    let entry = this.arp.get(hop);
    if (entry !== undefined && entry.mac !== null && entry.expires > now) {
      this.station.send(ethernet(entry.mac, this.mac, ETHERTYPE_IP, packet));
      return;
    }
    if (entry === undefined || entry.mac !== null) {
      entry = { mac: null, expires: 0, tries: 0, waiting: [] };
      this.arp.set(hop, entry);
    }
    if (entry.waiting.length >= ARP_WAITING) entry.waiting.shift();
    entry.waiting.push(packet);
    if (entry.tries === 0) this.askArp(hop, entry, now);
  }

  // ---- ARP ----

  /** A fixed entry, never asked for. */
  addArp(ip: number, mac: Uint8Array): void {
    this.arp.set(ip, { mac: mac.slice(), expires: Number.POSITIVE_INFINITY, tries: 0, waiting: [] });
  }

  /** The known Ethernet address of a neighbour, or null. */
  lookupArp(ip: number): Uint8Array | null {
    return this.arp.get(ip)?.mac ?? null;
  }

  private askArp(ip: number, entry: ArpEntry, now: number): void {
    entry.tries++;
    const arp = {
      operation: ARP_REQUEST,
      senderMac: this.mac,
      senderIp: this.ip,
      targetMac: new Uint8Array(6),
      targetIp: ip,
    };
    this.station.send(ethernet(BROADCAST_MAC, this.mac, ETHERTYPE_ARP, buildArp(arp)));
    this.wire.events.schedule(now + ARP_RETRY_NS, this, 'arp', ip);
  }

  private arpTimeout(ip: number, now: number): void {
    const entry = this.arp.get(ip);
    if (entry === undefined || entry.mac !== null) return;
    if (entry.tries < ARP_TRIES) {
      this.askArp(ip, entry, now);
      return;
    }
    this.stats.unreachable += entry.waiting.length;
    this.arp.delete(ip);
  }

  private onArp(bytes: Uint8Array, now: number): void {
    const arp = parseArp(bytes);
    if (arp === null) {
      this.stats.badPackets++;
      return;
    }
    const forUs = arp.targetIp === this.ip;
    const entry = this.arp.get(arp.senderIp);
    if (arp.senderIp !== 0 && arp.senderIp !== this.ip && (entry !== undefined || forUs)) {
      const fixed = entry?.expires === Number.POSITIVE_INFINITY;
      if (!fixed) {
        const oldest = this.arp.size >= ARP_ENTRIES ? this.arp.keys().next().value : undefined;
        if (entry === undefined && oldest !== undefined) this.arp.delete(oldest);
        this.arp.set(arp.senderIp, { mac: arp.senderMac, expires: now + ARP_LIFETIME_NS, tries: 0, waiting: [] });
        for (const packet of entry?.waiting ?? [])
          this.station.send(ethernet(arp.senderMac, this.mac, ETHERTYPE_IP, packet));
      }
    }
    if (!forUs || arp.operation !== ARP_REQUEST) return;
    const reply = {
      operation: ARP_REPLY,
      senderMac: this.mac,
      senderIp: this.ip,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    };
    this.station.send(ethernet(arp.senderMac, this.mac, ETHERTYPE_ARP, buildArp(reply)));
  }

  // ---- Input ----

  /** @internal */
  onFrame(frame: Uint8Array, now: number): void {
    this.wire.events.schedule(now + this.latencyNs, this, 'input', frame);
  }

  /** @internal */
  onEvent(kind: string, arg: unknown, now: number): void {
    if (!this.station.powered) return;
    if (kind === 'arp') this.arpTimeout(arg as number, now);
    else if (kind === 'input') {
      const frame = arg as Uint8Array;
      const type = viewOf(frame).getUint16(12);
      if (type === ETHERTYPE_ARP) this.onArp(frame.subarray(14), now);
      else if (type === ETHERTYPE_IP) this.onIp(frame.subarray(14), now);
    }
  }

  private onIp(bytes: Uint8Array, now: number): void {
    const packet = parseIpPacket(bytes);
    if (packet === null) {
      this.stats.badPackets++;
      return;
    }
    if (packet.dst !== this.ip && packet.dst !== 0xffff_ffff && packet.dst !== this.broadcast) return;
    const whole = packet.moreFragments || packet.fragmentOffset > 0 ? this.reassemble(packet, now) : packet;
    if (whole === null) return;
    const unicast = whole.dst === this.ip;
    if (whole.protocol === IPPROTO_TCP && unicast) this.onTcp(whole, now);
    else if (whole.protocol === IPPROTO_UDP) this.onUdp(whole, bytes, unicast, now);
    else if (whole.protocol === IPPROTO_ICMP) this.onIcmp(whole, unicast, now);
  }

  private reassemble(packet: Ip, now: number): Ip | null {
    const key = `${packet.src}:${packet.id}:${packet.protocol}`;
    for (const [other, { since }] of this.reassemblies)
      if (now - since > REASSEMBLY_NS) this.reassemblies.delete(other);
    let entry = this.reassemblies.get(key);
    if (entry === undefined) {
      if (this.reassemblies.size >= REASSEMBLIES) return null;
      entry = { since: now, total: -1, parts: [] };
      this.reassemblies.set(key, entry);
    }
    const end = packet.fragmentOffset + packet.payload.length;
    if (end > 65_515 || entry.parts.length > 64) {
      this.reassemblies.delete(key);
      return null;
    }
    if (!packet.moreFragments) entry.total = end;
    entry.parts.push({ offset: packet.fragmentOffset, data: packet.payload.slice() });
    if (entry.total < 0) return null;
    const payload = new Uint8Array(entry.total);
    let filled = 0;
    for (const part of [...entry.parts].sort((a, b) => a.offset - b.offset)) {
      if (part.offset > filled) return null;
      payload.set(part.data.subarray(0, Math.max(0, entry.total - part.offset)), part.offset);
      filled = Math.max(filled, part.offset + part.data.length);
    }
    if (filled < entry.total) return null;
    this.reassemblies.delete(key);
    return { ...packet, moreFragments: false, fragmentOffset: 0, payload };
  }

  private onTcp(packet: Ip, now: number): void {
    const segment = parseTcp(packet.src, packet.dst, packet.payload);
    if (segment === null) {
      this.stats.badPackets++;
      return;
    }
    const key = connectionKey(segment.dstPort, packet.src, segment.srcPort);
    const bareSyn = (segment.flags & (TH_SYN | TH_ACK | TH_RST)) === TH_SYN;
    let connection = this.connections.get(key);
    const listener = this.listeners.get(segment.dstPort);
    if (connection?.state === 'time-wait' && bareSyn && listener !== undefined) {
      connection.remove('closed');
      connection = undefined;
    }
    if (connection !== undefined) {
      connection.onSegment(segment, now);
      return;
    }
    if (segment.flags & TH_RST) return;
    if (listener === undefined || !bareSyn || this.connections.size >= CONNECTIONS) {
      this.sendReset(packet.src, segment);
      return;
    }
    connection = new TcpConnection(this, segment.dstPort, packet.src, segment.srcPort, null, true, {
      ...listener.options,
    });
    const app = listener.acceptor.onAccept(connection, now);
    if (app === null) {
      this.sendReset(packet.src, segment);
      return;
    }
    connection.setApp(app);
    this.connections.set(key, connection);
    connection.openPassive(segment, now);
  }

  private onUdp(packet: Ip, bytes: Uint8Array, unicast: boolean, now: number): void {
    const udp = parseUdp(packet.src, packet.dst, packet.payload);
    if (udp === null) {
      this.stats.badPackets++;
      return;
    }
    const socket = this.udp.get(udp.dstPort);
    if (socket !== undefined) socket.app?.onDatagram(socket, packet.src, udp.srcPort, udp.payload, now);
    else if (unicast) {
      // RFC 1122 3.2.2.1: port unreachable with the offending header and eight bytes.
      const rest = new Uint8Array(4 + 28);
      rest.set(bytes.subarray(0, 28), 4);
      this.sendIp(packet.src, IPPROTO_ICMP, buildIcmp({ type: ICMP_UNREACHABLE, code: 3, rest }));
    }
  }

  private onIcmp(packet: Ip, unicast: boolean, now: number): void {
    const icmp = parseIcmp(packet.payload);
    if (icmp === null) {
      this.stats.badPackets++;
      return;
    }
    if (icmp.type === ICMP_ECHO && unicast) {
      this.stats.echoRequests++;
      this.sendIp(packet.src, IPPROTO_ICMP, buildIcmp({ type: ICMP_ECHO_REPLY, code: 0, rest: icmp.rest }));
    } else if (icmp.type === ICMP_ECHO_REPLY) {
      const view = viewOf(icmp.rest);
      this.echoes.get(view.getUint16(0))?.onEchoReply(packet.src, view.getUint16(2), icmp.rest.subarray(4), now);
    } else if (icmp.type === ICMP_UNREACHABLE) this.stats.unreachablesReceived++;
  }

  /** "name (address)". */
  toString(): string {
    return `${this.name} (${formatIp(this.ip)})`;
  }
}

function connectionKey(localPort: number, ip: number, port: number): string {
  return `${localPort}:${formatIp(ip)}:${port}`;
}

stateClass('UdpSocket', UdpSocket);
stateClass('Host', Host);
