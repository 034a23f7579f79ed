import { UsageError } from '../errors.js';
import type { FtpResult } from '../lan/ftp-client.js';
import type { Owner, PoolReading } from '../observe/pool.js';
import { readSockets, type SocketReading } from '../observe/sockets.js';
import type { TaskReading } from '../observe/tasks.js';
import { EXPERIMENTS, type Experiment, Lab, type LabSettings } from './lab.js';

/** Names that `runScenario` knows. */
export const SCENARIOS: readonly Experiment[] = EXPERIMENTS;

/**
 * What came out, judged from what was observed and by nothing else:
 * - `completed`: the collector's first session got the whole file, right by its SHA-256;
 * - `recovered`: the first session failed, but at the end the board answers ping and has clusters;
 * - `locked-up`: at the end the board leaves ping unanswered and its pool, once empty, has no cluster to give;
 * - `failed`: the session failed although the board is well;
 * - `unfinished`: the time ended first;
 * - `checkstop`: the guest stopped.
 */
export type Outcome = 'completed' | 'recovered' | 'locked-up' | 'failed' | 'unfinished' | 'checkstop';

/** How to run a scenario. */
export interface ScenarioOptions extends Partial<LabSettings> {
  /** Virtual seconds at most [4 hours]. */
  seconds?: number;
  /** Called with the lab once it is built, before anything runs (captures attach here). */
  onLab?: (lab: Lab) => void | Promise<void>;
  /** Called about once per virtual minute with the virtual seconds run so far. */
  onProgress?: (seconds: number, lab: Lab) => void;
}

/** Something that happened, and when, in virtual seconds since power-on. */
export interface Turn {
  /** Virtual seconds. */
  at: number;
  /** One sentence, for people. */
  what: string;
}

/** One attempt of the collector. Times in virtual seconds. */
export interface Session {
  /** Whether the server confirmed the transfer and the data connection ended in order. */
  outcome: 'complete' | 'failed';
  /** Empty, or why it failed. */
  reason: string;
  /** Bytes of the file received. */
  bytes: number;
  /** SHA-256 of what was received, hex; empty when it did not come to a transfer. */
  sha256: string;
  /** When the step began, the login's if that failed. */
  startedAt: number;
  /** When the first byte came, if one did. */
  firstByteAt?: number;
  /** When the last byte came, if one did. */
  lastByteAt?: number;
  /** When the session was over. */
  endedAt: number;
  /** Bytes per second from the first byte to the last. */
  throughput?: number;
}

/** What `runScenario` returns, and `--json` prints. */
export interface ScenarioResult {
  /** Its name. */
  scenario: Experiment;
  /** Every setting, defaults included; `seconds` is the virtual time it had at most. */
  settings: Omit<LabSettings, 'firmware' | 'boot'> & { boot: Record<string, unknown>; seconds: number };
  /** What came out. */
  outcome: Outcome;
  /** What turned, in order of time. */
  turns: Turn[];
  /** The file as it must arrive. */
  expected: { bytes: number; sha256: string };
  /** Bytes received in the session that counts: the first completed one, else the first. */
  bytes: number;
  /** SHA-256 of them, hex; empty when no session came to its end. */
  sha256: string;
  /** Bytes per second from the first to the last; absent when less than two bytes came. */
  throughput?: number;
  /** The collector's sessions in order. */
  sessions: Session[];
  /** The monitor's echo requests, one every 10 s; `lost` counts the latest ones in a row without an answer. */
  ping: Lab['ping'];
  /** `starved-responder` only: queries to the status responder, and its answers. */
  queries?: { sent: number; answered: number };
  /** The pool at the end; all zero when the image has none. */
  pool: {
    /** Clusters in the pool. */
    clusters: number;
    /** Clusters on the free list. */
    free: number;
    /** Fewest free clusters seen, looking every 10 ms. */
    minFree: number;
    /** Clusters by owner. */
    owners: Record<Owner, number>;
    /** mbstat's counters: requests refused, waits begun, drains. */
    stats: PoolReading['stats'];
    /** mbufs: total, free, and by type. */
    mbufs: PoolReading['mbufs'];
  };
  /** The stack's sockets at the end. */
  sockets: SocketReading[];
  /** Every task at the end, and what it waits for since when. */
  tasks: TaskReading[];
  /** Lines of `Still waiting for mbuf` on the console: how many, and the times of the first few. */
  stillWaiting: { count: number; first: number[] };
  /** How long the board ran, virtual seconds since power-on. */
  virtualSeconds: number;
  /** Cycles and instructions since power-on, and how many of the cycles the guest idled. */
  counters: { cycles: number; instructions: number; idleCycles: number };
}

/** Let the board boot and the LAN settle; then traffic begins at these virtual seconds, the same in every run. */
const CHATTER_SETTLED = 3;
const TRANSFER_AT = 5;
/** How often the pool is looked at: the guest's tick while things happen, a second once nothing moves. */
const FINE = 0.01;
const COARSE = 1;
/** The run ends so long after the file has come, or after the collector's last session, if the board is well, seconds. */
const COMPLETED = 2;
const AFTERMATH = 60;
const DEFAULT_SECONDS = 4 * 3600;
const STILL_WAITING = /Still waiting for mbuf/;

