// The firmware's kernel and console monitor on the emulated board. The kernel checks itself against the Classic API's
// documented behaviour (firmware-fixtures/selftest); the report formats are those of hardware/rtems-legacy-networking.md.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Board, type BootParams, provideResources } from '../../src/index.js';

const root = new URL('../../', import.meta.url);

beforeAll(() => {
  provideResources({
    core: async () => WebAssembly.compile(await readFile(new URL('dist/core.wasm', root))),
    firmware: (name) => readFile(new URL(`firmware-fixtures/elf/${name}.elf`, root)),
  });
});

async function booted(firmware: string, params: BootParams = {}): Promise<Board> {
  const board = await Board.create();
  await board.boot(firmware, params);
  return board;
}

describe('kernel', () => {
  const caches = [
    { icache: true, dcache: true },
    { icache: true, dcache: false },
    { icache: false, dcache: true },
    { icache: false, dcache: false },
  ];
  for (const params of caches) {
    it(`passes its own checks, ${JSON.stringify(params)}`, async () => {
      const board = await booted('selftest', params);
      const [, checks, failed] = board.console.expect(/selftest: (\d+) checks, (\d+) failed/, { seconds: 20 });
      expect(board.console.text).not.toContain('FAIL');
      expect(Number(failed)).toBe(0);
      expect(Number(checks)).toBeGreaterThan(30);
    });
  }

  it('keeps time: a thousand ticks of 1 ms are one second of the PIT', async () => {
    const board = await booted('ftpd', { tick: 1000 });
    board.console.expect('quicc> ');
    board.run({ seconds: 1 });
    board.console.send('uptime\r');
    const [, seconds, ms, ticks] = board.console.expect(/up 0 d 00:00:(\d+)\.(\d+), (\d+) ticks of 1000 us/);
    expect(Number(ticks)).toBe(Number(seconds) * 1000 + Number(ms));
    expect(Math.abs(Number(ticks) / 1000 - board.seconds)).toBeLessThan(0.1);
  });
});

describe('console monitor', () => {
  it('names its caches and pools, and boot parameters that it does not know', async () => {
    const board = await booted('ftpd', { dcache: false, clusters: 96 * 2048, extra: 'flavour=plum' });
    board.console.expect('caches: instruction on, data off');
    board.console.expect('512 mbufs of 128, 96 clusters of 2048');
    board.console.expect('boot parameter ignored: flavour=plum (unknown)');
    board.console.expect('quicc> ');
  });

  it('edits its line: backspace, Ctrl-U, the last line again', async () => {
    const board = await booted('ftpd');
    board.console.expect('quicc> ');
    board.console.send('uptinn\b\bme\r');
    board.console.expect(/up 0 d .* ticks/);
    board.console.send('nonsense\x15uptime\r');
    board.console.expect(/up 0 d .* ticks/);
    board.console.send('\x10\r');
    board.console.expect(/up 0 d .* ticks/);
    board.console.send('nonsense\r');
    board.console.expect('nonsense: unknown command, try help');
  });

  it('prints the pool in the format of rtems_bsdnet_show_mbuf_stats (section 3)', async () => {
    const board = await booted('ftpd');
    board.console.expect('quicc> ');
    board.run({ seconds: 1 });
    board.console.send('mbuf\r');
    board.console.expect('************ MBUF STATISTICS ************');
    const [, mbufs, clusters, free] = board.console.expect(/mbufs:( *\d+) {4}clusters:( *\d+) {4}free:( *\d+)\r\n/);
    expect([mbufs, clusters, free]).toEqual([' 512', '  64', '  32']);
    board.console.expect(/drops: {3}0 {7}waits: {3}0 {2}drains: {3}0\r\n/);
    board.console.expect(/ {6}free:\d+ +data:\d+ +header:\d+ +socket:\d+/);
  });

  it('lists the tasks of section 4 with their priorities, as the observer sees them', async () => {
    const board = await booted('ftpd');
    board.console.expect('quicc> ');
    board.run({ seconds: 1 });
    board.console.send('ps\r');
    for (const [name, priority] of [
      ['ntwk', 100],
      ['SCtx', 100],
      ['SCrx', 100],
      ['FTPD', 40],
    ] as const) {
      expect(board.tasks().find((task) => task.name === name)?.priority).toBe(priority);
    }
    board.console.expect(/ntwk \w+ +100 +100/);
    board.console.expect(/SCrx \w+ +100 +100 +event .*frame/);
  });

  it('stops with registers and callers when the kernel meets an exception it does not expect', async () => {
    const board = await booted('selftest');
    board.console.expect('selftest begins');
    // Breaks the idle loop: a data access that no TLB entry covers.
    const idle = board.symbols.address('idle_loop');
    expect(idle).toBeDefined();
    board.memory.write32(idle as number, 0x3c80_c000); // lis r4,0xC000
    board.memory.write32((idle as number) + 4, 0x8064_0000); // lwz r3,0(r4)
    board.console.expect(/unexpected exception 1200 in task IDLE/, { seconds: 20 });
    board.console.expect(/DAR c0000000/);
    board.console.expect('stopped');
  });
});
