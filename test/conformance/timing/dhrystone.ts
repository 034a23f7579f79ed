import { spawnSync } from 'node:child_process';
import { build, buildMonitor, buildRuntime } from '../programs/build.js';
import { MUSL, PROGRAMS, type Program } from '../programs/programs.js';
import { runOnBoard, runUnderQemu } from '../programs/run.js';
import { fetchSource } from '../programs/sources.js';
import { table } from './table.js';

/** Product literature: 52 MIPS at 40 MHz, 66 at 50, 105 at 80 (hardware notes, core-timing.md §5). */
const PUBLISHED = 1.32;
const VAX_DHRYSTONES = 1757;
const MANY = 6000;
const FEW = 1000;
/** The setting that stands for a compiler of the time, and how far it may be from the published figure. */
const ERA = { flags: '-O2', name: 'dhrystone-words' };
const TOLERANCE = 0.05;
const LEVELS = ['-O2', '-O2 -fno-inline', '-O1', '-O1 -fno-inline', '-Os', '-O0'];
const LIBRARIES: readonly [driver: string, strcmp: string][] = [
  ['dhrystone', 'by bytes'],
  ['dhrystone-words', 'by words'],
];

interface Run {
  instructions: number;
  cycles: number;
}

/** What one iteration takes: the difference of a long run and a short one. */
async function iteration(program: Program, flags: string): Promise<Run> {
  const { image, executable } = await build(program, flags.split(' '));
  const [few, many] = [FEW, MANY].map(String);
  if (few === undefined || many === undefined) throw new Error('no counts');
  const settings = { icache: true, dcache: true, tick: 0 };
  const short = await runOnBoard(image, [few], settings);
  const long = await runOnBoard(image, [many], settings);
  if (long.text !== runUnderQemu(executable, [many]).text) throw new Error(`${program.name} ${flags}: not as qemu-ppc`);
  return {
    instructions: (long.instructions - short.instructions) / (MANY - FEW),
    cycles: (long.cycles - short.cycles) / (MANY - FEW),
  };
}

/**
 * Dhrystone for each compiler setting and string library, as a Markdown table, or why there is none.
 * @throws Error if the setting that counts is farther from the published figure than 5 %
 */
export async function dhrystoneTable(): Promise<string> {
  const dhrystone = PROGRAMS.find(({ name }) => name === 'dhrystone');
  if (dhrystone === undefined) throw new Error('no program dhrystone');
  if (spawnSync('sh', ['-c', 'command -v powerpc-linux-gnu-gcc && command -v qemu-ppc']).status !== 0) {
    return '*** SKIPPED: gcc-powerpc-linux-gnu or qemu-user is not here';
  }
  const missing = (await fetchSource(MUSL)) || (await fetchSource(dhrystone.source));
  if (missing !== '') return `*** SKIPPED: ${missing}`;
  await buildRuntime();
  await buildMonitor();
  const rows: string[][] = [];
  let era = 0;
  for (const [name, strcmp] of LIBRARIES) {
    for (const flags of LEVELS) {
      const { instructions, cycles } = await iteration({ ...dhrystone, name }, flags);
      const dmips = 1e6 / cycles / VAX_DHRYSTONES;
      if (flags === ERA.flags && name === ERA.name) era = dmips;
      rows.push([
        `\`${flags}\``,
        strcmp,
        instructions.toFixed(0),
        cycles.toFixed(0),
        (cycles / instructions).toFixed(2),
        dmips.toFixed(3),
        `${(100 * (dmips / PUBLISHED - 1)).toFixed(1)} %`,
      ]);
    }
  }
  const head = `GCC|strcmp|instructions|clocks|CPI|DMIPS/MHz|against ${PUBLISHED}`;
  const text = table(head.split('|'), rows);
  if (Math.abs(era / PUBLISHED - 1) > TOLERANCE) throw new Error(`Dhrystone is off by more than 5 %\n${text}`);
  return text;
}
