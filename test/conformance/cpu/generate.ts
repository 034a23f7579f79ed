/**
 * Random programs that always end: straight code, branches forward of every form, loops of a known number of rounds, calls
 * of code further up. Operands are weighted to where carries, signs, masks and alignments change; addresses fall into the
 * windows of program.ts. What a program has computed stays visible: registers are stored whole every now and then.
 */

import { ALU, DEPTH_MAX, FlowWriter } from './flow.js';
import { type Form, form, formsOfKind } from './instructions.js';
import { NOT_IMPLEMENTED } from './opcodes.js';
import {
  CODE,
  CODE_BYTES,
  DONE,
  MAIN_WINDOW,
  type Program,
  type Registers,
  WINDOW_BYTES,
  XER_BITS,
} from './program.js';
import { Xorshift } from './random.js';
import * as routines from './routines.js';
import { CTR, LR, XER } from './writer.js';

/** How many instructions a program is about, before its loops. */
const LENGTH = 320;
/** Room that a structure may still need when the program is about to be full. */
const WORDS_MAX = CODE_BYTES / 4 - 600;
const LINE = 16;

export interface GeneratorOptions {
  /** Mnemonics that may appear beside what the frame of a program needs; undefined: all. */
  readonly only?: ReadonlySet<string>;
  /** Most rounds of a loop. */
  readonly rounds?: number;
}

/** Makes the program of `seed`. */
export function generate(seed: number, options: GeneratorOptions = {}): Program {
  return new Generator(seed, options).program();
}

class Generator extends FlowWriter {
  /** There may be a dcbz. */
  private readonly zeroing: boolean;

  private readonly seed: number;
  private readonly options: GeneratorOptions;

  constructor(seed: number, options: GeneratorOptions) {
    super(new Xorshift(seed), seed % 4 === 0, options.rounds);
    this.seed = seed;
    this.options = options;
    this.zeroing = seed % 3 === 0;
  }

  program(): Program {
    const { random } = this;
    const gpr = Uint32Array.from({ length: 32 }, () => random.edge());
    const registers: Registers = {
      gpr,
      cr: random.word(),
      xer: (random.word() & XER_BITS) >>> 0,
      lr: random.word(),
      ctr: random.once(2) ? random.below(8) : random.word(),
    };
    this.byteCount = registers.xer & 0x7f;
    while (this.words.length < LENGTH) this.step(0);
    this.end();
    const memory = new Uint8Array(WINDOW_BYTES);
    for (let i = 0; i < WINDOW_BYTES; i += 4) {
      const value = random.edge();
      memory.set([value >>> 24, value >>> 16, value >>> 8, value], i);
    }
    return this.finish(this.seed, registers, memory);
  }

  private allowed(forms: readonly Form[]): readonly Form[] {
    const { only } = this.options;
    return only === undefined ? forms : forms.filter((f) => only.has(f.mnemonic));
  }

  /** One more piece of program. */
  private step(depth: number): void {
    this.maybeCheckpoint();
    if (depth < DEPTH_MAX && this.words.length < WORDS_MAX && this.random.once(9)) {
      this.structure(depth);
      return;
    }
    let n = this.random.below(STEPS_TOTAL);
    for (const [weight, forms, step] of STEPS) {
      n -= weight;
      if (n >= 0) continue;
      const usable = this.allowed(forms);
      if (usable.length > 0) step(this, this.random.pick(usable));
      return;
    }
  }

  protected override steps(count: number, depth: number): void {
    for (let i = 0; i < count; i++) this.step(depth);
  }

  /** The last instruction: to DONE, or now and then an exception on purpose. */
  private end(): void {
    if (this.random.once(12)) {
      const r = this.target();
      if (this.random.once(2)) {
        if (this.random.once(2)) this.put('tw', this.random.pick([4, 31, 20]), r, r);
        else this.put('twi', 31, r, this.random.edge16());
      } else if (this.random.once(3)) {
        this.constant(r, this.place(4, 1) | 1);
        this.put('lwarx', this.source(), 0, r);
      } else {
        this.words.push(this.random.pick(NOT_IMPLEMENTED));
      }
    }
    this.put('ba', DONE);
  }

  /** Division, by zero too (deviations.ts). */
  divide(f: Form): void {
    const { random } = this;
    const a = this.operand();
    const b = this.target();
    let mayBeZero = false;
    const way = random.below(6);
    if (way < 2) {
      const by = random.edge();
      mayBeZero = by === 0;
      this.constant(b, by);
    } else if (way === 2) {
      // Small or nothing
      mayBeZero = true;
      this.put('rlwinm', b, this.source(), random.below(32), random.between(25, 31), 31);
    } else {
      this.put(random.once(2) ? 'ori' : 'oris', b, this.source(), random.pick([1, 2, 8, 0x80, 0x8000, 0x7fff, 0x100]));
    }
    const d = this.target();
    const index = this.putForm(f, [d, a, b]);
    if (mayBeZero) this.substitutes.set(index, routines.divide(f, this.words[index] ?? 0, d, a, b));
    this.maybeReserved(f);
  }

