import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Board } from '../node/index.js';

/**
 * `npm run bench -- cpu [--json] [--quick]`: million guest instructions a second, in alternating rounds: the integer mix with each
 * setting of the caches, in real mode and behind pages of 8 MB and 4 KB, and a loop that stores beside its own code, each
 * with `qemu-ppc` on the same object code in the same round where it is installed. Medians; only the ratios last.
 */
interface Case {
  name: string;
  program: 'mix' | 'near';
  icache: boolean;
  dcache: boolean;
  extra: string;
  /** Iterations on the board. */
  iterations: number;
  /** Arguments of the program for qemu-ppc, whose first is its iterations; those that are the same run once a round. */
  qemu: readonly string[];
}

/** What `cpuBench` measured for one case. */
export interface CpuFigure {
  name: string;
  /** Million guest instructions a second: median, least, most. */
  mips: number;
  least: number;
  most: number;
  /** The same program's in qemu-ppc, undefined without it. */
  qemuMips: number | undefined;
  /** Median of the rounds' ratios to qemu-ppc, undefined without it. */
  ratio: number | undefined;
}

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../firmware-fixtures/elf/${name}`, import.meta.url));

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function cases(quick: boolean): Case[] {
  const iterations = quick ? 150 : 1500;
  const qemu = [String(quick ? 1000 : 6000)];
  const mix = (name: string, icache: boolean, dcache: boolean, mmu: string, share = 1): Case => ({
    name,
    program: 'mix',
    icache,
    dcache,
    extra: `mmu=${mmu}`,
    iterations: Math.round(iterations * share),
    qemu,
  });
  const near = (name: string, data: 'near' | 'far', icache = true): Case => ({
    name,
    program: 'near',
    icache,
    dcache: icache,
    extra: `data=${data}`,
    iterations: quick ? 50_000 : 500_000,
    qemu: data === 'near' ? ['500', 'near'] : ['200000'],
  });
  return [
    mix('mix, caches on', true, true, '8m'),
    mix('mix, caches on, MMU off', true, true, 'off'),
    mix('mix, caches on, pages of 4 KB', true, true, '4k'),
    mix('mix, instruction cache only', true, false, '8m', 0.5),
    mix('mix, data cache only', false, true, '8m', 0.5),
    mix('mix, caches off', false, false, '8m', 0.5),
    near('stores beside the code', 'near'),
    near('the same, pages apart', 'far'),
  ];
}

/** Seconds that the guest took for its work, and its instructions. */
async function onBoard(c: Case): Promise<{ seconds: number; instructions: number }> {
  const board = await Board.create();
  await board.boot(c.program, {
    icache: c.icache,
    dcache: c.dcache,
    extra: `iterations=${c.iterations} ${c.extra}`,
  });
  const start = performance.now();
  const said = board.console.expect(/(right|WRONG)\r?\n/, { seconds: 3600 });
  const seconds = (performance.now() - start) / 1000;
  if (String(said).includes('WRONG')) throw new Error(`${c.name}: wrong result`);
  return { seconds, instructions: board.counters.instructions };
}

/** Seconds of the same program in qemu-ppc; undefined if it is not installed. */
function inQemu(c: Case, args: readonly string[]): number | undefined {
  if (spawnSync('sh', ['-c', 'command -v qemu-ppc']).status !== 0 || !existsSync(fixture(`${c.program}.qemu`))) {
    return undefined;
  }
  const start = performance.now();
  const result = spawnSync('qemu-ppc', [fixture(`${c.program}.qemu`), ...args]);
  if (result.status !== 0) throw new Error(`${c.program}.qemu failed: ${result.stdout}`);
  return (performance.now() - start) / 1000;
}

/** Runs all cases in alternating rounds. @throws Error when a program reports a wrong result */
export async function cpuBench(options: { quick?: boolean } = {}): Promise<CpuFigure[]> {
  const all = cases(options.quick ?? false);
  const own = all.map(() => [] as number[]);
  const peers = all.map(() => [] as number[]);
  const ratios = all.map(() => [] as number[]);
  for (let round = 0; round < (options.quick ? 1 : 5); round++) {
    const seen = new Map<string, number | undefined>();
    for (const [i, c] of all.entries()) {
      const { seconds, instructions } = await onBoard(c);
      const mips = instructions / seconds / 1e6;
      own[i]?.push(mips);
      const key = `${c.program} ${c.qemu.join(' ')}`;
      if (!seen.has(key)) {
        // Its start-up is not the guest's: the time of one iteration is taken off.
        const [, ...rest] = c.qemu;
        const whole = inQemu(c, c.qemu);
        const idle = whole === undefined ? undefined : inQemu(c, ['1', ...rest]);
        seen.set(key, whole === undefined || idle === undefined ? undefined : whole - idle);
      }
      const peer = seen.get(key);
      if (peer === undefined) continue;
      const peerMips = ((instructions / c.iterations) * Number(c.qemu[0])) / peer / 1e6;
      peers[i]?.push(peerMips);
      ratios[i]?.push(mips / peerMips);
    }
  }
  return all.map((c, i) => {
    const mips = own[i] ?? [];
    const peer = peers[i] ?? [];
    return {
      name: c.name,
      mips: median(mips),
      least: Math.min(...mips),
      most: Math.max(...mips),
      qemuMips: peer.length > 0 ? median(peer) : undefined,
      ratio: peer.length > 0 ? median(ratios[i] ?? []) : undefined,
    };
  });
}

/** Prints `cpuBench` as a table, or as JSON. */
export async function printCpuBench(options: { quick?: boolean; json?: boolean } = {}): Promise<void> {
  const figures = await cpuBench(options);
  if (options.json) {
    console.log(JSON.stringify(figures, undefined, 2));
    return;
  }
  console.log('million guest instructions a second  median  least   most   qemu-ppc   ratio');
  for (const f of figures) {
    const cell = (value: number | undefined, width: number, digits = 0): string =>
      (value === undefined ? '-' : value.toFixed(digits)).padStart(width);
    console.log(
      `  ${f.name.padEnd(34)}${cell(f.mips, 7)}${cell(f.least, 7)}${cell(f.most, 7)}${cell(f.qemuMips, 11, f.qemuMips !== undefined && f.qemuMips < 10 ? 2 : 0)}${cell(f.ratio, 8, 3)}`,
    );
  }
  const [on, off] = figures;
  if (on !== undefined && off !== undefined) {
    console.log(
      `  the MMU costs ${(100 * (1 - on.mips / off.mips)).toFixed(1)} % (ceiling 15); floor with caches on: 0.100`,
    );
  }
  if (figures.every((f) => f.ratio === undefined))
    console.log('  *** qemu-ppc is not here (Debian: qemu-user): no ratio');
}
