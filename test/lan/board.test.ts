import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Board, Chatter, FtpClient, Gateway, Host, Ping, provideResources, sha256Hex } from '../../src/index.js';
import { HostForward } from '../../src/node/hostfwd.js';
import { runPaced } from '../../src/node/real-time.js';
import { logImage, logRecords } from '../../src/scenario/log-image.js';
import { logText } from '../../src/scenario/log-text.js';

/* The LAN with the emulated board on it: needs dist/core.wasm (npm run build:core) and the built firmware. */
const root = new URL('../../', import.meta.url);
const CORE = process.env['QUICC_CORE'] ?? new URL('dist/core.wasm', root);
const FTPD = new URL('firmware-fixtures/elf/ftpd.elf', root);
const there = existsSync(CORE) && existsSync(FTPD);
if (!there) console.warn('SKIPPED: core.wasm or ftpd.elf is not built, the LAN is not tested with the board');

const RECORDS = 300;
const BOARD_IP = '192.168.1.10';
const records = [...logRecords(RECORDS, 1)];
const log = logText(records, 300);

beforeAll(() => {
  provideResources({
    core: async () => WebAssembly.compile(await readFile(CORE)),
    firmware: async () => readFile(FTPD),
  });
});

async function bootedBoard(): Promise<Board> {
  const board = await Board.create({ dataFlash: logImage(records, RECORDS, 300) });
  await board.boot('ftpd', {});
  board.run({ seconds: 0.5 });
  return board;
}

describe.skipIf(!there)('stations and the board', () => {
  it.each(['pasv', 'epsv', 'port'] as const)(
    'the FTP client stores, fetches and lists with %s, in chatter',
    async (mode) => {
      const board = await bootedBoard();
      const host = new Host(board.lan, { name: 'pc', mac: '00:10:5a:12:34:20', ip: '192.168.1.20' });
      const ping = new Ping({ host, target: BOARD_IP, intervalNs: 50_000_000 });
      ping.start();
      new Chatter({ wire: board.lan, rate: 30 }).start();
      const data = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31) & 255);
      const ftp = new FtpClient({
        host,
        server: BOARD_IP,
        mode,
        steps: [
          { do: 'stor', path: '/tmp/up', data },
          { do: 'retr', path: '/tmp/up' },
          { do: 'retr', path: '/log/log.txt' },
          { do: 'list', path: '/tmp' },
        ],
      });
      ftp.start();
      for (let i = 0; i < 20 && !ftp.done; i++) board.run({ seconds: 1 });
      expect(ftp.results.map((r) => `${r.command} ${r.outcome} ${r.reason}`)).toEqual(
        ['login', 'stor', 'retr', 'retr', 'list'].map((command) => `${command} complete `),
      );
      expect(ftp.results[2]?.sha256).toBe(sha256Hex(data));
      expect(ftp.results[3]?.sha256).toBe(sha256Hex(log));
      expect(ping.answered).toBeGreaterThanOrEqual(ping.results.length - 1);
    },
  );

  it('a snapshot in the middle of a transfer continues to the same state', async () => {
    const board = await bootedBoard();
    const host = new Host(board.lan, { name: 'pc', mac: '00:10:5a:12:34:20', ip: '192.168.1.20' });
    new Chatter({ wire: board.lan, rate: 100 }).start();
    const ftp = new FtpClient({ host, server: BOARD_IP, steps: [{ do: 'retr', path: '/log/log.txt' }] });
    ftp.start();
    for (let i = 0; i < 1000 && (ftp.current?.bytes ?? 0) < 20_000; i++) board.run({ seconds: 0.01 });
    const twin = await Board.restore(board.snapshot());
    const end = board.now + 3 * 40e6;
    board.runUntilCycle(end);
    while (twin.now < end) twin.runUntilCycle(Math.min(end, twin.now + 1_234_567));
    const other = FtpClient.find(twin.lan);
    expect(other.results.at(-1)?.sha256).toBe(sha256Hex(log));
    expect(other.results).toEqual(ftp.results);
    expect(JSON.stringify(twin.lan.save()) === JSON.stringify(board.lan.save()), 'same LAN state').toBe(true);
    expect(twin.stateHash()).toBe(board.stateHash());
  });
});

