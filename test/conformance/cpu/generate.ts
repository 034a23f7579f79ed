/**
 * Random programs that always end: straight code, branches forward of every form, loops of a known number of rounds, calls
 * of code further up. Operands are weighted to where carries, signs, masks and alignments change; addresses fall into the
 * windows of program.ts. What a program has computed stays visible: registers are stored whole every now and then.
 */

import {
  assemble,
  encode,
  type Form,
  fieldOf,
  form,
  formsOfKind,
  type Operand,
  opcodeMask,
  operandMask,
} from './instructions.js';
import {
  CHECKPOINT_BYTES,
  CHECKPOINTS,
  CHECKPOINTS_MAX,
  CODE,
  CODE_BYTES,
  DONE,
  MAIN_WINDOW,
  NEAR_WINDOW,
  type Program,
  type Registers,
  SECOND_WINDOW,
  WINDOW_BYTES,
  XER_BITS,
} from './program.js';
import { Xorshift } from './random.js';
import * as routines from './routines.js';

const XER = 1;
const LR = 8;
const CTR = 9;

/** BO (PowerPC architecture, branch instructions): no decrement, and no condition. */
const BO_NO_DECREMENT = 4;
const BO_NO_CONDITION = 16;
const BO_TRUE = 12;
const BO_FALSE = 4;
const BO_DECREMENT_NONZERO = [16, 17, 24, 25];
const BO_DECREMENT_NONZERO_AND = [0, 1, 8, 9];

/** How many instructions a program is about, before its loops. */
const LENGTH = 320;
const DEPTH_MAX = 2;
const ROUNDS_MAX = 7;
/** A checkpoint after so many instructions. */
const CHECKPOINT_EVERY = 60;
/** Room that a structure may still need when the program is about to be full. */
const WORDS_MAX = CODE_BYTES / 4 - 600;

/** What QEMU's MPC8xx model takes for illegal; it changes nothing that a program without stale lines sees (deviations.ts). */
const REFERENCE_LACKS: ReadonlySet<string> = new Set(['dcbt', 'dcbtst', 'dcbst', 'dcbf']);
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

class Generator {
  private readonly random: Xorshift;
  private readonly words: number[] = [];
  private readonly substitutes = new Map<number, readonly number[]>();
  private readonly groups: number[][] = [];
  private zeroesBlocks = false;
  private readonly executed = new Map<string, number>();
  private readonly pool: number[] = [];
  private readonly poolUses: { index: number; slot: number }[] = [];
  /** Registers whose value is known here, whichever way execution came. */
  private readonly known = new Map<number, number>();
  /** Registers that count a loop's rounds. */
  private readonly locked = new Set<number>();
  private lrLocked = 0;
  private ctrLocked = 0;
  /** XER[BC], if known here. */
  private byteCount: number | undefined;
  /** How often the code being written is executed at least. */
  private times = 1;
  /** Data lies next to code, and code is written. */
  private readonly nearCode: boolean;
  /** There may be a dcbz. */
  private readonly zeroing: boolean;
  private checkpoints = 0;
  private sinceCheckpoint = 0;

  private readonly seed: number;
  private readonly options: GeneratorOptions;

