/**
 * What the reference executes for an instruction that it does not have, or has otherwise than the part: other instructions
 * that together do what the manual says. A routine of one word stands in the instruction's place; a longer one stands
 * behind the program, is branched to, and goes on behind the instruction when it reaches its end.
 *
 * Routines leave every register as it was, save for what the instruction changes; they keep what they need in SCRATCH.
 */

import { assemble, type Form } from './instructions.js';
import { addressOf, SCRATCH } from './program.js';

const NOP = assemble('ori', 0, 0, 0);
const LR = 8;
const XER = 1;
const EQ = 2;
const BO_FALSE = 4;
const BO_ALWAYS = 20;

/** Nothing: for hints, and for cache instructions that no one notices. */
export const nothing: readonly number[] = [NOP];

/** A register that is none of `used`. */
function spare(...used: readonly number[]): number {
  for (let r = 1; r < 32; r++) if (!used.includes(r)) return r;
  throw new Error('every register is used');
}

const save = (r: number, place: number): number => assemble('stw', r, SCRATCH + 4 * place, 0);
const restore = (r: number, place: number): number => assemble('lwz', r, SCRATCH + 4 * place, 0);
/** to <- (a|0) + b, and nothing else. */
const sum = (to: number, a: number, b: number): number =>
  a === 0 ? assemble('or', to, b, b) : assemble('add', to, a, b);

/** dcbz: zeroes the 16 bytes of the line (core-instructions.md section 9). */
export function zeroBlock(a: number, b: number): readonly number[] {
  const ea = spare(a, b);
  const zero = spare(a, b, ea);
  return [
    save(ea, 0),
    save(zero, 1),
    sum(ea, a, b),
    assemble('rlwinm', ea, ea, 0, 0, 27),
    assemble('addi', zero, 0, 0),
    ...[0, 4, 8, 12].map((i) => assemble('stw', zero, i, ea)),
    restore(ea, 0),
    restore(zero, 1),
  ];
}

/**
 * A division whose divisor may be zero: what the part gives then, 0x80000000 with overflow, is what both give for
 * 0x80000000 / −1 by divw (MPC860 UM 4.5.2).
 */
export function divide(f: Form, word: number, d: number, a: number, b: number): readonly number[] {
  const s = spare(d, a, b);
  const t = spare(d, a, b, s);
  const signed = f.mnemonic.replace('divwu', 'divw');
  return [
    save(s, 0),
    save(t, 1),
    assemble('mfcr', s),
    assemble('cmpi', 0, b, 0),
    assemble('bc', BO_FALSE, EQ, 24),
    assemble('mtcrf', 0xff, s),
    assemble('addis', s, 0, 0x8000),
    assemble('addi', t, 0, -1),
    assemble(signed, d, s, t),
    assemble('b', 12),
    assemble('mtcrf', 0xff, s),
    word,
    restore(s, 0),
    restore(t, 1),
  ];
}

/** An update form whose base is r0 or the register that it loads: executed as coded, the loaded value wins. */
export function update(f: Form, register: number, [x, y]: readonly [number, number]): readonly number[] {
  const indexed = f.instruction.operands.includes('rB');
  const plain = f.mnemonic.replace('u', '');
  const load = f.instruction.kind === 'load';
  const base = indexed ? x : y;
  const ea = spare(register, base, indexed ? y : base);
  return [
    save(ea, 0),
    // addi would take r0 for zero
    assemble('or', ea, base, base),
    indexed ? assemble('add', ea, ea, y) : assemble('addi', ea, ea, x),
    indexed ? assemble(plain, register, 0, ea) : assemble(plain, register, 0, ea),
    ...(load && register === base ? [] : [assemble('or', base, ea, ea)]),
    restore(ea, 0),
  ];
}

/** lswi, lswx with an address register among those that are loaded: the address is computed first. */
export function stringLoad(
  f: Form,
  first: number,
  count: number,
  [x, y]: readonly [number, number],
): readonly number[] {
  const loaded = Array.from({ length: count }, (_, i) => (first + i) & 31);
  const counted = f.instruction.operands.includes('rB');
  const ea = spare(x, counted ? y : x, ...loaded);
  return [
    save(ea, 0),
    counted ? sum(ea, x, y) : assemble('or', ea, x, x),
    counted ? assemble('lswx', first, 0, ea) : assemble('lswi', first, ea, y),
    restore(ea, 0),
  ];
}

/** mtspr XER with ones in bits that do not exist: they stay zero (core-registers.md section 1.1). */
export function moveToXer(from: number): readonly number[] {
  const t = spare(from);
  return [
    save(t, 0),
    assemble('rlwinm', t, from, 0, 16, 2),
    assemble('rlwinm', t, t, 0, 25, 23),
    assemble('mtspr', XER, t),
    restore(t, 0),
  ];
}

/**
 * bcctr that decrements: the decremented CTR decides and is the target (MPC823 UM 7.1.7.1). With LK, LR points behind the
 * instruction, number `index` of the program, taken or not.
 */
export function branchDecrementing(link: boolean, bo: number, bi: number, index: number): readonly number[] {
  const t = 1;
  const setLink = [save(t, 0), assemble('addi', t, 0, addressOf(index + 1)), assemble('mtspr', LR, t), restore(t, 0)];
  return [...(link ? setLink : []), assemble('bc', bo, bi, 8), assemble('b', 8), assemble('bcctr', BO_ALWAYS, 0)];
}
