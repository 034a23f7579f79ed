import { ByteQueue } from './byte-queue.js';
import { type EventTarget, Timer } from './events.js';
import type { Host } from './host.js';
import { type TcpSegment, TH_ACK, TH_FIN, TH_PUSH, TH_RST, TH_SYN } from './packets.js';
import { stateClass } from './state.js';

/** Connection states of RFC 9293 3.3.2. */
export type TcpState =
  | 'closed'
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'close-wait'
  | 'closing'
  | 'last-ack'
  | 'time-wait';

/**
 * Why a connection ended: both sides closed; the peer reset it; no answer to SYN or to data; RST in answer to SYN;
 * our own abort.
 */
export type TcpCloseReason = 'closed' | 'reset' | 'timeout' | 'refused' | 'aborted';

/** Behaviour of a TCP endpoint. Times in ns, sizes in bytes. */
export interface TcpOptions {
  /** Receive buffer, the largest window offered; at most 65535 (no window scaling). */
  receiveBuffer: number;
  /** Send buffer. */
  sendBuffer: number;
  /** Largest segment we offer to receive. */
  mss: number;
  /** An ACK goes out at every n-th data segment … */
  ackEvery: number;
  /** … or this long after the first unacknowledged one. */
  delayedAckNs: number;
  /** Hold back small segments while data is in flight (RFC 896). */
  nagle: boolean;
  /** Initial congestion window in segments. */
  initialWindow: number;
  /** First retransmission time-out, before a round trip has been measured. */
  rtoInitialNs: number;
  /** Bounds of the retransmission time-out. */
  rtoMinNs: number;
  /** Upper bound. */
  rtoMaxNs: number;
  /** Retransmissions of data before the connection is given up. */
  retries: number;
  /** Retransmissions of SYN. */
  synRetries: number;
  /** Idle time before the first keepalive probe; 0 = no keepalive. */
  keepIdleNs: number;
  /** Between probes. */
  keepIntervalNs: number;
  /** Unanswered probes before the connection is given up. */
  keepCount: number;
  /** Stay in TIME-WAIT this long. */
  timeWaitNs: number;
}

/** A PC's stack of the time: windows of 64 KB, delayed ACKs of 200 ms, retransmission as RFC 6298 with a 200 ms floor. */
export const DEFAULT_TCP_OPTIONS: Readonly<TcpOptions> = {
  receiveBuffer: 65_535,
  sendBuffer: 65_536,
  mss: 1460,
  ackEvery: 2,
  delayedAckNs: 200_000_000,
  nagle: true,
  initialWindow: 3,
  rtoInitialNs: 1_000_000_000,
  rtoMinNs: 200_000_000,
  rtoMaxNs: 120_000_000_000,
  retries: 15,
  synRetries: 5,
  keepIdleNs: 0,
  keepIntervalNs: 75_000_000_000,
  keepCount: 9,
  timeWaitNs: 60_000_000_000,
};

/**
 * The application on a connection: a saved state machine, called by name. Calls back into the connection (write,
 * readAvailable, close, abort) are allowed in every callback.
 */
export interface TcpApp {
  /** The handshake is complete. */
  onConnected(connection: TcpConnection, now: number): void;
  /** New data can be read. What is not read stays and closes the window. */
  onData(connection: TcpConnection, now: number): void;
  /** After a `write` that took less than offered: there is room again. */
  onWritable(connection: TcpConnection, now: number): void;
  /** The peer will send no more. Data before it may still wait to be read. */
  onEnd(connection: TcpConnection, now: number): void;
  /** The connection is gone; no further calls. */
  onClosed(connection: TcpConnection, reason: TcpCloseReason, now: number): void;
}

/** Accepts connections to a listening port. */
export interface TcpAcceptor {
  /** The application for a new connection, or null to refuse it. */
  onAccept(connection: TcpConnection, now: number): TcpApp | null;
}

/** Out-of-order data waiting for what is before it. */
interface OutOfOrder {
  seq: number;
  data: Uint8Array;
  fin: boolean;
}

/** Persist probes are between 5 and 60 s apart (RFC 9293 3.8.6.1 leaves the numbers open; these are BSD's). */
const PERSIST_MIN_NS = 5_000_000_000;
const PERSIST_MAX_NS = 60_000_000_000;

