// The firmware's network stack on the emulated board, against the LAN's independent hosts. What is asserted is what
// hardware/rtems-legacy-networking.md says of RTEMS 4.6's stack (sections given at each test), and the RFCs.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Board, type BootParams, FtpClient, Host, Ping, provideResources, sha256Hex } from '../../src/index.js';

const root = new URL('../../', import.meta.url);
const MCLBYTES = 2048;

beforeAll(() => {
  provideResources({
    core: async () => WebAssembly.compile(await readFile(new URL('dist/core.wasm', root))),
    firmware: (name) => readFile(new URL(`firmware-fixtures/elf/${name}.elf`, root)),
  });
});

async function setUp(params: BootParams = {}): Promise<{ board: Board; pc: Host }> {
  const board = await Board.create({ seed: 3 });
  await board.boot('ftpd', params);
  const pc = new Host(board.lan, { name: 'pc', mac: '00:10:5a:12:34:20', ip: '192.168.1.20' });
  board.console.expect('quicc> ');
  return { board, pc };
}

function owners(board: Board): Record<string, number> {
  const pool = board.pool();
  if (pool === undefined) throw new Error('no pool');
  return pool.owners;
}

function runUntil(board: Board, seconds: number, condition: () => boolean): void {
  const end = board.seconds + seconds;
  while (!condition()) {
    if (board.seconds > end) throw new Error(`not within ${seconds} s`);
    board.run({ seconds: 0.1 });
  }
}

/** A transfer under way whose client has just been cut off the wire. */
async function cutOff(params: BootParams, bytes = 100_000): Promise<{ board: Board; pc: Host }> {
  const { board, pc } = await setUp({ imagesize: 4_000_000, ...params });
  const client = new FtpClient({ host: pc, server: '192.168.1.10', steps: [{ do: 'retr', path: '/data/image.bin' }] });
  client.start();
  runUntil(board, 5, () => (client.current?.bytes ?? 0) > bytes);
  pc.station.setPower(false);
  return { board, pc };
}

describe('TCP', () => {
  it('carries files both ways through loss and bit errors, in every data mode, and gives all buffers back', async () => {
    const { board, pc } = await setUp({ imagesize: 300_000 });
    const image = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
    const data = Uint8Array.from({ length: 90_000 }, (_, i) => (i * 31 + (i >> 7)) & 255);
    for (const way of ['toBoard', 'fromBoard'] as const) {
      Object.assign(board.lan.impairments[way], { loss: 0.02, corrupt: 0.01 });
    }
    for (const mode of ['pasv', 'epsv', 'port'] as const) {
      const client = new FtpClient({
        host: pc,
        name: mode,
        server: '192.168.1.10',
        mode,
        steps: [
          { do: 'retr', path: '/data/image.bin' },
          { do: 'stor', path: '/tmp/upload', data },
          { do: 'retr', path: '/tmp/upload' },
        ],
      });
      client.start();
      runUntil(board, 300, () => client.done);
      expect(client.results.map((r) => r.reason).join('')).toBe('');
      const sums = client.results.filter((r) => r.command !== 'login').map((r) => r.sha256);
      expect(sums).toEqual([sha256Hex(image), sha256Hex(data), sha256Hex(data)]);
    }
    for (const way of ['toBoard', 'fromBoard'] as const) {
      Object.assign(board.lan.impairments[way], { loss: 0, corrupt: 0 });
    }
    board.run({ seconds: 130 }); // 2 MSL and a little
    const pool = owners(board);
    expect(pool).toMatchObject({ 'rx-ring': 32, 'so-snd': 0, 'so-rcv': 0, reassembly: 0, other: 0 });
    // The last frame sent is retired with the next one (section 6).
    expect((pool['free'] ?? 0) + (pool['tx-ring'] ?? 0)).toBe(32);
    const at = board.console.text.length;
    board.console.send('netstat\r');
    board.run({ seconds: 0.5 });
    expect(board.console.text.slice(at).match(/^tcp .*$/gm)).toHaveLength(1); // the listener
  });

  it('holds one cluster for each 1024-byte send: 17 in a full send buffer (sections 5 and 8.4)', async () => {
    const { board } = await cutOff({ clusters: 128 * MCLBYTES });
    board.run({ seconds: 2 });
    // The oldest may have been acknowledged in part.
    expect(owners(board)['so-snd']).toBeGreaterThanOrEqual(17);
    expect(owners(board)['so-snd']).toBeLessThanOrEqual(18);
    expect(board.tasks().some((task) => task.name.startsWith('FTP') && task.waitsFor === 'sbwait snd')).toBe(true);
  });

  it('drops a connection after twelve retransmissions, 12 to 550 s; the sender wakes and closes (sections 5 and 9.3)', async () => {
    const { board } = await cutOff({ clusters: 128 * MCLBYTES });
    const since = board.seconds;
    runUntil(board, 600, () => owners(board)['so-snd'] === 0);
    expect(board.seconds - since).toBeGreaterThan(12);
    expect(board.seconds - since).toBeLessThan(550);
    expect(owners(board)['other']).toBe(0);
  });

  it('tells a caller that nobody listens: connection refused by reset', async () => {
    const { board, pc } = await setUp();
    const client = new FtpClient({ host: pc, server: '192.168.1.10', port: 2323, steps: [{ do: 'list' }] });
    client.start();
    runUntil(board, 5, () => client.done);
    expect(client.results[0]?.reason).toMatch(/refused|reset/);
  });
});

