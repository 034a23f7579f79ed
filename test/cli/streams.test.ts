// The command line among other programs: readers that leave, disks that are full, signals, input that never comes.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/quicc860.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'quicc860-streams-'));
const full = existsSync('/dev/full');
afterAll(() => rmSync(scratch, { recursive: true }));

function start(args: readonly string[], stdio: SpawnOptions['stdio'] = ['ignore', 'pipe', 'pipe']): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { stdio });
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stderr })));
}

/** Walks the blocks of a pcapng file (little-endian, as written here): type, total length, body, total length. */
function blocks(file: string): number {
  const bytes = readFileSync(file);
  let count = 0;
  let at = 0;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32LE(at + 4);
    if (at + length > bytes.length) break;
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    at += length;
    count++;
  }
  return count;
}

const FAST = ['run', 'ftpd', '--speed', '0', '--chatter', '200'];

describe('a reader that leaves', () => {
  it.each([
    [['run', 'ftpd', '--speed', '0', '--for', '20000s']],
    [['scenario', 'out-of-clusters', '--records', '10', '--json']],
    [['run', '--help']],
  ])('ends %j without a word', async (args) => {
    const child = start(args);
    const end = ended(child);
    child.stdout?.destroy();
    expect(await end).toEqual({ code: 0, signal: null, stderr: '' });
  });
});

describe.skipIf(!full)('a full disk', () => {
  const line = /^quicc860: [^\n]*cannot be written[^\n]*\n$/;
  it('behind stdout is one line', async () => {
    const disk = openSync('/dev/full', 'w');
    const child = start(['scenario', 'out-of-clusters', '--records', '10'], ['ignore', disk, 'pipe']);
    const { code, stderr } = await ended(child);
    expect(stderr).toMatch(line);
    expect(code).toBe(2);
  });

  it('behind --pcap is one line, early or late', async () => {
    for (const time of ['1s', '300s']) {
      const { code, stderr } = await ended(start([...FAST, '--for', time, '--pcap', '/dev/full']));
      expect(stderr).toMatch(line);
      expect(code).toBe(2);
    }
  });
});

describe('a signal', () => {
  const running = async (file: string): Promise<ChildProcess> => {
    const child = start([...FAST, '--pcap', file]);
    await new Promise((said) => child.stdout?.once('data', said));
    while (!existsSync(file) || readFileSync(file).length < 65_536) await new Promise((later) => setTimeout(later, 20));
    return child;
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends the run and leaves a whole capture', async (signal) => {
    const file = join(scratch, `${signal}.pcapng`);
    const child = await running(file);
    const end = ended(child);
    child.kill(signal);
    expect((await end).code).toBe(0);
    expect(blocks(file)).toBeGreaterThan(10);
  });

  it('SIGKILL leaves a capture that can be read as far as it goes', async () => {
    const file = join(scratch, 'killed.pcapng');
    const child = await running(file);
    const end = ended(child);
    child.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    expect(blocks(file)).toBeGreaterThan(10);
  });
});

describe('standard input', () => {
  it('that is closed, empty or endless does not matter', async () => {
    const args = ['run', 'hello', '--speed', '0', '--for', '1s'];
    expect((await ended(start(args))).code).toBe(0);
    const zero = openSync('/dev/zero', 'r');
    expect((await ended(start(args, [zero, 'pipe', 'pipe']))).code).toBe(0);
  });
});

describe('--for 0s', () => {
  it('runs nothing and ends well', async () => {
    const child = start(['run', 'ftpd', '--for', '0s']);
    let stdout = '';
    child.stdout?.on('data', (data) => {
      stdout += data;
    });
    expect(await ended(child)).toEqual({ code: 0, signal: null, stderr: '' });
    expect(stdout).toBe('');
  });
});

describe('the same scenario in two processes', () => {
  it('gives the same result and the same capture, byte for byte', async () => {
    const results = [];
    for (const name of ['one', 'two']) {
      const [out, pcap] = [join(scratch, `${name}.json`), join(scratch, `${name}.pcapng`)];
      const settings = ['--caches', 'off', '--records', '400', '--seed', '7', '--chatter', '60', '--for', '90s'];
      const { code } = await ended(start(['scenario', 'out-of-clusters', ...settings, '--out', out, '--pcap', pcap]));
      expect(code).toBe(0);
      results.push({ json: readFileSync(out, 'utf8'), wire: readFileSync(pcap) });
    }
    const [one, two] = results;
    expect(one?.json).toBe(two?.json);
    expect(one?.wire.equals(two?.wire ?? Buffer.alloc(0))).toBe(true);
    expect(one?.wire.length).toBeGreaterThan(10_000);
    expect(one?.json).not.toContain(scratch);
  });
});
