import { describe, expect, it } from 'vitest';
import { asm, bareCore } from '../support/core.js';
import { GOLDEN } from './data/golden.js';

const LR = 8;
const CTR = 9;

function flags(xer: number): string {
  const names = [];
  if (xer & 0x80000000) names.push('SO');
  if (xer & 0x40000000) names.push('OV');
  if (xer & 0x20000000) names.push('CA');
  return names.join(' ') || '-';
}

describe('integer instructions, golden vectors (core-instructions.md section 10)', () => {
  const core = bareCore();
  let inserts = 0;
  for (const [text, word, a, b, xer, result, wantFlags, cr0] of GOLDEN) {
    it(`${text} of ${a.toString(16)}, ${b.toString(16)}, XER ${xer.toString(16)}`, () => {
      core.setGpr(3, a);
      core.setGpr(4, b);
      core.setGpr(5, text.startsWith('rlwimi') ? (inserts++ === 0 ? 0xffffffff : 0x11223344) : 0xdeadbeef);
      core.cr = 0;
      core.xer = xer;
      core.execute([word]);
      expect({ r5: core.gpr(5), flags: flags(core.xer), cr0: core.cr >>> 28 }).toEqual({
        r5: result,
        flags: wantFlags,
        cr0,
      });
    });
  }

  it('has every row of the table', () => {
    expect(GOLDEN.length).toBe(111);
  });
});

