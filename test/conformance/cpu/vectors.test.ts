import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIGURATIONS, CoreRunner } from './core.js';
import { FORMS, formOf } from './instructions.js';
import { WINDOW_BYTES } from './program.js';
import { checkpointsDigest, unpackVectors } from './vectors.js';

const { header, vectors } = unpackVectors(readFileSync(new URL('vectors.gz', import.meta.url)));

describe(`vectors made by QEMU ${header.qemu} -cpu ${header.cpu}`, () => {
  it.each(CONFIGURATIONS.map((c) => [c.name, c] as const))(
    'the core ends as QEMU did, caches %s: GPRs, CR, XER, LR, CTR, memory',
    (_, configuration) => {
      const runner = new CoreRunner(configuration);
      const taken = vectors.filter(({ program }) => runner.takes(program));
      for (const { program, ending, at, registers, windows, checkpoints } of taken) {
        const outcome = runner.run(program);
        expect(
          { ending: outcome.ending, at: outcome.at, registers: outcome.registers },
          `seed ${program.seed}`,
        ).toEqual({
          ending,
          at,
          registers,
        });
        expect(Buffer.compare(outcome.memory.subarray(0, WINDOW_BYTES), windows), `seed ${program.seed}, memory`).toBe(
          0,
        );
        expect(checkpointsDigest(outcome), `seed ${program.seed}, checkpoints`).toBe(checkpoints);
      }
      if (taken.length === vectors.length) expect(runner.instructions).toBe(header.instructions);
      expect(runner.instructions).toBeGreaterThanOrEqual(configuration.writeThrough ? 100_000 : 200_000);
    },
  );

  it('have every form of every user-level instruction but the ones that cannot be compared', () => {
    const there = new Set(vectors.flatMap(({ program }) => [...program.words.subarray(0, program.length)].map(formOf)));
    const missing = FORMS.filter((f) => f.instruction.level === 'user' && !there.has(f));
    expect(missing.map((f) => f.mnemonic)).toEqual(['sc', 'mftb']);
  });
});
