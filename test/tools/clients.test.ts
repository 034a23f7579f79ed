import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logRecords } from '../../src/scenario/log-image.js';
import { logText } from '../../src/scenario/log-text.js';
import { hasTool } from '../support/tool.js';

/** Real FTP clients against the board's FTP server, through the forwarder's real sockets. */
const RECORDS = 400;
const program = new URL('../../bin/quicc860.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'quicc860-clients-'));
const expected = logText([...logRecords(RECORDS, 1)], 300);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let board: ChildProcess;
let port = 0;
let printed = '';

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function printsOnConsole(pattern: RegExp, from = 0): Promise<void> {
  const end = Date.now() + 60_000;
  while (!pattern.test(printed.slice(from))) {
    if (Date.now() > end || board.exitCode !== null) throw new Error(`the console did not say ${pattern}: ${printed}`);
    await new Promise((resolve) => board.stdout?.once('data', resolve) ?? resolve(undefined));
  }
}

async function client(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { cwd: folder });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString('latin1');
  });
  child.stderr.on('data', (piece: Buffer) => {
    output += piece.toString('latin1');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, `${command} ${args.join(' ')}\n${output}`).toBe(0);
  return output;
}

beforeAll(async () => {
  port = await freePort();
  const rule = `tcp:127.0.0.1:${port}-:21`;
  board = spawn(process.execPath, [
    program,
    'run',
    'ftpd',
    '--hostfwd',
    rule,
    '--records',
    `${RECORDS}`,
    '--speed',
    '20',
  ]);
  board.stdout?.on('data', (piece: Buffer) => {
    printed += piece.toString('latin1');
  });
  board.stderr?.on('data', (piece: Buffer) => process.stderr.write(piece));
  await printsOnConsole(/quicc> /);
}, 90_000);

afterAll(() => {
  board.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasTool('curl'))('curl', () => {
  it.each([
    ['EPSV', []],
    ['PASV', ['--disable-epsv']],
  ])('fetches the log in passive mode by %s, byte for byte', async (_mode, extra) => {
    await client('curl', ['-sS', ...extra, '-o', 'log.txt', `ftp://127.0.0.1:${port}/log/log.txt`]);
    expect(sha256(readFileSync(join(folder, 'log.txt')))).toBe(sha256(expected));
  });

  it('lists a folder', async () => {
    expect(await client('curl', ['-sS', `ftp://127.0.0.1:${port}/log/`])).toMatch(/\s120000 .* log\.txt/);
  });

  it('stores a file and gets it back', async () => {
    const data = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7919) >> 3);
    writeFileSync(join(folder, 'up.bin'), data);
    await client('curl', ['-sS', '-T', 'up.bin', `ftp://127.0.0.1:${port}/up.bin`]);
    await client('curl', ['-sS', '-o', 'down.bin', `ftp://127.0.0.1:${port}/up.bin`]);
    expect(readFileSync(join(folder, 'down.bin')).equals(data)).toBe(true);
  });

  it('leaves the console usable during a transfer', async () => {
    const transfer = client('curl', ['-sS', '-o', 'log2.txt', `ftp://127.0.0.1:${port}/log/log.txt`]);
    const from = printed.length;
    board.stdin?.write('mbuf\n');
    await printsOnConsole(/MBUF STATISTICS[\s\S]*quicc> /, from);
    await transfer;
    expect(sha256(readFileSync(join(folder, 'log2.txt')))).toBe(sha256(expected));
  });
});

describe.skipIf(!hasTool('lftp'))('lftp', () => {
  const lftp = (commands: string): Promise<string> =>
    client('lftp', ['-c', `set net:max-retries 1; set net:timeout 20; open ftp://127.0.0.1:${port}; ${commands}`]);

  it('fetches the log and lists folders', async () => {
    const output = await lftp('cls -l /; cd /log; get log.txt -o lftp-log.txt');
    expect(output).toMatch(/readme\.txt/);
    expect(sha256(readFileSync(join(folder, 'lftp-log.txt')))).toBe(sha256(expected));
  });

  it('makes a folder, puts, renames and removes', async () => {
    writeFileSync(join(folder, 'note.txt'), 'from lftp\n');
    const output = await lftp('mkdir d; cd d; put note.txt; mv note.txt n2.txt; cat n2.txt; rm n2.txt; cd ..; rmdir d');
    expect(output).toContain('from lftp');
  });
});

describe.skipIf(!hasTool('python3'))("Python's ftplib", () => {
  it('logs in, lists, retrieves and stores', async () => {
    writeFileSync(
      join(folder, 'session.py'),
      `import ftplib, io, hashlib
ftp = ftplib.FTP()
ftp.connect('127.0.0.1', ${port}, timeout=30)
ftp.login('user', 'word')
names = ftp.nlst('/log')
got = io.BytesIO()
ftp.retrbinary('RETR /log/log.txt', got.write)
ftp.storbinary('STOR /py.bin', io.BytesIO(bytes(range(256)) * 40))
back = io.BytesIO()
ftp.retrbinary('RETR /py.bin', back.write)
assert back.getvalue() == bytes(range(256)) * 40
assert ftp.pwd() == '/'
print(names, hashlib.sha256(got.getvalue()).hexdigest(), ftp.size('/py.bin'))
ftp.quit()
`,
    );
    const output = await client('python3', ['session.py']);
    expect(output).toContain('log.txt');
    expect(output).toContain(`${sha256(expected)} 10240`);
  });
});