describe('other instructions (core-instructions.md section 10.1)', () => {
  it('lswi wraps from r31 to r0 and clears the low bytes', () => {
    const core = bareCore();
    core.load(0x8000, [0xa1a2a3a4, 0xa5a6a7a8]);
    core.setGpr(4, 0x8000);
    core.execute([asm.lswi(31, 4, 7)]);
    expect(core.gpr(31)).toBe(0xa1a2a3a4);
    expect(core.gpr(0)).toBe(0xa5a6a700);
  });

  it('lswx takes its count from XER and leaves it', () => {
    const core = bareCore();
    core.load(0x8000, [0xa1a2a3a4, 0xa5a6a7a8]);
    core.setGpr(4, 0x8000);
    core.xer = 5;
    core.execute([asm.lswx(5, 0, 4)]);
    expect([core.gpr(5), core.gpr(6), core.xer]).toEqual([0xa1a2a3a4, 0xa5000000, 5]);
  });

  it('stswi stores bytes in address order and no more', () => {
    const core = bareCore();
    core.load(0x8000, [0xffffffff, 0xffffffff]);
    core.setGpr(4, 0x8000);
    core.setGpr(5, 0x01020304);
    core.setGpr(6, 0x05060708);
    core.execute([asm.stswi(5, 4, 6)]);
    expect([core.fn.hostRead32(0x8000) >>> 0, core.fn.hostRead32(0x8004) >>> 0]).toEqual([0x01020304, 0x0506ffff]);
  });

  it('mtcrf writes the selected fields only', () => {
    const core = bareCore();
    core.cr = 0;
    core.setGpr(3, 0x12345678);
    core.execute([asm.mtcrf(0x81, 3)]);
    expect(core.cr).toBe(0x10000008);
  });

  it('mcrxr moves and clears the XER flags', () => {
    const core = bareCore();
    core.cr = 0;
    core.xer = 0xe0000000;
    core.execute([asm.mcrxr(3)]);
    expect([core.cr, core.xer]).toEqual([0x000e0000, 0]);
  });

  it('bclrl jumps to the old LR', () => {
    const core = bareCore();
    core.load(0x5000, [0x48000000]);
    core.setSpr(LR, 0x5000);
    core.execute([asm.bclr(20, 0, 1)]);
    expect([core.pc, core.spr(LR)]).toEqual([0x5000, 0x4004]);
  });

  it('bdz with CTR 0 wraps CTR and is not taken', () => {
    const core = bareCore();
    core.setSpr(CTR, 0);
    core.execute([asm.bc(18, 0, 0x100)]);
    expect([core.pc, core.spr(CTR)]).toEqual([0x4004, 0xffffffff]);
  });

  it('LK sets LR although the branch is not taken', () => {
    const core = bareCore();
    core.cr = 0;
    core.execute([asm.nop(), asm.bc(12, 2, 0x100, 1)]);
    expect([core.pc, core.spr(LR)]).toEqual([0x4008, 0x4008]);
  });

  it('bcctr that decrements uses the decremented CTR as target (MPC823 UM 7.1.7.1)', () => {
    const core = bareCore();
    core.load(0x5000, [0x48000000]);
    core.setSpr(CTR, 0x5001);
    core.execute([asm.xl(528, 16, 0, 0)]);
    expect([core.pc, core.spr(CTR)]).toEqual([0x5000, 0x5000]);
  });

  it('stwcx. stores once per reservation', () => {
    const core = bareCore();
    core.setGpr(4, 0x8000);
    core.setGpr(5, 77);
    core.cr = 0;
    core.execute([asm.lwarx(6, 0, 4), asm.stwcx(5, 0, 4)]);
    expect([core.cr >>> 28, core.fn.hostRead32(0x8000)]).toEqual([2, 77]);
    core.setGpr(5, 78);
    core.execute([asm.stwcx(5, 0, 4)]);
    expect([core.cr >>> 28, core.fn.hostRead32(0x8000)]).toEqual([0, 77]);
  });

  it.each([
    ['a store of the core itself to the word does not clear it', 0, 0],
    ['the line is reserved: another word of it will do', 4, 0],
    ['another line will not', 16, 1],
    ['the line before will not', -4, 1],
  ])('a reservation (core-instructions.md section 8): %s', (_, offset, fails) => {
    const core = bareCore();
    core.setGpr(4, 0x8000);
    core.setGpr(5, 77);
    core.setGpr(7, 0x8000 + offset);
    core.cr = 0;
    core.execute([asm.lwarx(6, 0, 4), asm.stw(4, 0, 4), asm.stwcx(5, 0, 7), asm.stwcx(4, 0, 7)]);
    expect(core.fn.hostRead32(0x8000 + offset) >>> 0).toBe(fails ? 0 : 77);
    // The second one found no reservation: the first took it, whether it stored or not.
    expect(core.cr >>> 28).toBe(0);
  });

  it.each([
    ['lmw', asm.lmw(29, 2, 3)],
    ['stmw', asm.d(47, 29, 3, 1)],
    ['lwarx', asm.lwarx(5, 0, 3)],
    ['stwcx.', asm.stwcx(5, 0, 3)],
  ])('%s at an address that is not a multiple of 4 raises alignment (core-exceptions.md section 3.3)', (name, word) => {
    const core = bareCore();
    core.load(0x600, [0x48000000]);
    core.setGpr(3, name.endsWith('mw') ? 0x8000 : 0x8002);
    core.execute([word]);
    expect([core.pc, core.spr(26)]).toEqual([0x600, 0x4000]);
  });

  it('loads and stores of every size, update and byte reversal', () => {
    const core = bareCore();
    core.load(0x8000, [0x81828384, 0x85868788, 0]);
    core.setGpr(3, 0x8000);
    core.setGpr(4, 4);
    core.setGpr(7, 0x8000);
    core.execute([
      asm.lbz(10, 1, 3),
      asm.lhz(11, 2, 3),
      asm.d(42, 12, 3, 2), // lha
      asm.x(23, 13, 3, 4), // lwzx
      asm.x(534, 14, 3, 4), // lwbrx
      asm.x(790, 15, 3, 4), // lhbrx
      asm.d(33, 16, 7, 4), // lwzu
      asm.x(662, 16, 7, 4), // stwbrx at 8008
      asm.x(375, 17, 3, 4), // lhaux
    ]);
    expect([10, 11, 12, 13, 14, 15, 16, 7, 17, 3].map((n) => core.gpr(n))).toEqual([
      0x82, 0x8384, 0xffff8384, 0x85868788, 0x88878685, 0x8685, 0x85868788, 0x8004, 0xffff8586, 0x8004,
    ]);
    expect(core.fn.hostRead32(0x8008) >>> 0).toBe(0x88878685);
  });

  it('little-endian mode munges data and fetch addresses (MSR[LE]; PowerPC architecture)', () => {
    const core = bareCore();
    core.load(0x8000, [0x11223344, 0x55667788]);
    core.setGpr(3, 0x8000);
    // Each pair of instructions stands in memory with its words exchanged.
    core.load(0x4000, [asm.lbz(5, 0, 3), asm.lwz(4, 0, 3), asm.nop(), asm.lhz(6, 0, 3), 0x48000000, asm.stw(4, 4, 3)]);
    core.fn.setReg(33, 0x1003);
    core.fn.setReg(32, 0x4000);
    core.fn.run(core.fn.now() + 500);
    // lwz 0 reads the word at 4, lbz 0 the byte at 7, lhz 0 the half-word at 6; stw 4 stores at 0
    expect([4, 5, 6].map((n) => core.gpr(n))).toEqual([0x55667788, 0x88, 0x7788]);
    expect(core.fn.hostRead32(0x8000) >>> 0).toBe(0x55667788);
    expect(core.pc).toBe(0x4014);
  });

  it('misaligned scalars are split, across a page too', () => {
    const core = bareCore();
    core.load(0x8ffc, [0x11223344, 0x55667788]);
    core.setGpr(3, 0x8ffc);
    core.execute([asm.lwz(4, 1, 3), asm.lwz(5, 2, 3), asm.lwz(6, 3, 3), asm.lhz(7, 3, 3), asm.stw(4, 3, 3)]);
    expect([4, 5, 6, 7].map((n) => core.gpr(n))).toEqual([0x22334455, 0x33445566, 0x44556677, 0x4455]);
    expect([core.fn.hostRead32(0x8ffc), core.fn.hostRead32(0x9000)].map((v) => v >>> 0)).toEqual([
      0x11223322, 0x33445588,
    ]);
  });
});