  mcrxr(f: Form): void {
    this.putForm(f, [this.random.below(8)]);
    this.maybeReserved(f);
  }

  spr(f: Form): void {
    const { random } = this;
    if (f.instruction.name === 'mfspr') {
      this.putForm(f, [this.target(), random.pick([XER, LR, CTR])]);
    } else {
      const which = random.below(4);
      if (which === 0 && this.lrLocked === 0) this.putForm(f, [LR, this.operand()]);
      else if (which === 1 && this.ctrLocked === 0) this.putForm(f, [CTR, this.operand()]);
      else if (which === 2) {
        const r = this.operand();
        this.substitutes.set(this.putForm(f, [XER, r]), routines.moveToXer(r));
        this.byteCount = undefined;
      } else {
        this.setByteCount(random.below(128));
        return;
      }
    }
    this.maybeReserved(f);
  }

  private setByteCount(count: number): void {
    const r = this.target();
    this.constant(r, (this.random.word() & (XER_BITS & ~0x7f)) | count);
    this.put('mtspr', XER, r);
    this.byteCount = count;
  }

  /** A trap whose conditions do not hold: every bit of TO that would trap is left out. */
  trap(f: Form): void {
    const { random } = this;
    const a = this.target();
    const x = random.edge();
    this.constant(a, x);
    const immediate = f.instruction.name === 'twi';
    let b = 0;
    let y = 0;
    if (immediate) {
      b = random.once(3) ? x & 0xffff : random.edge16();
      y = ((b << 16) >> 16) >>> 0;
    } else {
      b = this.target(a);
      y = random.once(3) ? x : random.edge();
      this.constant(b, y);
    }
    const holds =
      ((x | 0) < (y | 0) ? 16 : 0) |
      ((x | 0) > (y | 0) ? 8 : 0) |
      (x === y ? 4 : 0) |
      (x < y ? 2 : 0) |
      (x > y ? 1 : 0);
    this.putForm(f, [random.below(32) & ~holds, a, b]);
    this.maybeReserved(f);
  }

  access(f: Form): void {
    const { instruction } = f;
    const load = instruction.kind === 'load';
    const update = instruction.operands.includes('rA!');
    const register = load ? this.target() : this.source();
    if (update && this.random.once(12) && this.updateInvalid(f, register)) return;
    // An update form that loads its own base is invalid.
    const operands = this.address(f, instruction.bytes, 1, (r) => !(load && update && r === register));
    this.putForm(f, [register, ...operands]);
    this.maybeReserved(f);
  }

  /** An invalid update form: the base is r0, or the register that is loaded. */
  private updateInvalid(f: Form, register: number): boolean {
    const { random } = this;
    const { instruction } = f;
    const base = instruction.kind === 'load' && random.once(2) ? register : 0;
    if (this.locked.has(base)) return false;
    const ea = this.place(instruction.bytes, 1);
    let operands: [number, number];
    if (instruction.operands.includes('rB')) {
      const b = this.target(base);
      this.put('subfic', b, base, ea);
      operands = [base, b];
    } else {
      const d = random.between(-0x8000, 0x7fff);
      this.constant(base, ea - d);
      operands = [d, base];
    }
    this.substitutes.set(this.putForm(f, [register, ...operands]), routines.update(f, register, operands));
    this.maybeReserved(f);
    return true;
  }

  multiple(f: Form): void {
    const { random } = this;
    const load = f.instruction.kind === 'load-multiple';
    const lowest = load ? Math.max(0, ...[...this.locked].map((r) => r + 1)) : 0;
    if (lowest > 31) return;
    const register = random.once(4) ? random.between(lowest, 31) : Math.max(lowest, 32 - random.between(1, 8));
    const operands =
      load && register <= 1 ? [this.place(4 * (32 - register), 4), 0] : this.address(f, 4 * (32 - register), 4);
    this.putForm(f, [register, ...operands]);
    if (load) for (let r = register; r < 32; r++) this.known.delete(r);
  }

