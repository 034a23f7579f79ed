import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { BootFiles } from '../board/board.js';
import { parseBoardFile } from '../board/board-file.js';
import { BOARDS, type BoardDescription, boardNamed, flashWindows } from '../board/boards.js';
import { PARTS, type PartName, partName } from '../board/parts.js';
import { UsageError } from '../errors.js';
import { type BootParams, POLICIES, parsePolicy } from '../firmware/boot-params.js';
import { parseImage } from '../firmware/image.js';
import { Gateway } from '../lan/gateway.js';
import type { Wire } from '../lan/wire.js';
import { PcapngFile } from '../node/capture-file.js';
import { FlashFile } from '../node/flash-file.js';
import { type ForwardSpec, HostForward, parseForward } from '../node/hostfwd.js';
import { runPaced } from '../node/real-time.js';
import { FIRMWARE_NAMES } from '../node/resources.js';
import { Lab, neighbour } from '../scenario/lab.js';
import { bootWords, cacheSetting, duration, number, option, wholeNumber } from './options.js';

interface RunOptions {
  board: string;
  append?: string;
  dtb?: string;
  initrd?: string;
  cpu?: PartName;
  hostfwd?: string[];
  boot?: BootParams;
  caches: { icache: boolean; dcache: boolean };
  clusters?: number;
  policy: string;
  chatter: number;
  seed: number;
  records: number;
  speed: number;
  for?: number;
  pcap?: string;
  flash?: string;
}

/**
 * Virtual seconds per second at most while a forwarded client is connected: a millisecond of its own time must not
 * become a second of the board's, or it looks like a client behind a line of minutes.
 */
const CLIENT_SPEED = 20;

/** Ctrl-], as telnet has it: leaves the board's console. */
const ESCAPE = 0x1d;

/** A file's bytes. @throws UsageError that names the file and says what would do */
function bytesOf(file: string, wanted: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a directory' : `cannot be read (${code})`;
    throw new UsageError(`${file === '' ? "''" : file}: ${why}; give ${wanted}`);
  }
}

/** A board by name, or from a file. @throws UsageError */
export function boardOf(text: string): BoardDescription {
  if (!text.includes('/') && !text.endsWith('.json')) return boardNamed(text);
  return parseBoardFile(new TextDecoder().decode(bytesOf(text, 'a board file')), text);
}

/** A firmware by name or file. @throws UsageError that names the file */
export async function firmwareOf(text: string, board: BoardDescription): Promise<string | Uint8Array> {
  if (/^[\w-]+$/.test(text) && !existsSync(text)) return text;
  const bytes = bytesOf(text, `${FIRMWARE_NAMES.join(', ')}, a PowerPC ELF file or a U-Boot image`);
  await parseImage(bytes, text, board.ramBytes, flashWindows(board));
  return bytes;
}

/** What goes to a kernel beside its image. @throws UsageError that names the file */
function bootFiles({ dtb, initrd }: RunOptions): BootFiles {
  return {
    ...(dtb !== undefined && { deviceTree: bytesOf(dtb, 'a device tree (dtc -O dtb)') }),
    ...(initrd !== undefined && { initrd: bytesOf(initrd, 'a cpio archive') }),
  };
}

function usageError(error: unknown): never {
  throw new UsageError(error instanceof Error ? error.message : String(error));
}

/** What this throws is the user's to mend. */
function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return usageError(error);
  }
}