/** a − b in sequence space, as a signed number. */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}

function advance(seq: number, by: number): number {
  return (seq + by) >>> 0;
}

const EMPTY = new Uint8Array(0);

/**
 * One end of a TCP connection (RFC 9293), with congestion control of RFC 5681/6582 (NewReno), time-outs of RFC 6298
 * and the reset protection of RFC 5961.
 */
export class TcpConnection implements EventTarget {
  /** Protocol state. */
  state: TcpState = 'closed';
  /** Bytes the peer acknowledged, bytes received in order, segments sent again. */
  readonly stats = { acked: 0, received: 0, retransmitted: 0, timeouts: 0, fastRetransmits: 0, duplicateAcks: 0 };
  /** Set by applications that want to tell their connections apart. */
  tag = '';
  /** Options, changeable while the connection lives. */
  readonly options: TcpOptions;
  /** Created by a listener: a RST in SYN-RECEIVED just removes it. */
  readonly passive: boolean;
  /** Why it ended; null while it lives. */
  closeReason: TcpCloseReason | null = null;

  private app: TcpApp | null;
  private readonly sendQueue = new ByteQueue();
  private readonly receiveQueue = new ByteQueue();
  private outOfOrder: OutOfOrder[] = [];

  // Send side. `base` is the sequence number of sendQueue's first byte.
  private readonly iss: number;
  private base: number;
  private sndUna: number;
  private sndNxt: number;
  private sndMax: number;
  private sndWnd = 0;
  private sndWl1 = 0;
  private sndWl2 = 0;
  private maxSndWnd = 0;
  private mss: number;
  private finQueued = false;
  private wantWritable = false;
  private cwnd = 0;
  private ssthresh = 0x3fff_ffff;
  private dupAcks = 0;
  private inRecovery = false;
  private recover = 0;
  private rto: number;
  private srtt = -1;
  private rttvar = 0;
  private timing = false;
  private timedSeq = 0;
  private timedAt = 0;
  private backoffs = 0;
  private persistBackoffs = 0;
  private probesUnanswered = 0;

  // Receive side.
  private rcvNxt = 0;
  private rcvAdv = 0;
  private finReceived = false;
  private endDelivered = false;
  private ackNow = false;
  private unacked = 0;
  private keepProbes = 0;
  private busy = false;

  private readonly retransmitTimer: Timer;
  private readonly persistTimer: Timer;
  private readonly ackTimer: Timer;
  private readonly keepTimer: Timer;
  private readonly waitTimer: Timer;

  /** Whose end this is. */
  readonly host: Host;
  /** Our port. */
  readonly localPort: number;
  /** The peer's address, as a number. */
  readonly remoteIp: number;
  /** The peer's port. */
  readonly remotePort: number;

  /** @internal Use `host.connect` or `host.listen`. */
  constructor(
    host: Host,
    localPort: number,
    remoteIp: number,
    remotePort: number,
    app: TcpApp | null,
    passive: boolean,
    options: TcpOptions,
  ) {
    this.host = host;
    this.localPort = localPort;
    this.remoteIp = remoteIp;
    this.remotePort = remotePort;
    this.app = app;
    this.passive = passive;
    this.options = options;
    this.iss = host.rng.next();
    this.base = advance(this.iss, 1);
    this.sndUna = this.iss;
    this.sndNxt = this.iss;
    this.sndMax = this.iss;
    this.mss = Math.min(536, options.mss);
    this.rto = options.rtoInitialNs;
    const events = host.wire.events;
    this.retransmitTimer = new Timer(events, this, 'retransmit');
    this.persistTimer = new Timer(events, this, 'persist');
    this.ackTimer = new Timer(events, this, 'ack');
    this.keepTimer = new Timer(events, this, 'keep');
    this.waitTimer = new Timer(events, this, 'wait');
  }

  // ---- For the application ----

  /** Bytes received and not yet read. */
  get available(): number {
    return this.receiveQueue.length;
  }

  /** Bytes written and not yet acknowledged. */
  get unsent(): number {
    return this.sendQueue.length;
  }

  /** Room in the send buffer. */
  get room(): number {
    return Math.max(0, this.options.sendBuffer - this.sendQueue.length);
  }

