import { describe, expect, it } from 'vitest';
import { differsOn, type Reference, type Subject } from './compare.js';
import { CONFIGURATIONS, CoreRunner } from './core.js';
import { generate } from './generate.js';
import { form, formOf } from './instructions.js';
import type { Program } from './program.js';
import { essential, shrink } from './shrink.js';

/** The core itself in place of the reference: here only the shrinking is under test. */
function coreAsReference(): Reference {
  const runner = new CoreRunner(CONFIGURATIONS[0]);
  return { run: async (programs) => programs.map((program) => runner.run(program)) };
}

/** A core with a wrong decoder: one form is taken for another. */
function mistaking(from: string, to: string): Subject {
  const runner = new CoreRunner(CONFIGURATIONS[0]);
  const [a, b] = [form(from), form(to)];
  return {
    name: `${from} as ${to}`,
    takes: () => true,
    run: (program, cycles) =>
      runner.run(
        {
          ...program,
          words: program.words.map((word) => (formOf(word) === a ? (word ^ a.word ^ b.word) >>> 0 : word)),
        },
        cycles,
      ),
  };
}

async function shrunk(from: string, to: string): Promise<Program> {
  const reference = coreAsReference();
  const subject = mistaking(from, to);
  for (let seed = 1; seed < 200; seed++) {
    const program = generate(seed);
    const differs = differsOn(reference, subject, subject.run(program));
    const [first] = await differs([program]);
    if (first) return shrink(program, differs, (p, cycles) => subject.run(p, cycles));
  }
  throw new Error('no program shows the difference');
}

describe('shrinking', () => {
  it.each([
    ['addo', 'addco'],
    ['lhax', 'lhzx'],
    ['subfme.', 'subfze.'],
    ['srawi', 'srawi.'],
  ])('%s executed as %s ends in at most two instructions, and one of them is it', async (from, to) => {
    const smallest = await shrunk(from, to);
    const left = essential(smallest).map((i) => formOf(smallest.words[i] ?? 0)?.mnemonic);
    expect(left).toContain(from);
    expect(left.length).toBeLessThanOrEqual(2);
  });
});
