/** Seeded random numbers for the generator: xorshift128 (Marsaglia, 2003), seeded through splitmix32. */
export class Xorshift {
  private x: number;
  private y: number;
  private z: number;
  private w: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let v = state;
      v = Math.imul(v ^ (v >>> 16), 0x85ebca6b);
      v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35);
      return (v ^ (v >>> 16)) >>> 0;
    };
    this.x = next();
    this.y = next();
    this.z = next();
    this.w = next() | 1;
  }

  /** 32 random bits. */
  word(): number {
    const t = this.x ^ (this.x << 11);
    this.x = this.y;
    this.y = this.z;
    this.z = this.w;
    this.w = (this.w ^ (this.w >>> 19) ^ (t ^ (t >>> 8))) >>> 0;
    return this.w;
  }

  /** Uniform in [0, n). */
  below(n: number): number {
    return Math.floor((this.word() / 0x1_0000_0000) * n);
  }

  /** Uniform in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    const value = from[this.below(from.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  /** A 32-bit value, mostly one at which something changes: around 0, ±2^n, sign and carry limits, single bits, masks. */
  edge(): number {
    const n = this.below(32);
    switch (this.below(12)) {
      case 0:
        return 0;
      case 1:
        return 0xffffffff;
      case 2:
        return this.pick([0x7fffffff, 0x80000000, 0x80000001, 0x7ffffffe]);
      case 3:
        return this.below(4);
      case 4:
        return (0 - this.below(4)) >>> 0;
      case 5:
        return (1 << n) >>> 0;
      case 6:
        return ((1 << n) - 1) >>> 0;
      case 7:
        return (0 - (1 << n)) >>> 0;
      case 8:
        return this.pick([
          0x7fff, 0x8000, 0xffff, 0x10000, 0xffff8000, 0xffff7fff, 0x80, 0x7f, 0xff, 0x100, 0xffffff80,
        ]);
      case 9:
        return this.word() & 0xffff;
      default:
        return this.word();
    }
  }

  /** A 16-bit immediate of the same kind. */
  edge16(): number {
    return this.once(2)
      ? this.pick([0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xffff, 0xfffe, 0x00ff, 0xff00])
      : this.word() & 0xffff;
  }
}