/**
 * Runs one of the experiments in virtual time.
 * @param name one of `SCENARIOS`
 * @throws UsageError for an unknown name or settings that cannot work
 */
export async function runScenario(name: string, options: ScenarioOptions = {}): Promise<ScenarioResult> {
  const experiment = SCENARIOS.find((known) => known === name);
  if (experiment === undefined) throw new UsageError(`unknown scenario '${name}'; known: ${SCENARIOS.join(', ')}`);
  const { seconds = DEFAULT_SECONDS, onLab, onProgress, ...settings } = options;
  const lab = await Lab.create({ sessions: 3, chatter: 20, ...settings, experiment });
  await onLab?.(lab);
  const watch = new Watch(lab);
  lab.run(Math.min(seconds, CHATTER_SETTLED));
  if (seconds > CHATTER_SETTLED) {
    lab.startPing();
    lab.startQueries();
    lab.run(Math.min(seconds, TRANSFER_AT) - CHATTER_SETTLED);
  }
  if (seconds > TRANSFER_AT) {
    lab.startTransfer();
    watch.note('the collector connects');
  }
  let nextProgress = 0;
  let doneAt: number | undefined;
  while (lab.board.seconds < seconds && lab.board.outcome === 'time') {
    lab.run(watch.quietFor > 5 ? COARSE : FINE);
    watch.look();
    if (lab.board.seconds >= nextProgress) {
      onProgress?.(lab.board.seconds, lab);
      nextProgress = lab.board.seconds + 60;
    }
    const completed = lab.sessions.some((session) => session.command === 'retr' && session.outcome === 'complete');
    if (!completed && !lab.collectorDone) continue;
    doneAt ??= lab.board.seconds;
    if (lab.board.seconds >= doneAt + (completed ? COMPLETED : AFTERMATH) && watch.alive) break;
  }
  return report(experiment, lab, watch, seconds);
}

/** Looks at the board from outside, and notes what turns. */
class Watch {
  readonly turns: Turn[] = [];
  minFree = Number.POSITIVE_INFINITY;
  readonly stillWaitingAt: number[] = [];
  stillWaiting = 0;
  #lab: Lab;
  #wasEmpty = false;
  #emptySince: number | undefined;
  #bytes = 0;
  #movedAt = 0;
  #stalled = false;
  #sessions = 0;
  #pingLost = false;
  #states = new Map<string, string>();

  constructor(lab: Lab) {
    this.#lab = lab;
    lab.board.console.onOutput((text) => this.#console(text));
  }

  #line = '';
  #console(text: string): void {
    this.#line += text;
    const lines = this.#line.split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) {
      if (!STILL_WAITING.test(line)) continue;
      this.stillWaiting++;
      if (this.stillWaiting === 1) this.note(`the console says '${line.trim()}'`);
      if (this.stillWaitingAt.length < 8) this.stillWaitingAt.push(this.#now);
    }
  }

  get #now(): number {
    return Math.round(this.#lab.board.seconds * 1e4) / 1e4;
  }

