import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';

describe('arguments of conformance:cpu', () => {
  it('have defaults, and are read', () => {
    expect(parseOptions([]).instructions).toBeGreaterThanOrEqual(10_000_000);
    expect(parseOptions([]).configurations.map((c) => c.name)).toEqual(['off', 'I', 'D', 'on', 'through', 'mmu']);
    const options = parseOptions(['--seed', '7', '--caches', 'on,mmu', '--only', 'addo.,lwz', '--keep', 'there']);
    expect([options.seed, options.configurations.length, options.only?.size, options.keep]).toEqual([7, 2, 2, 'there']);
  });

  it.each([
    [['--only', 'addq'], /--only addq: no instruction/],
    [['--caches', 'half'], /--caches half: there are off, I/],
    [['--seed', '-1'], /--seed -1: not a whole number/],
    [['--seed'], /--seed needs a value/],
    [['--fast', '1'], /unknown argument --fast/],
  ])('%j says what is wrong', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
