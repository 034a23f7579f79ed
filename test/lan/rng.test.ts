import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/lan/rng.js';

describe('random numbers', () => {
  it('are exponentially distributed where they should be', () => {
    const rng = new Rng(9);
    const draws = Array.from({ length: 50_000 }, () => rng.exponential(50));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    expect(mean).toBeGreaterThan(49);
    expect(mean).toBeLessThan(51);
    // P(X > mean) = 1/e.
    expect(draws.filter((value) => value > 50).length / draws.length).toBeCloseTo(Math.exp(-1), 2);
  });

  it('repeat from the same seed', () => {
    const [a, b] = [new Rng(77), new Rng(77)];
    for (let i = 0; i < 1000; i++) expect(a.next()).toBe(b.next());
  });
});
