import { fcsIsGood, withFcs } from './crc32.js';
import { EventQueue, type EventTarget, type LanEvent } from './events.js';
import { Rng } from './rng.js';
import { type Json, loadGraph, saveGraph, stateClass } from './state.js';

/** Bits per second of a segment: 10BASE-T or 100BASE-TX. */
export type BitRate = 10_000_000 | 100_000_000;

/** Times of Ethernet at one rate (IEEE 802.3 4.4.2; MPC860 UM, SCC Ethernet), ns. */
export interface WireTiming {
  /** One byte on the wire. */
  byteNs: number;
  /** Seven bytes of preamble and the start frame delimiter. */
  preambleNs: number;
  /** Gap between the end of carrier and the next frame, 96 bits. */
  gapNs: number;
  /** Slot time, 512 bits: unit of back-off. */
  slotNs: number;
  /** The jam sent after a collision, 32 bits. */
  jamNs: number;
}

function timingOf(bitRate: BitRate): WireTiming {
  const bitNs = 1e9 / bitRate;
  return { byteNs: 8 * bitNs, preambleNs: 64 * bitNs, gapNs: 96 * bitNs, slotNs: 512 * bitNs, jamNs: 32 * bitNs };
}

/** Attempts before a frame is given up. */
export const ATTEMPT_LIMIT = 16;
/** Shortest frame without FCS; stations pad up to it. */
export const MIN_FRAME = 60;
/** Longest frame without FCS. */
export const MAX_FRAME = 1514;
/** A transceiver cuts a transmitter off after 20 to 150 ms (802.3 8.2.1.5). */
const JABBER_NS = 50_000_000;

/**
 * What the wire calls on the emulated board. `Board` implements it.
 *
 * Every call happens while the board stands at the call's time, or so little before it that no cycle lies between.
 */
export interface BoardPort {
  /**
   * A frame's first preamble bit arrives at `atNs`. Carrier is up until the frame's end; `carrier` is not called.
   *
   * @param frame from the destination address to the FCS, at least 64 bytes unless an impairment is at work
   */
  rxStart(atNs: number, frame: Uint8Array): void;
  /** The frame that the board is sending collides now. The board jams and backs off by itself. */
  collision(): void;
  /** Carrier of others that carries no frame for the board (collision fragments, lost frames) comes up or drops. */
  carrier(busy: boolean): void;
  /** Whether the board agreed with a full-duplex port on full duplex; without this method it does. */
  fullDuplex?(): boolean;
}

/** A frame that crossed the wire undamaged, for captures. */
export interface WireFrame {
  /** When the first bit of the destination address left its sender, ns (64 bits after the first preamble bit). */
  readonly atNs: number;
  /** When the last bit of the FCS left its sender, ns. */
  readonly endNs: number;
  /** Destination address to the last byte before the FCS. */
  readonly frame: Uint8Array;
  /** Name of the sending station; the board is `board`. */
  readonly from: string;
}

/** Probabilities, 0 to 1, of damage to a frame on its way. Drawn from the wire's seeded generator. */
export interface Impairment {
  /** The frame is not received at all; its carrier is still sensed. */
  loss: number;
  /** One bit of the frame is inverted, so that the FCS is wrong. */
  corrupt: number;
}

/** Options of a new wire. */
export interface WireOptions {
  /** Seed of back-off and impairments. Default 1. */
  seed?: number;
  /** Bits per second [10_000_000]. */
  bitRate?: BitRate;
  /** One-way delay between any two stations, ns, less than the gap [a hub and cables: 1000 at 10 Mbit/s, 500 at 100]. */
  propagationNs?: number;
  /**
   * The board hangs at a full-duplex switch port instead of a hub: it sends and receives at the same time, nothing
   * collides with it, and others do not sense its carrier. Default false.
   */
  boardFullDuplex?: boolean;
}

/** Counters of the segment. */
export interface WireStats {
  /** Frames that crossed undamaged. */
  frames: number;
  /** Their bytes, FCS included. */
  bytes: number;
  /** Collisions, each counted once however many stations took part. */
  collisions: number;
  /** Frames destroyed after the slot time. */
  lateCollisions: number;
  /** Frames given up after 16 attempts. */
  excessiveCollisions: number;
  /** Frames suppressed by impairments. */
  lost: number;
  /** Frames corrupted by impairments. */
  corrupted: number;
  /** Time during which somebody was sending, ns. */
  busyNs: number;
}

