// The family's members as board options (issue 3). Ids from hardware/core-registers.md section 6, caches from core-caches.md
// section 1; the numbers are repeated here on purpose.
import { Board, PARTS, type PartName } from 'quicc860';
import { describe, expect, it } from 'vitest';

const IMMR = 638;
const PVR = 287;
const REV_NUM = 0xff00_3cb0;

async function booted(cpu: PartName): Promise<Board> {
  const board = await Board.create({ cpu });
  await board.boot('mix', { icache: true, dcache: true, extra: 'iterations=20' });
  return board;
}

describe('members of the family', () => {
  it.each([
    ['mpc860', 0x0031, 0x0004],
    ['mpc860t', 0x0502, 0x0000],
    ['mpc860p', 0x0502, 0x0000],
    ['mpc862p', 0x0700, 0x0003],
    ['mpc866', 0x0801, 0x0004],
    ['mpc885', 0x0900, 0x0000],
  ] as const)('%s: PVR, IMMR, REV_NUM, and it computes right', async (cpu, partNumber, microcode) => {
    const board = await booted(cpu);
    expect(board.register(PVR)).toBe(0x0050_0000);
    expect(board.register(IMMR) & 0xffff).toBe(partNumber);
    expect(board.memory.read16(REV_NUM)).toBe(microcode);
    expect(board.console.expect(/(right|WRONG)\r?\n/, { seconds: 60 })[1]).toBe('right');
    expect(board.report()).toContain(PARTS[cpu].title);
  });

  it('a member with larger caches is busy for fewer cycles with the same work', async () => {
    const busy: number[] = [];
    for (const cpu of ['mpc860', 'mpc885', 'mpc866'] as const) {
      const board = await Board.create({ cpu });
      await board.boot('ftpd');
      board.console.expect('quicc> ');
      busy.push(board.counters.cycles - board.counters.idleCycles);
    }
    const [small = 0, middle = 0, large = 0] = busy;
    expect(middle).toBeLessThan(small);
    expect(large).toBeLessThan(middle);
  });

  it('a snapshot continues on the member that it was taken on', async () => {
    const board = await booted('mpc866');
    board.run({ cycles: 300_000 });
    const copy = await Board.restore(board.snapshot());
    expect(copy.description.cpu).toBe('mpc866');
    board.run({ cycles: 500_000 });
    copy.run({ cycles: 500_000 });
    expect(copy.stateHash()).toBe(board.stateHash());
  });

  it('an unknown one is refused with the list', async () => {
    const known = 'mpc860, mpc860t, mpc860p, mpc862p, mpc866, mpc885';
    await expect(Board.create({ cpu: 'mpc8260' as PartName })).rejects.toThrow(
      `unknown CPU 'mpc8260'; known: ${known}`,
    );
    await expect(Board.create({ cpu: 'toString' as PartName })).rejects.toThrow('unknown CPU');
  });
});