  /** True once the peer's FIN arrived. */
  get ended(): boolean {
    return this.finReceived;
  }

  /** Current retransmission time-out with back-off, ns. */
  get retransmissionTimeoutNs(): number {
    return Math.min(this.rto * 2 ** this.backoffs, this.options.rtoMaxNs);
  }

  /** Queues bytes for sending and returns how many fitted. After less than all, `onWritable` follows. */
  write(data: Uint8Array): number {
    if (this.finQueued || !this.maySend()) return 0;
    const n = Math.min(data.length, this.room);
    if (n < data.length) this.wantWritable = true;
    if (n > 0) {
      this.sendQueue.push(data.subarray(0, n));
      this.kick();
    }
    return n;
  }

  /** Takes received bytes, at most `limit`. Opens the window accordingly. */
  readAvailable(limit = this.receiveQueue.length): Uint8Array {
    const data = this.receiveQueue.take(limit);
    if (data.length > 0 && this.synchronised() && !this.finReceived) {
      // Receiver side of silly window avoidance (RFC 9293 3.8.6.2.2): tell the peer only of a worthwhile step.
      const gain = distance(advance(this.rcvNxt, this.freeWindow()), this.rcvAdv);
      if (gain >= Math.min(2 * this.options.mss, this.options.receiveBuffer / 2)) {
        this.ackNow = true;
        this.kick();
      }
    }
    return data;
  }

  /** Sends what is queued, then FIN. Receiving goes on until the peer closes too. */
  close(): void {
    if (this.finQueued) return;
    switch (this.state) {
      case 'syn-sent':
        this.remove('aborted');
        return;
      case 'syn-received':
      case 'established':
        this.finQueued = true;
        this.state = 'fin-wait-1';
        break;
      case 'close-wait':
        this.finQueued = true;
        this.state = 'last-ack';
        break;
      default:
        return;
    }
    this.kick();
  }

  /** Resets the connection. */
  abort(): void {
    if (this.closeReason !== null) return;
    if (this.synchronised() && this.state !== 'time-wait') this.emit(this.sndNxt, TH_RST | TH_ACK, EMPTY);
    this.remove('aborted');
  }

  // ---- For the host ----

  /** @internal Active open. */
  open(now: number): void {
    this.state = 'syn-sent';
    this.sendSyn(now);
  }

  /** @internal Passive open: a SYN arrived at a listener. */
  openPassive(syn: TcpSegment, now: number): void {
    this.state = 'syn-received';
    this.takeSyn(syn);
    this.sendSyn(now);
  }

  /** @internal The listener's choice of application. */
  setApp(app: TcpApp): void {
    this.app = app;
  }

  /** @internal A segment for this connection. */
  onSegment(segment: TcpSegment, now: number): void {
    const nested = this.busy;
    this.busy = true;
    this.process(segment, now);
    this.busy = nested;
    this.kick();
  }

  /** @internal */
  onEvent(kind: string, _arg: unknown, now: number): void {
    if (this.closeReason !== null) return;
    switch (kind) {
      case 'retransmit':
        this.retransmitTimeout(now);
        break;
      case 'persist':
        this.persistTimeout(now);
        break;
      case 'ack':
        this.ackNow = true;
        break;
      case 'keep':
        this.keepTimeout(now);
        break;
      case 'wait':
        this.remove('closed');
        break;
    }
    this.kick();
  }

  // ---- Receiving ----

