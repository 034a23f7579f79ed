import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Board } from '../board/board.js';
import { type PartName, partName } from '../board/parts.js';
import { UsageError } from '../errors.js';
import { type BootParams, POLICIES, parsePolicy } from '../firmware/boot-params.js';
import { cannotWrite } from '../node/capture-file.js';
import type { Profile } from '../observe/profile.js';
import { runScenario, SCENARIOS } from '../scenario/run.js';
import { bootWords, cacheSetting, duration, number, option, wholeNumber } from './options.js';
import { boardOf, firmwareOf } from './run.js';

interface ProfileCommandOptions {
  caches: { icache: boolean; dcache: boolean };
  cpu?: PartName;
  boot?: BootParams;
  for: number;
  clusters: number;
  policy: string;
  chatter: number;
  seed: number;
  records: number;
  rows: number;
  collapsed?: string;
  speedscope?: string;
  json?: boolean;
}

/** `quicc860 profile`: every cycle by function and task. */
export function addProfileCommand(program: Command, done: (code: number) => void): void {
  program
    .command('profile')
    .description('run, and show which functions and tasks the cycles went to')
    .argument('<what>', `a scenario (${SCENARIOS.join(', ')}), a firmware's name or a PowerPC ELF file`)
    .addOption(option('--caches <setting>', 'on, off, i or d', cacheSetting, { icache: true, dcache: true }, 'on'))
    .option('--cpu <name>', 'CPU to solder in', partName)
    .option('--boot <words>', 'further boot parameters, key=value …', bootWords)
    .addOption(option('--for <duration>', 'virtual time at most', duration('--for'), 30, '30s'))
    .option('--clusters <n>', 'mbuf clusters in the pool', wholeNumber('--clusters', 1, 2048), 64)
    .option('--policy <name>', `stack policy: ${Object.keys(POLICIES).join(', ')}`, 'rtems-4.6')
    .option('--chatter <n>', 'office broadcast frames per second (scenario)', number('--chatter', 0, 10_000), 20)
    .option('--seed <n>', 'seed of log, chatter and back-off', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--records <n>', 'records in the log (scenario)', wholeNumber('--records', 1, 65_519), 12_000)
    .option('--rows <n>', 'functions in the table', wholeNumber('--rows', 1, 100_000), 25)
    .option('--collapsed <file>', 'write collapsed stacks, for flame graph tools')
    .option('--speedscope <file>', 'write a file for speedscope')
    .option('--json', 'print functions and tasks as JSON')
    .action(async (what: string, options: ProfileCommandOptions) => {
      done(await profile(what, options));
    });
}

function write(file: string | undefined, text: () => string): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, text());
  } catch (error) {
    throw new UsageError(cannotWrite(file, error));
  }
}

/** The board after its run. */
async function profiled(what: string, options: ProfileCommandOptions): Promise<Board> {
  const { caches, cpu, boot, for: seconds, clusters, chatter, seed, records } = options;
  const policy = parsePolicy(options.policy);
  if (SCENARIOS.some((name) => name === what)) {
    const boards: Board[] = [];
    await runScenario(what, {
      ...caches,
      ...(cpu && { cpu }),
      ...(boot && { boot }),
      ...{ seconds, clusters, policy, chatter, seed, records },
      onLab: async (lab) => {
        boards.push(lab.board);
        await lab.board.startProfile();
      },
    });
    const [board] = boards;
    if (board !== undefined) return board;
  }
  const board = await Board.create(cpu ? { cpu } : {});
  await board.boot(await firmwareOf(what, boardOf('eth_comm')), {
    clusters: clusters * 2048,
    ...POLICIES[policy],
    ...caches,
    ...boot,
  });
  await board.startProfile();
  board.run({ seconds });
  return board;
}

async function profile(what: string, options: ProfileCommandOptions): Promise<number> {
  // Found out now rather than after the run.
  write(options.collapsed, () => '');
  write(options.speedscope, () => '');
  const board = await profiled(what, options);
  const result = board.profile() as Profile;
  write(options.collapsed, () => result.collapsed());
  write(options.speedscope, () => result.speedscope(what));
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ total: result.total, functions: result.byFunction(), tasks: result.byTask() }, null, 2)}\n`
      : result.table(options.rows),
  );
  return board.outcome === 'time' ? 0 : 1;
}
