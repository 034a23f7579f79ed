import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';

const IC_CST = 560;
const DC_CST = 568;
const CTR = 9;

/** Clocks of one pass of `words` and a bdnz, both caches on and warm: the difference between 200 passes and 100. */
function clocks(words: readonly number[], setup?: (core: BareCore) => void): number {
  const core = bareCore();
  core.setSpr(IC_CST, 0x02000000);
  core.setSpr(DC_CST, 0x02000000);
  setup?.(core);
  const loop = [...words, asm.bc(16, 0, -4 * words.length)];
  core.load(0x4000, [...loop, 0x48000000]);
  const passes = (n: number): number => {
    core.setSpr(CTR, n);
    core.fn.setReg(33, 0x1002);
    core.fn.setReg(32, 0x4000);
    const idle = core.word64('IDLE_CYCLES');
    const before = core.fn.now();
    core.fn.run(before + n * 1000);
    expect(core.pc).toBe(0x4000 + 4 * loop.length);
    // The rest was the idle loop behind it.
    return core.fn.now() - before - (core.word64('IDLE_CYCLES') - idle);
  };
  passes(2);
  const short = passes(100);
  return (passes(200) - short) / 100;
}

describe('cycle model (core-timing.md section 6), caches on and warm', () => {
  it('a loop of three ALU instructions: 3 + folded bdnz 1', () => {
    expect(clocks([asm.addi(3, 3, 1), asm.addi(4, 4, 1), asm.addi(5, 5, 1)])).toBe(4);
  });

  it('bdnz alone costs 2: branches in a row do not fold', () => {
    expect(clocks([])).toBe(2);
  });

  it('load-use costs one more, with an instruction in between not', () => {
    const base = (core: BareCore): void => core.setGpr(3, 0x8000);
    expect(clocks([asm.lwz(4, 0, 3), asm.addi(5, 4, 1), asm.nop()], base)).toBe(5);
    expect(clocks([asm.lwz(4, 0, 3), asm.nop(), asm.addi(5, 4, 1)], base)).toBe(4);
  });

  it('load-use is the same across the end of a line', () => {
    const base = (core: BareCore): void => core.setGpr(3, 0x8000);
    const nops = [asm.nop(), asm.nop(), asm.nop()];
    expect(clocks([...nops, asm.lwz(4, 0, 3), asm.addi(5, 4, 1), asm.nop()], base)).toBe(8);
  });

  it('divw by a 3-bit divisor: 3 + (34 - 3) / 4 = 10', () => {
    const divw = asm.x(491, 5, 3, 4);
    expect(clocks([divw, asm.nop(), asm.nop()], (core) => core.setGpr(4, 7))).toBe(13);
  });
});

/** Clocks of `words` run once from `at`, their lines in the I-cache if it is on; `prepare` comes after a run that fetched them. */
function once(words: readonly number[], icache: boolean, dcache: boolean, prepare: (core: BareCore) => void): number {
  const core = bareCore();
  if (icache) core.setSpr(IC_CST, 0x02000000);
  if (dcache) core.setSpr(DC_CST, 0x02000000);
  const end = 0x4000 + 4 * words.length;
  core.load(0x4000, [...words, 0x48000000]);
  const run = (base: number): number => {
    core.setGpr(3, base);
    prepare(core);
    core.fn.setReg(32, 0x4000);
    const before = core.fn.now();
    for (let at = before + 1; core.pc !== end; at++) core.fn.run(at);
    return core.fn.now() - before;
  };
  run(0x8000);
  core.fn.run(core.fn.now() + 100);
  return run(0x9000);
}