  private process(segment: TcpSegment, now: number): void {
    if (this.options.keepIdleNs > 0 && this.synchronised()) this.keepTimer.start(now + this.options.keepIdleNs);
    this.keepProbes = 0;
    if (this.state === 'syn-sent') {
      this.processSynSent(segment, now);
      return;
    }
    if (this.state === 'closed') return;
    if (this.state === 'time-wait' && (segment.flags & TH_SYN) === 0) {
      // Only a repeated FIN (or data) wants an answer; restart 2 MSL.
      if (segment.flags & TH_RST) this.remove('closed');
      else if (segment.flags & TH_FIN || segment.data.length > 0) {
        this.ackNow = true;
        this.waitTimer.start(now + this.options.timeWaitNs);
      }
      return;
    }

    // Acceptability (RFC 9293 3.10.7.4, first check).
    let { seq, data } = segment;
    let fin = (segment.flags & TH_FIN) !== 0;
    const length = data.length + (fin ? 1 : 0);
    const window = Math.max(0, distance(this.rcvAdv, this.rcvNxt));
    const from = distance(seq, this.rcvNxt);
    const acceptable =
      length === 0
        ? window === 0
          ? from === 0
          : from >= 0 && from < window
        : window > 0 && ((from >= 0 && from < window) || (from + length - 1 >= 0 && from + length - 1 < window));
    if (!acceptable) {
      // A bare ACK of the peer's zero-window period still carries news about the other direction.
      if ((segment.flags & TH_RST) !== 0) return;
      this.ackNow = true;
      if (from <= 0 && (segment.flags & TH_ACK) !== 0) this.processAck(segment, now);
      return;
    }
    if (segment.flags & TH_RST) {
      if (from === 0) this.remove(this.state === 'syn-received' && !this.passive ? 'refused' : 'reset');
      else this.ackNow = true;
      return;
    }
    if (segment.flags & TH_SYN) {
      // Our SYN-ACK got lost and the SYN comes again, or RFC 5961: challenge.
      if (this.state === 'syn-received') this.emitSynAck();
      else this.ackNow = true;
      return;
    }
    if ((segment.flags & TH_ACK) === 0) return;
    if (!this.processAck(segment, now)) return;

    // Trim to the window.
    if (from < 0) {
      data = data.subarray(Math.min(-from, data.length));
      seq = this.rcvNxt;
    }
    const limit = Math.max(0, distance(this.rcvAdv, seq));
    if (data.length > limit) {
      data = data.subarray(0, limit);
      fin = false;
    }
    if ((data.length > 0 || fin) && !this.finReceived) this.takeData(seq, data, fin, now);
  }

  private processSynSent(segment: TcpSegment, now: number): void {
    const { flags } = segment;
    if (flags & TH_ACK && segment.ack !== advance(this.iss, 1)) {
      if ((flags & TH_RST) === 0) this.host.sendReset(this.remoteIp, segment);
      return;
    }
    if (flags & TH_RST) {
      if (flags & TH_ACK) this.remove('refused');
      return;
    }
    if ((flags & TH_SYN) === 0) return;
    this.takeSyn(segment);
    if (flags & TH_ACK) {
      this.sndUna = segment.ack;
      this.retransmitTimer.stop();
      this.sampleRtt(segment.ack, now);
      this.backoffs = 0;
      this.ackNow = true;
      this.enterEstablished(segment, now);
    } else {
      // Simultaneous open.
      this.state = 'syn-received';
      this.emitSynAck();
    }
  }

  private takeSyn(syn: TcpSegment): void {
    this.rcvNxt = advance(syn.seq, 1);
    this.rcvAdv = advance(this.rcvNxt, this.freeWindow());
    this.mss = Math.min(syn.mss === 0 ? 536 : Math.max(64, syn.mss), this.options.mss);
    this.sndWnd = syn.window;
    this.maxSndWnd = syn.window;
    this.sndWl1 = syn.seq;
    this.sndWl2 = syn.ack;
  }

  private enterEstablished(segment: TcpSegment, now: number): void {
    if (this.state === 'syn-sent' || this.state === 'syn-received') this.state = 'established';
    this.sndWnd = segment.window;
    this.maxSndWnd = Math.max(this.maxSndWnd, segment.window);
    this.sndWl1 = segment.seq;
    this.sndWl2 = segment.ack;
    this.cwnd = this.options.initialWindow * this.mss;
    if (this.options.keepIdleNs > 0) this.keepTimer.start(now + this.options.keepIdleNs);
    this.app?.onConnected(this, now);
  }

