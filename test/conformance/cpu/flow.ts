/** Branches of every form, loops of a known number of rounds, calls, and code that writes code. */

import { encode, fieldOf, form, formsOfKind } from './instructions.js';
import { NOT_IMPLEMENTED } from './opcodes.js';
import { OperandWriter } from './operands.js';
import type { Xorshift } from './random.js';
import * as routines from './routines.js';
import { CTR, LR } from './writer.js';

/** BO (PowerPC architecture, branch instructions): no decrement, and no condition. */
const BO_NO_DECREMENT = 4;
const BO_NO_CONDITION = 16;
const BO_TRUE = 12;
const BO_FALSE = 4;
const BO_DECREMENT_NONZERO = [16, 17, 24, 25];
const BO_DECREMENT_NONZERO_AND = [0, 1, 8, 9];

const ROUNDS_MAX = 7;
/** Structures stand within structures so deep. */
export const DEPTH_MAX = 2;
export const ALU = formsOfKind('alu');
const COMPARES = formsOfKind('compare');
/** Everything that records in CR0. */
const RECORDS = formsOfKind('alu', 'rotate').filter((f) => f.mnemonic.endsWith('.'));

/** A writer of structures; what stands in them, those who extend it know. */
export abstract class FlowWriter extends OperandWriter {
  private readonly rounds: number;

  constructor(random: Xorshift, nearCode: boolean, rounds = ROUNDS_MAX) {
    super(random, nearCode);
    this.rounds = rounds;
  }

  /** Writes `count` pieces of program. */
  protected abstract steps(count: number, depth: number): void;

  /** One structure, at `depth` others deep. */
  protected structure(depth: number): void {
    const { random } = this;
    if (this.nearCode && random.once(4)) {
      this.patch(depth);
      return;
    }
    const { skip, jump, loop, call, test } = this;
    random.pick([skip, skip, skip, jump, loop, loop, loop, call, test]).call(this, depth);
  }

  /** Writes `body`, which may be executed or not. */
  private optional(body: () => void): void {
    const { times } = this;
    this.times = 0;
    body();
    this.times = times;
    this.joined();
  }

  /** Any BO that does not decrement a CTR which a loop needs. */
  private anyBo(): number {
    const bo = this.random.below(32);
    return this.ctrLocked > 0 ? bo | BO_NO_DECREMENT : bo;
  }

  /** A conditional branch over some instructions: bc, bcl, bca, bcla. */
  private skip(depth: number): void {
    const { random } = this;
    const mnemonic = `bc${this.lrLocked === 0 && random.once(3) ? 'l' : ''}${random.once(4) ? 'a' : ''}`;
    const bo = this.anyBo();
    const bi = random.below(32);
    const from = this.here;
    const index = this.put(mnemonic, bo, bi, 0);
    this.optional(() => this.steps(random.below(8), depth + 1));
    this.words[index] = encode(form(mnemonic), [bo, bi, mnemonic.endsWith('a') ? this.here : this.here - from]);
  }

  /** What compilers write: a comparison or a record form, and a branch on what it found right behind it. */
  private test(depth: number): void {
    const { random } = this;
    let field = 0;
    const forms = random.once(2) ? COMPARES : RECORDS;
    const f = random.pick(forms);
    this.plain(f);
    if (forms === COMPARES) field = fieldOf(this.words.at(-1) ?? 0, 'crfD');
    const from = this.here;
    const branch = this.words.length;
    const bo = random.pick([BO_TRUE, BO_TRUE + 1, BO_FALSE, BO_FALSE + 1]);
    const bi = 4 * field + random.below(4);
    this.put('bc', bo, bi, 0);
    this.optional(() => this.steps(random.below(6), depth + 1));
    this.words[branch] = encode(form('bc'), [bo, bi, this.here - from]);
  }

  /** Writes an instruction over another and executes it, with the cache instructions that this takes (PowerPC architecture). */
  private patch(depth: number): void {
    const { random } = this;
    const data = this.target(0);
    const at = this.target(0, data);
    const f = random.pick(ALU);
    const values = f.instruction.operands.map((operand) => this.value(operand, data, at));
    const group: number[] = [];
    const start = this.words.length;
    this.constant(data, encode(f, values));
    const load = this.put('addi', at, 0, 0);
    this.put('stw', data, 0, at);
    this.put('dcbst', 0, at);
    this.put('sync');
    this.put('icbi', 0, at);
    this.put('isync');
    for (let i = start; i < this.words.length; i++) group.push(i);
    this.steps(random.below(4), depth + DEPTH_MAX);
    group.push(this.words.length);
    this.words[load] = encode(form('addi'), [at, 0, this.here]);
    const slot = this.putForm(f, values);
    this.words[slot] = 0;
    this.groups.push(group);
  }

