import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import pc from 'picocolors';
import { UsageError } from '../errors.js';
import { type BootParams, POLICIES, parsePolicy } from '../firmware/boot-params.js';
import { cannotWrite, PcapngFile } from '../node/capture-file.js';
import { OWNERS } from '../observe/pool.js';
import { runScenario, SCENARIOS, type ScenarioResult } from '../scenario/run.js';
import { bootWords, cacheSetting, duration, number, option, wholeNumber } from './options.js';

interface ScenarioCommandOptions {
  caches: { icache: boolean; dcache: boolean };
  clusters: number;
  policy: string;
  chatter: number;
  seed: number;
  records: number;
  reclen: number;
  sessions: number;
  clock?: number;
  for: number;
  boot?: BootParams;
  json?: boolean;
  pcap?: string;
  out?: string;
}

/** `quicc860 scenario`: one of the experiments, and its report. */
export function addScenarioCommands(program: Command, done: (code: number) => void): void {
  program
    .command('scenario')
    .description('run an experiment in virtual time and report what came out')
    .argument('<name>', SCENARIOS.join(' or '))
    .addOption(option('--caches <setting>', 'on, off, i or d', cacheSetting, { icache: true, dcache: true }, 'on'))
    .option('--clusters <n>', 'mbuf clusters in the pool', wholeNumber('--clusters', 1, 2048), 64)
    .option('--policy <name>', `stack policy: ${Object.keys(POLICIES).join(', ')}`, 'rtems-4.6')
    .option('--chatter <n>', 'office broadcast frames per second', number('--chatter', 0, 10_000), 20)
    .option('--seed <n>', 'seed of log, chatter and back-off', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--records <n>', 'records in the log', wholeNumber('--records', 1, 65_519), 12_000)
    .option('--reclen <n>', "length of a record's text, bytes", wholeNumber('--reclen', 32, 2048), 300)
    .option(
      '--clock <mhz>',
      "core clock in MHz, a multiple of 4 (default: the board's, 40)",
      wholeNumber('--clock', 4, 200),
    )
    .option('--sessions <n>', 'how often the collector tries', wholeNumber('--sessions', 1, 1000), 3)
    .addOption(option('--for <duration>', 'virtual time at most', duration('--for'), 4 * 3600, '4h'))
    .option('--boot <words>', 'further boot parameters, key=value …', bootWords)
    .option('--json', 'print the result as JSON')
    .option('--out <file>', 'write the JSON result to a file as well')
    .option('--pcap <file>', 'write what is on the wire as pcapng')
    .action(async (name: string, options: ScenarioCommandOptions) => {
      done(await scenario(name, options));
    });
}

async function scenario(name: string, options: ScenarioCommandOptions): Promise<number> {
  const { caches, for: seconds, json, pcap, out, policy, clock, ...rest } = options;
  let capture: PcapngFile | undefined;
  // Found out now rather than hours later.
  if (out !== undefined) writeResult(out, '');
  const progress = process.stderr.isTTY;
  try {
    const result = await runScenario(name, {
      ...rest,
      ...caches,
      policy: parsePolicy(policy),
      ...(clock === undefined ? {} : { clockHz: clock * 1e6 }),
      seconds,
      onLab: (lab) => {
        if (pcap !== undefined) capture = new PcapngFile(pcap, lab.board.lan);
      },
      onProgress: (at, lab) => {
        if (!progress) return;
        const free = lab.board.pool()?.free ?? '?';
        process.stderr.write(`\r\x1b[K${at.toFixed(0)} s virtual, ${lab.transfer.bytes} bytes, ${free} clusters free`);
      },
    });
    if (progress) process.stderr.write('\r\x1b[K');
    const text = JSON.stringify(result, null, 2);
    if (out !== undefined) writeResult(out, `${text}\n`);
    process.stdout.write(json === true ? `${text}\n` : describe(result));
    return result.outcome === 'checkstop' ? 1 : 0;
  } finally {
    capture?.close();
  }
}

function writeResult(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(cannotWrite(file, error));
  }
}

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  completed: pc.green,
  recovered: pc.yellow,
  'locked-up': pc.red,
  failed: pc.red,
  checkstop: pc.red,
};

const time = (seconds: number): string => `${seconds.toFixed(2).padStart(10)} s`;

/** The result for people. */
function describe(result: ScenarioResult): string {
  const { settings } = result;
  const caches = `I ${settings.icache ? 'on' : 'off'}, D ${settings.dcache ? 'on' : 'off'}`;
  const lines = [
    `${result.scenario}: caches ${caches}; ${settings.clusters} clusters; policy ${settings.policy}; chatter ${settings.chatter}/s; seed ${settings.seed}`,
    '',
    ...result.turns.map((turn) => `${time(turn.at)}  ${turn.what}`),
    `${time(result.virtualSeconds)}  the run ends`,
    '',
    `outcome    ${(COLOURS[result.outcome] ?? pc.bold)(result.outcome)}`,
    `transfer   ${result.bytes} of ${result.expected.bytes} bytes${result.throughput === undefined ? '' : ` at ${(result.throughput / 1000).toFixed(1)} kB/s`}, ${hashLine(result)}`,
    `ping       ${result.ping.answered} of ${result.ping.sent} answered${result.ping.lastAnswerAt === undefined ? '' : `, the last at ${result.ping.lastAnswerAt.toFixed(0)} s`}`,
    ...(result.queries === undefined
      ? []
      : [`queries    ${result.queries.answered} of ${result.queries.sent} answered`]),
    `clusters   ${OWNERS.filter((owner) => result.pool.owners[owner] > 0)
      .map((owner) => `${owner} ${result.pool.owners[owner]}`)
      .join(', ')}; fewest free ${result.pool.minFree}`,
    `console    'Still waiting for mbuf' ${result.stillWaiting.count} times`,
    '',
    'task  prio  state            waits for                    since',
    ...result.tasks.map(
      (task) =>
        `${task.name.padEnd(5)} ${String(task.priority).padStart(4)}  ${task.state.padEnd(16)} ${(task.waitsFor ?? '').padEnd(28)} ${task.waitsSince === undefined ? '' : `${task.waitsSince.toFixed(2)} s`}`,
    ),
    '',
  ];
  return `${lines.join('\n')}`;
}

function hashLine(result: ScenarioResult): string {
  if (result.sha256 === '') return 'no hash';
  return result.sha256 === result.expected.sha256 ? 'SHA-256 is the log’s' : 'SHA-256 is not the log’s';
}
