/**
 * Writes a program instruction by instruction, and knows what holds where it writes: which registers have a known value,
 * which must be left alone, how often the place is executed at least.
 */

import { encode, type Form, form, opcodeMask, operandMask } from './instructions.js';
import {
  addressOf,
  CHECKPOINT_BYTES,
  CHECKPOINTS,
  CHECKPOINTS_MAX,
  CODE,
  type Program,
  type Registers,
} from './program.js';
import type { Xorshift } from './random.js';
import * as routines from './routines.js';

export const XER = 1;
export const LR = 8;
export const CTR = 9;

/** A checkpoint after so many instructions. */
const CHECKPOINT_EVERY = 60;
/** One instruction in so many gets reserved bits. */
const RESERVED_EVERY = 24;
/** What QEMU's MPC8xx model takes for illegal; it changes nothing that a program without stale lines sees (deviations.ts). */
const REFERENCE_LACKS: ReadonlySet<string> = new Set(['dcbt', 'dcbtst', 'dcbst', 'dcbf']);

export class Writer {
  protected readonly random: Xorshift;
  protected readonly words: number[] = [];
  protected readonly substitutes = new Map<number, readonly number[]>();
  protected readonly groups: number[][] = [];
  protected zeroesBlocks = false;
  protected readonly executed = new Map<string, number>();
  protected readonly pool: number[] = [];
  protected readonly poolUses: { index: number; slot: number }[] = [];
  /** Registers whose value is known here, whichever way execution came. */
  protected readonly known = new Map<number, number>();
  /** Registers that count a loop's rounds. */
  protected readonly locked = new Set<number>();
  protected lrLocked = 0;
  protected ctrLocked = 0;
  /** XER[BC], if known here. */
  protected byteCount: number | undefined;
  /** How often the code being written is executed at least. */
  protected times = 1;
  private checkpoints = 0;
  private sinceCheckpoint = 0;

  constructor(random: Xorshift) {
    this.random = random;
  }

  /** The program written so far, its literal pool put behind it. */
  protected finish(seed: number, registers: Registers, memory: Uint8Array): Program {
    const length = this.words.length;
    for (const { index, slot } of this.poolUses) {
      this.words[index] = ((this.words[index] ?? 0) | addressOf(length + slot)) >>> 0;
    }
    return {
      seed,
      words: Uint32Array.from([...this.words, ...this.pool]),
      substitutes: this.substitutes,
      groups: this.groups,
      zeroesBlocks: this.zeroesBlocks,
      length,
      registers,
      memory,
      executed: this.executed,
    };
  }

  protected get here(): number {
    return CODE + 4 * this.words.length;
  }

  /** Writes one instruction and forgets what is known of the registers it writes; returns its index. */
  protected put(mnemonic: string, ...values: number[]): number {
    return this.putForm(form(mnemonic), values);
  }

  protected putForm(f: Form, values: readonly number[]): number {
    const index = this.words.length;
    this.words.push(encode(f, values));
    f.instruction.operands.forEach((operand, i) => {
      if (operand === 'rD' || operand === 'rA=' || operand === 'rA!') this.known.delete(values[i] ?? 0);
    });
    if (REFERENCE_LACKS.has(f.mnemonic)) this.substitutes.set(index, routines.nothing);
    this.executed.set(f.mnemonic, (this.executed.get(f.mnemonic) ?? 0) + this.times);
    this.sinceCheckpoint++;
    return index;
  }

  /** Now and then, reserved bits of the instruction just written are set: the core has to ignore them. */
  protected maybeReserved(f: Form): void {
    if (!this.random.once(RESERVED_EVERY)) return;
    const index = this.words.length - 1;
    const word = this.words[index] ?? 0;
    const reserved = ~(opcodeMask(f) | operandMask(f.instruction) | f.word) >>> 0;
    const set = (this.random.word() & reserved) >>> 0;
    if (set === 0) return;
    if (!this.substitutes.has(index)) this.substitutes.set(index, [word]);
    this.words[index] = (word | set) >>> 0;
  }

  protected source(): number {
    return this.random.below(32);
  }

  /** A register that may be written. */
  protected target(...avoid: number[]): number {
    for (;;) {
      const r = this.random.below(32);
      if (!this.locked.has(r) && !avoid.includes(r)) return r;
    }
  }

  /** Brings `value` into register `r` in one of the ways that compilers use. */
  protected constant(r: number, value: number): void {
    const signed = value | 0;
    const v = value >>> 0;
    if (signed >= -0x8000 && signed < 0x8000 && !this.random.once(6)) {
      this.put('addi', r, 0, signed);
    } else if ((v & 0xffff) === 0 && this.random.once(2)) {
      this.put('addis', r, 0, v >>> 16);
    } else if (this.random.once(2)) {
      this.put('addis', r, 0, v >>> 16);
      this.put('ori', r, r, v & 0xffff);
    } else {
      const index = this.put('lwz', r, 0, 0);
      this.poolUses.push({ index, slot: this.pool.length });
      this.pool.push(v);
    }
    this.known.set(r, v);
  }

  /** A source register, sometimes with an edge value just brought into it. */
  protected operand(): number {
    if (!this.random.once(3)) return this.source();
    const r = this.target();
    this.constant(r, this.random.edge());
    return r;
  }

  /** Execution can come here from elsewhere: nothing is known any more. */
  protected joined(): void {
    this.known.clear();
    this.byteCount = undefined;
  }

  /** Now and then, all registers into a place of their own. */
  protected maybeCheckpoint(): void {
    if (this.sinceCheckpoint <= CHECKPOINT_EVERY || this.checkpoints === CHECKPOINTS_MAX) return;
    const at = CHECKPOINTS + CHECKPOINT_BYTES * this.checkpoints++;
    const r0 = this.known.get(0);
    this.put('stmw', 0, at, 0);
    this.put('mfcr', 0);
    this.put('stw', 0, at + 128, 0);
    [XER, LR, CTR].forEach((spr, i) => {
      this.put('mfspr', 0, spr);
      this.put('stw', 0, at + 132 + 4 * i, 0);
    });
    this.put('lwz', 0, at, 0);
    if (r0 !== undefined) this.known.set(0, r0);
    this.sinceCheckpoint = 0;
  }
}
