import { Board, ExpectTimeout, Host, Lab, Ping, UsageError } from 'quicc860';
import { beforeAll, describe, expect, it } from 'vitest';

const CACHES = [
  { icache: true, dcache: true },
  { icache: true, dcache: false },
  { icache: false, dcache: true },
  { icache: false, dcache: false },
];

describe('a board', () => {
  it.each(CACHES)('boots the firmware to its prompt and answers ping with %j', async (caches) => {
    const board = await Board.create();
    await board.boot('ftpd', caches);
    const [, instruction, data] = board.console.expect(/caches: instruction (on|off), data (on|off)/);
    expect(instruction).toBe(caches.icache ? 'on' : 'off');
    expect(data).toBe(caches.dcache ? 'on' : 'off');
    board.console.expect('quicc> ');
    const pc = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:01', ip: '192.168.1.20' });
    const ping = new Ping({ host: pc, target: '192.168.1.10', count: 3 });
    ping.start();
    board.run({ seconds: 5 });
    expect(ping.answered).toBe(3);
  });

  it('takes its address from the boot parameters', async () => {
    const board = await Board.create();
    await board.boot('ftpd', { ip: '192.168.1.77' });
    expect(board.console.expect(/eth1: [^\n]*\n/)[0]).toContain('192.168.1.77');
  });

  it('takes its Ethernet address from the boot parameters', async () => {
    const board = await Board.create();
    await expect(board.boot('ftpd', { mac: '01:00:5e:00:00:01' })).rejects.toThrow(/not a station's/);
    await board.boot('ftpd', { mac: '02:00:00:12:34:56' });
    expect(board.console.expect(/eth1: [^\n]*\n/)[0]).toContain('02:00:00:12:34:56');
  });

  it('shows the pool as the firmware itself prints it', async () => {
    const board = await Board.create();
    await board.boot('ftpd');
    board.console.expect('quicc> ');
    board.console.send('mbuf\n');
    const [, mbufs, clusters, free] = board.console.expect(/mbufs: *(\d+) *clusters: *(\d+) *free: *(\d+)\s/);
    const pool = board.pool();
    expect(pool?.mbufs.total).toBe(Number(mbufs));
    expect(pool?.clusters).toBe(Number(clusters));
    expect(pool?.free).toBe(Number(free));
    // 32 receive descriptors hold a cluster each (rtems-legacy-networking.md §6).
    expect(pool?.owners['rx-ring']).toBe(32);
    expect(pool?.owners.other).toBe(0);
    expect(pool?.cells).toHaveLength(64);
  });

  it('lists the tasks with what they wait for', async () => {
    const board = await Board.create();
    await board.boot('ftpd');
    board.console.expect('quicc> ');
    const tasks = new Map(board.tasks().map((task) => [task.name, task]));
    expect(tasks.get('ntwk')?.priority).toBe(100);
    expect(tasks.get('SCrx')?.priority).toBe(100);
    expect(tasks.get('FTPD')?.priority).toBe(40);
    expect(tasks.get('SCrx')?.waitsFor).toBe('frame');
  });

  it('gives an expectation up at its time-out, in virtual time, with what was said last', async () => {
    const board = await Board.create();
    await board.boot('hello');
    expect(() => board.console.expect('goodbye', { seconds: 0.5 })).toThrow(ExpectTimeout);
    expect(board.seconds).toBeGreaterThanOrEqual(0.5);
    expect(board.seconds).toBeLessThan(0.51);
    try {
      board.console.expect('goodbye', { seconds: 0.1 });
    } catch (error) {
      expect((error as ExpectTimeout).tail).toContain('hello from the MPC860');
    }
  });

  it('refuses what it does not know', async () => {
    await expect(Board.create({ board: 'mbx999' })).rejects.toThrow(UsageError);
    await expect(Board.create({ dataFlash: new Uint8Array(3 << 20) })).rejects.toThrow(/data flash holds/);
    const board = await Board.create();
    await expect(board.boot('no-such-firmware')).rejects.toThrow(/no built-in firmware/);
    await expect(board.boot('../package')).rejects.toThrow(UsageError);
    await expect(board.boot('ftpd', { clusters: 16 * 2048 })).rejects.toThrow(/receive ring/);
  });

  it('does not run before it has firmware', async () => {
    const board = await Board.create();
    expect(() => board.run({ seconds: 1 })).toThrow(/boot\(\) before it runs/);
  });

  it('and its lab live in any /24 network, beside numbers that would collide', async () => {
    for (const ip of ['10.1.2.20', '192.168.7.110']) {
      const lab = await Lab.create({ boot: { ip }, records: 200, chatter: 20 });
      lab.run(3);
      lab.startTransfer();
      lab.run(3);
      expect(lab.transfer.state).toBe('completed');
    }
  });

  it('boots again after a boot, as if new', async () => {
    const board = await Board.create();
    await board.boot('ftpd');
    board.run({ seconds: 0.7 });
    await board.boot('hello');
    board.run({ seconds: 0.3 });
    const fresh = await Board.create();
    await fresh.boot('hello');
    fresh.run({ seconds: 0.3 });
    expect(board.console.text.endsWith(fresh.console.text)).toBe(true);
    expect(board.counters).toEqual(fresh.counters);
  });
});

describe('a run', () => {
  it('is the same, bit for bit, however it is divided into calls', async () => {
    const runs = [[4], [1, 1, 1, 1], Array.from({ length: 400 }, () => 0.01)];
    const hashes: string[] = [];
    for (const spans of runs) {
      const lab = await Lab.create({ chatter: 40, records: 500, dcache: false });
      let target = 0;
      for (const span of spans) {
        target += span * 40_000_000;
        lab.board.runUntilCycle(Math.round(target));
      }
      hashes.push(lab.board.stateHash());
    }
    expect(new Set(hashes).size).toBe(1);
  });
});

describe('a snapshot', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.create({ chatter: 20, records: 2000, icache: true, dcache: true });
    lab.run(3);
    lab.startTransfer();
    lab.run(1.234);
  });

  it('in the middle of a transfer continues in a fresh board to the same state', async () => {
    expect(lab.transfer.state).toBe('running');
    expect(lab.transfer.bytes).toBeGreaterThan(10_000);
    const copy = await Board.restore(lab.board.snapshot());
    expect(copy.stateHash()).toBe(lab.board.stateHash());
    lab.run(6);
    // Both to the same cycle: the last instruction of `lab.run` may have gone past its own.
    const end = lab.board.now + 1000;
    for (const board of [lab.board, copy]) board.runUntilCycle(end);
    expect(lab.transfer.state).toBe('completed');
    expect(copy.stateHash()).toBe(lab.board.stateHash());
    expect(copy.counters).toEqual(lab.board.counters);
    expect(copy.console.text).toBe(lab.board.console.text);
  });

  it('survives being taken, restored and taken again', async () => {
    const first = lab.board.snapshot();
    const second = (await Board.restore(first)).snapshot();
    expect(Buffer.from(second).equals(Buffer.from(first))).toBe(true);
  });

  it('is refused when damaged, cut or foreign', async () => {
    const bytes = lab.board.snapshot();
    const damaged = bytes.slice();
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] ?? 0) ^ 0x40;
    await expect(Board.restore(damaged)).rejects.toThrow(UsageError);
    await expect(Board.restore(bytes.slice(0, 5000))).rejects.toThrow(/cut short/);
    await expect(Board.restore(new Uint8Array(100))).rejects.toThrow(/not a quicc860 snapshot/);
  });
});

describe('a reset', () => {
  it('by the guest (PLPRCR[CSR] and a checkstop) lets the boot loader load the image again', async () => {
    const board = await Board.create();
    await board.boot('ftpd', { ip: '192.168.1.33' });
    board.console.expect('quicc> ');
    board.console.send('reboot\n');
    expect(board.console.expect(/eth1: [^\n]*\n/)[0]).toContain('192.168.1.33');
    board.console.expect('quicc> ');
    expect(board.outcome).toBe('time');
  });
});
