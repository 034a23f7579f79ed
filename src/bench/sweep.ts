import {
  type BoardDescription,
  ETH_COMM,
  Lab,
  runScenario,
  type ScenarioOptions,
  type ScenarioResult,
  type UpmTable,
} from '../node/index.js';

/**
 * `npm run sweep`: where the thresholds lie, as the Markdown tables of
 * docs/story.md. Each cell is one run for each seed: `c` completed, `L` locked
 * up at the end of the run, `r` recovered, `f` failed otherwise, `?` unfinished; behind it
 * the fewest free clusters seen in the first seed's run.
 */
const SEEDS = [1, 2, 3];
const CACHES = {
  on: { icache: true, dcache: true },
  'I only': { icache: true, dcache: false },
  'D only': { icache: false, dcache: true },
  off: { icache: false, dcache: false },
} as const;
const LETTERS: Readonly<Record<ScenarioResult['outcome'], string>> = {
  completed: 'c',
  'locked-up': 'L',
  recovered: 'r',
  failed: 'f',
  unfinished: '?',
  checkstop: '!',
};

/** 16 records in a block of 512 bytes behind 8 bytes of command, at the SPI clock that the firmware derives from the core clock. */
function recordsPerSecond(hz: number): number {
  const spi = hz / 64 / Math.ceil(hz / 64 / 160_000);
  return (spi / 8 / 520) * 16;
}

async function cell(name: string, options: ScenarioOptions): Promise<string> {
  let letters = '';
  let least: number | undefined;
  for (const seed of SEEDS) {
    const result = await runScenario(name, { sessions: 1, seconds: 120, records: 6000, ...options, seed });
    letters += LETTERS[result.outcome];
    least ??= result.pool.minFree;
  }
  return `${letters} ${least}`;
}

async function table<T extends string | number>(
  name: string,
  title: string,
  column: string,
  values: readonly T[],
  settings: (value: T) => ScenarioOptions,
  label: (value: T) => string = String,
  rows: readonly (keyof typeof CACHES)[] = ['on', 'I only', 'D only', 'off'],
): Promise<void> {
  console.log(`\n### ${title}\n`);
  console.log(`| caches \\ ${column} | ${values.map(label).join(' | ')} |`);
  console.log(`|---|${values.map(() => '---|').join('')}`);
  for (const row of rows) {
    const cells: string[] = [];
    for (const value of values) cells.push(await cell(name, { ...CACHES[row], ...settings(value) }));
    console.log(`| ${row} | ${cells.join(' | ')} |`);
  }
}

/**
 * Access patterns of other 860 boards' memories in clocks of 40 MHz, only with the bits of the RAM words that decide about
 * time (UTA, LAST): the same board otherwise, its refresh included. Sources: hardware notes, core-timing.md §4.
 */
const MEMORIES: Readonly<Record<string, UpmTable>> = {
  // TQM860L
  'SDRAM 4-1-1-1': {
    readSingle: [4, 4, 4, 0, 5],
    readBurst: [4, 4, 4, 0, 0, 0, 0, 5],
    writeSingle: [4, 0, 4, 4, 5],
    writeBurst: [4, 0, 0, 0, 0, 4, 4, 5],
  },
  // MBX860 at 40 MHz
  'EDO 4-2-2-2': {},
  // FADS at 50 MHz
  'EDO 5-2-2-2': {
    readSingle: [4, 4, 4, 4, 0, 5],
    readBurst: [4, 4, 4, 4, 0, 4, 0, 4, 0, 4, 0, 5],
    writeSingle: [4, 4, 0, 5],
    writeBurst: [4, 4, 0, 4, 0, 4, 0, 4, 0, 5],
  },
  // MBX860 at 50 MHz
  'DRAM 5-3-3-3': {
    readSingle: [4, 4, 4, 4, 0, 5],
    readBurst: [4, 4, 4, 4, 0, 4, 4, 0, 4, 4, 0, 4, 4, 0, 5],
    writeSingle: [4, 4, 0, 4, 4, 5],
    writeBurst: [4, 4, 0, 4, 0, 4, 0, 4, 0, 4, 4, 5],
  },
};

function withMemory(patterns: UpmTable): BoardDescription {
  return { ...ETH_COMM, upma: { ...ETH_COMM.upma, ...patterns } };
}