  string(f: Form): void {
    const { random } = this;
    const { name, kind } = f.instruction;
    const load = kind === 'load-string';
    const counted = name.endsWith('x');
    if (counted && (this.byteCount === undefined || random.once(2))) {
      this.setByteCount(random.once(4) ? random.below(128) : random.below(20));
    }
    const nb = random.once(3) ? random.below(32) : random.below(12);
    const bytes = counted ? (this.byteCount ?? 0) : nb === 0 ? 32 : nb;
    const count = (bytes + 3) >> 2;
    const first = this.source();
    const within = (r: number): boolean => load && ((r - first) & 31) < count;
    // No counter of a loop in the range, and something left for the reference to hold an address in.
    if (load && (count > 28 || [...this.locked].some(within))) return;
    let operands: [number, number];
    if (counted) {
      const [a = 0, b = 0] = this.address(f, bytes, 1);
      operands = [a, b];
    } else {
      const r = this.pointerTarget(() => true);
      this.constant(r, this.place(bytes, 1));
      operands = [r, nb];
    }
    const index = this.putForm(f, [first, ...operands]);
    const [a, b] = operands;
    // rA as zero is no register of the range; nb is none at all.
    if ((a !== 0 && within(a)) || (counted && within(b))) {
      this.substitutes.set(index, routines.stringLoad(f, first, count, operands));
    }
    if (load) for (let r = 0; r < 32; r++) if (within(r)) this.known.delete(r);
    this.maybeReserved(f);
  }

  /**
   * lwarx and stwcx. to the same word, to another line, or stwcx. alone. Nothing is stored in between: the reference
   * compares the word's value as well (deviations.ts).
   */
  reserve(_f: Form): void {
    const { random } = this;
    const lwarx = form('lwarx');
    const stwcx = form('stwcx.');
    const word = this.place(4, 4);
    const other = (word & ~(LINE - 1)) === MAIN_WINDOW.at ? word + LINE : MAIN_WINDOW.at;
    const a = this.pointerTarget(() => true);
    const b = this.pointerTarget((r) => r !== a);
    const reach = (ea: number): number[] => {
      if (random.once(3)) {
        this.constant(b, ea);
        return [0, b];
      }
      this.put('subfic', b, a, ea);
      return [a, b];
    };
    const target = this.target();
    if (!random.once(5)) {
      this.putForm(lwarx, [target, ...reach(word)]);
      this.maybeReserved(lwarx);
      for (let i = random.below(3); i > 0; i--) this.plain(this.random.pick(ALU));
    }
    for (let i = random.between(1, 2); i > 0; i--) {
      this.putForm(stwcx, [this.source(), ...reach(random.once(4) ? other : word)]);
      this.maybeReserved(stwcx);
    }
  }

  zero(f: Form): void {
    if (!this.zeroing) return;
    const [a = 0, b = 0] = this.address(f, 1, 1);
    this.zeroesBlocks = true;
    this.substitutes.set(this.putForm(f, [a, b]), routines.zeroBlock(a, b));
    this.maybeReserved(f);
  }

  cache(f: Form): void {
    const { random } = this;
    const { name } = f.instruction;
    if (name.startsWith('dcbt') && random.once(2)) {
      // A hint for an address that may not exist.
      this.putForm(f, [this.source(), this.source()]);
    } else if (name === 'icbi' && random.once(2)) {
      const b = this.target();
      this.constant(b, CODE + random.below(4 * this.words.length + 64));
      this.putForm(f, [0, b]);
    } else {
      this.putForm(f, this.address(f, 1, 1));
    }
    this.maybeReserved(f);
  }
}

/** Weight, forms, and what makes an instruction of one of them. */
const STEPS: readonly (readonly [number, readonly Form[], (g: Generator, f: Form) => void])[] = [
  [30, ALU, (g, f) => g.plain(f)],
  [4, formsOfKind('divide'), (g, f) => g.divide(f)],
  [5, formsOfKind('compare'), (g, f) => g.plain(f)],
  [10, formsOfKind('rotate'), (g, f) => g.plain(f)],
  [8, formsOfKind('cr'), (g, f) => g.plain(f)],
  [1, formsOfKind('mcrxr'), (g, f) => g.mcrxr(f)],
  [16, formsOfKind('load'), (g, f) => g.access(f)],
  [16, formsOfKind('store'), (g, f) => g.access(f)],
  [2, formsOfKind('load-multiple', 'store-multiple'), (g, f) => g.multiple(f)],
  [4, formsOfKind('load-string', 'store-string'), (g, f) => g.string(f)],
  [1, formsOfKind('reserve', 'conditional-store'), (g, f) => g.reserve(f)],
  [3, formsOfKind('cache'), (g, f) => g.cache(f)],
  [1, formsOfKind('zero-block'), (g, f) => g.zero(f)],
  [1, formsOfKind('order'), (g, f) => g.plain(f)],
  [3, formsOfKind('spr'), (g, f) => g.spr(f)],
  [2, formsOfKind('trap'), (g, f) => g.trap(f)],
];
const STEPS_TOTAL = STEPS.reduce((sum, [weight]) => sum + weight, 0);
