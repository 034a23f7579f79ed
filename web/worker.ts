import { Lab, provideResources } from '../src/index.js';
import { Pacer } from './pacer.js';
import {
  type BootSettings,
  type FromWorker,
  letterOf,
  type PoolView,
  type Reading,
  type Speed,
  type ToWorker,
  type TransferView,
} from './protocol.js';
import { pageResources } from './resources.js';

/** Host time that one turn of the loop may take before the worker looks at its messages again. */
const TURN_MS = 16;
/** Readings go out at most this often. */
const READING_MS = 100;
/** A piece of virtual time is run without looking at the clock; its length follows what the board's work costs. */
const MIN_PIECE_SECONDS = 0.001;
const MAX_PIECE_SECONDS = 0.25;

/** Pings, and the responder's queries, begin when the board has surely booted. Virtual seconds. */
const TRAFFIC_AT = 2;

/** The worker's side of the page: owns the laboratory and runs it at the pace that was asked for. */
class Bench {
  #lab: Lab | undefined;
  #settings: BootSettings | undefined;
  #running = true;
  #stopped = false;
  #speed: Speed = 1;
  readonly #pacer = new Pacer();
  #piece = MIN_PIECE_SECONDS;
  #scheduled = false;
  #output = '';
  #lowestFree: number | undefined;
  #emptySince: number | undefined;
  #trafficStarted = false;
  #lastReadingMs = 0;
  #speedMark = { ms: 0, seconds: 0 };
  #achieved = 0;
  // A message to oneself comes back after the messages that wait, and sooner than a timer would.
  readonly #wake = new MessageChannel();

  constructor() {
    this.#wake.port1.onmessage = () => this.#turn();
  }