  /** Handles the acknowledgement; false if the segment is to be dropped. */
  private processAck(segment: TcpSegment, now: number): boolean {
    const { ack } = segment;
    if (this.state === 'syn-received' || (this.state === 'fin-wait-1' && this.sndUna === this.iss)) {
      if (distance(ack, this.sndUna) <= 0 || distance(ack, this.sndMax) > 0) {
        this.host.sendReset(this.remoteIp, segment);
        return false;
      }
      this.sndUna = this.base;
      this.sampleRtt(ack, now);
      this.backoffs = 0;
      this.retransmitTimer.stop();
      this.enterEstablished(segment, now);
      if (this.closeReason !== null) return false;
    }
    const fresh = distance(ack, this.sndUna);
    if (distance(ack, this.sndMax) > 0) {
      this.ackNow = true;
      return false;
    }
    this.probesUnanswered = 0;
    const update =
      distance(segment.seq, this.sndWl1) > 0 || (segment.seq === this.sndWl1 && distance(ack, this.sndWl2) >= 0);
    const windowChanged = update && segment.window !== this.sndWnd;
    if (fresh > 0) this.acknowledge(ack, fresh, now);
    else if (fresh === 0) {
      // RFC 5681: a duplicate ACK carries nothing, changes no window, and something is outstanding.
      const duplicate =
        segment.data.length === 0 &&
        (segment.flags & TH_FIN) === 0 &&
        !windowChanged &&
        distance(this.sndMax, this.sndUna) > 0;
      if (duplicate) this.duplicateAck(now);
    }
    if (this.closeReason !== null) return false;
    if (update) {
      this.sndWnd = segment.window;
      this.maxSndWnd = Math.max(this.maxSndWnd, segment.window);
      this.sndWl1 = segment.seq;
      this.sndWl2 = ack;
      if (segment.window > 0) {
        this.persistTimer.stop();
        this.persistBackoffs = 0;
      }
    }
    return true;
  }

  private acknowledge(ack: number, fresh: number, now: number): void {
    this.sampleRtt(ack, now);
    const finSeq = advance(this.base, this.sendQueue.length);
    const finAcked = this.finQueued && distance(ack, finSeq) > 0;
    const bytes = Math.min(distance(ack, this.base), this.sendQueue.length);
    if (bytes > 0) {
      this.sendQueue.drop(bytes);
      this.base = advance(this.base, bytes);
      this.stats.acked += bytes;
    }
    this.sndUna = ack;
    if (distance(this.sndNxt, ack) < 0) this.sndNxt = ack;
    this.backoffs = 0;

    if (this.inRecovery) {
      if (distance(ack, this.recover) >= 0) {
        this.inRecovery = false;
        this.cwnd = Math.min(this.ssthresh, Math.max(this.flight(), this.mss) + this.mss);
        this.dupAcks = 0;
      } else {
        // Partial ACK (RFC 6582): the next hole.
        this.cwnd = Math.max(this.mss, this.cwnd - fresh + this.mss);
        this.resend(now);
      }
    } else {
      this.dupAcks = 0;
      // Slow start, then one segment per window.
      const step =
        this.cwnd < this.ssthresh ? Math.min(fresh, this.mss) : Math.max(1, (this.mss * this.mss) / this.cwnd);
      this.cwnd = Math.min(this.cwnd + Math.floor(step), 0x3fff_ffff);
    }
    if (ack === this.sndMax) this.retransmitTimer.stop();
    else this.retransmitTimer.start(now + this.retransmissionTimeoutNs);

    if (finAcked) {
      if (this.state === 'fin-wait-1') this.state = 'fin-wait-2';
      else if (this.state === 'closing') this.enterTimeWait(now);
      else if (this.state === 'last-ack') {
        this.remove('closed');
        return;
      }
    }
    if (this.wantWritable && this.room >= Math.min(this.options.sendBuffer / 2, 8 * this.mss)) {
      this.wantWritable = false;
      this.app?.onWritable(this, now);
    }
  }

  private duplicateAck(now: number): void {
    this.stats.duplicateAcks++;
    this.dupAcks++;
    if (this.inRecovery) this.cwnd += this.mss;
    else if (this.dupAcks === 3 && distance(this.sndUna, this.recover) >= 0) {
      this.ssthresh = Math.max(this.flight() / 2, 2 * this.mss);
      this.inRecovery = true;
      this.recover = this.sndMax;
      this.stats.fastRetransmits++;
      this.resend(now);
      this.cwnd = this.ssthresh + 3 * this.mss;
    }
  }

