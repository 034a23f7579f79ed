// Translation that permits everything changes nothing: the same program ends in the same state without it, with pages of
// every size, and with reload handlers that two entries of each TLB must do for (core-mmu.md 4.1, 5).
import { describe, expect, it } from 'vitest';
import { generate } from '../conformance/cpu/generate.js';
import { CODE as PROGRAM, WINDOWS, wordAt } from '../conformance/cpu/program.js';
import { asm } from '../support/core.js';
import { DONE, runTranslated, TRANSLATIONS, type UserProgram } from '../support/translated.js';
import { Dice } from '../support/wild.js';

const CODE = 0x1000;
const DATA = 0x8000;
const DATA_END = 0x1f000;
const SECOND_DATA = 0x21000;
const SECOND_DATA_END = 0x3f000;

/** Accesses of every kind all over more pages than a TLB has entries, in code that hops from page to page. */
function wanderer(seed: number): UserProgram {
  const dice = new Dice(seed);
  const memory = new Map<number, number>();
  const put = (at: number, words: readonly number[]): number => {
    words.forEach((word, i) => {
      memory.set(at + 4 * i, word);
    });
    return at + 4 * words.length;
  };
  const address = (): number =>
    dice.below(2)
      ? DATA + dice.below(DATA_END - DATA - 0x200)
      : SECOND_DATA + dice.below(SECOND_DATA_END - SECOND_DATA - 0x200);
  // Three times in four near the edge of a page or subpage
  const place = (): number => {
    const at = address();
    return dice.below(4) ? (at & ~0x3ff) + 0x400 - dice.below(12) : at;
  };
  let at = CODE;
  while (at < DATA - 0x80) {
    const value = 4 + dice.below(12);
    const ea = place();
    const base = [asm.lis(20, ea >>> 16), asm.ori(20, 20, ea & 0xffff)];
    switch (dice.below(10)) {
      case 0:
        at = put(at, [asm.lis(20, 0), asm.lis(20, ea >>> 16), asm.ori(20, 20, ea & 0xfffc), asm.lmw(28, 0, 20)]);
        break;
      case 1:
        at = put(at, [asm.lis(20, ea >>> 16), asm.ori(20, 20, ea & 0xfffc), asm.d(47, 26, 20, 0)]);
        break;
      case 2:
        at = put(at, [...base, asm.lswi(4, 20, 1 + dice.below(31))]);
        break;
      case 3:
        at = put(at, [...base, asm.stswi(4, 20, 1 + dice.below(31))]);
        break;
      case 4: // hop to another page
        if (at < DATA - 0x1800 && dice.below(8) === 0) {
          const to = (at & ~0xfff) + 0x1000 + 4 * dice.below(64);
          put(at, [asm.b(to - at)]);
          at = to;
        }
        break;
      default: {
        const op = dice.pick([32, 33, 34, 36, 37, 38, 40, 42, 44, 45]);
        at = put(at, [
          ...base,
          asm.d(op, value, 20, dice.below(64)),
          asm.x(266, 4 + dice.below(12), value, 4 + dice.below(12)),
        ]);
      }
    }
  }
  put(at, [asm.b(DONE - at)]);
  for (let ea = DATA; ea < DATA_END; ea += 4) memory.set(ea, dice.word());
  for (let ea = SECOND_DATA; ea < SECOND_DATA_END; ea += 4) memory.set(ea, dice.word());
  return { entry: CODE, memory, gpr: Array.from({ length: 32 }, () => dice.word()) };
}

/** A random program over all user-level instructions, as the conformance tests run against QEMU. */
function randomProgram(seed: number): UserProgram {
  const { words, registers, memory: windows } = generate(seed);
  const memory = new Map<number, number>();
  words.forEach((word, i) => {
    memory.set(PROGRAM + 4 * i, word);
  });
  let from = 0;
  for (const { at, bytes } of WINDOWS) {
    for (let i = 0; i < bytes; i += 4, from += 4) memory.set(at + i, wordAt(windows, from));
  }
  return { entry: PROGRAM, memory, ...registers };
}

describe('a program sees the same under every translation that permits everything', () => {
  const [reference, ...others] = TRANSLATIONS;
  function compare(program: UserProgram, end: RegExp): void {
    const wanted = runTranslated(program, reference ?? { name: 'none' });
    expect(wanted.end).toMatch(end);
    for (const translation of others) {
      const got = runTranslated(program, translation);
      expect([got.end, ...got.registers], translation.name).toEqual([wanted.end, ...wanted.registers]);
      expect(Buffer.compare(got.memory, wanted.memory), translation.name).toBe(0);
    }
  }

  it.each([1, 2, 3, 4])('accesses all over 61 pages, seed %i', (seed) => {
    compare(wanderer(seed), new RegExp(`^fff00c00 from ${(DONE + 4).toString(16)}$`));
  });

  // Some programs end with an exception: then it is the same one
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('all user-level instructions, seed %i', (seed) => {
    compare(randomProgram(seed), /^fff00[67c]00|^fff01000/);
  });
});