describe('carry and result by the table of core-instructions.md section 4, forms with and without OE', () => {
  const M = 0xffffffffn;
  /** XO, then a, b, CA to the three addends of the sum; undefined: the form does not write CA. */
  const forms: readonly [string, number, (a: bigint, b: bigint, ca: bigint) => readonly bigint[], boolean][] = [
    ['add', 266, (a, b) => [a, b, 0n], false],
    ['addc', 10, (a, b) => [a, b, 0n], true],
    ['adde', 138, (a, b, ca) => [a, b, ca], true],
    ['addme', 234, (a, _, ca) => [a, M, ca], true],
    ['addze', 202, (a, _, ca) => [a, 0n, ca], true],
    ['subf', 40, (a, b) => [~a & M, b, 1n], false],
    ['subfc', 8, (a, b) => [~a & M, b, 1n], true],
    ['subfe', 136, (a, b, ca) => [~a & M, b, ca], true],
    ['subfme', 232, (a, _, ca) => [~a & M, M, ca], true],
    ['subfze', 200, (a, _, ca) => [~a & M, 0n, ca], true],
    ['neg', 104, (a) => [~a & M, 0n, 1n], false],
  ];
  const values = [0n, 1n, 2n, 0x7fffffffn, 0x80000000n, 0x80000001n, 0xfffffffen, M, 0x12345678n];

  it.each(forms)('%s', (_name, xo, addends, writesCarry) => {
    const core = bareCore();
    // Four forms a line of code, so that one run covers them: plain, record, OE, OE and record.
    const words = [0, 1].flatMap((rc) => [0, 512].map((oe) => [rc, oe] as const));
    for (const a of values) {
      for (const b of values) {
        for (const ca of [0n, 1n]) {
          for (const [rc, oe] of words) {
            core.setGpr(3, Number(a));
            core.setGpr(4, Number(b));
            core.xer = ca ? 0x20000000 : 0;
            core.execute([asm.x(xo + oe, 5, 3, 4, rc)], { cycles: 60 });
            const [x = 0n, y = 0n, z = 0n] = addends(a, b, ca);
            const sum = x + y + z;
            const carry = writesCarry ? sum >> 32n : ca;
            expect([core.gpr(5), (core.xer >>> 29) & 1]).toEqual([Number(sum & M), Number(carry)]);
          }
        }
      }
    }
  });
});