/** What a record costs: busy cycles of the CPU per record while the transfer keeps its pace, before any lock-up. */
async function load(): Promise<void> {
  console.log('\n### Setting A: CPU load of the transfer, 0.5 to 1.3 s after it began, seed 1\n');
  console.log('| caches | CPU busy | records/s | busy cycles per record |');
  console.log('|---|---|---|---|');
  for (const row of ['on', 'off'] as const) {
    const lab = await Lab.create({ ...CACHES[row], chatter: 20 });
    lab.run(5);
    lab.startTransfer();
    lab.run(0.5);
    const before = { ...lab.board.counters, bytes: lab.transfer.bytes };
    const span = 0.8;
    lab.run(span);
    const after = { ...lab.board.counters, bytes: lab.transfer.bytes };
    const cycles = after.cycles - before.cycles;
    const busy = cycles - (after.idleCycles - before.idleCycles);
    const records = (after.bytes - before.bytes) / lab.settings.reclen;
    const share = ((100 * busy) / cycles).toFixed(1);
    console.log(`| ${row} | ${share} % | ${Math.round(records / span)} | ${Math.round(busy / records)} |`);
  }
}

/** The last ticks before the pool runs dry for good, with the caches off. */
async function ticks(): Promise<void> {
  console.log('\n### Setting A: the last ticks, caches off, seed 1\n');
  console.log('| virtual time | free | rx-ring | so-snd | CPU idle |');
  console.log('|---|---|---|---|---|');
  const lab = await Lab.create({ ...CACHES.off, chatter: 20, sessions: 3 });
  lab.run(3);
  lab.startPing();
  lab.run(2);
  lab.startTransfer();
  const lines: string[] = [];
  let before = lab.board.counters;
  for (let dry = 0; dry < 3 && lab.board.seconds < 20; ) {
    lab.run(0.01);
    const owners = lab.board.pool()?.owners;
    const now = lab.board.counters;
    const idle = (100 * (now.idleCycles - before.idleCycles)) / (now.cycles - before.cycles);
    before = now;
    if (owners === undefined) break;
    dry = owners.free === 0 && owners['rx-ring'] < 32 ? dry + 1 : 0;
    lines.push(
      `| ${lab.board.seconds.toFixed(2)} s | ${owners.free} | ${owners['rx-ring']} | ${owners['so-snd']} | ${idle.toFixed(0)} % |`,
    );
  }
  console.log(lines.slice(-11).join('\n'));
}

const A = 'out-of-clusters';
const C = 'starved-responder';
const wanted = process.argv[2];
const part = async (name: string, work: () => Promise<void>): Promise<void> => {
  if (wanted === undefined || wanted === name) await work();
};
await part('load', load);
await part('ticks', ticks);
await part('pool', () =>
  table(A, 'Setting A: pool size', 'clusters', [40, 48, 52, 56, 60, 64, 68, 72, 80, 96, 128], (clusters) => ({
    clusters,
  })),
);
await part('clock', () =>
  table(
    A,
    'Setting A: core clock, MHz, and the records per second that the SPI clock derived from it gives',
    'MHz',
    [12, 20, 28, 32, 36, 40, 44, 48, 60, 80],
    (mhz) => ({ clockHz: mhz * 1e6 }),
    (mhz) => `${mhz} (${Math.round(recordsPerSecond(mhz * 1e6))}/s)`,
  ),
);
await part('memory', () =>
  table(A, 'Setting A: memory, clocks of a burst at 40 MHz', 'memory', Object.keys(MEMORIES), (name) => ({
    board: withMemory(MEMORIES[name] ?? {}),
  })),
);
await part('length', () =>
  table(
    A,
    'Setting A: record length, bytes',
    'bytes',
    [100, 200, 208, 256, 300, 400, 500, 515, 540, 600, 700, 1024],
    (reclen) => ({ reclen }),
  ),
);
await part('chatter', () =>
  table(A, 'Setting A: chatter, frames per second', 'frames/s', [0, 10, 20, 50, 100, 200], (chatter) => ({ chatter })),
);
await part('policy', () =>
  table(
    A,
    'Setting A: policy, up to 3 sessions in 1 hour',
    'policy',
    ['rtems-4.6', 'drop-frees', 'reserve', 'both'] as const,
    (policy) => ({ policy, sessions: 3, seconds: 3600 }),
    String,
    ['on', 'off'],
  ),
);
await part('reserve', () =>
  table(
    A,
    'Setting A, caches off: size of the reserve, clusters',
    'reserve',
    [0, 1, 2, 4, 8, 16, 24],
    (reserve) => ({ boot: { reserve } }),
    String,
    ['off'],
  ),
);
await part('responder', () =>
  table(
    C,
    'Setting C: broadcast queries per second, 15 minutes',
    'queries/s',
    [5, 10, 20, 30, 50],
    (chatter) => ({ chatter, seconds: 900 }),
    String,
    ['on', 'off'],
  ),
);
