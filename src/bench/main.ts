import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Board, Lab } from '../node/index.js';
import { printCpuBench } from './cpu.js';

/**
 * `npm run bench`: how fast the machine is (`-- cpu`: the CPU in detail, bench/cpu.ts), as ratios against a peer in the
 * same run. Absolute figures wander with the host; the ratios are what counts.
 */
const USAGE = 'npm run bench -- [--quick], or: npm run bench -- cpu [--quick] [--json]';
const args = process.argv.slice(2);
const cpu = args[0] === 'cpu';
const unknown = args.slice(cpu ? 1 : 0).find((arg) => arg !== '--quick' && !(cpu && arg === '--json'));
if (unknown !== undefined) {
  console.error(`bench: unknown argument '${unknown}'; usage: ${USAGE}`);
  process.exit(2);
}
const quick = args.includes('--quick');
const ROUNDS = quick ? 1 : 5;
const ITERATIONS = quick ? 400 : 4000;
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../firmware-fixtures/elf/${name}`, import.meta.url));

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const timed = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

/** Seconds and instructions of one run of the integer mix on the board. */
async function mixOnBoard(caches: {
  icache: boolean;
  dcache: boolean;
}): Promise<{ seconds: number; instructions: number }> {
  const board = await Board.create();
  await board.boot('mix', { ...caches, extra: `iterations=${ITERATIONS}` });
  const seconds = timed(() => {
    board.console.expect(/(right|WRONG)\r?\n/, { seconds: 3600 });
  });
  return { seconds, instructions: board.counters.instructions };
}

function qemu(): number | undefined {
  if (spawnSync('sh', ['-c', 'command -v qemu-ppc']).status !== 0 || !existsSync(fixture('mix.qemu'))) return undefined;
  return timed(() => {
    const result = spawnSync('qemu-ppc', [fixture('mix.qemu'), String(ITERATIONS)]);
    if (result.status !== 0) throw new Error(`mix.qemu failed: ${result.stdout}`);
  });
}

async function interpreter(): Promise<void> {
  const rounds: { on: number; off: number; qemu: number | undefined }[] = [];
  let instructions = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const on = await mixOnBoard({ icache: true, dcache: true });
    const off = await mixOnBoard({ icache: false, dcache: false });
    instructions = on.instructions;
    rounds.push({ on: on.seconds, off: off.seconds, qemu: qemu() });
  }
  const mips = (seconds: number): string => (instructions / seconds / 1e6).toFixed(0).padStart(6);
  const on = median(rounds.map((r) => r.on));
  const off = median(rounds.map((r) => r.off));
  console.log(`integer mix, ${(instructions / 1e6).toFixed(0)} million instructions, median of ${ROUNDS}`);
  console.log(`  caches on   ${mips(on)} MIPS`);
  console.log(`  caches off  ${mips(off)} MIPS`);
  const peers = rounds.map((r) => r.qemu).filter((q) => q !== undefined);
  if (peers.length === 0) {
    console.log('  *** qemu-ppc is not here (Debian: qemu-user): no ratio');
    return;
  }
  const peer = median(peers);
  console.log(`  qemu-ppc    ${mips(peer)} MIPS`);
  const ratio = (pick: (r: (typeof rounds)[number]) => number): string =>
    median(rounds.map((r) => (r.qemu ?? Number.NaN) / pick(r))).toFixed(3);
  console.log(`  ratio to qemu-ppc: caches on ${ratio((r) => r.on)} (floor 0.10), caches off ${ratio((r) => r.off)}`);
}

async function scenario(): Promise<void> {
  const lab = await Lab.create({ chatter: 20 });
  lab.run(3);
  lab.startTransfer();
  const span = quick ? 2 : 15;
  const host = timed(() => lab.run(span));
  console.log(`scenario, caches on, transfer running: ${(span / host).toFixed(1)} virtual s per s (floor 5)`);
}

async function idle(): Promise<void> {
  const lab = await Lab.create({ chatter: 0 });
  lab.run(5);
  const span = quick ? 200 : 2000;
  const host = timed(() => lab.board.run({ seconds: span }));
  console.log(`idle board: ${(span / host).toFixed(0)} virtual s per s (floor 1000)`);
}

if (cpu) {
  await printCpuBench({ quick, json: args.includes('--json') });
} else {
  await interpreter();
  await scenario();
  await idle();
  const bytes = statSync(fileURLToPath(new URL('../core.wasm', import.meta.url))).size;
  console.log(`core.wasm: ${(bytes / 1024).toFixed(0)} KB (ceiling 300)`);
}