  private takeData(seq: number, data: Uint8Array, fin: boolean, now: number): void {
    const ahead = distance(seq, this.rcvNxt);
    if (ahead > 0) {
      this.storeOutOfOrder(seq, data, fin);
      this.ackNow = true;
      return;
    }
    const before = this.receiveQueue.length;
    let gotFin = this.append(data, fin);
    const filled = this.outOfOrder.length > 0;
    while (this.outOfOrder.length > 0 && !gotFin) {
      const next = this.outOfOrder[0] as OutOfOrder;
      const skip = distance(this.rcvNxt, next.seq);
      if (skip < 0) break;
      this.outOfOrder.shift();
      if (skip > next.data.length || (skip === next.data.length && !next.fin)) continue;
      gotFin = this.append(next.data.subarray(skip), next.fin);
    }
    this.unacked++;
    if (gotFin || filled || this.unacked >= this.options.ackEvery) this.ackNow = true;
    else if (!this.ackTimer.running) this.ackTimer.start(now + this.options.delayedAckNs);

    if (gotFin) {
      this.finReceived = true;
      this.outOfOrder = [];
      if (this.state === 'established' || this.state === 'syn-received') this.state = 'close-wait';
      else if (this.state === 'fin-wait-1') this.state = 'closing';
      else if (this.state === 'fin-wait-2') this.enterTimeWait(now);
    }
    if (this.receiveQueue.length > before) this.app?.onData(this, now);
    if (this.finReceived && !this.endDelivered && this.closeReason === null) {
      this.endDelivered = true;
      this.app?.onEnd(this, now);
    }
  }

  private append(data: Uint8Array, fin: boolean): boolean {
    this.receiveQueue.push(data);
    this.stats.received += data.length;
    this.rcvNxt = advance(this.rcvNxt, data.length + (fin ? 1 : 0));
    if (distance(this.rcvAdv, this.rcvNxt) < 0) this.rcvAdv = this.rcvNxt;
    return fin;
  }

  private storeOutOfOrder(seq: number, data: Uint8Array, fin: boolean): void {
    // The window bounds the bytes; bound the pieces too. Overlaps are sorted out when the hole is filled.
    if (this.outOfOrder.length >= 256) return;
    const i = this.outOfOrder.findIndex((piece) => distance(piece.seq, seq) >= 0);
    const piece = { seq, data: data.slice(), fin };
    const same = i >= 0 ? this.outOfOrder[i] : undefined;
    if (same !== undefined && same.seq === seq) {
      if (same.data.length < data.length || fin) this.outOfOrder[i] = piece;
    } else if (i < 0) this.outOfOrder.push(piece);
    else this.outOfOrder.splice(i, 0, piece);
  }

  // ---- Sending ----

  private maySend(): boolean {
    return (
      this.state === 'syn-sent' ||
      this.state === 'syn-received' ||
      this.state === 'established' ||
      this.state === 'close-wait'
    );
  }

  private synchronised(): boolean {
    return this.state !== 'closed' && this.state !== 'syn-sent';
  }

  private flight(): number {
    return Math.max(0, distance(this.sndMax, this.sndUna));
  }

  private freeWindow(): number {
    const size = Math.min(this.options.receiveBuffer, 65_535);
    return Math.max(0, size - this.receiveQueue.length);
  }

  /** The window to announce: never shrinks, and grows only in worthwhile steps. */
  private announce(): number {
    const pledged = Math.max(0, distance(this.rcvAdv, this.rcvNxt));
    let window = this.freeWindow();
    if (window < Math.min(this.options.mss, this.options.receiveBuffer / 2) && window > pledged) window = pledged;
    window = Math.max(window, pledged);
    this.rcvAdv = advance(this.rcvNxt, window);
    return window;
  }

  private emit(seq: number, flags: number, data: Uint8Array, mss = 0): void {
    const window = flags & TH_RST ? 0 : this.announceFor(flags);
    this.host.sendSegment(this.remoteIp, {
      srcPort: this.localPort,
      dstPort: this.remotePort,
      seq,
      ack: flags & TH_ACK ? this.rcvNxt : 0,
      flags,
      window,
      mss,
      data,
    });
    if (flags & TH_ACK) {
      this.ackNow = false;
      this.unacked = 0;
      this.ackTimer.stop();
    }
  }

  private announceFor(flags: number): number {
    return flags & TH_ACK ? this.announce() : Math.min(this.options.receiveBuffer, 65_535);
  }