  async boot(settings: BootSettings): Promise<void> {
    let lab: Lab;
    try {
      const { mbufs, ...rest } = settings;
      lab = await Lab.create({ ...rest, boot: mbufs === undefined ? {} : { mbufs } });
    } catch (error) {
      post({ type: 'refused', message: messageOf(error) });
      return;
    }
    this.#flush();
    this.#lab = lab;
    this.#settings = settings;
    this.#stopped = false;
    this.#lowestFree = undefined;
    this.#emptySince = undefined;
    this.#piece = MIN_PIECE_SECONDS;
    lab.board.console.onOutput((text) => {
      if (this.#lab === lab) this.#output += text;
    });
    this.#trafficStarted = false;
    post({ type: 'booted', settings });
    this.#restartPace();
    this.#report(performance.now());
    this.#schedule();
  }

  input(text: string): void {
    this.#lab?.board.console.send(text);
  }

  transfer(): void {
    this.#lab?.startTransfer();
  }

  chatter(rate: number): void {
    this.#lab?.setChatter(rate);
    if (this.#settings) this.#settings = { ...this.#settings, chatter: rate };
  }

  run(running: boolean): void {
    this.#running = running;
    this.#restartPace();
    this.#schedule();
    if (!running) this.#report(performance.now());
  }

  speed(speed: Speed): void {
    this.#speed = speed;
    this.#restartPace();
    this.#schedule();
  }

  #restartPace(): void {
    const seconds = this.#lab?.board.seconds ?? 0;
    const now = performance.now();
    this.#pacer.restart(this.#speed, now, seconds);
    this.#speedMark = { ms: now, seconds };
    if (!this.#running) this.#achieved = 0;
  }

  #schedule(delayMs = 0): void {
    if (this.#scheduled || !this.#running || this.#stopped || !this.#lab) return;
    this.#scheduled = true;
    if (delayMs > 0) setTimeout(() => this.#turn(), delayMs);
    else this.#wake.port2.postMessage(0);
  }

  #turn(): void {
    this.#scheduled = false;
    const lab = this.#lab;
    if (!lab || !this.#running || this.#stopped) return;
    const start = performance.now();
    let now = start;
    let caughtUp = false;
    while (now - start < TURN_MS) {
      const due = this.#pacer.due(now, lab.board.seconds);
      if (due < MIN_PIECE_SECONDS) {
        caughtUp = true;
        break;
      }
      const piece = Math.min(due, this.#piece);
      lab.run(piece);
      const before = now;
      now = performance.now();
      const took = now - before;
      if (piece === this.#piece) {
        if (took < TURN_MS / 8) this.#piece = Math.min(MAX_PIECE_SECONDS, this.#piece * 2);
        else if (took > TURN_MS / 2) this.#piece = Math.max(MIN_PIECE_SECONDS, this.#piece / 2);
      }
      if (lab.board.outcome !== 'time') {
        this.#stop(lab);
        return;
      }
    }
    this.#watch(lab);
    this.#flush();
    if (now - this.#lastReadingMs >= READING_MS) this.#report(now);
    this.#schedule(caughtUp ? TURN_MS : 0);
  }

  /** Keeps what happens between two readings. */
  #watch(lab: Lab): void {
    const pool = lab.board.pool();
    const seconds = lab.board.seconds;
    if (pool && pool.clusters > 0) {
      this.#lowestFree = Math.min(this.#lowestFree ?? pool.free, pool.free);
      this.#emptySince = pool.free > 0 ? undefined : (this.#emptySince ?? seconds);
    }
    if (!this.#trafficStarted && seconds >= TRAFFIC_AT) {
      this.#trafficStarted = true;
      lab.startPing();
      lab.startQueries();
    }
  }

  #flush(): void {
    if (this.#output === '') return;
    const text = this.#output;
    this.#output = '';
    post({ type: 'console', text });
  }

  #report(now: number): void {
    const lab = this.#lab;
    if (!lab) return;
    this.#lastReadingMs = now;
    const seconds = lab.board.seconds;
    const elapsed = (now - this.#speedMark.ms) / 1000;
    if (this.#running && elapsed >= 0.5) {
      this.#achieved = (seconds - this.#speedMark.seconds) / elapsed;
      this.#speedMark = { ms: now, seconds };
    }
    const reading: Reading = {
      seconds,
      speed: this.#running ? this.#achieved : 0,
      tasks: lab.board.tasks().map(({ name, priority, state, waitsFor, waitsSince }) => ({
        name,
        priority,
        state,
        ...(waitsFor === undefined ? {} : { waitsFor }),
        ...(waitsSince === undefined ? {} : { waitsSince }),
      })),
      transfer: transferView(lab),
      ping: { ...lab.ping },
    };
    const pool = poolView(lab);
    if (pool) reading.pool = pool;
    if (lab.queries) reading.queries = lab.queries;
    if (this.#lowestFree !== undefined) reading.lowestFree = this.#lowestFree;
    if (this.#emptySince !== undefined) reading.emptySince = this.#emptySince;
    this.#lowestFree = undefined;
    post({ type: 'reading', reading });
  }

  #stop(lab: Lab): void {
    this.#stopped = true;
    this.#achieved = 0;
    this.#watch(lab);
    this.#flush();
    this.#report(performance.now());
    post({ type: 'stopped', reason: lab.board.outcome, report: lab.board.report() });
  }
}

function transferView(lab: Lab): TransferView {
  const { sha256, expectedSha256, ...rest } = lab.transfer;
  if (rest.state !== 'completed' || sha256 === undefined) return rest;
  return { ...rest, intact: sha256 === expectedSha256 };
}

function poolView(lab: Lab): PoolView | undefined {
  const pool = lab.board.pool();
  if (!pool || pool.clusters === 0) return undefined;
  return {
    clusters: pool.clusters,
    free: pool.free,
    cells: pool.cells.map(letterOf).join(''),
    owners: { ...pool.owners },
    mbufs: { total: pool.mbufs.total, free: pool.mbufs.free, byType: { ...pool.mbufs.byType } },
    stats: { drops: pool.stats.drops, waits: pool.stats.waits, drains: pool.stats.drains },
  };
}

function post(message: FromWorker): void {
  self.postMessage(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function handle(bench: Bench, message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'boot':
      return bench.boot(message.settings);
    case 'input':
      return bench.input(message.text);
    case 'transfer':
      return bench.transfer();
    case 'chatter':
      return bench.chatter(message.rate);
    case 'run':
      return bench.run(message.running);
    case 'speed':
      return bench.speed(message.speed);
  }
}

self.addEventListener('unhandledrejection', (event) => post({ type: 'failed', message: messageOf(event.reason) }));

provideResources(pageResources);
const bench = new Bench();
// One after the other: what is typed while a board boots goes to that board.
let last = Promise.resolve();
self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  last = last.then(() => handle(bench, data));
};
