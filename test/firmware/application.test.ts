// The firmware's FTP server, files, log and responder, seen from the LAN. Replies are RFC 959's, 2428's and 3659's; the
// log's text is checked against src/scenario/log-text.ts, which was written from the same specification and not from the C.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Board, type BootParams, FtpClient, type FtpStep, Host, provideResources, UdpQuery } from '../../src/index.js';
import { logImage, logRecords } from '../../src/scenario/log-image.js';
import { logText } from '../../src/scenario/log-text.js';

const root = new URL('../../', import.meta.url);
const RECORDS = 60;
const records = [...logRecords(RECORDS, 7)];

beforeAll(() => {
  provideResources({
    core: async () => WebAssembly.compile(await readFile(new URL('dist/core.wasm', root))),
    firmware: (name) => readFile(new URL(`firmware-fixtures/elf/${name}.elf`, root)),
  });
});

async function booted(
  params: BootParams = {},
  image = logImage(records, RECORDS, 300),
): Promise<{ board: Board; host: Host }> {
  const board = await Board.create({ dataFlash: image });
  await board.boot('ftpd', params);
  board.console.expect('quicc> ', { seconds: 2 });
  const host = new Host(board.lan, { name: 'pc', mac: '00:10:5a:12:34:20', ip: '192.168.1.20' });
  return { board, host };
}

/** Results of a session's steps, without the login. */
function session(board: Board, host: Host, steps: FtpStep[], name = 'ftp') {
  const ftp = new FtpClient({ host, name, server: '192.168.1.10', steps, idleTimeoutNs: 60e9 });
  ftp.start();
  board.runUntil(() => ftp.done, { seconds: 120, every: 0.02 });
  return ftp.results.slice(1);
}

const retr = (path: string, more: Partial<FtpStep & { do: 'retr' }> = {}): FtpStep => ({
  do: 'retr',
  path,
  collect: true,
  ...more,
});
const text = (content: Uint8Array | null | undefined): string => new TextDecoder().decode(content ?? new Uint8Array());

describe('FTP server', () => {
  it('answers each command with the code that the RFCs give', async () => {
    const { board, host } = await booted();
    const dialogue: [string, string][] = [
      ['SYST', '215 UNIX Type: L8'],
      ['NOOP', '200'],
      ['PWD', '257 "/" '],
      ['CWD /tmp', '250'],
      ['pwd', '257 "/tmp" '],
      ['CDUP', '250'],
      ['CWD /nowhere', '550'],
      ['CWD /readme.txt', '550'],
      ['MKD /tmp/a "b"', '257 "/tmp/a ""b""" '],
      ['RMD /tmp/a "b"', '250'],
      ['RMD /tmp/a "b"', '550'],
      ['RMD /log', '550'],
      ['DELE /log/log.txt', '550'],
      ['TYPE A', '200'],
      ['SIZE /readme.txt', '550'],
      ['TYPE I', '200'],
      ['SIZE /log/log.txt', `213 ${RECORDS * 300}`],
      ['SIZE /tmp', '550'],
      ['TYPE E', '504'],
      ['MDTM /readme.txt', '213 20'],
      ['MDTM /nowhere', '550'],
      ['MODE S', '200'],
      ['MODE B', '504'],
      ['STRU F', '200'],
      ['RNTO /tmp/x', '503'],
      ['RNFR /nowhere', '550'],
      ['RNFR /readme.txt', '350'],
      ['RNTO /tmp/read.me', '250'],
      ['SITE CHMOD 600 /tmp/read.me', '200'],
      ['REST 5x', '501'],
      ['RETR', '501'],
      ['RETR /tmp/read.me', '425'],
      ['PORT 10,0,0,1,4,0', '425'],
      ['PORT 1,2,3', '501'],
      ['EPRT |1|10.0.0.1|1024|', '425'],
      ['EPRT |2|::1|1024|', '522'],
      ['EPSV 2', '522'],
      ['ALLO 100', '202'],
      ['OPTS UTF8 ON', '200'],
      ['BOGUS', '500'],
      [`CWD /${'x'.repeat(300)}`, '550'],
      ['x'.repeat(2000), '500'],
    ];
    const results = session(
      board,
      host,
      dialogue.map(([line]) => ({ do: 'command', line })),
    );
    expect(
      results.map((r, i) => `${dialogue[i]?.[0].slice(0, 40)}: ${r.reply.slice(0, dialogue[i]?.[1].length)}`),
    ).toEqual(dialogue.map(([line, reply]) => `${line.slice(0, 40)}: ${reply}`));
  });

  it('sends and stores in ASCII and image type, from an offset, and lists', async () => {
    const { board, host } = await booted();
    const lines = new TextEncoder().encode('one\r\ntwo\r\nthree\r\n');
    const results = session(board, host, [
      { do: 'stor', path: '/tmp/a.txt', data: lines, type: 'A' },
      retr('/tmp/a.txt'),
      retr('/tmp/a.txt', { type: 'A' }),
      retr('/tmp/a.txt', { offset: 4 }),
      { do: 'list', path: '/tmp' },
      { do: 'nlst', path: '/' },
      retr('/tmp'),
      retr('/tmp/b.txt'),
    ]);
    expect(text(results[1]?.content)).toBe('one\ntwo\nthree\n');
    expect(text(results[2]?.content)).toBe('one\r\ntwo\r\nthree\r\n');
    expect(text(results[3]?.content)).toBe('two\nthree\n');
    expect(text(results[4]?.content)).toMatch(/^-rw-r--r-- +1 root +root +14 \w{3} +\d+ +\d{4} a\.txt\r\n$/);
    expect(text(results[5]?.content).split('\r\n').filter(Boolean).sort()).toEqual([
      'data',
      'etc',
      'log',
      'readme.txt',
      'tmp',
    ]);
    expect(results[6]?.reply).toMatch(/^550/);
    expect(results[7]?.reply).toMatch(/^550/);
  });

  it('says 452 when the file memory is full, and goes on', async () => {
    const { board, host } = await booted();
    const results = session(board, host, [
      { do: 'stor', path: '/tmp/big', data: new Uint8Array((2 << 20) + 5000) },
      { do: 'command', line: 'DELE /tmp/big' },
      { do: 'stor', path: '/tmp/small', data: new Uint8Array(5000) },
    ]);
    expect(results[0]?.reply).toMatch(/^452/);
    expect(results[1]?.reply).toMatch(/^250/);
    expect(results[2]?.reply).toMatch(/^226/);
  });
});