/** Consumer of the frames that a station accepts. */
export interface FrameSink {
  /**
   * A frame passed the station's filter.
   * @param frame without FCS; shared, not to be modified
   * @param now when its last bit arrived, ns
   */
  onFrame(frame: Uint8Array, now: number): void;
}

/** Where a station's transmitter stands. */
type MacState = 'idle' | 'defer' | 'gap' | 'sending' | 'backoff';

/** A network card on the wire: half-duplex CSMA/CD transmitter with a queue, and an address filter. */
export class Station implements EventTarget {
  /** Also accept frames for others. */
  promiscuous = false;
  /** A station that is off neither sends nor receives. */
  powered = true;
  /** Frames waiting for the transmitter; `send` drops beyond this. */
  queueLimit = 1000;
  /** Frames sent, received by the filter, dropped for a full queue, received with a bad FCS or length. */
  readonly stats = { sent: 0, received: 0, dropped: 0, bad: 0 };
  /** Further addresses the station answers to (as 12 hex digits), for one card that stands for many machines. */
  readonly aliases = new Set<string>();
  /** @internal */
  carrierFree = 0;
  private state: MacState = 'idle';
  private readonly queue: Uint8Array[] = [];
  private attempts = 0;
  private pending: LanEvent | null = null;

  /** The wire it is on. */
  readonly wire: Wire;
  /** Its name in captures. */
  readonly name: string;
  /** Its address, 6 bytes. */
  readonly mac: Uint8Array;
  /** Who gets the frames that pass its filter. */
  sink: FrameSink | null;

  /** @internal Use `wire.addStation`. */
  constructor(wire: Wire, name: string, mac: Uint8Array, sink: FrameSink | null) {
    this.wire = wire;
    this.name = name;
    this.mac = mac;
    this.sink = sink;
  }

  /** Frames not yet on the wire. */
  get queued(): number {
    return this.queue.length;
  }

  /**
   * Queues a frame (without FCS; padded to 60 bytes here). Returns false if it was dropped.
   * Throws if it is longer than an Ethernet frame.
   */
  send(frame: Uint8Array): boolean {
    if (frame.length > MAX_FRAME) throw new Error(`frame of ${frame.length} bytes is too long for Ethernet`);
    if (!this.powered || this.queue.length >= this.queueLimit) {
      this.stats.dropped++;
      return false;
    }
    let padded = frame;
    if (frame.length < MIN_FRAME) {
      padded = new Uint8Array(MIN_FRAME);
      padded.set(frame);
    }
    this.queue.push(padded);
    if (this.state === 'idle') this.contend();
    return true;
  }

  /** Switches the station off (its queue is lost) or on. */
  setPower(on: boolean): void {
    this.powered = on;
    if (on || this.state === 'sending') return;
    this.queue.length = 0;
    this.pending?.cancel();
    this.pending = null;
    this.attempts = 0;
    this.state = 'idle';
  }

  /** @internal */
  onEvent(kind: string, _arg: unknown, now: number): void {
    this.pending = null;
    if (kind === 'backoff') this.contend();
    else if (kind === 'start') {
      const frame = this.queue[0];
      if (frame === undefined) {
        this.state = 'idle';
        return;
      }
      this.state = 'sending';
      this.wire.begin(this, frame, now);
    }
  }

  /** Waits for carrier to drop and the gap to pass, then starts. */
  private contend(): void {
    const now = this.wire.now;
    if (this.wire.hearsCarrier(this)) {
      this.state = 'defer';
      return;
    }
    this.state = 'gap';
    const at = Math.max(now, this.carrierFree + this.wire.timing.gapNs);
    this.pending = this.wire.events.schedule(at, this, 'start');
  }

