import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../../support/core.js';
import { assemble, FORMS, formOf, INSTRUCTIONS } from './instructions.js';

/** User-level instructions by primary opcode (core-instructions.md 2.1). */
const PRIMARY = `3 twi 7 mulli 8 subfic 10 cmpli 11 cmpi 12 addic 13 addic. 14 addi 15 addis 16 bc 17 sc 18 b 20 rlwimi 21 rlwinm
  23 rlwnm 24 ori 25 oris 26 xori 27 xoris 28 andi. 29 andis. 32 lwz 33 lwzu 34 lbz 35 lbzu 36 stw 37 stwu 38 stb 39 stbu
  40 lhz 41 lhzu 42 lha 43 lhau 44 sth 45 sthu 46 lmw 47 stmw`;
/** Opcode 19 by extended opcode (core-instructions.md 2.2); (S) is supervisor only. */
const X19 = `0 mcrf 16 bclr 33 crnor 50 rfi(S) 129 crandc 150 isync 193 crxor 225 crnand 257 crand 289 creqv 417 crorc 449 cror
  528 bcctr`;
/** Opcode 31 (core-instructions.md 2.3); (o) has a form with OE. */
const X31 = `0 cmp 4 tw 8 subfc(o) 10 addc(o) 11 mulhwu 19 mfcr 20 lwarx 23 lwzx 24 slw 26 cntlzw 28 and 32 cmpl 40 subf(o)
  54 dcbst 55 lwzux 60 andc 75 mulhw 83 mfmsr(S) 86 dcbf 87 lbzx 104 neg(o) 119 lbzux 124 nor 136 subfe(o) 138 adde(o)
  144 mtcrf 146 mtmsr(S) 150 stwcx. 151 stwx 183 stwux 200 subfze(o) 202 addze(o) 215 stbx 232 subfme(o) 234 addme(o)
  235 mullw(o) 246 dcbtst 247 stbux 266 add(o) 278 dcbt 279 lhzx 284 eqv 306 tlbie(S) 311 lhzux 316 xor 339 mfspr 343 lhax
  370 tlbia(S) 371 mftb 375 lhaux 407 sthx 412 orc 439 sthux 444 or 459 divwu(o) 467 mtspr 470 dcbi(S) 476 nand
  491 divw(o) 512 mcrxr 533 lswx 534 lwbrx 536 srw 566 tlbsync(S) 597 lswi 598 sync 661 stswx 662 stwbrx 725 stswi
  790 lhbrx 792 sraw 824 srawi 854 eieio 918 sthbrx 922 extsh 954 extsb 982 icbi 1014 dcbz`;
/** Those that record in CR0 when Rc is set: arithmetic, logical, shift, rotate and extension (PowerPC architecture). */
const WITH_RC = new Set(
  `subfc addc mulhwu slw cntlzw and subf andc mulhw neg nor subfe adde subfze addze subfme addme mullw add eqv xor orc or
   divwu nand divw srw sraw srawi extsh extsb rlwimi rlwinm rlwnm`.split(/\s+/),
);

/** Number, name, (S), (o) of each entry of a list. */
function entries(list: string): { number: number; name: string; supervisor: boolean; overflow: boolean }[] {
  const words = list.trim().split(/\s+/);
  return Array.from({ length: words.length / 2 }, (_, i) => {
    const text = words[2 * i + 1] ?? '';
    return {
      number: Number(words[2 * i]),
      name: text.replace(/\(.\)/, ''),
      supervisor: text.endsWith('(S)'),
      overflow: text.endsWith('(o)'),
    };
  });
}

describe('the table of instructions', () => {
  it.each([
    ['primary opcodes', PRIMARY, undefined],
    ['opcode 19', X19, 19],
    ['opcode 31', X31, 31],
  ] as const)('%s: has those of core-instructions.md section 2 and no others', (_, list, opcode) => {
    const expected = entries(list);
    const table = INSTRUCTIONS.filter((i) => (opcode === undefined ? i.extended === undefined : i.opcode === opcode));
    const show = (name: string, number: number, supervisor: boolean, overflow: boolean): string =>
      `${number} ${name}${supervisor ? ' supervisor' : ''}${overflow ? ' OE' : ''}`;
    expect(
      table.map((i) => show(i.name, i.extended ?? i.opcode, i.level === 'supervisor', i.variants.includes('o'))).sort(),
    ).toEqual(expected.map((e) => show(e.name, e.number, e.supervisor, e.overflow)).sort());
  });

  it('has a record form of exactly the instructions that have one', () => {
    expect(
      INSTRUCTIONS.filter((i) => i.variants.includes('.'))
        .map((i) => i.name)
        .sort(),
    ).toEqual([...WITH_RC].sort());
  });

  it('encodes as the GNU assembler does for -m860', () => {
    expect([
      assemble('addco.', 5, 3, 4),
      assemble('rlwimi.', 5, 3, 16, 8, 15),
      assemble('mtspr', 9, 3),
      assemble('bc', 12, 2, -8),
      assemble('bla', 0x1000),
      assemble('lwzu', 16, 4, 7),
      assemble('mtcrf', 0x81, 3),
      assemble('stwcx.', 5, 0, 4),
      assemble('mcrf', 1, 7),
    ]).toEqual([
      0x7ca32415, 0x5065821f, 0x7c6903a6, 0x4182fff8, 0x48001003, 0x86070004, 0x7c681120, 0x7ca0212d, 0x4c9c0000,
    ]);
  });
});

const VECTORS = 0xfff00000;
const REG_MSR = 33;
const REG_PC = 32;
const MSR_PR = 0x4000;
const MSR_IP = 0x40;
const SRR0 = 26;
const SRR1 = 27;
const AT = 0x4000;