  private sendSyn(now: number): void {
    if (this.state === 'syn-sent') this.emit(this.iss, TH_SYN, EMPTY, this.options.mss);
    else this.emitSynAck();
    if (this.sndMax === this.iss) {
      this.timing = true;
      this.timedSeq = this.base;
      this.timedAt = now;
    }
    this.sndNxt = this.base;
    this.sndMax = this.base;
    this.recover = this.iss;
    this.retransmitTimer.start(now + this.retransmissionTimeoutNs);
  }

  private emitSynAck(): void {
    this.emit(this.iss, TH_SYN | TH_ACK, EMPTY, this.options.mss);
  }

  /** Sends whatever is due, unless a segment is being processed (which does it at its end). */
  private kick(): void {
    if (this.busy || this.closeReason !== null) return;
    this.output(this.host.wire.now);
  }

  private output(now: number): void {
    if (this.state === 'closed' || this.state === 'syn-sent' || this.sndUna === this.iss) {
      if (this.ackNow && this.state === 'syn-received') this.emitSynAck();
      this.ackNow = false;
      return;
    }
    for (;;) {
      const offset = distance(this.sndNxt, this.base);
      const remaining = this.sendQueue.length - offset;
      if (remaining < 0) break; // FIN is out
      const usable = Math.min(this.sndWnd, this.cwnd) - distance(this.sndNxt, this.sndUna);
      const length = Math.max(0, Math.min(remaining, usable, this.mss));
      const last = length === remaining;
      const fin = this.finQueued && last && (length > 0 || remaining === 0);
      if (length === 0 && !fin) break;
      const again = distance(this.sndNxt, this.sndMax) < 0;
      const inFlight = distance(this.sndNxt, this.sndUna) > 0;
      const due =
        length === this.mss ||
        again ||
        fin ||
        (last && (!this.options.nagle || !inFlight)) ||
        (this.maxSndWnd > 0 && length >= this.maxSndWnd / 2);
      if (!due) break;
      this.sendData(offset, length, fin, now);
    }
    // Something to send, nothing in flight and nothing sent: the window is closed, or open by less than is worth
    // sending at once. Only a timer can break that.
    const waiting = distance(advance(this.base, this.sendQueue.length), this.sndNxt) > 0;
    if (waiting && this.flight() === 0 && !this.retransmitTimer.running && !this.persistTimer.running)
      this.persistTimer.start(now + this.persistInterval());
    if (this.ackNow) this.emit(this.sndNxtForAck(), TH_ACK, EMPTY);
  }

  /** A bare ACK carries the highest sequence number, also while old data is being sent again. */
  private sndNxtForAck(): number {
    return distance(this.sndMax, this.sndNxt) > 0 ? this.sndMax : this.sndNxt;
  }

  private sendData(offset: number, length: number, fin: boolean, now: number): void {
    const data = this.sendQueue.peek(offset, length);
    const push = offset + length === this.sendQueue.length;
    const again = distance(this.sndNxt, this.sndMax) < 0;
    this.emit(this.sndNxt, TH_ACK | (push && length > 0 ? TH_PUSH : 0) | (fin ? TH_FIN : 0), data);
    if (again) {
      this.stats.retransmitted++;
      this.timing = false; // Karn
    }
    this.sndNxt = advance(this.sndNxt, length + (fin ? 1 : 0));
    if (distance(this.sndNxt, this.sndMax) > 0) {
      if (!this.timing && !again) {
        this.timing = true;
        this.timedSeq = this.sndNxt;
        this.timedAt = now;
      }
      this.sndMax = this.sndNxt;
    }
    if (!this.retransmitTimer.running) this.retransmitTimer.start(now + this.retransmissionTimeoutNs);
    this.persistTimer.stop();
  }

  /** Sends the first unacknowledged segment again without moving sndNxt. */
  private resend(now: number): void {
    const length = Math.min(this.mss, this.sendQueue.length, this.flight());
    const fin = this.finQueued && length === this.sendQueue.length && distance(this.sndMax, this.base) > length;
    this.timing = false;
    this.stats.retransmitted++;
    this.emit(this.base, TH_ACK | (fin ? TH_FIN : 0), this.sendQueue.peek(0, length));
    this.retransmitTimer.start(now + this.retransmissionTimeoutNs);
  }

  // ---- Timers ----

