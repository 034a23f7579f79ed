// Images that are not linked like ours: at address 0, over all of RAM, at virtual addresses (ELF: p_vaddr, p_paddr).
import { Board } from 'quicc860';
import { describe, expect, it } from 'vitest';
import { asm } from '../support/core.js';
import { elfOf, type Words } from '../support/wild.js';

const SIZE_OF_INFO = 0x3c;

async function run(segments: readonly Words[]): Promise<Board> {
  const board = await Board.create();
  await board.boot(elfOf(segments), { extra: 'hello=1' });
  board.run({ cycles: 10_000 });
  return board;
}

/** Puts the three words that the loader hands over (r3, r6, r7) where the test finds them: r13 to r15. */
const KEEP = [asm.x(444, 3, 13, 3), asm.x(444, 6, 14, 6), asm.x(444, 7, 15, 7)];

describe('an image linked at address 0', () => {
  it('keeps all of its bytes: board information and command line go elsewhere', async () => {
    const words = Array.from({ length: 0x4000 / 4 }, (_, i) => 0x5a00_0000 | i);
    const start = 0x4000;
    const board = await run([
      { at: 0, words },
      { at: start, words: [...KEEP, asm.b(0)] },
    ]);
    expect(board.outcome).toBe('time');
    for (let at = 0; at < 0x4000; at += 4) expect(board.memory.read32(at)).toBe((0x5a00_0000 | (at >> 2)) >>> 0);
    const info = board.register('r13');
    expect(board.memory.read16(info)).toBe(SIZE_OF_INFO);
    const line = board.register('r14');
    expect(board.memory.readString(line)).toContain('hello=1');
    expect(board.memory.read8(board.register('r15'))).toBe(0);
    expect(info >= 0x5000 || info + 0x1000 <= 0).toBe(true);
  });
});

describe('an image linked at 0xC0000000 and loaded at 0x10000', () => {
  it('is entered at the physical address of its entry', async () => {
    const words = [...KEEP, asm.li(16, 77), asm.b(0)];
    const board = await run([{ at: 0x1_0000, linked: 0xc000_0000, words }]);
    expect(board.register('r16')).toBe(77);
    expect(board.register('pc')).toBe(0x1_0000 + 4 * (words.length - 1));
    // The usual place, as nothing is in the way.
    expect(board.register('r13')).toBe(0x3000);
  });
});

describe('an image that resets itself', () => {
  it('over and over costs no more than its time', async () => {
    // PLPRCR[CSR]: a checkstop resets the chip (hardware/siu.md); then a machine check with MSR[ME] = 0.
    const words = [
      asm.lis(31, 0xff00),
      asm.lwz(4, 0x284, 31),
      asm.ori(4, 4, 0x80),
      asm.stw(4, 0x284, 31),
      asm.li(5, 0),
      asm.mtmsr(5),
      asm.isync(),
      asm.lis(3, 0x3000),
      asm.lwz(4, 0, 3),
      asm.b(0),
    ];
    const board = await Board.create();
    await board.boot(elfOf([{ at: 0x1_0000, words }]));
    expect(board.run({ seconds: 0.05 })).toBe('time');
    expect(board.counters.instructions).toBeGreaterThan(1000);
  });
});
