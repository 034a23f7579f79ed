import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';

const END = 0x10000 + 4 * 1500;

/** A program that reloads TLB entries of every size at random and stores through them; faults skip the instruction. */
function shuffler(seed: number): { core: BareCore; random: () => number } {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  const pick = (from: readonly number[]): number => from[random() % from.length] ?? 0;
  // Offsets that stay above the program even in an 8 MB page.
  const address = (): number => 0x40080000 + ((random() % 3) << 23) + ((random() % pick([8, 128])) << 12);
  const set = (r: number, value: number): number[] => [asm.lis(r, value >>> 16), asm.ori(r, r, value & 0xffff)];
  const core = bareCore();
  const words: number[] = [];
  while (words.length < 1490) {
    switch (random() % 8) {
      case 0:
      case 1: {
        const twc = pick([1, 1, 1, 5, 13]) | ((random() % 16) << 5) | (random() % 8 ? 0 : 2);
        const rpn = pick([0x9f5, 0x9f1, 0x1f5, 0x5f5, 0xdf5, 0x8f5, 0x9fd, 0x975, 0x9f7, 0x9f4]);
        words.push(...set(4, address() | (random() % 12 ? 0x200 : 0) | (random() % 3)), asm.mtspr(795, 4));
        words.push(...set(4, twc), asm.mtspr(797, 4));
        words.push(...set(4, (0x80000 + ((random() % 64) << 12)) | rpn), asm.mtspr(798, 4));
        break;
      }
      case 2:
        switch (random() % 6) {
          case 0:
            words.push(...set(4, random() % 3), asm.mtspr(793, 4));
            break;
          case 1:
            words.push(...set(4, address()), asm.tlbie(4));
            break;
          case 2:
            words.push(...set(4, pick([0x04000000, 0x06000000, 0x44000000, 0x0c000000]) | ((random() % 32) << 8)));
            words.push(asm.mtspr(792, 4));
            break;
        }
        break;
      default: {
        const access = pick([32, 34, 40, 36, 38, 44]);
        words.push(...set(3, address() + (random() & 0xffc)), asm.d(access, 5 + (random() % 8), 3, random() & 0x7d));
      }
    }
  }
  words.length = 1490;
  core.load(0x10000, [...words, ...Array.from({ length: 10 }, asm.nop), 0x48000000]);
  for (const vector of [0x200, 0x600, 0x1200, 0x1400]) {
    core.load(vector, [
      asm.mtspr(272, 20),
      asm.mfspr(20, 26),
      asm.addi(20, 20, 4),
      asm.mtspr(26, 20),
      asm.addi(30, 30, 1),
      asm.mfspr(20, 272),
      asm.rfi(),
    ]);
  }
  core.setSpr(794, 0x55555555);
  core.setSpr(560, 0x02000000);
  if (seed & 1) core.setSpr(568, 0x02000000);
  core.fn.setReg(33, 0x1012);
  core.fn.setReg(32, 0x10000);
  return { core, random };
}

describe('derived translations', () => {
  it('never show: dropping them at any time changes nothing, with pages of all sizes, ASIDs and faults', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const whole = shuffler(seed).core;
      whole.fn.run(200_000);
      expect(whole.pc).toBe(END);
      expect(whole.gpr(30)).toBeGreaterThan(20);
      const { core: dropped, random } = shuffler(seed);
      for (let at = 1; dropped.pc !== END; at += 1 + (random() % 300)) {
        dropped.fn.run(at);
        dropped.fn.rebuildDerived();
      }
      dropped.fn.run(200_000);
      expect(Buffer.compare(dropped.state(), whole.state()), `seed ${seed}`).toBe(0);
    }
  });
});