/** A core with branches to themselves at all vectors, and where else a word could lead. */
function coreWithVectors(): BareCore {
  const core = bareCore();
  for (let vector = 0x100; vector < 0x2000; vector += 0x100) core.load(VECTORS + vector, [0x48000000]);
  core.load(0x5000, [0x48000000]);
  return core;
}

/** Vector that the word at AT ends at, 0 if it ends at none. */
function vectorOf(core: BareCore, word: number, msr: number): number {
  const { fn } = core;
  fn.hostWrite32(AT, word);
  core.setGpr(0, 0x80);
  core.setGpr(1, 0x8000);
  core.setSpr(9, 0x5000);
  core.setSpr(8, 0x5000);
  core.setSpr(SRR0, 0x5000);
  core.setSpr(SRR1, MSR_IP);
  core.setSpr(1, 4);
  fn.setReg(REG_MSR, msr);
  fn.setReg(REG_PC, AT);
  // Two instructions: the word, and one of a branch to itself wherever it led.
  fn.run(fn.now() + 1);
  fn.run(fn.now() + 1);
  const { pc } = core;
  return pc >>> 0 >= VECTORS ? pc - VECTORS : 0;
}

describe('all of the opcode space', () => {
  const core = coreWithVectors();

  /** A word of each primary and extended opcode, with and without Rc, whose operands hurt nothing. */
  function word(opcode: number, extended: number, low: number): number {
    if (opcode === 31 && (extended === 339 || extended === 467)) return asm.x(extended, 1, 1, 0) | low; // XER
    if (opcode === 31 && extended === 371) return asm.x(extended, 1, 12, 8) | low; // TBL
    if (opcode === 16 || opcode === 18) return (opcode << 26) | 4;
    return ((opcode << 26) | (opcode === 3 ? 0 : 1 << 16) | (extended << 1) | low) >>> 0;
  }

  it.each([
    ['supervisor', 0],
    ['user', MSR_PR],
  ])('every opcode is executed if it is in the table, and else raises 0x1000: %s mode', (mode, pr) => {
    const wrong: string[] = [];
    for (let opcode = 0; opcode < 64; opcode++) {
      for (let extended = 0; extended < 1024; extended++) {
        for (const low of [0, 1]) {
          // lmw, stmw: aligned, or they raise 0x600
          const raw = word(opcode, extended, low) >>> 0;
          const w = opcode === 46 || opcode === 47 ? (raw & ~3) >>> 0 : raw;
          const form = formOf(w);
          let expected = 0;
          if (form === undefined) expected = 0x1000;
          else if (form.instruction.name === 'sc') expected = 0xc00;
          else if (form.instruction.level === 'supervisor' && mode === 'user') expected = 0x700;
          const got = vectorOf(core, w, MSR_IP | pr);
          if (got !== expected) wrong.push(`${w.toString(16)} ${form?.mnemonic}: ${got.toString(16)}`);
        }
      }
    }
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});

/** SPRs that can be read (core-registers.md section 4), lists of first and last. */
const READABLE = [
  [1, 1],
  [8, 9],
  [18, 19],
  [22, 22],
  [26, 27],
  [144, 159],
  [272, 275],
  [287, 287],
  [560, 562],
  [568, 570],
  [630, 630],
  [638, 638],
  [784, 784],
  [786, 787],
  [789, 790],
  [792, 799],
  [816, 818],
  [824, 826],
] as const;
/** Written only (80–82, 284, 285), or in debug mode only (631): nothing is said of reading them in a program. */
const NOT_READ = new Set([80, 81, 82, 284, 285, 631]);
/** Bit 0 of the field's second half: privileged (core-registers.md section 3). */
const PRIVILEGED = 0x10;

describe('all SPR numbers (core-registers.md section 3)', () => {
  const core = coreWithVectors();
  const exists = (n: number): boolean => READABLE.some(([first, last]) => n >= first && n <= last);
  const numbers = Array.from({ length: 1024 }, (_, n) => n);
  const wrong = (xo: number, msr: number, expected: (n: number) => number, among = numbers): string[] =>
    among.flatMap((n) => {
      const got = vectorOf(core, asm.x(xo, 1, n & 31, n >> 5), msr);
      return got === expected(n) ? [] : [`SPR ${n}: ${got.toString(16)}`];
    });

  it('mfspr: those that exist are read, the others raise 0x1000', () => {
    const among = numbers.filter((n) => !NOT_READ.has(n));
    expect(wrong(339, MSR_IP, (n) => (exists(n) ? 0 : 0x1000), among)).toEqual([]);
  });

  it.each([
    ['mfspr', 339],
    ['mtspr', 467],
  ])('%s in user mode: XER, LR, CTR; privileged numbers raise 0x700, there or not; others 0x1000', (_, xo) => {
    const user = new Set([1, 8, 9]);
    const expected = (n: number): number => (user.has(n) ? 0 : n & PRIVILEGED ? 0x700 : 0x1000);
    expect(wrong(xo, MSR_IP | MSR_PR, expected)).toEqual([]);
  });

  it('mtspr: those that do not exist raise 0x1000, and so do the read addresses of the time base', () => {
    const among = numbers.filter((n) => !exists(n) && !NOT_READ.has(n));
    expect(among).toContain(268);
    expect(wrong(467, MSR_IP, () => 0x1000, among)).toEqual([]);
  });

  it('mftb: 268 and 269 are read, the others raise 0x1000', () => {
    expect(wrong(371, MSR_IP, (n) => (n === 268 || n === 269 ? 0 : 0x1000))).toEqual([]);
  });
});

describe('forms', () => {
  it('each has an opcode of its own', () => {
    expect(FORMS.filter((f) => formOf(f.word) !== f).map((f) => f.mnemonic)).toEqual([]);
  });
});
