/**
 * `npm run conformance:linux`: Debian's Linux, built for 8xx boards and booted on ours (docs/conformance.md).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Board, Host, Ping, parseBoardFile, parseIp } from 'quicc860';
import { initramfs } from './initramfs.js';
import { Receiver, Sender, TRANSFER } from './peers.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = `${ROOT}test/conformance/linux`;
const WORK = `${ROOT}build/linux`;
const ARCHIVE = '/usr/src/linux-source-6.1.tar.xz';
const SOURCE = `${WORK}/linux-source-6.1`;
const IP = '192.168.1.10';
/** Host seconds from power-on to init, at most (the project's floor). */
const MOST_SECONDS = 30;

let failed = 0;
function check(what: string, good: boolean, detail = ''): void {
  if (!good) failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}${detail === '' ? '' : `: ${detail}`}`);
}

function command(program: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      ARCH: 'powerpc',
      CROSS_COMPILE: 'powerpc-linux-gnu-',
      KBUILD_BUILD_TIMESTAMP: '@1700000000',
      KBUILD_BUILD_USER: 'quicc860',
      KBUILD_BUILD_HOST: 'quicc860',
    },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}:\n${`${stdout}${stderr}`.slice(-4000)}`);
}

const hasTool = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

/** What is missing for a build, '' if nothing is. */
function missing(): string {
  const tools = ['powerpc-linux-gnu-gcc', 'make', 'flex', 'bison', 'bc', 'xz'].filter((tool) => !hasTool(tool));
  if (tools.length > 0) return `no ${tools.join(', ')}`;
  return existsSync(ARCHIVE) || existsSync(SOURCE) ? '' : `no ${ARCHIVE} (Debian's package linux-source-6.1)`;
}

/** The kernel's ELF file for a target, built when its configuration is not the cached one's. */
function kernel(target: string, base: string | undefined): string {
  const out = `${WORK}/${target}`;
  const fragments = [...(base === undefined ? [] : [base]), target].map((name) => `${HERE}/${name}.config`);
  const stamp = fragments.map((file) => readFileSync(file, 'utf8')).join('\n');
  const done = `${out}/.quicc860`;
  if (existsSync(done) && readFileSync(done, 'utf8') === stamp) return `${out}/vmlinux`;
  const why = missing();
  if (why !== '') throw new Error(why);
  if (!existsSync(SOURCE)) {
    const unpacking = `${WORK}/unpacking`;
    rmSync(unpacking, { recursive: true, force: true });
    mkdirSync(unpacking, { recursive: true });
    command('tar', ['xJf', ARCHIVE, '-C', unpacking], WORK);
    renameSync(`${unpacking}/linux-source-6.1`, SOURCE);
  }
  // The other board's objects are the first one's, but for what the configuration changes.
  if (!existsSync(out)) {
    if (base !== undefined) command('cp', ['-a', `${WORK}/${base}`, out], WORK);
    else mkdirSync(out);
  }
  rmSync(done, { force: true });
  const make = (...targets: string[]): void => command('make', [`O=${out}`, '-j2', ...targets], SOURCE);
  make('tqm8xx_defconfig');
  command('scripts/kconfig/merge_config.sh', ['-m', '-O', out, `${out}/.config`, ...fragments], SOURCE);
  make('olddefconfig');
  make('vmlinux');
  writeFileSync(done, stamp);
  return `${out}/vmlinux`;
}

function init(): Uint8Array {
  const out = `${WORK}/init`;
  const flags = '-mcpu=860 -msoft-float -O2 -ffreestanding -fno-builtin -nostdlib -static -fno-pic -no-pie'.split(' ');
  command('powerpc-linux-gnu-gcc', [...flags, '-Wl,--build-id=none', '-o', out, `${HERE}/init.c`], HERE);
  return new Uint8Array(readFileSync(out));
}