describe('latencies and stalls (core-timing.md sections 1 and 2), caches on and warm', () => {
  const [mullw, divw] = [asm.x(235, 5, 3, 4), asm.x(491, 6, 3, 4)];
  const nop = asm.nop();
  const cmpwi = asm.d(11, 0, 3, 0);
  const operands = (core: BareCore): void => {
    core.setGpr(3, 0x8000);
    core.setGpr(4, 7);
  };
  const BDNZ = 1;

  it('multiplies go one a clock; whoever needs the product at once waits one more', () => {
    expect(clocks([mullw, asm.x(235, 6, 3, 4), nop], operands)).toBe(3 + BDNZ);
    expect(clocks([mullw, asm.addi(7, 5, 1), nop], operands)).toBe(3 + 1 + BDNZ);
    expect(clocks([mullw, nop, asm.addi(7, 5, 1)], operands)).toBe(3 + BDNZ);
  });

  it('a divide right behind a multiply waits one clock for the unit', () => {
    expect(clocks([mullw, divw, nop], operands)).toBe(1 + 1 + 10 + 1 + BDNZ);
    expect(clocks([mullw, nop, divw], operands)).toBe(1 + 1 + 10 + BDNZ);
  });

  it.each([
    [0x80000000, 3], // 32 significant bits
    [0x00010000, 7], // 17
    [7, 10],
    [1, 11],
  ])('divwu by 0x%s takes 3 + (34 - significant bits) / 4 = %i', (by, time) => {
    expect(clocks([asm.x(459, 6, 3, 4), nop, nop], (core) => core.setGpr(4, by))).toBe(time + 2 + BDNZ);
  });

  it('a divide without a quotient takes 2', () => {
    expect(clocks([divw, nop, nop], (core) => core.setGpr(4, 0))).toBe(2 + 2 + BDNZ);
  });

  it('a branch on the compare right before it waits one clock; with an instruction between them none', () => {
    // bne not taken as predicted: r3 is not 0, so beq is.
    const beq = asm.bc(12, 2, 8);
    expect(clocks([nop, nop, cmpwi, nop, beq, nop, nop], operands)).toBe(6 + 0 + BDNZ);
    expect(clocks([nop, nop, nop, cmpwi, beq, nop, nop], operands)).toBe(6 + 1 + 1 + BDNZ);
  });

  it('prediction: forward not taken, the y bit turns it round; a wrong one costs two more', () => {
    const bne = (y: number): number => asm.bc(4 + y, 2, 8);
    // Taken; the instruction behind it is jumped over.
    const right = clocks([nop, nop, nop, cmpwi, bne(1), nop, nop, nop], operands);
    expect(clocks([nop, nop, nop, cmpwi, bne(0), nop, nop, nop], operands)).toBe(right + 2);
    const beq = (y: number): number => asm.bc(12 + y, 2, 8);
    const notTaken = clocks([nop, nop, nop, cmpwi, beq(0), nop, nop, nop], operands);
    expect(clocks([nop, nop, nop, cmpwi, beq(1), nop, nop, nop], operands)).toBe(notTaken + 2);
  });

  it('a branch is folded when two other instructions lie between it and the last one', () => {
    // b to the next instruction: 2, or 1 folded. bdnz folds in all of them.
    expect(clocks([nop, nop, asm.b(4), nop, nop], operands)).toBe(4 + 1 + BDNZ);
    expect(clocks([nop, asm.b(4), nop, nop], operands)).toBe(3 + 2 + BDNZ);
  });

  it.each([
    ['lmw of 4', asm.lmw(28, 0, 3), 2 + 4],
    ['stmw of 4', asm.d(47, 28, 3, 0), 2 + 4],
    ['lswi of 8 bytes', asm.lswi(20, 3, 8), 2 + 2],
    ['mfcr', asm.x(19, 5, 0, 0), 2],
    ['mtcrf', asm.mtcrf(0xff, 4), 2],
    ['mtxer', asm.mtspr(1, 4), 2],
    ['mfxer', asm.mfspr(5, 1), 2],
    ['mflr', asm.mfspr(5, 8), 1],
    ['mtlr', asm.mtspr(8, 4), 1],
    ['sync', asm.sync(), 2],
    ['isync', asm.isync(), 3],
    ['lwarx', asm.lwarx(5, 0, 3), 3],
    ['eieio', asm.x(854, 0, 0, 0), 1],
  ])('%s (section 6: serialization costs one, two of multiples before the first register)', (_name, word, time) => {
    expect(clocks([word, nop, nop], operands)).toBe(time + 2 + BDNZ);
  });

  it.each([
    ['lwz at 2', asm.lwz(5, 2, 3), 1],
    ['lwz at 1', asm.lwz(5, 1, 3), 2],
    ['lwz at 3', asm.lwz(5, 3, 3), 2],
    ['lhz at 1', asm.lhz(5, 1, 3), 1],
    ['stw at 2', asm.stw(4, 2, 3), 1],
    ['stw at 1', asm.stw(4, 1, 3), 2],
  ])('%s: one clock for each further aligned piece', (_name, word, extra) => {
    expect(clocks([word, nop, nop], operands)).toBe(3 + extra + BDNZ);
  });
});

