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
/** The FEC's: addresses and rings, control and events, management, FIFO, modes. */
const FEC_BLOCKS = [0xe00, 0xe40, 0xe80, 0xec0, 0xf34, 0xf40, 0xf80];
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

describe('a guest that writes anything to the FEC and its rings', () => {
  it.each([1, 2, 3, 4])('cannot trap or hang the core (seed %i)', (seed) => {
    const random = generator(seed * 2654435761);
    const pick = (list: number[]): number => list[random() % list.length] ?? 0;
    const bench = new SocBench({ seed, fec: { phyAddress: 0, phyId: 0x0022_5610 } });
    const partners = [0, 0x20, 0x80, 0x1_01e1, 0x1_0041, 0x80];
    const frame = withFcs(new Uint8Array(200).fill(0xff));
    for (let round = 0; round < 400; round++) {
      for (let i = 0; i < 20; i++) {
        bench.core.hostImmrWrite(pick(FEC_BLOCKS) + (random() % 0x20), pick([1, 2, 4]), random());
      }
      // Rings that exist, BDs with any status, and the switches that random bits seldom hit.
      const ring = pick([0x8000, 0xff00_2000, 0x9004]);
      bench.w32(0xe10, ring);
      bench.w32(0xe14, pick([0x8000, 0xff00_2100, 0xa000]));
      for (let i = 0; i < 64; i += 2) {
        bench.ramW32(0x8000 + 4 * i, random());
        bench.ramW32(0x8004 + 4 * i, random() & (random() & 1 ? 0x000f_ffff : 0xffff_ffff));
        bench.w32(0x2000 + 4 * i, random());
        bench.w32(0x2004 + 4 * i, random() & 0x000f_ffff);
      }
      if (random() & 3) bench.w32(0xf44, (random() & 0x1a) | 4 | (random() & 1));
      bench.w32(0xe40, pick([2, 6, 6, 6, 1, 4]));
      bench.w32(0xe50, 0);
      bench.w32(0xe54, 0);
      // A link that need not be negotiated is there in 50 ms.
      if (round % 100 === 0) {
        bench.core.fecPartner(0x80);
        bench.w32(0xe84, 0x02);
        bench.w32(0xe80, 0x5002_2000);
      } else if (random() % 32 === 0) bench.w32(0xe80, 0x5002_0000 | (random() & 0x1c_ffff));
      if (random() % 64 === 0) bench.core.fecPartner(pick(partners));
      if (random() & 1) bench.fecReceive(frame);
      if (random() & 1) bench.core.fecCollision();
      if (random() & 1) bench.core.fecCarrier(random() & 1);
      // Long enough now and then for the PHY to find a link.
      const until = bench.now + (random() % 16 ? 20_000 : 3_000_000);
      for (let stops = 0; bench.now < until; stops++) {
        const reason = bench.step(until);
        expect(stops).toBeLessThan(20_000);
        expect([STOP.until, STOP.fecTxStart, STOP.fecTxEnd, STOP.console]).toContain(reason);
      }
    }
    expect(bench.fecStarts.length).toBeGreaterThan(0);
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
