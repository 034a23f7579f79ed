/**
 * `npm run conformance:programs`: programs by others on the board and under qemu-ppc, compared byte for byte
 * (docs/conformance.md, "Other people's programs").
 */
import { parseArgs } from 'node:util';
import { build, buildElsewhere, buildMonitor, buildRuntime } from './build.js';
import { hasTool } from './paths.js';
import { MUSL, PROGRAMS, type Program } from './programs.js';
import { type BoardRun, type BoardSettings, type Output, runOnBoard, runUnderQemu } from './run.js';
import { fetchSource, sourceVersion } from './sources.js';

const USAGE = `usage: npm run conformance:programs -- [program …] [--flags="-O2 …"] [--json] [--list]

  program   ${PROGRAMS.map((p) => p.name).join(', ')} [all of them]
  --flags   the compiler's optimisation flags, once for each build [-O0, -O2, -Os; for dhrystone two more]
  --json    the results as JSON on the standard output
  --list    what there is, and what each is there for`;

const LEVELS = ['-O0', '-O2', '-Os'];
/** Dhrystone's rules ask for separate compilation without procedure merging; GCC 12 inlines, so both are shown. */
const DHRYSTONE_LEVELS = [...LEVELS, '-O2 -fno-inline', '-O1 -fno-inline'];
const VAX_DHRYSTONES = 1757;

/** Everything on, nothing on, and with a decrementer interrupt every 173 counts of the time base. */
const SETTINGS: readonly { name: string; settings: BoardSettings }[] = [
  { name: 'caches on', settings: { icache: true, dcache: true, tick: 0 } },
  { name: 'caches off', settings: { icache: false, dcache: false, tick: 0 } },
  { name: 'interrupts', settings: { icache: true, dcache: true, tick: 173 } },
];

/** One run on the board, and what was wrong with it. */
interface Result {
  program: string;
  version: string;
  flags: string;
  board: string;
  instructions: number;
  cycles: number;
  interrupts: number;
  seconds: number;
  /** The first difference from qemu-ppc, or ''. */
  difference: string;
  /** Dhrystone: runs a second, and DMIPS a MHz. */
  dhrystones?: number;
  dmipsPerMhz?: number;
}

/** The first line in which two outputs differ, with both sides; '' when they are the same. */
function difference(board: Output, peer: Output, peerName: string): string {
  const ours = board.text.split('\n');
  const theirs = peer.text.split('\n');
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    if (ours[i] === theirs[i]) continue;
    const side = (line: string | undefined): string => (line === undefined ? '(ends)' : JSON.stringify(line));
    return `line ${i + 1}: board ${side(ours[i])}, ${peerName} ${side(theirs[i])}`;
  }
  if (board.status !== peer.status) return `exit status: board ${board.status}, ${peerName} ${peer.status}`;
  return peer.status === 0 ? '' : `both end with status ${peer.status}`;
}

function dhrystone(program: Program, run: BoardRun): { dhrystones: number; dmipsPerMhz: number } | undefined {
  const nanoseconds = /nanoseconds (\d+)/.exec(run.errors);
  if (program.name !== 'dhrystone' || nanoseconds === null) return undefined;
  const dhrystones = (Number(program.args?.[0]) * 1e9) / Number(nanoseconds[1]);
  return { dhrystones, dmipsPerMhz: dhrystones / VAX_DHRYSTONES / (run.hz / 1e6) };
}

function line(result: Result): string {
  const number = (value: number, digits: number, width: number): string => value.toFixed(digits).padStart(width);
  const parts = [
    result.program.padEnd(10),
    result.flags.padEnd(15),
    result.board.padEnd(11),
    `${number(result.instructions / 1e6, 1, 7)} M instructions`,
    `${number(result.cycles / 1e6, 1, 7)} M cycles`,
    `${number(result.instructions / result.seconds / 1e6, 0, 4)} MIPS`,
  ];
  if (result.interrupts > 0) parts.push(`${result.interrupts} interrupts`);
  if (result.dhrystones !== undefined && result.dmipsPerMhz !== undefined) {
    parts.push(`${result.dhrystones.toFixed(0)} Dhrystones/s = ${result.dmipsPerMhz.toFixed(3)} DMIPS/MHz`);
  }
  return `${parts.join('  ')}  ${result.difference === '' ? 'equal' : `*** DIFFERENT: ${result.difference}`}`;
}

