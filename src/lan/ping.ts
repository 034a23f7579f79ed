import type { EventTarget, LanEvent } from './events.js';
import type { EchoApp, Host } from './host.js';
import { parseIp } from './packets.js';
import { stateClass } from './state.js';

/** Options of a ping probe. */
export interface PingOptions {
  /** Where it runs. */
  host: Host;
  /** Whom to ask. */
  target: string;
  /** Between requests, ns; default 1 s. */
  intervalNs?: number;
  /** How many; default without end. */
  count?: number;
  /** Payload bytes, default 56. */
  size?: number;
  /** A request unanswered for this long is lost, ns; default 1 s. */
  timeoutNs?: number;
}

/** One echo request. */
export interface PingResult {
  /** Counts from 0. */
  sequence: number;
  /** When it was sent, ns. */
  sentNs: number;
  /** Round trip, ns; -1 = no answer (yet). */
  rttNs: number;
}

/** Sends echo requests at a fixed interval and notes the answers. */
export class Ping implements EchoApp, EventTarget {
  /** All requests so far, in order. */
  readonly results: PingResult[] = [];
  /** Answers in time. */
  answered = 0;
  private readonly options: PingOptions;
  private readonly identifier: number;
  private next: LanEvent | null = null;

  constructor(options: PingOptions) {
    this.options = options;
    parseIp(options.target);
    this.identifier = options.host.rng.below(0x10000);
    options.host.onEcho(this.identifier, this);
  }

  /** Sends the first request `afterNs` from now. */
  start(afterNs = 0): void {
    this.stop();
    const { wire } = this.options.host;
    this.next = wire.events.schedule(wire.now + afterNs, this, 'send');
  }

  /** Sends no more. */
  stop(): void {
    this.next?.cancel();
    this.next = null;
  }

  /** Time of the last answered request's sending, ns; -1 = none. */
  get lastAnsweredNs(): number {
    return this.results.findLast((r) => r.rttNs >= 0)?.sentNs ?? -1;
  }

  /** @internal */
  onEvent(_kind: string, _arg: unknown, now: number): void {
    const { host, target, intervalNs, count, size } = this.options;
    const sequence = this.results.length;
    this.results.push({ sequence, sentNs: now, rttNs: -1 });
    const payload = Uint8Array.from({ length: size ?? 56 }, (_, i) => i & 255);
    host.sendEcho(parseIp(target), this.identifier, sequence & 0xffff, payload);
    this.next = null;
    if (count === undefined || sequence + 1 < count)
      this.next = host.wire.events.schedule(now + (intervalNs ?? 1_000_000_000), this, 'send');
  }

  /** @internal */
  onEchoReply(_srcIp: number, sequence: number, _payload: Uint8Array, now: number): void {
    // The 16-bit number wraps; the answer belongs to the latest request that has it.
    const last = this.results.length - 1;
    const result = this.results[last - ((last - sequence) & 0xffff)];
    if (result === undefined || result.rttNs >= 0) return;
    if (now - result.sentNs > (this.options.timeoutNs ?? 1_000_000_000)) return;
    result.rttNs = now - result.sentNs;
    this.answered++;
  }
}

stateClass('Ping', Ping);