  /** A branch to further down through b, ba, bl, bla, or LR or CTR, the register branches under any condition. */
  private jump(depth: number): void {
    const { random } = this;
    const through = random.below(3);
    if (through === 1 && this.lrLocked === 0) {
      const r = this.target();
      const load = this.put('addi', r, 0, 0);
      this.put('mtspr', LR, r);
      const f = form(random.once(2) ? 'bclr' : 'bclrl');
      this.putForm(f, [this.anyBo(), random.below(32)]);
      this.maybeReserved(f);
      this.optional(() => this.steps(random.below(6), depth + 1));
      this.words[load] = encode(form('addi'), [r, 0, this.here | random.below(4)]);
    } else if (through === 2 && this.ctrLocked === 0) {
      const r = this.target();
      const load = this.put('addi', r, 0, 0);
      this.put('mtspr', CTR, r);
      const f = form(this.lrLocked === 0 && random.once(2) ? 'bcctrl' : 'bcctr');
      const bo = random.below(32);
      const bi = random.below(32);
      const index = this.putForm(f, [bo, bi]);
      const decrements = (bo & BO_NO_DECREMENT) === 0;
      if (decrements) this.substitutes.set(index, routines.branchDecrementing(f.mnemonic === 'bcctrl', bo, bi, index));
      this.maybeReserved(f);
      this.optional(() => this.steps(random.below(6), depth + 1));
      const target = this.here | random.below(4);
      this.words[load] = encode(form('addi'), [r, 0, decrements ? target + 1 : target]);
    } else {
      const mnemonic = `b${this.lrLocked === 0 && random.once(2) ? 'l' : ''}${random.once(2) ? 'a' : ''}`;
      const from = this.here;
      const index = this.put(mnemonic, 0);
      // What is jumped over need not be instructions.
      for (let i = random.below(6); i > 0; i--) this.words.push(random.pick(NOT_IMPLEMENTED));
      this.words[index] = encode(form(mnemonic), [mnemonic.endsWith('a') ? this.here : this.here - from]);
    }
  }

  /** A loop of a few rounds that CTR or a register counts. */
  private loop(depth: number): void {
    const { random } = this;
    const rounds = random.between(2, this.rounds);
    const { times } = this;
    // Not r0: addi would take it for zero.
    const counter = this.target(0);
    this.constant(counter, rounds);
    if (this.ctrLocked === 0 && random.once(2)) {
      this.put('mtspr', CTR, counter);
      const early = random.once(4);
      const throughLr = this.lrLocked === 0 && random.once(5);
      let load = -1;
      const link = throughLr ? this.target() : 0;
      if (throughLr) {
        load = this.put('addi', link, 0, 0);
        this.put('mtspr', LR, link);
        this.lrLocked++;
      }
      this.joined();
      this.ctrLocked++;
      const head = this.here;
      if (!early) this.times *= rounds;
      this.steps(random.between(2, 14), depth + 1);
      const bo = random.pick(early ? BO_DECREMENT_NONZERO_AND : BO_DECREMENT_NONZERO);
      if (throughLr) {
        this.words[load] = encode(form('addi'), [link, 0, head]);
        this.put('bclr', bo, random.below(32));
        this.lrLocked--;
      } else {
        this.backward(bo, random.below(32), head);
      }
      this.ctrLocked--;
    } else {
      this.locked.add(counter);
      this.joined();
      const head = this.here;
      this.times *= rounds;
      this.steps(random.between(2, 14), depth + 1);
      const EQ = 2;
      if (random.once(2)) {
        this.put('addic.', counter, counter, -1);
        this.backward(BO_NO_DECREMENT, EQ, head);
      } else {
        const field = random.below(8);
        this.put('addi', counter, counter, -1);
        this.put(random.once(2) ? 'cmpi' : 'cmpli', field, counter, 0);
        this.backward(BO_NO_DECREMENT, 4 * field + EQ, head);
      }
      this.locked.delete(counter);
    }
    this.times = times;
  }

  /** A conditional branch to `head`, in one of the forms that keep LR if it must be kept. */
  private backward(bo: number, bi: number, head: number): void {
    const { random } = this;
    const mnemonic = `bc${this.lrLocked === 0 && random.once(5) ? 'l' : ''}${random.once(6) ? 'a' : ''}`;
    this.put(mnemonic, bo, bi, mnemonic.endsWith('a') ? head : head - this.here);
  }

  /** A subroutine, jumped over where it stands and called behind it, sometimes through CTR or LR. */
  private call(depth: number): void {
    const { random } = this;
    if (this.lrLocked > 0) return;
    const from = this.here;
    const over = this.put('b', 0);
    const entry = this.here;
    this.joined();
    this.lrLocked++;
    this.steps(random.between(1, 8), depth + 1);
    this.lrLocked--;
    if (random.once(3)) this.put('bclr', random.below(32) | BO_NO_DECREMENT, random.below(32));
    this.put('bclr', BO_NO_CONDITION | BO_NO_DECREMENT, 0);
    this.words[over] = encode(form('b'), [this.here - from]);
    this.joined();
    for (let i = random.between(1, 2); i > 0; i--) {
      const way = random.below(4);
      if (way === 0 && this.ctrLocked === 0) {
        const r = this.target();
        this.constant(r, entry);
        this.put('mtspr', CTR, r);
        this.put('bcctrl', BO_NO_CONDITION | BO_NO_DECREMENT, 0);
      } else if (way === 1) {
        const r = this.target();
        this.constant(r, entry);
        this.put('mtspr', LR, r);
        this.put('bclrl', BO_NO_CONDITION | BO_NO_DECREMENT, 0);
      } else if (way === 2) {
        this.put('bla', entry);
      } else {
        this.put('bl', entry - this.here);
      }
      this.joined();
    }
  }
}
