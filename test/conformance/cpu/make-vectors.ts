/** `npm run vectors:cpu`: writes the vectors that `npm test` runs (vectors.ts) from what QEMU does. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIGURATIONS, CoreRunner } from './core.js';
import { generate } from './generate.js';
import { QEMU_CPU, Qemu, qemuVersion } from './qemu.js';
import { packVectors } from './vectors.js';

/** Not among the seeds that `conformance:cpu` begins with. */
const SEED = 1_000_000;
const PROGRAMS = 140;
/** More than the rest has: fewer programs for the same number of instructions. */
const ROUNDS = 14;
const FILE = 'test/conformance/cpu/vectors.gz';

const version = qemuVersion();
if (version === undefined) {
  console.error('vectors:cpu: qemu-ppc is not here; it is in the Debian package qemu-user');
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'quicc860-vectors-'));
  try {
    const programs = Array.from({ length: PROGRAMS }, (_, i) => generate(SEED + i, { rounds: ROUNDS }));
    const outcomes = await new Qemu(folder).run(programs);
    // The reference does not count instructions; the core's number is for the header alone.
    const counter = new CoreRunner(CONFIGURATIONS[0]);
    for (const program of programs) counter.run(program);
    const header = {
      format: 1,
      madeBy: 'npm run vectors:cpu',
      qemu: version,
      cpu: QEMU_CPU,
      seed: SEED,
      programs: PROGRAMS,
      instructions: counter.instructions,
    } as const;
    const file = packVectors(header, programs, outcomes);
    writeFileSync(FILE, file);
    console.log(`${FILE}: ${file.length} bytes, ${PROGRAMS} programs, ${counter.instructions} instructions`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