/** Boots to init's prompt. */
async function boot(board: Board, image: string): Promise<void> {
  await board.boot(
    new Uint8Array(readFileSync(image)),
    { extra: `console=ttyCPM0,115200 ip=${IP}:::255.255.255.0:quicc:eth0:off` },
    { initrd: initramfs(init()) },
  );
  const started = process.hrtime.bigint();
  board.console.expect(/init: up\r?\n# /, { seconds: 60 });
  const host = Number(process.hrtime.bigint() - started) / 1e9;
  check(
    `${board.description.name}: power-on to init's prompt in at most ${MOST_SECONDS} s`,
    host <= MOST_SECONDS,
    `${host.toFixed(1)} s here, ${board.seconds.toFixed(2)} s virtual`,
  );
}

function type(board: Board, line: string): string {
  board.console.send(`${line}\n`);
  return board.console.expect(/\n([\s\S]*?)# $/, { seconds: 60 })[1] ?? '';
}

/** IEEE 754 double arithmetic, which JavaScript's numbers are, as bits. */
function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

async function tqm860l(): Promise<void> {
  const board = await Board.create({ board: 'tqm860l' });
  await boot(board, kernel('tqm8xx', undefined));

  const cpu = type(board, 'cat /proc/cpuinfo');
  check('/proc/cpuinfo: an 8xx at 50 MHz, a TQM8xx', /8xx/.test(cpu) && /50\.0+MHz/.test(cpu) && /TQM8xx/.test(cpu));
  const memory = Number(/MemTotal: +(\d+) kB/.exec(type(board, 'cat /proc/meminfo'))?.[1]);
  check('/proc/meminfo: less than 32 MB, more than half of it', memory > 16_384 && memory < 32_768, `${memory} kB`);
  const interrupts = (): string => type(board, 'cat /proc/interrupts');
  const first = interrupts();
  check('/proc/interrupts: CPM PIC', /CPM PIC/.test(first), first.trim().replace(/\s+/g, ' '));

  const fp = type(board, 'fp');
  const wanted = { '1/3': 1 / 3, '0.1+3': 0.1 + 3, '0.1*0.1': 0.1 * 0.1 };
  for (const [name, value] of Object.entries(wanted)) {
    check(`emulated floating point: ${name}`, fp.includes(`${name} ${bits(value)}`));
  }
  check('emulated floating point: int(3*3)', fp.includes('int(3*3) 0000000000000009'));

  const host = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:20', ip: '192.168.1.20' });
  const ping = new Ping({ host, target: IP, intervalNs: 100_000_000, count: 20 });
  ping.start();
  board.run({ seconds: 3 });
  const answered = ping.results.filter(({ rttNs }) => rttNs >= 0).length;
  check('20 pings answered', answered === 20, `${answered}`);

  const sender = new Sender();
  host.connect(parseIp(IP), 5001, sender);
  const sunk = board.console.expect(/sink: (\d+) bytes, (\d+) wrong/, { seconds: 300 });
  check('10 MB to the board over TCP', Number(sunk[1]) === TRANSFER && sunk[2] === '0', sunk[0]);
  const receiver = new Receiver();
  host.connect(parseIp(IP), 5002, receiver);
  board.console.expect('source: done', { seconds: 300 });
  const { received, wrong } = receiver;
  check('10 MB from the board over TCP', received === TRANSFER && wrong === 0, `${received} bytes, ${wrong} wrong`);

  board.console.send('reboot\n');
  board.console.expect(/init: up\r?\n# /, { seconds: 60 });
  check('reboot: the loader boots it again', board.outcome === 'time');
}

async function adder875(): Promise<void> {
  const file = `${HERE}/adder875.json`;
  const board = await Board.create({ board: parseBoardFile(readFileSync(file, 'utf8'), file) });
  await boot(board, kernel('adder875', 'tqm8xx'));
  check('adder875: /proc/cpuinfo', /Adder/.test(type(board, 'cat /proc/cpuinfo')));
}

mkdirSync(WORK, { recursive: true });
const cached = ['tqm8xx', 'adder875'].every((target) => existsSync(`${WORK}/${target}/.quicc860`));
// With --cached, as in CI, nothing is built that takes minutes.
const only = process.argv.includes('--cached')
  ? 'no kernel in build/linux from an earlier npm run conformance:linux'
  : '';
const why = cached ? '' : only || missing();
if (why !== '') {
  console.log(`*** SKIPPED: conformance:linux: ${why}`);
} else {
  for (const part of [tqm860l, adder875]) {
    try {
      await part();
    } catch (error) {
      check(part.name, false, error instanceof Error ? error.message : String(error));
    }
  }
  console.log(failed === 0 ? 'all as wanted' : `${failed} FAILED`);
}
process.exitCode = failed === 0 ? 0 : 1;