  /** @internal Someone else's carrier reached this station. */
  carrierUp(): void {
    // 802.3 commits a station in the last part of its gap. Here whoever has not started when the signal arrives gives
    // way; stations whose gaps end in the same instant still collide, which is what decides fairness.
    if (this.state !== 'gap') return;
    this.pending?.cancel();
    this.pending = null;
    this.state = 'defer';
  }

  /** @internal The last foreign carrier dropped. */
  carrierDown(now: number): void {
    this.carrierFree = now;
    if (this.state === 'defer') this.contend();
  }

  /** @internal The station's own transmission left the wire. */
  finished(now: number, outcome: 'sent' | 'collided' | 'late'): void {
    this.carrierFree = now;
    if (outcome === 'collided' && this.attempts + 1 < ATTEMPT_LIMIT && this.powered) {
      this.attempts++;
      // Truncated binary exponential back-off, 802.3 4.2.3.2.5.
      const slots = this.wire.rng.below(2 ** Math.min(this.attempts, 10));
      this.state = 'backoff';
      this.pending = this.wire.events.schedule(now + slots * this.wire.timing.slotNs, this, 'backoff');
      return;
    }
    if (outcome === 'collided') this.wire.stats.excessiveCollisions++;
    if (outcome === 'sent') this.stats.sent++;
    this.attempts = 0;
    this.queue.shift();
    if (!this.powered) this.queue.length = 0;
    if (this.queue.length > 0) this.contend();
    else this.state = 'idle';
  }

  /** @internal A frame from another station ended here. */
  receive(frame: Uint8Array, now: number): void {
    if (!this.powered || this.sink === null) return;
    if (!this.promiscuous && ((frame[0] as number) & 1) === 0 && !sameMac(frame, this.mac)) {
      if (this.aliases.size === 0 || !this.aliases.has(macKey(frame))) return;
    }
    this.stats.received++;
    this.sink.onFrame(frame, now);
  }
}

function sameMac(frame: Uint8Array, mac: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== mac[i]) return false;
  return true;
}

/** The first six bytes as 12 hex digits: the key of `Station.aliases`. */
export function macKey(bytes: Uint8Array): string {
  let key = '';
  for (let i = 0; i < 6; i++) key += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return key;
}

/** Whether a station's card takes the frame (with FCS). */
function acceptable(frame: Uint8Array): boolean {
  return frame.length >= MIN_FRAME + 4 && frame.length <= MAX_FRAME + 4 && fcsIsGood(frame);
}

/** One transmission, from its first preamble bit until its last bit has passed everybody. */
class Transmission {
  /** When its sender stops; -1 while unknown (the board is sending). */
  end = -1;
  /** Overlapped with another one: nobody receives it. */
  damaged = false;
  /** When its sender notices the collision; -1 = not yet foreseen. */
  detectAt = -1;
  arrived = false;
  /** Too short, too long or with a wrong FCS, which only the board can send: no card accepts it. */
  refused = false;
  /** The board hears it as bare carrier. */
  bareCarrier = false;
  endEvent: LanEvent | null = null;

  /** null: the board. */
  readonly station: Station | null;
  readonly start: number;
  /** With FCS; null while unknown. */
  frame: Uint8Array | null;

  constructor(station: Station | null, start: number, frame: Uint8Array | null) {
    this.station = station;
    this.start = start;
    this.frame = frame;
  }
}

/**
 * A half-duplex segment (a hub) in virtual time, with any number of stations, one of which may be a board.
 *
 * All times are integer nanoseconds since power-on. Every pair of stations is `propagationNs` apart. Two stations that
 * start within that time of each other collide: each notices when the other's signal arrives, completes its preamble,
 * jams and backs off.
 */
