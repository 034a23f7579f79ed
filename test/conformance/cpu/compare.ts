/** Both sides on the same programs, and what to say when they differ. */

import { disassemble } from 'quicc860';
import type { CoreRunner } from './core.js';
import { addressOf, differences, hex, type Outcome, type Program, same, WINDOWS, wordAt } from './program.js';
import { type Differs, essential } from './shrink.js';

/** What runs programs and says what should come out. */
export interface Reference {
  run(programs: readonly Program[], seconds?: number): Promise<readonly Outcome[]>;
}

/** A side under test: the core in a configuration, or something that stands for it. */
export interface Subject {
  readonly name: string;
  /** False of programs that it cannot run. */
  takes(program: Program): boolean;
  run(program: Program, cycles?: number): Outcome;
}

export interface Mismatch {
  readonly program: Program;
  readonly subject: Subject;
  /** Set if all is the same but the number of instructions that this subject and the first one executed. */
  readonly counts: readonly [number, number] | undefined;
}

/** The core as a subject. */
export function subjectOf(runner: CoreRunner): Subject {
  return {
    name: runner.configuration.name,
    takes: (program) => runner.takes(program),
    run: (program, cycles) => runner.run(program, cycles),
  };
}

/** Runs `programs` on both sides, at the same time; returns every difference. */
export async function compare(
  programs: readonly Program[],
  reference: Reference,
  subjects: readonly Subject[],
): Promise<Mismatch[]> {
  const expected = reference.run(programs);
  const got = subjects.map((subject) =>
    programs.map((program) => (subject.takes(program) ? subject.run(program) : undefined)),
  );
  const outcomes = await expected;
  return programs.flatMap((program, i) =>
    subjects.flatMap((subject, s): Mismatch[] => {
      const [a, b] = [outcomes[i], got[s]?.[i]];
      if (b === undefined) return [];
      if (a === undefined || !same(a, b)) return [{ program, subject, counts: undefined }];
      const first = got[0]?.[i]?.instructions ?? b.instructions;
      return first === b.instructions ? [] : [{ program, subject, counts: [first, b.instructions] as const }];
    }),
  );
}

/** A program that was cut down ends soon or never: clocks, and seconds of the reference. */
const SHRINK_CYCLES = 400_000;
const SHRINK_SECONDS = 10;

/**
 * The question that shrinking asks. Candidates that no longer end are not what is looked for, unless the core's not ending
 * is the difference.
 */
export function differsOn(reference: Reference, subject: Subject, original: Outcome): Differs {
  return async (programs) => {
    const got = programs.map((program) => subject.run(program, SHRINK_CYCLES));
    const asked = programs.flatMap((program, i) => {
      const outcome = got[i];
      if (outcome === undefined || (unusable(outcome) && !unusable(original))) return [];
      return [{ program, outcome, i }];
    });
    const expected =
      asked.length === 0
        ? []
        : await reference.run(
            asked.map(({ program }) => program),
            SHRINK_SECONDS,
          );
    const result = programs.map(() => false);
    asked.forEach(({ outcome, i }, n) => {
      const should = expected[n];
      result[i] = should !== undefined && !unusable(should) && !same(should, outcome);
    });
    return result;
  };
}

/** It did not end, or left what a program may touch. */
function unusable({ ending }: Outcome): boolean {
  return ending === 'other' || ending === 'interrupted';
}

/** A program as text: what it starts from, as far as that is not zero, its instructions, and how both sides ended. */
export function describe(program: Program, reference: Outcome, core: Outcome): string {
  const { gpr, cr, xer, lr, ctr } = program.registers;
  const state = [
    ...[...gpr].map((value, r) => [`r${r}`, value] as const),
    ['CR', cr] as const,
    ['XER', xer] as const,
    ['LR', lr] as const,
    ['CTR', ctr] as const,
  ]
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name}=${hex(value)}`);
  const memory: string[] = [];
  let start = 0;
  for (const { at, bytes } of WINDOWS) {
    for (let i = 0; i < bytes; i += 4, start += 4) {
      const value = wordAt(program.memory, start);
      if (value !== 0) memory.push(`${hex(at + i)}:${hex(value)}`);
    }
  }
  const lines = essential(program).map((i) => {
    const word = program.words[i] ?? 0;
    const substitute = program.substitutes.get(i);
    const other =
      substitute === undefined
        ? ''
        : `   (reference: ${substitute.map((instead, n) => disassemble(instead, addressOf(i + n))).join('; ')})`;
    return `  ${addressOf(i).toString(16)}  ${word.toString(16).padStart(8, '0')}  ${disassemble(word, addressOf(i))}${other}`;
  });
  return [
    `start: ${state.length === 0 ? 'all registers zero' : state.join(' ')}`,
    `memory: ${memory.length === 0 ? 'zero' : memory.join(' ')}`,
    `${lines.length} instructions:`,
    ...lines,
    'final states:',
    ...differences(reference, core).map((line) => `  ${line}`),
  ].join('\n');
}