/** Builds one program in all its builds, and runs each; the results go to `results` one by one. @throws Error when one cannot be built or run */
async function conform(
  program: Program,
  levels: readonly string[],
  results: Result[],
  say: (text: string) => void,
): Promise<void> {
  const args = program.args ?? [];
  const version = sourceVersion(program.source.name);
  say(`${program.name} (${version}): ${program.stresses}`);
  const elsewhere = await buildElsewhere(program);
  if ('missing' in elsewhere) say(`*** NOT COMPARED with a hard-float build against glibc: ${elsewhere.missing}`);
  const glibc = 'missing' in elsewhere ? undefined : runUnderQemu(elsewhere.executable, args, []);
  for (const flags of levels) {
    const built = await build(program, flags.split(' '));
    const peer = runUnderQemu(built.executable, args);
    for (const { name, settings } of SETTINGS) {
      const run = await runOnBoard(built.image, args, settings);
      const unequal =
        difference(run, peer, 'qemu-ppc') ||
        (glibc === undefined ? '' : difference(run, glibc, 'qemu-ppc with glibc')) ||
        (settings.tick > 0 && run.interrupts === 0 ? 'no decrementer interrupt came' : '');
      const { instructions, cycles, interrupts, seconds } = run;
      const result = { program: program.name, version, flags, board: name, instructions, cycles, interrupts, seconds };
      results.push({ ...result, difference: unequal, ...dhrystone(program, run) });
      for (const last of results.slice(-1)) say(`  ${line(last)}`);
    }
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      flags: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.list) {
    for (const { name, source, stresses } of PROGRAMS)
      console.log(`${name.padEnd(10)} ${source.name.padEnd(10)} ${stresses}`);
    return 0;
  }
  for (const name of positionals) {
    if (!PROGRAMS.some((p) => p.name === name)) throw new Error(`no program '${name}'\n${USAGE}`);
  }
  const say = (text: string): void => (values.json ? console.error(text) : console.log(text));
  const programs = PROGRAMS.filter((p) => positionals.length === 0 || positionals.includes(p.name));
  const skipped: string[] = [];
  const failed: string[] = [];
  const skip = (names: readonly string[], reason: string): void => {
    skipped.push(...names);
    say(`*** SKIPPED: ${names.join(', ')}: ${reason}`);
  };
  const names = programs.map((p) => p.name);
  const results: Result[] = [];
  const missing = Object.entries(TOOLS).filter(([tool]) => !hasTool(tool));
  const libc = missing.length > 0 ? '' : await fetchSource(MUSL);
  if (missing.length > 0) {
    skip(names, `not here: ${missing.map(([tool, debian]) => `${tool} (Debian: ${debian})`).join(', ')}`);
  } else if (libc !== '') skip(names, `no C library (${MUSL.name}): ${libc}`);
  else {
    await buildRuntime();
    await buildMonitor();
    for (const program of programs) {
      const reason = await fetchSource(program.source);
      const levels = values.flags ?? (program.name === 'dhrystone' ? DHRYSTONE_LEVELS : LEVELS);
      if (reason !== '') skip([program.name], reason);
      else {
        try {
          await conform(program, levels, results, say);
        } catch (error) {
          failed.push(program.name);
          say(`*** FAILED: ${program.name}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  }
  const different = results.filter((r) => r.difference !== '').length;
  if (values.json) console.log(JSON.stringify({ results, skipped, failed }, undefined, 2));
  say(
    `${results.length - different} runs equal, ${different} different, ${skipped.length} programs skipped, ${failed.length} failed`,
  );
  return different + failed.length === 0 ? 0 : 1;
}

const TOOLS: Readonly<Record<string, string>> = {
  'powerpc-linux-gnu-gcc': 'gcc-powerpc-linux-gnu',
  'qemu-ppc': 'qemu-user',
  make: 'make',
  tar: 'tar',
  bzip2: 'bzip2',
  xz: 'xz-utils',
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
