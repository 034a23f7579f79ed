import { describe, expect, it } from 'vitest';
import { type BareCore, bareCore } from '../support/core.js';

/** XO numbers of opcode 31 that exist (core-instructions.md section 2.3). */
const XO31 = [
  0, 4, 8, 10, 11, 19, 20, 23, 24, 26, 28, 32, 40, 54, 55, 60, 75, 83, 86, 87, 104, 119, 124, 136, 138, 144, 146, 150,
  151, 183, 200, 202, 215, 232, 234, 235, 246, 247, 266, 278, 279, 284, 306, 311, 316, 339, 343, 370, 371, 375, 407,
  412, 439, 444, 459, 467, 470, 476, 491, 512, 533, 534, 536, 566, 597, 598, 661, 662, 725, 790, 792, 824, 854, 918,
  922, 954, 982, 1014,
];
const XO19 = [0, 16, 33, 50, 129, 150, 193, 225, 257, 289, 417, 449, 528];
const SPRS = [
  1, 8, 9, 18, 19, 22, 26, 27, 80, 81, 82, 144, 148, 149, 158, 268, 272, 273, 284, 285, 287, 560, 561, 562, 568, 569,
  570, 638, 784, 786, 787, 789, 790, 792, 793, 794, 795, 796, 797, 798, 799, 816, 817, 824, 825,
];
const CODE_BYTES = 0x8000;

/** A machine full of plausible nonsense, the same for the same seed. */
function nonsense(seed: number): { core: BareCore; random: () => number } {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  const word = (): number => ((random() << 16) ^ random()) >>> 0;
  const pick = (from: readonly number[]): number => from[random() % from.length] ?? 0;
  const core = bareCore();
  const view = new DataView(core.ram().buffer, core.ram().byteOffset);
  for (let at = 0; at < CODE_BYTES; at += 4) {
    const kind = random() % 100;
    const fields = word() & 0x03ffffff;
    let value = word();
    if (kind < 45) value = (31 << 26) | (fields & 0x03fff801) | (pick(XO31) << 1);
    else if (kind < 60) {
      const n = pick(SPRS);
      value = (31 << 26) | (fields & 0x03e00000) | ((n & 31) << 16) | ((n >> 5) << 11) | (pick([339, 467]) << 1);
    } else if (kind < 68) value = (19 << 26) | (fields & 0x03fff801) | (pick(XO19) << 1);
    else if (kind < 76) value = (16 << 26) | (fields & 0x03ff003d);
    else if (kind < 95) value = ((14 + (random() % 34)) << 26) | fields;
    view.setUint32(at, value >>> 0);
  }
  for (let r = 0; r < 32; r++) {
    const kind = random() % 10;
    core.setGpr(r, kind < 5 ? random() & 0x7fff : kind < 7 ? 0xff000000 + (random() & 0x3fff) : word());
  }
  if (random() & 1) core.setSpr(158, 0);
  if (random() & 1) core.setSpr(560, 0x02000000);
  if (random() & 1) core.setSpr(568, 0x02000000);
  core.fn.setReg(33, random() % 3 ? 0x1002 : random() & 0xffff);
  core.fn.setReg(32, random() & 0x7ffc);
  return { core, random };
}

describe('guests that run wild', () => {
  it('never trap the host, and reach the same state however the host slices the run', () => {
    const until = 20_000;
    for (let seed = 1; seed <= 150; seed++) {
      const whole = nonsense(seed).core;
      for (let stop = 0; whole.fn.now() < until && stop < 5; ) stop = whole.fn.run(until);
      const { core: sliced, random } = nonsense(seed);
      for (let at = 0, stop = 0; at < until && stop < 5; ) {
        at = Math.min(until, at + 1 + (random() % (seed % 3 === 0 ? 4 : 500)));
        while (sliced.fn.now() < at && stop < 5) stop = sliced.fn.run(at);
        if (random() % 64 === 0) sliced.fn.rebuildDerived();
      }
      expect(Buffer.compare(sliced.state(), whole.state()), `seed ${seed}`).toBe(0);
    }
  });
});