describe('cache misses and the bus (core-timing.md sections 3, 4 and 6): EDO DRAM 4-2-2-2, single read 4, write 3, busy 5', () => {
  const FIRST = 2 + 4;
  const quiet = (core: BareCore): void => {
    core.fn.run(core.fn.now() + 50);
  };
  const hits = (words: readonly number[]): number =>
    once(words, true, true, (core) => {
      core.setGpr(3, 0x8000);
      core.fn.run(core.fn.now() + 50);
    });
  const misses = (words: readonly number[]): number => once(words, true, true, quiet);
  const nop = asm.nop();

  it('a load miss waits for its word: one clock of overhead, one of arbitration, four of memory', () => {
    const words = [nop, asm.lwz(4, 0, 3), nop, nop];
    expect(misses(words) - hits(words)).toBe(FIRST);
  });

  it('the critical word comes first, whichever it is', () => {
    for (const at of [4, 8, 12]) {
      const words = [nop, asm.lwz(4, at, 3), nop, nop];
      expect(misses(words) - hits(words)).toBe(FIRST);
    }
  });

  it('another line hits under the rest of the fill; the line itself only when its last word is there', () => {
    const elsewhere = [asm.lwz(6, 0x100, 7), asm.lwz(4, 0, 3), asm.lwz(5, 0x104, 7), nop];
    const there = (core: BareCore): void => {
      core.setGpr(7, 0x8000);
      quiet(core);
    };
    const warm = once(elsewhere, true, true, (core) => {
      core.setGpr(3, 0x8000);
      there(core);
    });
    expect(once(elsewhere, true, true, there) - warm).toBe(FIRST);
    const same = [nop, asm.lwz(4, 0, 3), asm.lwz(5, 4, 3), nop];
    // Three more beats, two clocks each; one of the six is the first load's own.
    expect(misses(same) - hits(same)).toBe(FIRST + 6 - 1);
  });

  it('a second miss waits for the end of the burst: eleven clocks of bus', () => {
    const words = [nop, asm.lwz(4, 0, 3), asm.lwz(5, 0x40, 3), nop];
    // First TS after 2 clocks, the next one 11 later, then four to the word; both loads have a clock of their own.
    expect(misses(words) - hits(words)).toBe(2 + 11 + 4 - 1);
  });

  it('a store miss is hidden by the one-word buffer', () => {
    const words = [nop, asm.stw(4, 0, 3), nop, nop];
    expect(misses(words) - hits(words)).toBe(0);
  });

  it('past the D-cache a load waits 2 + 4, a store takes its clock, the next one waits for the first TA', () => {
    const past = (words: readonly number[]): number => once(words, true, false, quiet);
    const none = past([nop, nop, nop, nop]);
    expect(past([nop, asm.lwz(4, 0, 3), nop, nop]) - none).toBe(2 + 4);
    expect(past([nop, asm.stw(4, 0, 3), nop, nop]) - none).toBe(0);
    expect(past([asm.stw(4, 0, 3), asm.stw(4, 4, 3), nop, nop]) - none).toBe(2 + 3 - 1);
    // A load behind a store: the bus is busy for five clocks from its TS.
    expect(past([asm.stw(4, 0, 3), asm.lwz(4, 4, 3), nop, nop]) - none).toBe(2 + 5 + 4 - 1);
  });

  it('code past the I-cache: a burst for each line, its last word after 2 + 10 clocks, and one to execute that', () => {
    const nops = (n: number): number[] => Array.from({ length: n }, () => nop);
    const time = (n: number): number => once(nops(n), false, false, quiet);
    expect((time(400) - time(200)) / 50).toBe(13);
  });

  it('the words of a line are executed as they arrive: 0, 2, 4 and 6 clocks after the first', () => {
    const time = (n: number): number =>
      once(
        Array.from({ length: n }, () => nop),
        false,
        false,
        quiet,
      );
    expect([1, 2, 3].map((n) => time(n + 1) - time(n))).toEqual([2, 2, 2]);
  });
});