describe('the log', () => {
  it.each([300, 80, 1000])('is one line for each record, %i characters long', async (reclen) => {
    const { board, host } = await booted({ reclen });
    const [got] = session(board, host, [retr('/log/log.txt')]);
    expect(text(got?.content)).toBe(text(logText(records, reclen)));
  });

  it('starts in the middle of a record after REST, and marks a record whose sum is wrong', async () => {
    const image = logImage(records, RECORDS, 300);
    const at = 512 + 32 * 3 + 12;
    image[at] = (image[at] ?? 0) ^ 1;
    const { board, host } = await booted({}, image);
    const [got] = session(board, host, [retr('/log/log.txt', { offset: 2 * 300 + 17 })]);
    const all = text(logText(records, 300));
    const received = text(got?.content);
    expect(received.length).toBe(all.length - 617);
    expect(received.slice(0, 283)).toBe(all.slice(617, 900));
    expect(received.slice(283, 583)).toContain(' ck=BAD!.');
    expect(received.slice(583)).toBe(all.slice(1200));
  });

  it('comes at the pace of the flash: 512 bytes in 520 characters of 156.25 kHz', async () => {
    const { board, host } = await booted();
    const [got] = session(board, host, [retr('/log/log.txt')]);
    const blocks = Math.ceil((RECORDS * 32) / 512);
    const flash = (blocks * 520 * 8) / 156_250;
    const seconds = ((got?.lastByteNs ?? 0) - (got?.connectNs ?? 0)) / 1e9;
    expect(seconds).toBeGreaterThan(flash * 0.8);
    expect(seconds).toBeLessThan(flash + 0.1);
  });

  it('is absent, and nothing worse, when the flash is blank or its header senseless', async () => {
    const senseless = logImage(records, RECORDS, 300);
    new DataView(senseless.buffer).setUint32(8, 0xffff_ffff); // more records than the flash has room for
    for (const image of [new Uint8Array(512).fill(0xff), senseless]) {
      const { board, host } = await booted({}, image);
      const [got] = session(board, host, [retr('/log/log.txt')]);
      expect(got?.bytes).toBe(0);
      expect(got?.reply).toMatch(/^226/);
      expect(board.outcome).toBe('time');
    }
  });
});

describe('other services', () => {
  it('/data/image.bin is as long as asked and follows its formula', async () => {
    const { board, host } = await booted({ imagesize: 70_001 });
    const [got] = session(board, host, [retr('/data/image.bin')]);
    expect(got?.content).toEqual(Uint8Array.from({ length: 70_001 }, (_, i) => 7 * i + 13 * (i >> 8)));
  });

  it('the responder answers each broadcast query with 300 bytes', async () => {
    const { board, host } = await booted({ responder: 7001 });
    const queries = new UdpQuery({ host, port: 7001, rate: 20 });
    queries.start();
    board.run({ seconds: 2 });
    expect(queries.stats.answered).toBeGreaterThanOrEqual(35);
    expect(queries.stats.bytes).toBe(300 * queries.stats.answered);
  });
});