  private sampleRtt(ack: number, now: number): void {
    if (!this.timing || distance(ack, this.timedSeq) < 0) return;
    this.timing = false;
    const rtt = now - this.timedAt;
    if (this.srtt < 0) {
      this.srtt = rtt;
      this.rttvar = Math.floor(rtt / 2);
    } else {
      this.rttvar = Math.floor((3 * this.rttvar + Math.abs(this.srtt - rtt)) / 4);
      this.srtt = Math.floor((7 * this.srtt + rtt) / 8);
    }
    const rto = this.srtt + 4 * this.rttvar;
    this.rto = Math.min(Math.max(rto, this.options.rtoMinNs), this.options.rtoMaxNs);
  }

  private retransmitTimeout(now: number): void {
    const opening = this.state === 'syn-sent' || this.sndUna === this.iss;
    const limit = opening ? this.options.synRetries : this.options.retries;
    if (this.backoffs >= limit) {
      this.remove('timeout');
      return;
    }
    this.backoffs++;
    this.stats.timeouts++;
    this.timing = false;
    if (opening) {
      this.stats.retransmitted++;
      this.sendSyn(now);
      return;
    }
    // RFC 5681: back to one segment; everything after it is sent again as ACKs come in.
    this.ssthresh = Math.max(this.flight() / 2, 2 * this.mss);
    this.cwnd = this.mss;
    this.inRecovery = false;
    this.dupAcks = 0;
    this.recover = this.sndMax;
    this.sndNxt = this.sndUna;
    if (this.sndWnd === 0) {
      // The window closed over data in flight: probe instead of pushing.
      this.resend(now);
      return;
    }
    this.retransmitTimer.start(now + this.retransmissionTimeoutNs);
  }

  private persistInterval(): number {
    const interval = this.rto * 2 ** Math.min(this.persistBackoffs, 12);
    return Math.min(Math.max(interval, PERSIST_MIN_NS), PERSIST_MAX_NS);
  }

  private persistTimeout(now: number): void {
    if (this.sndWnd > 0) {
      // Override of silly window avoidance (RFC 9293 3.8.6.2.1): what fits goes out now.
      const length = Math.min(this.sndWnd, this.mss, this.sendQueue.length);
      if (length > 0 && this.sndNxt === this.base) this.sendData(0, length, false, now);
      return;
    }
    if (this.probesUnanswered >= this.options.retries) {
      this.remove('timeout');
      return;
    }
    this.persistBackoffs++;
    this.probesUnanswered++;
    // One byte beyond the window: the answer tells the window. It is not timed and not counted as in flight.
    const probe = this.sendQueue.peek(0, 1);
    const fin = probe.length === 0 && this.finQueued;
    this.emit(this.base, TH_ACK | (fin ? TH_FIN : 0), probe);
    const end = advance(this.base, probe.length + (fin ? 1 : 0));
    if (distance(end, this.sndMax) > 0) this.sndMax = end;
    this.persistTimer.start(now + this.persistInterval());
  }

  private keepTimeout(now: number): void {
    if (this.options.keepIdleNs === 0 || this.state === 'time-wait') return;
    if (this.keepProbes >= this.options.keepCount) {
      this.abortWith('timeout');
      return;
    }
    this.keepProbes++;
    this.emit(advance(this.sndUna, -1), TH_ACK, EMPTY);
    this.keepTimer.start(now + this.options.keepIntervalNs);
  }

  private abortWith(reason: TcpCloseReason): void {
    this.emit(this.sndMax, TH_RST | TH_ACK, EMPTY);
    this.remove(reason);
  }

  private enterTimeWait(now: number): void {
    this.state = 'time-wait';
    this.retransmitTimer.stop();
    this.persistTimer.stop();
    this.keepTimer.stop();
    this.waitTimer.start(now + this.options.timeWaitNs);
  }

  /** @internal Ends the connection and tells the application. */
  remove(reason: TcpCloseReason): void {
    if (this.closeReason !== null) return;
    this.closeReason = reason;
    this.state = 'closed';
    for (const timer of [this.retransmitTimer, this.persistTimer, this.ackTimer, this.keepTimer, this.waitTimer])
      timer.dispose();
    this.host.forget(this);
    this.app?.onClosed(this, reason, this.host.wire.now);
  }
}

stateClass('TcpConnection', TcpConnection);