describe('time does not depend on how it is looked at', () => {
  const program = [
    asm.li(3, 0x1fff),
    asm.lis(6, 1),
    asm.x(467, 3, 9, 0), // mtctr
    asm.lwz(4, 0, 6),
    asm.addi(4, 4, 3),
    asm.stw(4, 0, 6),
    asm.addi(6, 6, 36),
    asm.x(235, 5, 4, 4), // mullw
    asm.d(11, 1 << 2, 5, 7), // cmpwi cr1
    asm.bc(12, 4, 8),
    asm.addi(7, 7, 1),
    asm.d(10, 0, 6, 0x7fff), // cmplwi
    asm.bc(4, 0, 8),
    asm.lis(6, 1),
    asm.bc(16, 0, -44),
  ];

  function machine(caches: boolean): BareCore {
    const core = bareCore();
    if (caches) {
      core.setSpr(IC_CST, 0x02000000);
      core.setSpr(DC_CST, 0x02000000);
    }
    core.load(0x4000, [...program, 0x48000000]);
    core.fn.setReg(33, 0x1002);
    core.fn.setReg(32, 0x4000);
    return core;
  }

  it.each([true, false])('slices of any length give the same state (caches %s)', (caches) => {
    const whole = machine(caches);
    whole.fn.run(300_000);
    const sliced = machine(caches);
    let seed = 7;
    for (let at = 0; at < 300_000; ) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      at = Math.min(300_000, at + 1 + (seed >>> 24));
      sliced.fn.run(at);
      if (seed >>> 22 === 5) sliced.fn.rebuildDerived();
    }
    expect(Buffer.compare(sliced.state(), whole.state())).toBe(0);
  });

  it.each([true, false])('skipping the idle loop gives the state of running it (caches %s)', (caches) => {
    const skipped = bareCore();
    const stepped = bareCore();
    for (const core of [skipped, stepped]) {
      if (caches) core.setSpr(IC_CST, 0x02000000);
      core.load(0x4000, [asm.nop(), 0x48000000]);
      core.fn.setReg(32, 0x4000);
    }
    skipped.fn.run(10_007);
    // One clock at a time: no round is ever skipped as a whole together with another.
    for (let at = 1; at <= 10_007; at++) stepped.fn.run(at);
    expect(Buffer.compare(stepped.state(), skipped.state())).toBe(0);
    expect(skipped.word64('INSTRUCTIONS')).toBeGreaterThan(500);
  });

  it('an uncached idle round costs what the bus takes: burst busy 11 clocks', () => {
    const core = bareCore();
    core.load(0x4000, [0x48000000]);
    core.fn.setReg(32, 0x4000);
    core.fn.run(100_000);
    const before = core.word64('INSTRUCTIONS');
    core.fn.run(211_000);
    expect((core.word64('INSTRUCTIONS') - before) / 111_000).toBeCloseTo(1 / 11, 3);
  });

  it('serialized fetch (ICTRL as after reset) costs four clocks more per instruction', () => {
    const nops = Array.from({ length: 400 }, asm.nop);
    const times = [7, 0].map((ictrl) => {
      const core = bareCore();
      core.setSpr(IC_CST, 0x02000000);
      core.setSpr(158, ictrl);
      core.load(0x4000, [...nops, 0x48000000]);
      core.fn.setReg(32, 0x4000);
      for (let at = 1; core.pc !== 0x4000 + 4 * 400; at++) core.fn.run(at);
      return core.fn.now();
    });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1200);
  });
});