export class Wire implements EventTarget {
  /** The wire's events, and those of all segments that share its time. */
  readonly events: EventQueue;
  /** Bits per second. */
  readonly bitRate: BitRate;
  /** Its times. */
  readonly timing: WireTiming;
  /** Back-off and impairments draw from it. */
  readonly rng: Rng;
  /** Stations in order of attachment. */
  readonly stations: Station[] = [];
  /** Counters. */
  readonly stats: WireStats = {
    frames: 0,
    bytes: 0,
    collisions: 0,
    lateCollisions: 0,
    excessiveCollisions: 0,
    lost: 0,
    corrupted: 0,
    busyNs: 0,
  };
  /** Damage by direction; changeable at any time. */
  readonly impairments: Record<'toBoard' | 'fromBoard' | 'betweenHosts', Impairment> = {
    toBoard: { loss: 0, corrupt: 0 },
    fromBoard: { loss: 0, corrupt: 0 },
    betweenHosts: { loss: 0, corrupt: 0 },
  };
  /** False while the board's cable is pulled. */
  boardLink = true;
  /** Objects by name that belong to the saved state, so that they can be found again after `Wire.load`. */
  readonly roots: Record<string, object> = {};
  /** Whether the board hangs at a full-duplex port (`WireOptions.boardFullDuplex`). */
  readonly boardFullDuplex: boolean;
  private readonly propagationNs: number;
  private readonly onAir: Transmission[] = [];
  private boardTx: Transmission | null = null;
  private carriers = 0;
  private readonly port: { board: BoardPort | null } = { board: null };
  private readonly listeners: Array<(frame: WireFrame) => void> = [];

  /** `events`: the queue of a segment whose time this one shares; `segment` is the easy way. */
  constructor(options: WireOptions = {}, events: EventQueue = new EventQueue()) {
    this.events = events;
    this.bitRate = options.bitRate ?? 10_000_000;
    if (this.bitRate !== 10_000_000 && this.bitRate !== 100_000_000)
      throw new Error(`bit rate ${this.bitRate} is neither 10000000 nor 100000000`);
    this.timing = timingOf(this.bitRate);
    this.rng = new Rng(options.seed ?? 1);
    this.propagationNs = options.propagationNs ?? (this.bitRate === 10_000_000 ? 1_000 : 500);
    this.boardFullDuplex = options.boardFullDuplex ?? false;
    if (!(this.propagationNs >= 0 && this.propagationNs < this.timing.gapNs))
      throw new Error(`propagation delay ${this.propagationNs} ns is not within 0 to ${this.timing.gapNs - 1} ns`);
  }

  /** Another segment in the same virtual time, for another port of the board or behind a `Switch`. */
  segment(options: WireOptions = {}): Wire {
    return new Wire(options, this.events);
  }

  /** Virtual time up to which the wire has run, ns. */
  get now(): number {
    return this.events.now;
  }

  /** Connects the board. After `Wire.load` this must be done again. */
  attachBoard(port: BoardPort): void {
    this.port.board = port;
  }

  /** Takes the board off; a frame that it is sending is cut. */
  detachBoard(): void {
    this.boardTxAbort(this.now);
    this.port.board = null;
  }

  /** Adds a station. `mac` is 6 bytes; `sink` gets the frames that pass its filter. */
  addStation(name: string, mac: Uint8Array, sink: FrameSink | null = null): Station {
    const station = new Station(this, name, mac, sink);
    this.stations.push(station);
    return station;
  }

  /** Takes a station off the wire. */
  removeStation(station: Station): void {
    station.setPower(false);
    const i = this.stations.indexOf(station);
    if (i >= 0) this.stations.splice(i, 1);
  }

  /** Calls `listener` for each undamaged frame when its last bit is out. Returns a function that ends this. */
  onFrame(listener: (frame: WireFrame) => void): () => void {
    this.listeners.push(listener);
    return () => {
      const i = this.listeners.indexOf(listener);
      if (i >= 0) this.listeners.splice(i, 1);
    };
  }

  /** Time of the next LAN event, ns; Infinity if nothing is due. */
  nextEventNs(): number {
    return this.events.nextTime();
  }

  /** Runs all events up to and including `untilNs`. */
  runEvents(untilNs: number): void {
    while (this.events.nextTime() <= untilNs) {
      const event = this.events.pop();
      if (event === undefined) break;
      if (event.at > this.events.now) this.events.now = event.at;
      event.target?.onEvent(event.kind, event.arg, this.events.now);
    }
    if (untilNs > this.events.now && untilNs !== Number.POSITIVE_INFINITY) this.events.now = untilNs;
  }

