import { Board } from '../board/board.js';
import type { PartName } from '../board/parts.js';
import type { BootParams } from '../firmware/boot-params.js';
import type { Counters } from '../observe/counters.js';
import { runScenario, SCENARIOS, type ScenarioOptions } from './run.js';

/** The four cache settings by the names that `--caches` takes. */
export const CACHE_SETTINGS = {
  on: { icache: true, dcache: true },
  off: { icache: false, dcache: false },
  i: { icache: true, dcache: false },
  d: { icache: false, dcache: true },
} as const;

/** Name of a cache setting. */
export type CacheSetting = keyof typeof CACHE_SETTINGS;

/** What `compareCaches` runs, and how. */
export interface CompareOptions {
  /** Cache settings, one run each ['off', 'i', 'd', 'on']. */
  caches?: readonly CacheSetting[];
  /** Virtual seconds at most for each run [a scenario: 4 hours; a firmware: 10]. */
  seconds?: number;
  /** CPU to solder in [the board's own]. */
  cpu?: PartName;
  /** Boot parameters; the cache switches come from `caches`. */
  boot?: BootParams;
  /** A firmware is done when its console says this [it runs for `seconds`]. */
  until?: RegExp;
  /** Further settings of a scenario. */
  scenario?: Omit<ScenarioOptions, 'icache' | 'dcache' | 'seconds' | 'cpu' | 'boot'>;
}

/** One run of a comparison. */
export interface ComparedRun {
  /** Its cache setting. */
  caches: CacheSetting;
  /** A scenario's outcome; `done` or `time` for a firmware, or how it stopped. */
  outcome: string;
  /** A scenario's throughput, bytes per second. */
  throughput?: number;
  /** Virtual seconds that it took. */
  virtualSeconds: number;
  /** What was counted from power-on to the end. */
  counters: Counters;
}

/**
 * Runs the same thing with each cache setting and counts where the cycles went.
 * @param what a scenario's name, a built-in firmware's, or an ELF file's bytes
 * @throws UsageError for settings that cannot work
 */
export async function compareCaches(what: string | Uint8Array, options: CompareOptions = {}): Promise<ComparedRun[]> {
  const runs: ComparedRun[] = [];
  for (const caches of options.caches ?? (['off', 'i', 'd', 'on'] as const)) {
    const scenario = SCENARIOS.find((name) => name === what);
    runs.push(
      scenario === undefined ? await runFirmware(what, caches, options) : await runOne(scenario, caches, options),
    );
  }
  return runs;
}

function counted(board: Board): Counters {
  const counters = board.counted;
  if (counters === undefined) throw new Error('the board does not count');
  return counters;
}

async function runOne(name: string, caches: CacheSetting, options: CompareOptions): Promise<ComparedRun> {
  const boards: Board[] = [];
  const result = await runScenario(name, {
    ...options.scenario,
    ...CACHE_SETTINGS[caches],
    ...(options.cpu && { cpu: options.cpu }),
    ...(options.boot && { boot: options.boot }),
    ...(options.seconds !== undefined && { seconds: options.seconds }),
    onLab: async (lab) => {
      options.scenario?.onLab?.(lab);
      boards.push(lab.board);
      await lab.board.count();
    },
  });
  const [board] = boards;
  if (board === undefined) throw new Error('the scenario had no board');
  return {
    caches,
    outcome: result.outcome,
    ...(result.throughput !== undefined && { throughput: result.throughput }),
    virtualSeconds: result.virtualSeconds,
    counters: counted(board),
  };
}

async function runFirmware(
  what: string | Uint8Array,
  caches: CacheSetting,
  options: CompareOptions,
): Promise<ComparedRun> {
  const { seconds = 10, until } = options;
  const board = await Board.create(options.cpu ? { cpu: options.cpu } : {});
  await board.boot(what, { ...options.boot, ...CACHE_SETTINGS[caches] });
  await board.count();
  let printed = '';
  board.console.onOutput((text) => {
    printed += text;
  });
  let outcome: string;
  if (until === undefined) outcome = board.run({ seconds });
  else {
    const done = board.runUntil(() => until.test(printed), { seconds, every: 0.001 });
    outcome = done ? 'done' : board.outcome;
  }
  return { caches, outcome, virtualSeconds: board.seconds, counters: counted(board) };
}

/** Rows of the stack, in the order of the tables. */
const ROWS = [
  ['issue', 'issue'],
  ['fetchMiss', 'instruction fetch'],
  ['dataMiss', 'data miss'],
  ['writeBack', 'write-back'],
  ['uncached', 'uncached access'],
  ['branch', 'branch'],
  ['long', 'long instruction'],
  ['serialization', 'serialization'],
  ['translation', 'translation miss'],
  ['dma', 'waiting for DMA'],
  ['idle', 'idle'],
] as const;

/** The runs side by side, for people: millions of cycles, and cycles per instruction of the time that was not idle. */
export function compareTable(runs: readonly ComparedRun[]): string {
  const line = (name: string, cell: (run: ComparedRun) => string): string =>
    `${name.padEnd(20)}${runs.map((run) => cell(run).padStart(22)).join('')}`;
  const busy = (run: ComparedRun): number => run.counters.cycles - run.counters.stack.idle;
  const done = (run: ComparedRun): number => Math.max(1, run.counters.instructions - run.counters.idleInstructions);
  const lines = [
    line('caches', (run) => run.caches),
    line('outcome', (run) => run.outcome),
    ...(runs.some((run) => run.throughput !== undefined)
      ? [
          line('throughput', (run) =>
            run.throughput === undefined ? '-' : `${(run.throughput / 1000).toFixed(1)} kB/s`,
          ),
        ]
      : []),
    line('virtual time', (run) => `${run.virtualSeconds.toFixed(3)} s`),
    line('instructions', (run) => `${(done(run) / 1e6).toFixed(3)} M`),
    line('cycles', (run) => `${(run.counters.cycles / 1e6).toFixed(3)} M`),
    line('CPI, not idle', (run) => (busy(run) / done(run)).toFixed(3)),
    '',
    ...ROWS.map(([key, name]) =>
      line(name, (run) => {
        const clocks = run.counters.stack[key];
        const per = key === 'idle' ? '' : (clocks / done(run)).toFixed(3);
        return `${(clocks / 1e6).toFixed(3)} M ${per.padStart(7)}`;
      }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
