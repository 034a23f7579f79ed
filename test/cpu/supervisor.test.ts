import { readdirSync, readFileSync } from 'node:fs';
import { Board, type PartName } from 'quicc860';
import { describe, expect, it } from 'vitest';

/** Where firmware-fixtures/cpu/*.S are linked to. */
const ELF_DIRECTORY = new URL('../../firmware-fixtures/elf/', import.meta.url);
const CACHES = [
  { icache: true, dcache: true },
  { icache: true, dcache: false },
  { icache: false, dcache: true },
  { icache: false, dcache: false },
];
/** Virtual seconds that one file of tests may take. */
const LIMIT = 1;

/** An entry of `cpu_tests` (firmware-fixtures/cpu/check.h). */
interface SupervisorTest {
  name: string;
  section: string;
  status: number;
  what: string;
  expected: string;
  got: string;
}
const ENTRY_BYTES = 32;
const RUNNING = 1;
const PASSED = 2;
const FAILED = 3;
const EXCEPTION = 4;

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

/** Boots the image, runs it to `cpu_done`, reads the table. */
async function runImage(file: string, caches: { icache: boolean; dcache: boolean }, cpu: PartName = 'mpc860') {
  const board = await Board.create({ cpu });
  await board.boot(readFileSync(new URL(file, ELF_DIRECTORY)), caches);
  const symbol = (name: string): number => {
    const address = board.symbols.address(name);
    if (address === undefined) throw new Error(`${file} has no symbol ${name}`);
    return address;
  };
  const done = symbol('cpu_done');
  board.runUntil(() => board.register('pc') === done, { seconds: LIMIT, every: 0.001 });
  const tests: SupervisorTest[] = [];
  for (let at = symbol('cpu_tests'); at < symbol('cpu_tests_end'); at += ENTRY_BYTES) {
    const word = (n: number): number => board.memory.read32(at + 4 * n);
    const text = (n: number): string => (word(n) === 0 ? '' : board.memory.readString(word(n)));
    tests.push({
      name: text(0),
      section: text(1),
      status: word(3),
      what: text(4),
      expected: hex(word(5)),
      got: hex(word(6)),
    });
  }
  return { tests, end: board.register('pc') === done ? 'done' : board.report() };
}

/** One line for what went wrong; `undefined` for a test that passed. */
function complaint(test: SupervisorTest, end: string): string | undefined {
  if (test.status === PASSED) return undefined;
  if (test.status === FAILED) return `${test.what}: expected ${test.expected}, got ${test.got}`;
  if (test.status === EXCEPTION) return `exception ${test.got} with SRR0 = ${test.expected} that it does not expect`;
  return test.status === RUNNING ? `the run stopped here\n${end}` : 'not reached';
}

const MUST_FAIL = 'cpu-must-fail.elf';
const files = readdirSync(ELF_DIRECTORY).filter((name) => /^cpu-.*\.elf$/.test(name) && name !== MUST_FAIL);

describe('the frame of the tests (firmware-fixtures/cpu)', () => {
  it('fails each test that must fail, for its own reason', async () => {
    for (const caches of CACHES) {
      const { tests, end } = await runImage(MUST_FAIL, caches);
      expect(tests.map((test) => [test.name, complaint(test, '')])).toEqual([
        ['a wrong value', 'r5: expected 0x00000002, got 0x00000001'],
        ['no expectation', 'no expectation: expected 0x00000000, got 0x00000000'],
        ['an exception without RESUME', expect.stringMatching(/^exception 0x00000C00 with SRR0 = 0x0001/)],
        ['an exception never expected', expect.stringMatching(/^exception 0x00000C00 with SRR0 = 0x0001/)],
        ['an exception too few', 'vector: expected 0x00000700, got 0x00000000'],
        ['exceptions without end', expect.stringMatching(/^exception 0x00000700 with SRR0 = 0x0001/)],
        ['no end', 'the run stopped here\n'],
        ['not reached', 'not reached'],
      ]);
      expect(end).not.toBe('done');
    }
  });
});

describe('a run cut up', () => {
  const CUT = ['cpu-debug-data.elf', 'cpu-debug-instruction.elf', 'cpu-exc-interrupt.elf', 'cpu-exc-trace.elf'];
  it.each(CUT)('%s: short spans, and snapshots between them, end in the same state', async (file) => {
    const image = readFileSync(new URL(file, ELF_DIRECTORY));
    const whole = await Board.create();
    await whole.boot(image, CACHES[0]);
    const end = 800_000;
    whole.runUntilCycle(end);
    let cut = await Board.create();
    await cut.boot(image, CACHES[0]);
    for (let n = 0; cut.now < end; n++) {
      cut.runUntilCycle(Math.min(end, cut.now + 1 + ((n * 7919) % 61)));
      if (n % 4001 === 4000) cut = await Board.restore(cut.snapshot());
    }
    expect(whole.register('pc')).toBe(whole.symbols.address('cpu_done'));
    expect(cut.stateHash()).toBe(whole.stateHash());
  });
});

for (const file of files) {
  // What the caches do is tried on each geometry of the family.
  const runs: [PartName, (typeof CACHES)[number]][] = CACHES.map((caches) => ['mpc860', caches]);
  if (file.startsWith('cpu-cache-')) {
    for (const cpu of ['mpc866', 'mpc885'] as const) runs.push([cpu, { icache: true, dcache: true }]);
  }
  for (const [cpu, caches] of runs) {
    const { tests, end } = await runImage(file, caches, cpu);
    describe(`${file}, ${cpu}, icache ${caches.icache ? 'on' : 'off'}, dcache ${caches.dcache ? 'on' : 'off'}`, () => {
      it('has tests', () => {
        expect(tests.length).toBeGreaterThan(0);
      });
      for (const test of tests) {
        it(`${test.name} (${test.section})`, () => {
          expect(complaint(test, end)).toBeUndefined();
        });
      }
    });
  }
}
