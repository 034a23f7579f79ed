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