  /** The board's first preamble bit is on the wire at `atNs`. */
  boardTxStart(atNs: number): void {
    this.advance(atNs);
    if (this.boardTx !== null) this.boardTxAbort(atNs);
    this.boardTx = this.begin(null, null, this.now);
  }

  /**
   * The board's last FCS bit is on the wire at `atNs`. After a collision the call is not needed and ignored.
   *
   * @param frame destination address to FCS, as sent
   */
  boardTxEnd(atNs: number, frame: Uint8Array): void {
    this.advance(atNs);
    const tx = this.boardTx;
    if (tx === null || tx.detectAt >= 0) return;
    tx.frame = frame.slice();
    this.finishAt(tx, this.now);
  }

  /** The board stopped in the middle of a frame (transmitter disabled, reset). Its fragment reaches nobody. */
  boardTxAbort(atNs: number): void {
    this.advance(atNs);
    const tx = this.boardTx;
    if (tx === null) return;
    tx.damaged = true;
    this.finishAt(tx, this.now);
    this.runEvents(this.now);
  }

  /** Everything the LAN needs to continue, as JSON. Listeners and the board's port are not part of it. */
  save(): Json {
    return saveGraph(this);
  }

  /** A wire that continues where `save` was called. */
  static load(json: Json): Wire {
    const wire = loadGraph(json);
    if (!(wire instanceof Wire)) throw new Error('this is not a saved LAN');
    return wire;
  }

  /** @internal Whether a station senses anyone else's carrier. */
  hearsCarrier(station: Station): boolean {
    let others = this.carriers;
    for (const tx of this.onAir) if (tx.arrived && tx.station === station) others--;
    return others > 0;
  }

  /** @internal A transmission begins; the board's has no frame yet. */
  begin(station: Station | null, frame: Uint8Array | null, now: number): Transmission {
    const tx = new Transmission(station, now, frame === null ? null : withFcs(frame));
    for (const other of this.onAir) {
      if (other.end >= 0 && other.end <= now) continue;
      const withBoard = station === null || other.station === null;
      if (!withBoard || (this.boardLink && !this.boardIsFullDuplex)) this.collide(other, tx);
    }
    this.onAir.push(tx);
    this.events.schedule(now + this.propagationNs, this, 'arrive', tx);
    if (tx.detectAt >= 0) return tx;
    if (tx.frame !== null) this.finishAt(tx, this.endOf(tx));
    else tx.endEvent = this.events.schedule(now + JABBER_NS, this, 'end', tx);
    return tx;
  }

  /** @internal */
  onEvent(kind: string, arg: unknown, now: number): void {
    const tx = arg as Transmission;
    if (kind === 'arrive') this.arrive(tx, now);
    else if (kind === 'end') this.ended(tx, now);
    else if (kind === 'clear') this.clear(tx, now);
    else if (kind === 'detect') this.detected(tx, now);
  }

  private get boardIsFullDuplex(): boolean {
    return this.boardFullDuplex && (this.port.board?.fullDuplex?.() ?? true);
  }

  private advance(atNs: number): void {
    // Events of the same instant come after the board's: it reached this time first.
    while (this.events.nextTime() < atNs) this.runEvents(this.events.nextTime());
    if (atNs > this.now) this.events.now = atNs;
  }

  private endOf(tx: Transmission): number {
    return tx.start + this.timing.preambleNs + (tx.frame?.length ?? 0) * this.timing.byteNs;
  }

  private finishAt(tx: Transmission, at: number): void {
    tx.endEvent?.cancel();
    tx.end = at;
    tx.endEvent = this.events.schedule(at, this, 'end', tx);
  }

  /** `late` started while `early` was on the air: both are lost, each sender notices when it hears the other. */
  private collide(early: Transmission, late: Transmission): void {
    if (!early.damaged && !late.damaged) this.stats.collisions++;
    early.damaged = true;
    late.damaged = true;
    this.detectAt(early, late.start + this.propagationNs);
    this.detectAt(late, Math.max(late.start, early.start + this.propagationNs));
  }

  private detectAt(tx: Transmission, at: number): void {
    if (tx.detectAt >= 0 && tx.detectAt <= at) return;
    tx.detectAt = at;
    this.events.schedule(at, this, 'detect', tx);
  }

