import { stateClass } from './state.js';

/** Seeded random numbers: xoshiro128** (Blackman and Vigna), seeded through splitmix32. Serialisable. */
export class Rng {
  private readonly s: number[];

  /** @param seed any integer; its low 32 bits count */
  constructor(seed: number) {
    let x = seed >>> 0;
    this.s = [0, 0, 0, 0].map(() => {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** 32 random bits, unsigned. */
  next(): number {
    const s = this.s as [number, number, number, number];
    const m = Math.imul(s[1], 5);
    const result = Math.imul((m << 7) | (m >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 32 bits fine. */
  unit(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.unit() < probability;
  }

  /** Exponentially distributed with the given mean: the spacing of a Poisson process. */
  exponential(mean: number): number {
    return -naturalLog(1 - this.unit()) * mean;
  }
}

/**
 * ln x for 0 < x ≤ 1 from exactly rounded operations only: ECMAScript leaves Math.log's last bits to the engine, and a
 * run must be the same in all of them.
 */
function naturalLog(x: number): number {
  let m = x;
  let exponent = 0;
  while (m < 0.75) {
    m *= 2;
    exponent--;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 19; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return 2 * s * sum + exponent * Math.LN2;
}

stateClass('Rng', Rng);