  constructor(seed: number, options: GeneratorOptions) {
    this.seed = seed;
    this.options = options;
    this.random = new Xorshift(seed);
    this.nearCode = seed % 4 === 0;
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
    const length = this.words.length;
    for (const { index, slot } of this.poolUses) {
      this.words[index] = ((this.words[index] ?? 0) | (CODE + 4 * (length + slot))) >>> 0;
    }
    const memory = new Uint8Array(WINDOW_BYTES);
    for (let i = 0; i < WINDOW_BYTES; i += 4) {
      const value = random.edge();
      memory.set([value >>> 24, value >>> 16, value >>> 8, value], i);
    }
    return {
      seed: this.seed,
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

  private get here(): number {
    return CODE + 4 * this.words.length;
  }

  /** Writes one instruction and forgets what is known of the registers it writes; returns its index. */
  private put(mnemonic: string, ...values: number[]): number {
    return this.putForm(form(mnemonic), values);
  }

  private putForm(f: Form, values: readonly number[]): number {
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
  private maybeReserved(f: Form): void {
    if (!this.random.once(24)) return;
    const index = this.words.length - 1;
    const word = this.words[index] ?? 0;
    const reserved = ~(opcodeMask(f) | operandMask(f.instruction) | f.word) >>> 0;
    const set = (this.random.word() & reserved) >>> 0;
    if (set === 0) return;
    if (!this.substitutes.has(index)) this.substitutes.set(index, [word]);
    this.words[index] = (word | set) >>> 0;
  }

  private source(): number {
    return this.random.below(32);
  }

  /** A register that may be written. */
  private target(...avoid: number[]): number {
    for (;;) {
      const r = this.random.below(32);
      if (!this.locked.has(r) && !avoid.includes(r)) return r;
    }
  }

  /** Brings `value` into register `r` in one of the ways that compilers use. */
  private constant(r: number, value: number): void {
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
  private operand(): number {
    if (!this.random.once(3)) return this.source();
    const r = this.target();
    this.constant(r, this.random.edge());
    return r;
  }

  private allowed(forms: readonly Form[]): readonly Form[] {
    const { only } = this.options;
    return only === undefined ? forms : forms.filter((f) => only.has(f.mnemonic));
  }

  /** One more piece of program. */
  private step(depth: number): void {
    if (this.sinceCheckpoint > CHECKPOINT_EVERY && this.checkpoints < CHECKPOINTS_MAX) this.checkpoint();
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

  private steps(count: number, depth: number): void {
    for (let i = 0; i < count; i++) this.step(depth);
  }

  /** Execution can come here from elsewhere: nothing is known any more. */
  private joined(): void {
    this.known.clear();
    this.byteCount = undefined;
  }

  /** All registers into a place of their own. */
  private checkpoint(): void {
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

  // --- data processing ---

  plain(f: Form): void {
    const values = f.instruction.operands.map((operand) => this.value(operand));
    // Sources first: bringing an edge value into one of them must not change another that is chosen already.
    this.putForm(f, values);
    this.maybeReserved(f);
  }

  private value(operand: Operand, ...avoid: number[]): number {
    const { random } = this;
    switch (operand) {
      case 'rD':
      case 'rA=':
      case 'rA!':
        return this.target(...avoid);
      case 'rA':
      case 'rA|0':
      case 'rB':
      case 'rS':
        return this.operand();
      case 'SIMM':
      case 'UIMM':
        return random.edge16();
      default:
        return random.word();
    }
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

  // --- memory ---

  /** An address at which `bytes` bytes lie in a window. */
  private place(bytes: number, alignment: number): number {
    const { random } = this;
    const small = this.nearCode && bytes <= NEAR_WINDOW.bytes && random.once(2) ? NEAR_WINDOW : SECOND_WINDOW;
    const window = random.once(4) ? small : MAIN_WINDOW;
    const last = window.at + window.bytes - bytes;
    let ea = random.between(window.at, last);
    const kind = random.below(8);
    if (kind < 2) ea = ((window.at + window.bytes) & ~0xfff) - random.below(bytes + 4);
    else if (kind < 4) ea = (ea & ~15) + 16 - random.below(Math.min(bytes, 8));
    else if (kind < 6) ea &= ~(Math.min(4, bytes) - 1);
    ea &= ~(alignment - 1);
    return Math.min(Math.max(ea, window.at), last & ~(alignment - 1));
  }

  /** A register that is known to hold something from which `ea` can be reached in 16 bits, or one that is given such a value. */
  private base(ea: number, usable: (r: number) => boolean): { r: number; d: number } {
    const { random } = this;
    const candidates = [...this.known].filter(([r, value]) => {
      const d = (ea - value) | 0;
      return r !== 0 && usable(r) && d >= -0x8000 && d < 0x8000;
    });
    if (candidates.length > 0 && !random.once(3)) {
      const [r, value] = random.pick(candidates);
      return { r, d: (ea - value) | 0 };
    }
    const r = this.pointerTarget(usable);
    const d = random.once(4) ? 0 : random.once(2) ? random.between(-64, 64) : random.between(-0x8000, 0x7fff);
    this.constant(r, ea - d);
    return { r, d };
  }

  private pointerTarget(usable: (r: number) => boolean): number {
    for (;;) {
      const r = this.target(0);
      if (usable(r)) return r;
    }
  }

  /**
   * Operands of an access to `bytes` bytes, in the order of the form: displacement and rA, or rA and rB. `usable` says which
   * registers may hold an address.
   */
  private address(f: Form, bytes: number, alignment: number, usable: (r: number) => boolean = () => true): number[] {
    const { random } = this;
    const operands = f.instruction.operands;
    const update = operands.includes('rA!');
    const indexed = operands.includes('rB');
    const free = (r: number): boolean => usable(r) && !(update && this.locked.has(r));
    if (random.once(5) && !update) {
      // What some register holds decides, within 256 bytes.
      if (bytes <= 256) {
        const at = (MAIN_WINDOW.at + random.below(MAIN_WINDOW.bytes - 255 - bytes + 1)) & ~3;
        const r = this.pointerTarget(free);
        this.put('rlwinm', r, this.source(), random.below(32), 24, 31 - Math.log2(alignment));
        if (!indexed) return [at, r];
        const other = this.pointerTarget((n) => n !== r && usable(n));
        this.constant(other, at);
        return random.once(2) ? [r, other] : [other, r];
      }
    }
    const ea = this.place(bytes, alignment);
    if (!indexed) {
      if (!update && random.once(10)) return [ea, 0];
      const { r, d } = this.base(ea, free);
      return [d, r];
    }
    if (!update && random.once(8)) {
      const b = this.pointerTarget(free);
      this.constant(b, ea);
      return [0, b];
    }
    const a = this.pointerTarget(free);
    if (random.once(12) && (ea & 1) === 0) {
      this.constant(a, ea / 2);
      return [a, a];
    }
    const b = this.pointerTarget((r) => r !== a && usable(r));
    if (random.once(2)) {
      // rB = EA - rA, whatever rA holds
      this.put('subfic', b, a, ea);
    } else {
      const { r, d } = this.base(ea, (n) => free(n) && n !== b);
      this.constant(b, d);
      return [r, b];
    }
    return [a, b];
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

  // --- flow ---

  private structure(depth: number): void {
    const { random } = this;
    if (this.nearCode && random.once(4)) {
      this.patch(depth);
      return;
    }
    switch (random.below(9)) {
      case 8:
        this.test(depth);
        return;
      case 0:
      case 1:
      case 2:
        this.skip(depth);
        return;
      case 3:
        this.jump(depth);
        return;
      case 4:
      case 5:
      case 6:
        this.loop(depth);
        return;
      default:
        this.call(depth);
    }
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
    const rounds = random.between(2, this.options.rounds ?? ROUNDS_MAX);
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
        this.backward('bc', bo, random.below(32), head);
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
        this.backward('bc', BO_NO_DECREMENT, EQ, head);
      } else {
        const field = random.below(8);
        this.put('addi', counter, counter, -1);
        this.put(random.once(2) ? 'cmpi' : 'cmpli', field, counter, 0);
        this.backward('bc', BO_NO_DECREMENT, 4 * field + EQ, head);
      }
      this.locked.delete(counter);
    }
    this.times = times;
  }

  /** A conditional branch to `head`, in one of the forms that keep LR if it must be kept. */
  private backward(_mnemonic: 'bc', bo: number, bi: number, head: number): void {
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

const ALU = formsOfKind('alu');
const COMPARES = formsOfKind('compare');
/** Everything that records in CR0. */
const RECORDS = formsOfKind('alu', 'rotate').filter((f) => f.mnemonic.endsWith('.'));
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

/**
 * Privileged in user mode, which the core runs in. mfspr of PVR is not among them: Linux lets programs have it.
 */
const PRIVILEGED: readonly number[] = [
  assemble('mfmsr', 5),
  assemble('mtmsr', 5),
  assemble('rfi'),
  assemble('mfspr', 5, 272),
  assemble('mtspr', 26, 5),
  assemble('tlbie', 5),
  assemble('dcbi', 0, 5),
];

/** Opcodes that the part does not implement (MPC860 UM: software emulation exception) and QEMU's model neither. */
const NOT_IMPLEMENTED: readonly number[] = [
  0x00000000, // primary 0
  0xfc00002a, // fadd
  0xc8230000, // lfd
  0x7c0004ae, // lfsx
  0xe8230000, // ld
  0x78630020, // rldicl
  0x7c0004a6, // mfsr
  0x7c0001a4, // mtsr
  0x7c0005ec, // dcba
  ...PRIVILEGED,
];
