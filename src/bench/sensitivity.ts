import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BoardDescription, ETH_COMM, provideResources, runScenario, withClock } from '../node/index.js';
import { packageResources } from '../node/resources.js';

/** File, text, replacement: the text must be there, once. */
type Edits = readonly (readonly [file: string, from: string, to: string])[];

/**
 * `npm run sensitivity`: what each estimate of the cycle model does to the founding scenario, as the table of docs/timing.md.
 * Each core is the sources with one constant changed, compiled in a temporary folder.
 */
interface Variant {
  /** What is assumed, and what instead. */
  what: string;
  edits?: Edits;
  board?: BoardDescription;
}

const OR_BI = 0x100;
const MAMR = 0x170;
const MAMR_PTE = 0x0080_0000;
const overhead = (clocks: number): Edits => [
  ['assembly/cache/dcache.ts', 'MISS_OVERHEAD: u64 = 2;', `MISS_OVERHEAD: u64 = ${clocks};`],
];
const entry = (clocks: number): Edits => [
  ['assembly/cpu/exceptions.ts', 'EXC_ENTRY: u64 = 5;', `EXC_ENTRY: u64 = ${clocks};`],
];
const mispredict = (clocks: number): Edits => [
  ['assembly/cpu/ops.ts', 'MISPREDICT: i32 = 2;', `MISPREDICT: i32 = ${clocks};`],
];
const folding = (bytes: string): Edits => [
  ['assembly/cpu/run.ts', 'FOLD_DISTANCE: u32 = 16;', `FOLD_DISTANCE: u32 = ${bytes};`],
];
const immr = (read: number, write: number): Edits => [
  ['assembly/bus/physical.ts', 'IMMR_READ: u64 = 3;', `IMMR_READ: u64 = ${read};`],
  ['assembly/bus/physical.ts', 'IMMR_WRITE: u64 = 2;', `IMMR_WRITE: u64 = ${write};`],
];
const sdma = (clocks: number): Edits => [
  ['assembly/soc/sdma.ts', 'ARBITRATION: u64 = 1;', `ARBITRATION: u64 = ${clocks};`],
];

const VARIANTS: readonly Variant[] = [
  { what: 'as it is' },
  { what: 'a miss: arbitration 1 clock → 0', edits: overhead(1) },
  { what: 'a miss: arbitration 1 clock → 2', edits: overhead(3) },
  { what: 'exception entry 5 → 2', edits: entry(2) },
  { what: 'exception entry 5 → 10', edits: entry(10) },
  { what: 'wrong prediction 2 → 1', edits: mispredict(1) },
  { what: 'wrong prediction 2 → 4', edits: mispredict(4) },
  { what: 'folding: two instructions between → none', edits: folding('0') },
  { what: 'folding: two instructions between → four', edits: folding('32') },
  { what: 'folding: never', edits: folding('0xffffffff') },
  { what: 'internal space: read 3, write 2 → 2, 1', edits: immr(2, 1) },
  { what: 'internal space: read 3, write 2 → 6, 4', edits: immr(6, 4) },
  { what: 'SDMA: arbitration 1 clock an access → 0', edits: sdma(0) },
  { what: 'SDMA: arbitration 1 clock an access → 3', edits: sdma(3) },
  {
    what: 'refresh: as MAMR says → none',
    board: {
      ...ETH_COMM,
      registers: ETH_COMM.registers.map(([at, size, value]) =>
        at === MAMR ? [at, size, value - MAMR_PTE] : [at, size, value],
      ),
    },
  },
  {
    what: 'uncached fetch: bursts → word by word',
    board: {
      ...ETH_COMM,
      banks: ETH_COMM.banks.map((bank) => (bank.kind === 'ram' ? { ...bank, or: bank.or + OR_BI } : bank)),
    },
  },
];

const MHZ = [36, 40, 44, 48];
const LETTERS: Readonly<Record<string, string>> = {
  completed: 'c',
  'locked-up': 'L',
  recovered: 'r',
  failed: 'f',
  unfinished: '?',
  checkstop: '!',
};
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** core.wasm from the sources with `edits`. @throws Error if a text is not there once, or the compiler refuses */
function compile(edits: Edits): Promise<WebAssembly.Module> {
  const folder = mkdtempSync(join(tmpdir(), 'quicc860-'));
  try {
    cpSync(join(ROOT, 'assembly'), join(folder, 'assembly'), { recursive: true });
    for (const [file, from, to] of edits) {
      const parts = readFileSync(join(folder, file), 'utf8').split(from);
      if (parts.length !== 2) throw new Error(`${file}: '${from}' is there ${parts.length - 1} times`);
      writeFileSync(join(folder, file), parts.join(to));
    }
    cpSync(join(ROOT, 'asconfig.json'), join(folder, 'asconfig.json'));
    const asc = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
    const args = [asc, 'assembly/index.ts', '--config', 'asconfig.json', '--target', 'release'];
    const built = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`asc: ${built.stderr}`);
    return WebAssembly.compile(readFileSync(join(folder, 'dist/core.wasm')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Outcome and fewest free clusters of one session of at most 120 virtual seconds. */
async function cell(board: BoardDescription, caches: boolean): Promise<string> {
  const result = await runScenario('out-of-clusters', {
    ...{ sessions: 1, seconds: 120, records: 6000, seed: 1 },
    ...{ board, icache: caches, dcache: caches },
  });
  return `${LETTERS[result.outcome]} ${result.pool.minFree}`;
}

console.log(`| assumption | on, 40 MHz | ${MHZ.map((mhz) => `off, ${mhz}`).join(' | ')} |`);
console.log(`|---|---|${MHZ.map(() => '---|').join('')}`);
for (const { what, edits, board } of VARIANTS) {
  if (edits !== undefined) {
    const core = compile(edits);
    provideResources({ ...packageResources, core: () => core });
  } else provideResources(packageResources);
  const cells = [await cell(board ?? ETH_COMM, true)];
  for (const mhz of MHZ) cells.push(await cell(withClock(board ?? ETH_COMM, mhz * 1e6), false));
  console.log(`| ${what} | ${cells.join(' | ')} |`);
}