  private detected(tx: Transmission, now: number): void {
    if (tx.detectAt !== now || (tx.end >= 0 && tx.end <= now)) return;
    if (tx.station === null) this.port.board?.collision();
    // A sender that notices during the preamble completes the preamble, then jams.
    this.finishAt(tx, Math.max(now, tx.start + this.timing.preambleNs) + this.timing.jamNs);
  }

  private arrive(tx: Transmission, now: number): void {
    if (tx.station !== null || (this.boardLink && !this.boardIsFullDuplex)) {
      this.carriers++;
      tx.arrived = true;
      for (const station of this.stations) if (station !== tx.station) station.carrierUp();
    }
    if (tx.station === null || this.port.board === null || !this.boardLink) return;
    const frame = tx.damaged || tx.frame === null ? null : this.impair(tx.frame, 'toBoard');
    if (frame !== null) this.port.board.rxStart(now, frame);
    else {
      const already = this.onAir.some((other) => other.bareCarrier);
      tx.bareCarrier = true;
      if (!already) this.port.board.carrier(true);
    }
  }

  private ended(tx: Transmission, now: number): void {
    tx.endEvent = null;
    tx.end = now;
    this.stats.busyNs += now - tx.start;
    if (tx === this.boardTx) this.boardTx = null;
    if (tx.frame === null) tx.damaged = true;
    const { preambleNs, slotNs, jamNs } = this.timing;
    const late = tx.damaged && now - tx.start > preambleNs + slotNs + jamNs;
    if (late && tx.frame !== null) this.stats.lateCollisions++;
    const crossed = tx.station !== null || this.boardLink;
    if (tx.frame !== null && tx.station === null) tx.refused = !acceptable(tx.frame);
    if (!tx.damaged && !tx.refused && tx.frame !== null && crossed) {
      this.stats.frames++;
      this.stats.bytes += tx.frame.length;
      if (this.listeners.length > 0) {
        const seen: WireFrame = {
          atNs: tx.start + preambleNs,
          endNs: now,
          frame: tx.frame.subarray(0, tx.frame.length - 4),
          from: tx.station?.name ?? 'board',
        };
        for (const listener of [...this.listeners]) listener(seen);
      }
    }
    this.events.schedule(now + this.propagationNs, this, 'clear', tx);
    tx.station?.finished(now, !tx.damaged ? 'sent' : late ? 'late' : 'collided');
  }

  private clear(tx: Transmission, now: number): void {
    this.onAir.splice(this.onAir.indexOf(tx), 1);
    if (tx.arrived) this.carriers--;
    if (tx.bareCarrier && !this.onAir.some((other) => other.bareCarrier)) this.port.board?.carrier(false);
    if (tx.arrived)
      for (const station of this.stations)
        if (station !== tx.station && !this.hearsCarrier(station)) station.carrierDown(now);
    if (!tx.damaged && tx.frame !== null) this.deliver(tx, tx.frame, now);
  }

  private deliver(tx: Transmission, sent: Uint8Array, now: number): void {
    if (tx.station === null && !this.boardLink) return;
    const frame = this.impair(sent, tx.station === null ? 'fromBoard' : 'betweenHosts');
    if (frame === null) return;
    const good = !tx.refused && (frame === sent || acceptable(frame));
    const body = frame.subarray(0, Math.max(0, frame.length - 4));
    for (const station of [...this.stations]) {
      if (station === tx.station) continue;
      if (good) station.receive(body, now);
      else station.stats.bad++;
    }
  }

  /** The frame after its direction's impairments; null if it got lost. */
  private impair(frame: Uint8Array, direction: keyof Wire['impairments']): Uint8Array | null {
    const { loss, corrupt } = this.impairments[direction];
    if (this.rng.chance(loss)) {
      this.stats.lost++;
      return null;
    }
    if (!this.rng.chance(corrupt)) return frame;
    this.stats.corrupted++;
    const damaged = frame.slice();
    const bit = this.rng.below(frame.length * 8);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    return damaged;
  }
}

stateClass('Station', Station);
stateClass('Transmission', Transmission);
stateClass('Wire', Wire, { port: () => ({ board: null }), listeners: () => [] });
