import type { Experiment, Owner, PartName, Policy, Transfer } from '../src/index.js';

/**
 * Messages between the page and the worker that owns the board. Everything is plain data. The page never sees the board
 * itself, only readings of it, at most twenty a second.
 */

/** Who holds a cluster, in the order of the legend. */
export const OWNERS = [
  'rx-ring',
  'tx-ring',
  'so-snd',
  'so-rcv',
  'ip-input',
  'if-queue',
  'reassembly',
  'other',
  'free',
] as const satisfies readonly Owner[];
export type OwnerName = (typeof OWNERS)[number];

export const POLICIES = ['rtems-4.6', 'drop-frees', 'reserve', 'both'] as const satisfies readonly Policy[];
export type PolicyName = (typeof POLICIES)[number];

export const EXPERIMENTS = ['out-of-clusters', 'starved-responder'] as const satisfies readonly Experiment[];
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** Members of the family that the page offers: one for each organization of the caches. */
export const CPUS = ['mpc860', 'mpc866', 'mpc885'] as const satisfies readonly PartName[];
export type CpuName = (typeof CPUS)[number];

/** What a boot is made with. A change of any of these needs a new boot; `chatter` alone can also change while running. */
export interface BootSettings {
  cpu: CpuName;
  icache: boolean;
  dcache: boolean;
  /** Clusters of 2 KiB. */
  clusters: number;
  policy: PolicyName;
  experiment: ExperimentName;
  /** Broadcast frames per second on the LAN; 0 is a silent LAN. */
  chatter: number;
  seed: number;
  /** Records in the data flash's log. */
  records?: number;
  /** Length of a log line in characters. */
  reclen?: number;
  /** Bytes of mbufs. */
  mbufs?: number;
}

/** Virtual seconds per host second, or as fast as the host can. */
export type Speed = 1 | 10 | 'max';

export interface PoolView {
  clusters: number;
  free: number;
  /** One letter per cluster (`letterOf`), in address order. */
  cells: string;
  owners: Record<OwnerName, number>;
  mbufs: { total: number; free: number; byType: Record<string, number> };
  stats: { drops: number; waits: number; drains: number };
}

export interface TaskView {
  name: string;
  priority: number;
  state: string;
  waitsFor?: string;
  /** Virtual seconds. */
  waitsSince?: number;
}

/** The lab's transfer, with its hashes boiled down to whether they agree. */
export interface TransferView extends Omit<Transfer, 'sha256' | 'expectedSha256'> {
  /** Present when complete: does the file's SHA-256 equal the log's? */
  intact?: boolean;
}

export interface PingView {
  sent: number;
  answered: number;
  lastAnswerAt?: number;
}

/** A reading of the whole board at one instant of virtual time. */
export interface Reading {
  /** Virtual seconds since power-on. */
  seconds: number;
  /** Virtual seconds per host second over about the last second; 0 while paused. */
  speed: number;
  /** Absent until the firmware has set up its buffers. */
  pool?: PoolView;
  /** Fewest free clusters seen since the last reading. */
  lowestFree?: number;
  /** The pool has been empty without a break since then, virtual seconds. */
  emptySince?: number;
  tasks: TaskView[];
  transfer: TransferView;
  ping: PingView;
  /** The status responder's queries, in the experiment that has them. */
  queries?: { sent: number; answered: number };
}

export type ToWorker =
  | { type: 'boot'; settings: BootSettings }
  | { type: 'input'; text: string }
  | { type: 'transfer' }
  | { type: 'chatter'; rate: number }
  | { type: 'run'; running: boolean }
  | { type: 'speed'; speed: Speed };

export type FromWorker =
  | { type: 'booted'; settings: BootSettings }
  /** The settings cannot work; the board that ran before still runs. */
  | { type: 'refused'; message: string }
  | { type: 'console'; text: string }
  | { type: 'reading'; reading: Reading }
  /** The board stopped by itself (checkstop). */
  | { type: 'stopped'; reason: string; report: string }
  /** The worker itself is lost. */
  | { type: 'failed'; message: string };

const LETTERS: Record<OwnerName, string> = {
  'rx-ring': 'R',
  'tx-ring': 'T',
  'so-snd': 'S',
  'so-rcv': 'r',
  'ip-input': 'I',
  'if-queue': 'Q',
  reassembly: 'F',
  other: '?',
  free: '.',
};

/** The letter that stands for an owner in a cell, so that colour is never the only sign. */
export function letterOf(owner: OwnerName): string {
  return LETTERS[owner];
}
