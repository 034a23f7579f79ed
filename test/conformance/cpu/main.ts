/** `npm run conformance:cpu`: random programs on QEMU and on the core; what they do must be the same (docs/conformance.md). */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, describe, differsOn, type Mismatch, subjectOf } from './compare.js';
import { CoreRunner } from './core.js';
import { DEVIATIONS } from './deviations.js';
import { generate } from './generate.js';
import { FORMS } from './instructions.js';
import { type Options, parseOptions } from './options.js';
import type { Program } from './program.js';
import { QEMU_CPU, Qemu, qemuVersion } from './qemu.js';
import { shrink } from './shrink.js';

const BATCH = 400;
const MILLION = 1_000_000;

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`conformance:cpu: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const version = qemuVersion();
  if (version === undefined) {
    console.error('conformance:cpu: qemu-ppc is not here; it is in the Debian package qemu-user');
    return 2;
  }
  const { configurations } = options;
  console.log(
    `Reference: qemu-ppc ${version} -cpu ${QEMU_CPU}. Core: ${configurations.map((c) => c.name).join(', ')}.`,
  );
  for (const { what, reference, part, source, treatment } of DEVIATIONS) {
    console.log(`excluded or masked: ${what}: QEMU: ${reference}; MPC860: ${part} (${source}); ${treatment}`);
  }
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'quicc860-conformance-'));
  try {
    return await check(options, new Qemu(folder));
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function check(options: Options, qemu: Qemu): Promise<number> {
  const runners = options.configurations.map((c) => new CoreRunner(c));
  const subjects = runners.map(subjectOf);
  const [first] = runners;
  if (first === undefined) return 2;
  const generatorOptions = options.only === undefined ? {} : { only: options.only };
  const counts = new Map<string, number>();
  let seed = options.seed;
  let reported = 0;
  do {
    const left = options.instructions - first.instructions;
    const programs = Array.from({ length: Math.max(1, Math.min(BATCH, Math.ceil(left / MEAN))) }, () =>
      generate(seed++, generatorOptions),
    );
    const mismatches = await compare(programs, qemu, subjects);
    const [mismatch] = mismatches;
    if (mismatch !== undefined) {
      console.log(`${mismatches.length} differences in ${programs.length} programs; the first:`);
      await report(mismatch, qemu, options);
      return 1;
    }
    for (const program of programs) tally(program, counts);
    for (; reported + MILLION <= first.instructions; reported += MILLION) {
      console.log(`${(reported + MILLION) / MILLION} M instructions equal, up to seed ${seed - 1}`);
    }
  } while (first.instructions < options.instructions);
  summary(counts, options, first.instructions, seed - options.seed);
  return 0;
}

/** About how many instructions a program executes, for the size of the last batch. */
const MEAN = 800;

function tally(program: Program, counts: Map<string, number>): void {
  for (const [mnemonic, n] of program.executed) counts.set(mnemonic, (counts.get(mnemonic) ?? 0) + n);
}

function summary(counts: ReadonlyMap<string, number>, options: Options, executed: number, programs: number): void {
  const rows = FORMS.map(({ mnemonic }) => [mnemonic, counts.get(mnemonic) ?? 0] as const).filter(([, n]) => n > 0);
  rows.sort((a, b) => a[1] - b[1]);
  console.log('executed at least, by form (what a branch may skip is not counted):');
  const cells = rows.map(([mnemonic, n]) => `${mnemonic} ${n}`.padEnd(17));
  for (let i = 0; i < cells.length; i += 7)
    console.log(
      `  ${cells
        .slice(i, i + 7)
        .join('')
        .trimEnd()}`,
    );
  const [fewest, most] = [rows[0], rows.at(-1)];
  if (fewest !== undefined && most !== undefined) {
    console.log(`${rows.length} forms; fewest: ${fewest[0]} ${fewest[1]}; most: ${most[0]} ${most[1]}`);
  }
  const through = options.configurations.find((c) => c.writeThrough);
  if (through !== undefined) {
    console.log(`${through.name} ran those of the programs that have no dcbz: an alignment exception there`);
  }
  console.log(
    `${executed} instructions of ${programs} programs equal in each of ${options.configurations.length} configurations (${options.configurations.map((c) => c.name).join(', ')})`,
  );
}

async function report({ program, subject, counts }: Mismatch, qemu: Qemu, options: Options): Promise<void> {
  const only = options.only === undefined ? '' : ` --only ${[...options.only].join(',')}`;
  const again = `npm run conformance:cpu -- --seed ${program.seed} --instructions 1 --caches ${subject.name}${only}`;
  if (counts !== undefined) {
    const [first, here] = counts;
    console.log(
      `the same end after ${first} instructions with caches ${options.configurations[0]?.name}, ${here} with ${subject.name}`,
    );
    console.log(`seed ${program.seed}; to repeat:\n  ${again}`);
    return;
  }
  const differs = differsOn(qemu, subject, subject.run(program));
  const [still] = await differs([program]);
  if (!still) console.log(`seed ${program.seed}, caches ${subject.name}: only after the programs before it`);
  const smallest = still ? await shrink(program, differs, (p, cycles) => subject.run(p, cycles)) : program;
  const [expected] = await qemu.run([smallest]);
  if (expected !== undefined) console.log(describe(smallest, expected, subject.run(smallest)));
  console.log(`seed ${program.seed}, caches ${subject.name}; to repeat:\n  ${again}`);
}

process.exitCode = await main();