/** `quicc860 run`: a board with its console on this terminal. */
export function addRunCommand(program: Command, done: (code: number) => void): void {
  program
    .command('run')
    .description('boot an image with its console on this terminal (Ctrl-] leaves)')
    .argument('<firmware>', "'ftpd', 'hello', 'mix', a PowerPC ELF file or a U-Boot image")
    .option('--board <name>', `${Object.keys(BOARDS).join(', ')}, or a board file (my-board.json)`, 'eth_comm')
    .option('--append <text>', 'command line for a kernel, as it is')
    .option('--dtb <file>', "device tree for a kernel (default: the board's own)")
    .option('--initrd <file>', 'initial RAM disk for a kernel')
    .option('--cpu <name>', `CPU to solder in: ${Object.keys(PARTS).join(', ')}`, partName)
    .option(
      '--hostfwd <rule>',
      'forward a port of this machine to the board: tcp:[ADDRESS]:PORT-[BOARD]:PORT (again for more)',
      (rule: string, all: string[] = []) => [...all, rule],
    )
    .option('--boot <words>', "boot parameters of the project's firmware, key=value …", bootWords)
    .addOption(option('--caches <setting>', 'on, off, i or d', cacheSetting, { icache: true, dcache: true }, 'on'))
    .option('--clusters <n>', 'mbuf clusters in the pool', wholeNumber('--clusters', 1, 2048))
    .option('--policy <name>', `stack policy: ${Object.keys(POLICIES).join(', ')}`, 'rtems-4.6')
    .option('--chatter <n>', 'office broadcast frames per second', number('--chatter', 0, 10_000), 0)
    .option('--seed <n>', 'seed of log, chatter and back-off', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--records <n>', 'records in the log', wholeNumber('--records', 0, 65_519), 12_000)
    .option('--speed <x>', 'virtual seconds per second, 0 = as fast as possible', number('--speed', 0, 1e6), 1)
    .option('--for <duration>', 'stop after this much virtual time', duration('--for'))
    .option('--pcap <file>', 'write what is on the wire as pcapng')
    .option('--flash <file>', 'keep the parallel flash in a file, made if there is none')
    .action(async (firmware: string, options: RunOptions) => {
      done(await run(firmware, options));
    });
}

/** Opens all the host's ports, or none. @throws UsageError */
async function openForwards(lan: Wire, specs: readonly ForwardSpec[], boardIp: string): Promise<HostForward[]> {
  const open: HostForward[] = [];
  const gateway = new Gateway(lan, { ip: neighbour(boardIp, 2) });
  try {
    for (const spec of specs) open.push(await HostForward.open(gateway, spec, { boardAddress: boardIp }));
    return open;
  } catch (error) {
    await Promise.all(open.map((forward) => forward.close()));
    return usageError(error);
  }
}

async function run(firmware: string, options: RunOptions): Promise<number> {
  const forwards = (options.hostfwd ?? []).map((rule) => asUsage(() => parseForward(rule)));
  const params: BootParams = {
    ...options.caches,
    ...POLICIES[parsePolicy(options.policy)],
    ...(options.clusters === undefined ? {} : { clusters: options.clusters * 2048 }),
    ...options.boot,
    ...(options.append !== undefined && { extra: options.append }),
  };
  const flash = options.flash === undefined ? undefined : new FlashFile(options.flash);
  const description = boardOf(options.board);
  const lab = await Lab.create({
    firmware: await firmwareOf(firmware, description),
    board: description,
    cpu: options.cpu,
    flash: flash?.content,
    boot: params,
    files: bootFiles(options),
    chatter: options.chatter,
    seed: options.seed,
    records: options.records,
  });
  const { board } = lab;
  const open = await openForwards(board.lan, forwards, lab.boardIp);
  const closeForwards = (): Promise<unknown> => Promise.all(open.map((forward) => forward.close()));
  let capture: PcapngFile | undefined;
  try {
    if (options.pcap !== undefined) capture = new PcapngFile(options.pcap, board.lan);
  } catch (error) {
    await closeForwards();
    throw error;
  }
  open.forEach((forward, i) => {
    const spec = forwards[i];
    process.stderr.write(
      `quicc860: ${spec?.hostAddress}:${forward.port} leads to the board's port ${spec?.boardPort}\n`,
    );
  });

  let leave = false;
  const raw = process.stdin.isTTY;
  const onKeys = (data: Buffer): void => {
    if (raw && data.includes(ESCAPE)) leave = true;
    else board.console.send(new Uint8Array(data));
  };
  const quit = (): void => {
    leave = true;
  };
  if (raw) process.stdin.setRawMode(true);
  process.stdin.on('data', onKeys);
  process.on('SIGINT', quit).on('SIGTERM', quit);
  const unlisten = board.console.onOutput((text) => process.stdout.write(Buffer.from(text, 'latin1')));
  try {
    await runPaced(board, {
      speed: () => {
        const wanted = options.speed === 0 ? Number.POSITIVE_INFINITY : options.speed;
        return open.some((forward) => forward.connections > 0) ? Math.min(wanted, CLIENT_SPEED) : wanted;
      },
      ...(options.for === undefined ? {} : { seconds: options.for }),
      // A forwarded client that sees too much virtual time pass between its turns looks like one behind a slow line.
      ...(open.length === 0 ? {} : { turn: 0.005 }),
      stop: () => leave,
    });
    board.assertRunning();
    return 0;
  } finally {
    unlisten();
    if (raw) process.stdin.setRawMode(false);
    process.stdin.off('data', onKeys).pause();
    process.off('SIGINT', quit).off('SIGTERM', quit);
    await closeForwards();
    capture?.close();
    flash?.save(board.flash);
  }
}
