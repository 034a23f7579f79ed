// Guests that run wild (issue 2, "Bad input"): they stop with a report or run on; the host never traps, never hangs, and
// what they do is the same however the host divides the run.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Board, Chatter, GuestStopped, Host, Ping } from 'quicc860';
import { beforeAll, describe, expect, it } from 'vitest';
import { asm } from '../support/core.js';
import { Dice, elfOf, wildProgram } from '../support/wild.js';

const root = new URL('../../', import.meta.url);
const image = (name: string): Uint8Array => readFileSync(new URL(`firmware-fixtures/elf/${name}.elf`, root));

const CACHES = [
  { icache: true, dcache: true },
  { icache: true, dcache: false },
  { icache: false, dcache: true },
  { icache: false, dcache: false },
];

async function ran(name: string, seconds: number): Promise<Board> {
  const board = await Board.create();
  await board.boot(image(name));
  board.run({ seconds });
  return board;
}

/** Lines of a report behind `last instructions:`. */
function trail(board: Board): string[] {
  const lines = board.report().split('\n');
  return lines.slice(lines.indexOf('last instructions:') + 1).map((line) => line.trim());
}

describe('the report of a guest that stopped', () => {
  it('shows how it came to code that does not exist, and the vector without a handler', async () => {
    const board = await ran('wild-illegal', 0.3);
    expect(board.outcome).toBe('exception-storm');
    const lines = trail(board);
    // bench/wild.S: li r4,0; stw r4,0x700(0); .long 0. An opcode that is not implemented goes to 0x1000 (UM, Exceptions).
    const at = lines.findIndex((line) => /li r4,0$/.test(line));
    expect(lines[at + 1]).toMatch(/stw r4,1792\(0\)/);
    expect(lines[at + 2]).toMatch(/00000000 {2}\.long/);
    expect(lines[at + 3]).toMatch(/exception: software emulation, vector 00001000/);
    expect(lines.at(-1)).toMatch(/^00001000 {2}00000000/);
    expect(board.register('pc')).toBe(0x1000);
  });

  it('shows the branch to where nothing answers', async () => {
    const board = await ran('wild-nowhere', 0.3);
    const text = trail(board).join('\n');
    expect(text).toMatch(/bctr\n30000000 .*\n-- exception: machine check, vector 00000200/);
    expect(board.register('ctr')).toBe(0x3000_0000);
  });

  it('shows the system call that calls itself', async () => {
    const board = await ran('wild-exceptions', 0.3);
    expect(trail(board).join('\n')).toMatch(
      /sync\n[0-9a-f]+ {2}44000002 {2}sc\b.*\n-- exception: system call, vector 00000c00/,
    );
  });

  it('names the access that checkstopped, with registers and symbols', async () => {
    const board = await ran('wild-checkstop', 0.3);
    expect(board.outcome).toBe('checkstop');
    const report = board.report();
    expect(report).toContain('machine check while MSR[ME] = 0: no answer to the data access at 30000000');
    expect(trail(board).at(-1)).toMatch(/lwz r4,0\(r3\)/);
    expect(board.register('r3')).toBe(0x3000_0000);
    expect(report).toMatch(/^pc [0-9a-f]{8} {2}msr 00000002 /);
    expect(() => board.assertRunning()).toThrow(GuestStopped);
    // Stopped for good: no more time passes.
    const { cycles } = board.counters;
    expect(board.run({ seconds: 1 })).toBe('checkstop');
    expect(board.counters.cycles).toBe(cycles);
  });

  it('is no different after a snapshot', async () => {
    const board = await ran('wild-nowhere', 0.3);
    const copy = await Board.restore(board.snapshot());
    expect(copy.outcome).toBe(board.outcome);
    expect(copy.report()).toBe(board.report());
  });

  it('is printed by the command line, which exits with 1', async () => {
    const file = fileURLToPath(new URL('firmware-fixtures/elf/wild-checkstop.elf', root));
    const child = spawn(process.execPath, [fileURLToPath(new URL('bin/quicc860.js', root)), 'run', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^quicc860: the guest stopped at 00010020: checkstop\npc 00010020 /);
    expect(stderr).toContain('lwz r4,0(r3)');
    expect(stderr).not.toMatch(/at .*\.js/);
  });
});

describe('a guest that goes on for ever', () => {
  it.each(['wild-sleep', 'wild-dma'])('%s costs no more than its virtual time', async (name) => {
    const board = await ran(name, 0.5);
    expect(board.outcome).toBe('time');
    expect(board.seconds).toBeGreaterThanOrEqual(0.5);
    expect(board.seconds).toBeLessThan(0.501);
    expect(trail(board).length).toBeGreaterThan(0);
  });

  it('wild-registers reads what is a machine check, without a handler, and costs no more either', async () => {
    const board = await ran('wild-registers', 0.5);
    expect(board.outcome).toBe('exception-storm');
    expect(board.seconds).toBeLessThan(0.501);
    expect(trail(board).length).toBeGreaterThan(0);
  });

  it('dozing with nothing to wake it skips the time', async () => {
    // PLPRCR[LPM] = 01, doze (0x0100; hardware/siu.md), then MSR[POW] without EE.
    const words = [
      asm.lis(31, 0xff00),
      asm.lwz(4, 0x284, 31),
      asm.ori(4, 4, 0x0100),
      asm.stw(4, 0x284, 31),
      asm.lis(5, 0x0004),
      asm.ori(5, 5, 0x1002),
      asm.sync(),
      asm.mtmsr(5),
      asm.isync(),
      asm.b(-12),
    ];
    const board = await Board.create();
    await board.boot(elfOf([{ at: 0x1_0000, words }]));
    board.run({ seconds: 1000 });
    expect(board.seconds).toBeGreaterThanOrEqual(1000);
    expect(board.counters.idleCycles).toBeGreaterThan(0.99 * board.counters.cycles);
  });
});

describe('random programs', () => {
  const END = 40_000;
  let board: Board;
  beforeAll(async () => {
    board = await Board.create();
  });

  async function story(seed: number, caches: { icache: boolean; dcache: boolean }, slices: boolean): Promise<string> {
    await board.boot(elfOf(wildProgram(seed, caches)));
    const dice = new Dice(seed);
    while (board.now < END && board.outcome === 'time') {
      board.runUntilCycle(slices ? Math.min(END, board.now + 1 + dice.below(3000)) : END);
    }
    // One access can take the bus monitor's whole time, one exception a few clocks; nothing takes longer.
    expect(board.now).toBeLessThan(END + 10_000);
    return `${board.outcome} ${JSON.stringify(board.counters)}\n${board.report()}`;
  }

  it.each(CACHES)('neither trap nor hang the host, whatever the slices: %j', async (caches) => {
    const outcomes = new Set<string>();
    let instructions = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const whole = await story(seed, caches, false);
      outcomes.add(board.outcome);
      instructions += board.counters.instructions;
      expect(whole, `seed ${seed}`).toMatch(/^pc [0-9a-f]{8} {2}msr /m);
      expect(trail(board).length, `seed ${seed}`).toBeGreaterThan(0);
      if (seed % 5 === 0) expect(await story(seed, caches, true), `seed ${seed} in slices`).toBe(whole);
    }
    // The programs do something before they get lost.
    expect(instructions).toBeGreaterThan(250 * 200);
    expect(outcomes).toContain('checkstop');
    expect(outcomes).toContain('time');
  });
});

describe('the firmware with bits of it flipped, on a busy LAN', () => {
  const good = image('ftpd');
  const view = new DataView(good.buffer, good.byteOffset);
  const table = view.getUint32(28);
  const from = view.getUint32(table + 4);
  const length = view.getUint32(table + 16);

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'neither traps nor hangs the host nor its observers (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const bytes = Uint8Array.from(good);
      for (let i = 1 + dice.below(60); i > 0; i--) {
        const at = from + dice.below(length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      }
      const board = await Board.create();
      await board.boot(bytes, CACHES[seed & 3]);
      new Chatter({ wire: board.lan, rate: 500, seed }).start();
      const pc = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:01', ip: '192.168.1.20' });
      new Ping({ host: pc, target: '192.168.1.10', intervalNs: 50_000_000 }).start();
      board.console.send('ps\nmbuf\nnetstat\n');
      for (let i = 0; i < 10; i++) {
        board.run({ seconds: 0.05 });
        board.pool();
        board.tasks();
      }
      expect(board.report()).toMatch(/^pc /);
      if (board.outcome === 'time') expect(board.seconds).toBeGreaterThanOrEqual(0.5);
    },
  );
});
