import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SocBench, STOP, withFcs } from './soc-bench.js';

/** Small generator of its own, so that a failure names a seed that anybody can repeat. */
function generator(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** Register blocks a wild guest pokes at: everything but chip selects, whose loss would only stop its own code. */
const BLOCKS = [0x000, 0x080, 0x160, 0x200, 0x240, 0x280, 0x300, 0x860, 0x900, 0x940, 0x980, 0x9c0, 0x9f0];
const CHANNELS = [0xa00, 0xa20, 0xa40, 0xa60, 0xa80, 0xaa0, 0xac0, 0xae0];

describe('a guest that writes anything anywhere', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('cannot trap or hang the core (seed %i)', (seed) => {
    const random = generator(seed * 2654435761);
    const pick = (list: number[]): number => list[random() % list.length] ?? 0;
    const bench = new SocBench({ seed });
    const frame = withFcs(new Uint8Array(200).fill(0xff));
    for (let round = 0; round < 400; round++) {
      for (let i = 0; i < 40; i++) {
        const what = random() % 8;
        const size = pick([1, 2, 4]);
        if (what < 3) bench.core.hostImmrWrite(0x3c00 + (random() % 0x400), size, random());
        else if (what < 5) bench.core.hostImmrWrite(0x2000 + (random() % 0x1000), size, random());
        else bench.core.hostImmrWrite(pick(what === 5 ? BLOCKS : CHANNELS) + (random() % 0x40), size, random());
      }
      // Modes and commands that random bits seldom hit.
      bench.w32(0xa00 + 0x20 * (random() % 4), (random() & 0xf0) | pick([0x4, 0xc, 0x0002_8004]) | 0x30);
      bench.w16(0xa82 + 0x10 * (random() % 2), (random() & 0x7fcc) | 0x23);
      bench.w16(0x9c0, (random() & 0x0ff0) | 1);
      if (random() & 1) bench.w32(0x9f0, 0x0001_0000 | (random() & 0x1ff));
      if (random() & 1) bench.w8(0xaad, 0x80);
      if (random() & 1) bench.w16(0xa0c, 0x8000);
      if (random() & 1) bench.receive(frame);
      if (random() & 1) bench.core.ethCollision();
      if (random() & 1) bench.core.ethCarrier(random() & 1);
      if (random() & 1) bench.type('junk');
      const until = bench.now + 20_000;
      for (let stops = 0; bench.now < until; stops++) {
        const reason = bench.step(until);
        expect(stops).toBeLessThan(2000);
        if (reason > STOP.console) return;
      }
    }
  });
});

describe('time slices', () => {
  it('do not matter: one run and many short ones end in the same state', () => {
    const state = (slice: number): string => {
      const bench = new SocBench();
      bench.w32(0x9f0, 0x0001_002a);
      bench.w16(0x3e80, 0x100);
      bench.w16(0x3e82, 0x180);
      bench.w16(0x3e86, 16);
      bench.w16(0x9c0, 0x0091);
      bench.bd(0x2100, 0xb000, 0, 0x2000);
      bench.ram(0x3000, 5).set([104, 101, 108, 108, 111]);
      bench.bd(0x2180, 0xb200, 5, 0x3000);
      bench.w16(0xa82, 0x4823);
      bench.w16(0x244, 76);
      bench.w16(0x240, 0x0205);
      bench.w16(0x200, 0x0001);
      bench.type('some text');
      const end = 400_000;
      while (bench.now < end) bench.step(Math.min(end, bench.now + slice));
      const bytes = new Uint8Array(bench.core.memory.buffer);
      const hash = createHash('sha256');
      for (const [from, to] of [
        ['IMMR_MEM', 'STATE_END'],
        ['STATE_BASE', 'RUN_UNTIL'],
      ] as const) {
        hash.update(bytes.subarray(bench.constant(from), bench.constant(to)));
      }
      return hash.digest('hex');
    };
    const whole = state(1e9);
    expect(state(997)).toBe(whole);
    expect(state(64)).toBe(whole);
  });
});
