/** Operands: edge values for what computes, addresses within the windows for what goes to memory. */

import type { Form, Operand } from './instructions.js';
import { MAIN_WINDOW, NEAR_WINDOW, SECOND_WINDOW } from './program.js';
import type { Xorshift } from './random.js';
import { Writer } from './writer.js';

/** A writer that finds operands. */
export class OperandWriter extends Writer {
  /** Data lies next to code, and code is written. */
  protected readonly nearCode: boolean;

  constructor(random: Xorshift, nearCode: boolean) {
    super(random);
    this.nearCode = nearCode;
  }

  /** An instruction whose operands may be anything. */
  plain(f: Form): void {
    const values = f.instruction.operands.map((operand) => this.value(operand));
    this.putForm(f, values);
    this.maybeReserved(f);
  }

  protected value(operand: Operand, ...avoid: number[]): number {
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

  /** An address at which `bytes` bytes lie in a window. */
  protected place(bytes: number, alignment: number): number {
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
  protected base(ea: number, usable: (r: number) => boolean): { r: number; d: number } {
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

  protected pointerTarget(usable: (r: number) => boolean): number {
    for (;;) {
      const r = this.target(0);
      if (usable(r)) return r;
    }
  }

  /**
   * Operands of an access to `bytes` bytes, in the order of the form: displacement and rA, or rA and rB. `usable` says which
   * registers may hold an address.
   */
  protected address(f: Form, bytes: number, alignment: number, usable: (r: number) => boolean = () => true): number[] {
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
}
