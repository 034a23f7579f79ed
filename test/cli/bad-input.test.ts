// Bad input: one clear line on stderr that names the thing and the remedy, exit code 2, nothing on stdout (issue 2,
// "Bad input"). The built command line runs as a user's shell would run it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'quicc860-bad-input-'));
const taken = net.createServer();
let takenPort = 0;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(script: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      ended.stdout += data;
    });
    child.stderr.on('data', (data) => {
      ended.stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

const bench = (...args: string[]): Promise<Ended> => run('../dist/bench/main.js', args);
const quicc860 = (...args: string[]): Promise<Ended> => run('quicc860.js', args);

function expectRefusal(ended: Ended, ...patterns: RegExp[]): void {
  expect(ended.stderr).toMatch(/^quicc860: [^\n]+\n$/);
  for (const pattern of patterns) expect(ended.stderr).toMatch(pattern);
  expect(ended.stdout).toBe('');
  expect(ended.code).toBe(2);
}

const path = (name: string): string => join(scratch, name);

beforeAll(async () => {
  const hello = readFileSync(join(root, 'firmware-fixtures/elf/hello.elf'));
  const changed = (name: string, change: (bytes: Buffer) => unknown): void => {
    const bytes = Buffer.from(hello);
    change(bytes);
    writeFileSync(path(name), bytes);
  };
  writeFileSync(path('empty.elf'), '');
  writeFileSync(path('text.elf'), 'not an image at all, only words\n');
  writeFileSync(path('header-cut.elf'), hello.subarray(0, 40));
  writeFileSync(path('table-cut.elf'), hello.subarray(0, 60));
  writeFileSync(path('segment-cut.elf'), hello.subarray(0, 300));
  changed('little.elf', (bytes) => bytes.writeUInt8(1, 5));
  changed('wide.elf', (bytes) => bytes.writeUInt8(2, 4));
  changed('arm.elf', (bytes) => bytes.writeUInt16BE(40, 18));
  changed('object.elf', (bytes) => bytes.writeUInt16BE(1, 16));
  // p_memsz of the first program header (System V ABI: Elf32_Phdr, 20 bytes in).
  changed('large.elf', (bytes) => bytes.writeUInt32BE(64 << 20, bytes.readUInt32BE(28) + 20));
  changed('nowhere.elf', (bytes) => bytes.writeUInt32BE(0x0700_0000, 24));
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  takenPort = (taken.address() as net.AddressInfo).port;
});

afterAll(() => {
  taken.close();
  rmSync(scratch, { recursive: true });
});

describe('an image that cannot run', () => {
  it.each([
    ['missing.elf', /no such file/],
    ['empty.elf', /not an ELF file/],
    ['text.elf', /not an ELF file; give/],
    ['header-cut.elf', /truncated: the ELF header/],
    ['table-cut.elf', /truncated: its program headers/],
    ['segment-cut.elf', /truncated: segment 0 wants \d+ bytes of a file of 300/],
    ['little.elf', /little-endian/],
    ['wide.elf', /64-bit/],
    ['arm.elf', /machine 40, not for PowerPC/],
    ['object.elf', /not an executable/],
    ['large.elf', /too large: segment 0 ends at 0x4\w+, the board's RAM at 0x800000/],
    ['nowhere.elf', /entry point 0x7000000 lies outside/],
    ['.', /a directory/],
    ['two\nlines.elf', /no such file/],
  ])('%j', async (name, why) => {
    const file = path(name);
    expectRefusal(await quicc860('run', file), why, new RegExp(file.replace(/\W/g, '.')));
  });

  it('a name that no built-in firmware has', async () => {
    expectRefusal(await quicc860('run', 'ftpq'), /'ftpq'.*ftpd/);
  });
});

const SCENARIO = ['scenario', 'out-of-clusters'];
const RUN = ['run', 'ftpd', '--for', '1s'];

describe('words that the benchmark does not know', () => {
  it.each([['cpuu'], ['--help'], ['--json'], ['cpu', '--quik'], ['cpu', 'caches']])('%j %j', async (...args) => {
    const ended = await bench(...args);
    expect(ended.stderr).toMatch(/^bench: unknown argument '[^']+'; usage: npm run bench [^\n]+\n$/);
    expect(ended.stdout).toBe('');
    expect(ended.code).toBe(2);
  });
});

describe('words that the command line does not know', () => {
  it.each<[string[], RegExp]>([
    [[], /no command given; known: run, scenario/],
    [['dance'], /unknown command 'dance'; known: run, scenario/],
    [['help', 'dance'], /unknown command 'dance'/],
    [['--dance'], /unknown option '--dance'.*--help/],
    [['run'], /missing required argument 'firmware'.*run --help/],
    [['scenario'], /missing required argument 'name'/],
    [['run', 'ftpd', 'hello'], /too many arguments/],
    [['scenario', 'out-of-memory'], /unknown scenario 'out-of-memory'; known: out-of-clusters, starved-responder/],
    [[...SCENARIO, '--cluster', '64'], /unknown option '--cluster'.*scenario --help/],
    [[...SCENARIO, '--clusters'], /--clusters.*argument missing/],
    [[...SCENARIO, '--policy', 'rtems-5'], /unknown policy 'rtems-5'; known: rtems-4.6/],
    [[...SCENARIO, '--policy', 'constructor'], /unknown policy 'constructor'/],
    [[...SCENARIO, '--caches', 'both'], /--caches takes on, off, i, d, not 'both'/],
    [[...SCENARIO, '--caches', '__proto__'], /--caches takes on, off, i, d/],
    [[...RUN, '--board', 'mbx999'], /unknown board 'mbx999'; known: eth_comm/],
    [[...RUN, '--cpu', 'mpc8260'], /unknown CPU 'mpc8260'; known: mpc860, mpc860t, mpc860p, mpc862p, mpc866, mpc885/],
    [[...RUN, '--board', 'constructor'], /unknown board 'constructor'; known: eth_comm/],
  ])('%j', async (args, why) => {
    expectRefusal(await quicc860(...args), why);
  });
});

describe('values that cannot work', () => {
  it.each<[string[], RegExp]>([
    [[...SCENARIO, '--clusters', '31'], /31 clusters cannot fill a receive ring of 32; give at least 32/],
    [[...SCENARIO, '--clusters', '0'], /--clusters takes a whole number from 1 to 2048, not '0'/],
    [[...SCENARIO, '--clusters', '-64'], /--clusters .* not '-64'/],
    [[...SCENARIO, '--clusters', '64.5'], /--clusters .* not '64.5'/],
    [[...SCENARIO, '--clusters', '1e9'], /--clusters .* not '1e9'/],
    [[...SCENARIO, '--for', '-3'], /--for takes a duration such as/],
    [[...SCENARIO, '--for', ''], /--for takes a duration such as/],
    [[...SCENARIO, '--for', 'soon'], /--for takes a duration such as 30s, 90m or 4h, not 'soon'/],
    [[...SCENARIO, '--for', '101d'], /--for takes a duration of 100d at most/],
    [[...SCENARIO, '--chatter', '-1'], /--chatter takes a number from 0 to 10000, not '-1'/],
    [[...SCENARIO, '--chatter', 'Infinity'], /--chatter .* not 'Infinity'/],
    [[...SCENARIO, '--seed', '1.5'], /--seed takes a whole number/],
    [[...SCENARIO, '--records', '65520'], /--records .* to 65519/],
    [[...SCENARIO, '--reclen', '31'], /--reclen .* from 32/],
    [[...SCENARIO, '--sessions', '0'], /--sessions .* from 1/],
    [[...RUN, '--speed', '-1'], /--speed takes a number from 0/],
    [[...RUN, '--speed', 'NaN'], /--speed .* not 'NaN'/],
    [[...RUN, '--boot', 'clusters'], /--boot: 'clusters' is not of the form key=value/],
    [[...RUN, '--boot', 'clusters='], /--boot: 'clusters=' is not of the form key=value/],
    [[...RUN, '--boot', 'color=red'], /--boot: unknown parameter 'color'; known: .*clusters/],
    [[...RUN, '--boot', 'constructor=1'], /--boot: unknown parameter 'constructor'/],
    [[...RUN, '--boot', 'icache=maybe'], /icache takes on or off/],
    [[...RUN, '--boot', 'icache=on=off'], /icache takes on or off/],
    [[...RUN, '--boot', 'clusters=5000'], /multiple of 2048/],
    [[...RUN, '--boot', 'rxring=65'], /64 clusters cannot fill a receive ring of 65/],
    [[...RUN, '--boot', 'rxring=129'], /rxring must be a whole number from 1 to 128/],
    [[...RUN, '--boot', 'mbufs=4096'], /32 mbufs are too few.*give at least 48/],
    [[...RUN, '--boot', 'mbufs=4194304 clusters=4194304'], /both pools together/],
    [[...RUN, '--boot', 'sndspace=0'], /sndspace must be a whole number from 1024/],
    [[...RUN, '--boot', 'ip=192.168.1.256'], /ip: '192.168.1.256' is not an IPv4 address/],
    [[...RUN, '--boot', 'ftpprio=255'], /ftpprio must be a whole number from 1 to 254/],
    [[...RUN, '--hostfwd', '2121'], /"2121" is not a forward like tcp:127.0.0.1:2121-:21/],
    [[...RUN, '--hostfwd', 'udp:127.0.0.1:2121-:21'], /is not a forward like/],
    [[...RUN, '--hostfwd', 'tcp:127.0.0.1:70000-:21'], /is not a forward like/],
    [[...RUN, '--hostfwd', 'tcp:127.0.0.1:0-1.2.3:21'], /1\.2\.3 is not an IPv4 address/],
    [[...RUN, '--hostfwd', 'tcp:192.0.2.1:0-:21'], /cannot forward 192\.0\.2\.1:0: /],
  ])('%j', async (args, why) => {
    expectRefusal(await quicc860(...args), why);
  });
});

describe('what this machine does not give', () => {
  it('a port in use for --hostfwd, also when another one was opened before it', async () => {
    const rule = `tcp:127.0.0.1:${takenPort}-:21`;
    const why = new RegExp(`cannot forward 127\\.0\\.0\\.1:${takenPort}: the port is in use`);
    expectRefusal(await quicc860(...RUN, '--hostfwd', rule), why);
    expectRefusal(await quicc860(...RUN, '--hostfwd', 'tcp:127.0.0.1:0-:21', '--hostfwd', rule), why);
  });

  it.each(['no-such-directory/wire.pcapng', '.'])('a capture file that cannot be written: %s', async (name) => {
    expectRefusal(await quicc860(...RUN, '--pcap', path(name)), /cannot be written, .*; name another file/);
    expectRefusal(await quicc860(...SCENARIO, '--pcap', path(name)), /cannot be written, /);
  });

  it('a capture file that cannot be written although the ports could be opened', async () => {
    const ended = await quicc860(...RUN, '--hostfwd', 'tcp:127.0.0.1:0-:21', '--pcap', path('none/wire.pcapng'));
    expectRefusal(ended, /cannot be written, its directory does not exist/);
  });

  it('a result file that cannot be written is found before hours are run', async () => {
    const started = performance.now();
    expectRefusal(
      await quicc860(...SCENARIO, '--caches', 'off', '--out', path('none/result.json')),
      /cannot be written/,
    );
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('npm start', () => {
  const page = join(root, 'dist-web/index.html');
  // `npm ci` has built the page; without one the server refuses for that reason first.
  it.skipIf(!existsSync(page))('refuses a port in use', async () => {
    const ended = await run('serve.js', ['--port', `${takenPort}`]);
    expectRefusal(ended, new RegExp(`port ${takenPort} is in use: choose another with --port`));
  });

  it.each([['--port', 'x'], ['--port', '65536'], ['--port', '-1'], ['--port', ''], ['--port'], ['--speed'], ['extra']])(
    'refuses %s %s',
    async (...args) => {
      expectRefusal(await run('serve.js', args), /--port|--speed|extra/);
    },
  );
});

describe('what is no mistake', () => {
  it.each([['--help'], ['run', '--help'], ['scenario', '--help'], ['help', 'run'], ['--version']])(
    '%s %s',
    async (...args) => {
      const { code, stdout, stderr } = await quicc860(...args);
      expect(stdout).not.toBe('');
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
  );
});