  note(what: string): void {
    this.turns.push({ at: this.#now, what });
  }

  /** Seconds since anything moved: bytes, free clusters, answers. */
  get quietFor(): number {
    return this.#lab.board.seconds - this.#movedAt;
  }

  /** The board answered the latest ping that had its time. */
  get alive(): boolean {
    return !this.#pingLost;
  }

  look(): void {
    const { board, transfer, ping, sessions } = this.#lab;
    const pool = board.pool();
    if (pool !== undefined && pool.clusters > 0) this.#lookAtPool(pool);
    if (transfer.state !== 'running' || transfer.bytes < this.#bytes) {
      this.#stalled = false;
      this.#bytes = transfer.bytes;
    } else if (transfer.bytes !== this.#bytes) {
      if (this.#stalled) this.note(`the transfer moves again after ${(board.seconds - this.#movedAt).toFixed(1)} s`);
      this.#stalled = false;
      this.#bytes = transfer.bytes;
      this.#movedAt = board.seconds;
    } else if (!this.#stalled && this.quietFor > 5 && this.#bytes > 0) {
      this.#stalled = true;
      this.note(`the transfer stands still at ${this.#bytes} bytes`);
    }
    while (this.#sessions < sessions.length) this.#noteSession(sessions[this.#sessions++]);
    this.#lookAtPing(ping);
    this.#lookAtConnections();
  }

  #lookAtPool(pool: PoolReading): void {
    if (pool.free < this.minFree) this.minFree = pool.free;
    const empty = pool.free === 0;
    if (empty && this.#emptySince === undefined) this.#emptySince = this.#lab.board.seconds;
    if (!empty) {
      if (this.#wasEmpty) this.note(`clusters are free again (${pool.free})`);
      this.#wasEmpty = false;
      this.#emptySince = undefined;
    } else if (!this.#wasEmpty && this.#lab.board.seconds - (this.#emptySince ?? 0) >= 1) {
      this.#wasEmpty = true;
      const since = (this.#emptySince ?? 0).toFixed(2);
      this.note(`the pool has been empty since ${since} s (${owned(pool)})`);
    }
  }

  #lookAtPing(ping: Lab['ping']): void {
    const lost = ping.lost >= 2;
    if (lost === this.#pingLost) return;
    this.#pingLost = lost;
    this.note(lost ? 'ping goes unanswered' : 'ping is answered again');
  }

  #lookAtConnections(): void {
    const now = new Map<string, string>();
    for (const socket of readSockets(this.#lab.board)) {
      if (socket.protocol !== 'tcp') continue;
      const known = this.#states.get(`${socket.at}`);
      const name = socket.foreign ?? known?.split(' ')[0] ?? '?';
      now.set(`${socket.at}`, `${name} ${socket.state}`);
      const gone = socket.state === 'dropped' || socket.state === 'CLOSED';
      if (gone && known !== undefined && !/dropped|CLOSED/.test(known) && name !== '?') {
        this.note(`the board drops its connection to ${name}; ${socket.sndCc} bytes stay in so_snd`);
      }
    }
    this.#states = now;
  }

  #noteSession(result: FtpResult | undefined): void {
    if (result === undefined || result.command === 'login') {
      if (result?.outcome === 'failed') this.note(`the collector cannot log in: ${result.reason}`);
      return;
    }
    this.note(
      result.outcome === 'complete'
        ? `the collector has the file, ${result.bytes} bytes`
        : `the collector gives up after ${result.bytes} bytes: ${result.reason}`,
    );
  }
}

function owned(pool: PoolReading): string {
  return Object.entries(pool.owners)
    .filter(([, count]) => count > 0)
    .map(([owner, count]) => `${owner} ${count}`)
    .join(', ');
}

function sessionsOf(lab: Lab): Session[] {
  const seconds = (ns: number): number => ns / 1e9;
  return lab.sessions
    .filter((result) => result.command !== 'login' || result.outcome === 'failed')
    .map((result) => {
      const session: Session = {
        outcome: result.outcome,
        reason: result.reason,
        bytes: result.bytes,
        sha256: result.sha256,
        startedAt: seconds(result.startNs),
        endedAt: seconds(result.endNs),
      };
      if (result.firstByteNs >= 0) {
        session.firstByteAt = seconds(result.firstByteNs);
        session.lastByteAt = seconds(result.lastByteNs);
        const span = session.lastByteAt - session.firstByteAt;
        if (span > 0) session.throughput = Math.round(result.bytes / span);
      }
      return session;
    });
}

function report(scenario: Experiment, lab: Lab, watch: Watch, seconds: number): ScenarioResult {
  const { board, transfer } = lab;
  const pool = board.pool();
  const sessions = sessionsOf(lab);
  const counted = sessions.find((s) => s.outcome === 'complete') ?? sessions[0];
  const { firmware: _firmware, boot, ...settings } = lab.settings;
  const first = sessions[0];
  const complete = (s: Session | undefined): boolean =>
    s?.outcome === 'complete' && s.sha256 === transfer.expectedSha256;
  let outcome: Outcome;
  if (board.outcome !== 'time') outcome = 'checkstop';
  else if (complete(first)) outcome = 'completed';
  else if (!watch.alive && pool?.free === 0) outcome = 'locked-up';
  else if (!lab.collectorDone) outcome = 'unfinished';
  else if (watch.minFree === 0 && watch.alive) outcome = 'recovered';
  else outcome = 'failed';
  const result: ScenarioResult = {
    scenario,
    settings: { ...settings, boot: { ...boot }, seconds },
    outcome,
    turns: watch.turns,
    expected: { bytes: transfer.expectedBytes, sha256: transfer.expectedSha256 },
    bytes: counted?.bytes ?? transfer.bytes,
    sha256: counted?.sha256 ?? '',
    sessions,
    ping: lab.ping,
    pool: {
      clusters: pool?.clusters ?? 0,
      free: pool?.free ?? 0,
      minFree: Number.isFinite(watch.minFree) ? watch.minFree : (pool?.free ?? 0),
      owners: pool?.owners ?? ({} as Record<Owner, number>),
      stats: pool?.stats ?? { drops: 0, waits: 0, drains: 0 },
      mbufs: pool?.mbufs ?? { total: 0, free: 0, byType: {} },
    },
    sockets: readSockets(board),
    tasks: board.tasks(),
    stillWaiting: { count: watch.stillWaiting, first: watch.stillWaitingAt },
    virtualSeconds: board.seconds,
    counters: board.counters,
  };
  if (counted?.throughput !== undefined) result.throughput = counted.throughput;
  if (lab.queries !== undefined) result.queries = lab.queries;
  return result;
}