describe.skipIf(!there)('real FTP clients and the board', () => {
  let board: Board;
  let forward: HostForward;
  let directory = '';
  let running = true;

  beforeAll(async () => {
    board = await bootedBoard();
    directory = await mkdtemp(joinPath(tmpdir(), 'quicc860-'));
    forward = await HostForward.open(new Gateway(board.lan), 'tcp:127.0.0.1:0-:21', { boardAddress: BOARD_IP });
    void runPaced(board, { speed: 20, turn: 0.005, stop: () => !running });
  });

  afterAll(async () => {
    running = false;
    await forward.close();
    await rm(directory, { recursive: true });
  });

  function run(command: string, args: string[]): Promise<Buffer | 'not installed'> {
    return new Promise((resolve, reject) => {
      execFile(command, args, { encoding: 'buffer', timeout: 60_000, maxBuffer: 1 << 26 }, (error, out, err) => {
        if (error === null) resolve(out);
        else if (error.code === 'ENOENT') {
          console.warn(`SKIPPED: ${command} is not installed`);
          resolve('not installed');
        } else reject(new Error(`${error.message}\n${err.toString()}`));
      });
    });
  }

  it('curl fetches with EPSV, PASV and actively, lists, and stores', async () => {
    const url = `ftp://127.0.0.1:${forward.port}`;
    for (const mode of [[], ['--disable-epsv'], ['-P', '-']]) {
      const out = await run('curl', ['-sS', ...mode, `${url}/log/log.txt`]);
      if (out === 'not installed') return;
      expect(sha256Hex(out)).toBe(sha256Hex(log));
    }
    expect((await run('curl', ['-sS', `${url}/log/`])).toString()).toMatch(new RegExp(` ${log.length} .*log\\.txt`));
    const file = joinPath(directory, 'up');
    await writeFile(file, Buffer.alloc(150_000, 'quicc'));
    await run('curl', ['-sS', '-T', file, `${url}/tmp/up`]);
    expect(await run('curl', ['-sS', `${url}/tmp/up`])).toEqual(await readFile(file));
  });

  it('lftp lists, fetches and stores', async () => {
    const fetched = joinPath(directory, 'log.txt');
    const file = joinPath(directory, 'up2');
    await writeFile(file, Buffer.alloc(50_000, 'lftp'));
    const script = [
      'set net:timeout 20; set net:max-retries 1',
      `open ftp://127.0.0.1:${forward.port}`,
      `cd /log; ls; get log.txt -o ${fetched}`,
      `cd /tmp; put ${file}; ls`,
    ].join('; ');
    const out = await run('lftp', ['-c', script]);
    if (out === 'not installed') return;
    expect(out.toString()).toMatch(/50000 .*up2/);
    expect(sha256Hex(await readFile(fetched))).toBe(sha256Hex(log));
  });

  it("Python's ftplib fetches passively and actively, and stores", async () => {
    const script = `
import ftplib, hashlib, io, sys
f = ftplib.FTP()
f.connect('127.0.0.1', ${forward.port})
f.login()
for passive in (True, False):
    f.set_pasv(passive)
    h = hashlib.sha256()
    f.retrbinary('RETR /log/log.txt', h.update)
    print(h.hexdigest())
f.set_pasv(True)
f.storbinary('STOR /tmp/x', io.BytesIO(b'q' * 30000))
print(f.size('/tmp/x'))
f.quit()`;
    const out = await run('python3', ['-c', script]);
    if (out === 'not installed') return;
    const hash = sha256Hex(log);
    expect(out.toString().split('\n').slice(0, 3)).toEqual([hash, hash, '30000']);
  });
});
