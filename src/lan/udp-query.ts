import type { EventTarget, LanEvent } from './events.js';
import type { Host, UdpApp, UdpSocket } from './host.js';
import { parseIp, viewOf } from './packets.js';
import { stateClass } from './state.js';

/** Options of a UDP querier. */
export interface UdpQueryOptions {
  /** Where it runs. */
  host: Host;
  /** Destination; default the host's directed broadcast address. */
  target?: string;
  /** Destination port. */
  port: number;
  /** Queries per second. */
  rate: number;
  /** Payload bytes, at least 8; default 32. */
  size?: number;
}

/** Sends UDP queries at a steady rate and counts the answers (setting C's monitoring station). */
export class UdpQuery implements UdpApp, EventTarget {
  /** Queries sent, answers and their bytes received, time of the last answer in ns (-1 = none). */
  readonly stats = { sent: 0, answered: 0, bytes: 0, lastAnswerNs: -1 };
  private readonly options: UdpQueryOptions;
  private readonly socket: UdpSocket;
  private rate: number;
  private next: LanEvent | null = null;

  constructor(options: UdpQueryOptions) {
    this.options = options;
    this.rate = options.rate;
    this.socket = options.host.bindUdp(options.host.freePort(), this);
  }

  /** Sends the first query `afterNs` from now. */
  start(afterNs = 0): void {
    this.stop();
    const { wire } = this.options.host;
    if (this.rate > 0) this.next = wire.events.schedule(wire.now + afterNs, this, 'send');
  }

  /** Sends no more. */
  stop(): void {
    this.next?.cancel();
    this.next = null;
  }

  /** Queries per second from now on. */
  setRate(rate: number): void {
    this.rate = rate;
    this.start();
  }

  /** @internal */
  onEvent(_kind: string, _arg: unknown, now: number): void {
    const { host, port, size, target } = this.options;
    const payload = new Uint8Array(Math.max(8, size ?? 32)).fill(0x51);
    const view = viewOf(payload);
    view.setUint32(0, this.stats.sent);
    view.setUint32(4, Math.floor(now / 1000) >>> 0);
    this.stats.sent++;
    this.socket.sendTo(target === undefined ? host.broadcast : parseIp(target), port, payload);
    this.next = host.wire.events.schedule(now + Math.round(1e9 / this.rate), this, 'send');
  }

  /** @internal */
  onDatagram(_socket: UdpSocket, _srcIp: number, _srcPort: number, payload: Uint8Array, now: number): void {
    this.stats.answered++;
    this.stats.bytes += payload.length;
    this.stats.lastAnswerNs = now;
  }
}

stateClass('UdpQuery', UdpQuery);
