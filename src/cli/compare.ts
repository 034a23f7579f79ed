import type { Command } from 'commander';
import { type PartName, partName } from '../board/parts.js';
import { UsageError } from '../errors.js';
import { type BootParams, POLICIES, parsePolicy } from '../firmware/boot-params.js';
import { CACHE_SETTINGS, type CacheSetting, compareCaches, compareTable } from '../scenario/compare.js';
import { SCENARIOS } from '../scenario/run.js';
import { bootWords, duration, number, option, wholeNumber } from './options.js';
import { boardOf, firmwareOf } from './run.js';

interface CompareCommandOptions {
  caches: CacheSetting[];
  cpu?: PartName;
  boot?: BootParams;
  for?: number;
  until?: string;
  clusters: number;
  policy: string;
  chatter: number;
  seed: number;
  records: number;
  json?: boolean;
}

/** Parses `--caches off,i,d,on`. @throws UsageError */
function cacheList(text: string): CacheSetting[] {
  const names = text.split(',');
  for (const name of names) {
    if (!Object.hasOwn(CACHE_SETTINGS, name)) {
      throw new UsageError(`--caches takes a list of ${Object.keys(CACHE_SETTINGS).join(', ')}, not '${text}'`);
    }
  }
  return names as CacheSetting[];
}

/** `quicc860 compare`: the same run with each cache setting, and where its cycles went. */
export function addCompareCommand(program: Command, done: (code: number) => void): void {
  program
    .command('compare')
    .description('run the same with each cache setting and show where the cycles went')
    .argument('<what>', `a scenario (${SCENARIOS.join(', ')}), a firmware's name or a PowerPC ELF file`)
    .addOption(
      option('--caches <list>', 'settings, separated by commas', cacheList, ['off', 'i', 'd', 'on'], 'off,i,d,on'),
    )
    .option('--cpu <name>', 'CPU to solder in', partName)
    .option('--boot <words>', 'further boot parameters, key=value …', bootWords)
    .option('--for <duration>', 'virtual time at most (default: a scenario 4h, a firmware 10s)', duration('--for'))
    .option('--until <text>', 'a firmware is done when its console says this')
    .option('--clusters <n>', 'mbuf clusters in the pool', wholeNumber('--clusters', 1, 2048), 64)
    .option('--policy <name>', `stack policy: ${Object.keys(POLICIES).join(', ')}`, 'rtems-4.6')
    .option('--chatter <n>', 'office broadcast frames per second (scenario)', number('--chatter', 0, 10_000), 20)
    .option('--seed <n>', 'seed of log, chatter and back-off', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--records <n>', 'records in the log (scenario)', wholeNumber('--records', 1, 65_519), 12_000)
    .option('--json', 'print the runs as JSON')
    .action(async (what: string, options: CompareCommandOptions) => {
      done(await compare(what, options));
    });
}

async function compare(what: string, options: CompareCommandOptions): Promise<number> {
  const scenario = SCENARIOS.some((name) => name === what);
  const { caches, cpu, boot, for: seconds, until, clusters, chatter, seed, records } = options;
  const policy = parsePolicy(options.policy);
  const runs = await compareCaches(scenario ? what : await firmwareOf(what, boardOf('eth_comm')), {
    caches,
    ...(cpu && { cpu }),
    ...(seconds !== undefined && { seconds }),
    ...(until !== undefined && { until: new RegExp(until.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) }),
    boot: scenario ? { ...boot } : { clusters: clusters * 2048, ...POLICIES[policy], ...boot },
    scenario: { clusters, policy, chatter, seed, records },
  });
  process.stdout.write(options.json === true ? `${JSON.stringify(runs, null, 2)}\n` : compareTable(runs));
  return runs.some((run) => run.outcome === 'checkstop' || run.outcome === 'exception-storm') ? 1 : 0;
}
