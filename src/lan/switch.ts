import type { EventTarget } from './events.js';
import { stateClass } from './state.js';
import { type FrameSink, macKey, type Station, type Wire } from './wire.js';

/** Options of a new switch. */
export interface SwitchOptions {
  /** Prefix of its ports' names in captures ['switch']; a second switch on a segment needs its own. */
  name?: string;
  /** From the end of a frame until it may leave through another port, ns [10_000]. */
  latencyNs?: number;
  /** Frames that a port holds before it drops [128]. */
  queueLimit?: number;
}

/** A learned address is forgotten after this (802.1D 7.9.2). */
const AGEING_NS = 300_000_000_000;
/** Bounds what a flood of invented addresses can make it remember. */
const ADDRESSES = 4096;

/** One port: a card on its segment that takes every frame. */
class SwitchPort implements FrameSink {
  readonly owner: Switch;
  readonly index: number;
  readonly station: Station;

  constructor(owner: Switch, index: number, wire: Wire, name: string) {
    this.owner = owner;
    this.index = index;
    // Locally administered; nothing is ever sent to it.
    this.station = wire.addStation(name, Uint8Array.of(2, 0x53, 0x57, 0, 0, index), this);
    this.station.promiscuous = true;
  }

  onFrame(frame: Uint8Array, now: number): void {
    this.owner.forward(this.index, frame, now);
  }
}

/**
 * A store-and-forward Ethernet switch that joins segments of any rate: stations on one talk to stations (and boards) on
 * another as if they were on the same. It learns addresses and floods what it does not know.
 */
export class Switch implements EventTarget {
  /** Frames forwarded, kept on their segment, dropped because a port's queue was full. */
  readonly stats = { forwarded: 0, filtered: 0, dropped: 0 };
  private readonly ports: SwitchPort[] = [];
  private readonly wires: Wire[];
  private readonly latencyNs: number;
  private readonly addresses = new Map<string, { port: number; seen: number }>();

  /** Throws if the segments do not share one time: all but the first are made by its `segment`. */
  constructor(wires: readonly Wire[], options: SwitchOptions = {}) {
    const name = options.name ?? 'switch';
    this.wires = [...wires];
    this.latencyNs = options.latencyNs ?? 10_000;
    if (!(this.latencyNs >= 0)) throw new Error(`a switch's latency of ${this.latencyNs} ns cannot be`);
    wires.forEach((wire, index) => {
      if (wire.events !== wires[0]?.events)
        throw new Error('the segments of a switch must share one time: make the others with segment() of the first');
      if (name in wire.roots) throw new Error(`there is already a station named ${name}`);
      const port = new SwitchPort(this, index, wire, `${name}:${index}`);
      port.station.queueLimit = options.queueLimit ?? 128;
      this.ports.push(port);
      wire.roots[name] = this;
    });
  }

  /** @internal A frame arrived at a port. */
  forward(from: number, frame: Uint8Array, now: number): void {
    this.learn(macKey(frame.subarray(6)), from, now);
    const group = ((frame[0] ?? 0) & 1) !== 0;
    const known = group ? undefined : this.addresses.get(macKey(frame));
    const to = known !== undefined && now - known.seen < AGEING_NS ? known.port : -1;
    if (to === from) {
      this.stats.filtered++;
      return;
    }
    this.stats.forwarded++;
    const events = this.wires[0]?.events;
    for (const { index } of this.ports) {
      if (index === from || (to >= 0 && index !== to)) continue;
      events?.schedule(now + this.latencyNs, this, 'send', { port: index, frame });
    }
  }

  /** @internal */
  onEvent(_kind: string, arg: unknown): void {
    const { port, frame } = arg as { port: number; frame: Uint8Array };
    if (!this.ports[port]?.station.send(frame)) this.stats.dropped++;
  }

  private learn(address: string, port: number, now: number): void {
    if (this.addresses.size >= ADDRESSES && !this.addresses.has(address)) return;
    this.addresses.set(address, { port, seen: now });
  }
}

stateClass('SwitchPort', SwitchPort);
stateClass('Switch', Switch);