describe('the pool', () => {
  it('reserve=16: the application leaves 16 clusters alone, however long it sends (section 8.6)', async () => {
    const { board } = await cutOff({ sndspace: 65_536, reserve: 16 });
    board.run({ seconds: 10 });
    expect(owners(board)['free']).toBe(16);
    expect(owners(board)['so-snd']).toBe(16);
    expect(board.tasks().some((task) => task.waitsFor === 'm_clalloc M_WAIT')).toBe(true);
  });

  it('run dry by one sender: said once in 30 s by each task that waits, nothing returned when TCP has given up (8.4)', async () => {
    const { board, pc } = await cutOff({ sndspace: 65_536 }, 1000);
    board.run({ seconds: 1 });
    expect(owners(board)['free']).toBe(0);
    pc.station.setPower(true);
    const ping = new Ping({ host: pc, target: '192.168.1.10', intervalNs: 1e9, count: 40 });
    ping.start();
    board.run({ seconds: 100 });
    expect(board.console.text.match(/Still waiting for mbuf cluster\./g)?.length).toBeGreaterThanOrEqual(3);
    board.run({ seconds: 600 });
    expect(
      board
        .tasks()
        .filter((task) => task.waitsFor === 'm_clalloc M_WAIT')
        .map((task) => task.name),
    ).toContain('SCrx');
    expect(owners(board)['free']).toBe(0);
    expect(owners(board)['so-snd']).toBeGreaterThan(25);
  });

  it('dropfree=1: what a dead connection held comes back, but for the piece in the sender’s hand (sections 5 and 8.6)', async () => {
    const { board } = await cutOff(
      { sndspace: 65_536, dropfree: true, keepalways: true, keepidle: 30, keepintvl: 10 },
      1000,
    );
    board.run({ seconds: 1 });
    expect(owners(board)['free']).toBe(0);
    runUntil(board, 600, () => (owners(board)['free'] ?? 0) > 16);
    board.run({ seconds: 5 });
    expect(owners(board)).toMatchObject({ 'so-snd': 0, other: 1 });
  });
});

describe('ICMP', () => {
  it('answers echo requests of any size that fits a frame', async () => {
    const { board, pc } = await setUp();
    for (const size of [0, 1, 56, 57, 1471, 1472]) {
      const ping = new Ping({ host: pc, target: '192.168.1.10', size, count: 2 });
      ping.start();
      board.run({ seconds: 3 });
      expect(ping.answered, `${size} bytes`).toBe(2);
    }
  });
});

describe('bad input', () => {
  it('malformed packets neither stop the stack nor cost it buffers', async () => {
    const { board, pc } = await setUp({ responder: 7001 });
    const evil = board.lan.addStation('evil', Uint8Array.of(0, 0x10, 0x5a, 0x12, 0x34, 0x66), null);
    let state = 1;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const pick = (...of: number[]): number => of[random(of.length)] ?? 0;
    for (let i = 0; i < 1200; i++) {
      const frame = Uint8Array.from({ length: 60 + random(random(4) === 0 ? 1454 : 100) }, () => random(256));
      frame.set(random(5) === 0 ? [255, 255, 255, 255, 255, 255] : [0x08, 0x00, 0x3e, 0x26, 0x00, 0x10], 0);
      frame.set(evil.mac, 6);
      if (random(8) === 0) {
        frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, pick(1, 2, 3)], 12); // ARP
        frame.set([192, 168, 1, random(256)], 28);
        frame.set([192, 168, 1, pick(10, 11)], 38);
      } else {
        const length = random(3) === 0 ? random(2000) : frame.length - 14;
        frame.set([8, 0, random(10) === 0 ? random(256) : 0x45], 12);
        frame.set([length >> 8, length & 255], 16);
        frame.set(random(3) === 0 ? [0, random(4), random(2) << 5, random(200)] : [0, i & 255, 0, 0], 18);
        frame[23] = pick(1, 6, 17, random(256));
        frame.set([192, 168, 1, 66, 192, 168, 1, pick(10, 10, 10, 255)], 26);
        if (frame[23] !== 1) frame.set([pick(0, 0x1b), pick(21, 0x59)], 36);
        frame.set([0, 0], 24);
        let sum = 0;
        for (let at = 14; at < 14 + 4 * ((frame[14] ?? 0) & 15); at += 2)
          sum += ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
        frame.set([(~sum >> 8) & 255, ~sum & 255], 24);
      }
      evil.send(frame);
      if (i % 4 === 3) board.run({ seconds: 0.005 });
    }
    board.run({ seconds: 40 }); // reassembly gives up after 30 s (section 5)
    expect(board.console.text).not.toMatch(/exception|panic|already in use/i);
    const ping = new Ping({ host: pc, target: '192.168.1.10', count: 1 });
    ping.start();
    board.run({ seconds: 2 });
    expect(ping.answered).toBe(1);
    expect(owners(board)).toMatchObject({ 'rx-ring': 32, reassembly: 0, 'ip-input': 0, other: 0 });
  });
});
