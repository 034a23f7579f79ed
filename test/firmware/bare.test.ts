// Programs without an operating system (firmware-fixtures/bench): life signs, the self-checking integer mix with every
// setting of the caches, and guests that run wild, which must stop with a report and never trap the host.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Board, provideResources, type RunOutcome } from '../../src/index.js';

const root = new URL('../../', import.meta.url);

beforeAll(() => {
  provideResources({
    core: async () => WebAssembly.compile(await readFile(new URL('dist/core.wasm', root))),
    firmware: (name) => readFile(new URL(`firmware-fixtures/elf/${name}.elf`, root)),
  });
});

async function booted(name: string, extra = ''): Promise<Board> {
  const board = await Board.create();
  await board.boot(name, { extra });
  return board;
}

describe('hello', () => {
  it('prints a line and echoes, at the character times of 115200 8N1', async () => {
    const board = await booted('hello');
    board.console.expect('hello from the MPC860\r\n', { seconds: 0.01 });
    const start = board.seconds;
    board.console.send('abc\r');
    board.console.expect('abc\r\n', { seconds: 0.01 });
    // Four characters in and two more out behind them cannot take less than six times 10 bits.
    expect(board.seconds - start).toBeGreaterThan((6 * 10) / 115200);
  });

  it('works at another speed', async () => {
    const board = await booted('hello', 'baud=9600');
    board.console.expect('hello from the MPC860\r\n', { seconds: 0.1 });
  });
});

describe('the integer mix', () => {
  const ITERATION = 164_027;
  /** Clocks of one iteration, from the difference of a long and a short run; the branch to itself at the end is left out. */
  async function clocks(caches: string): Promise<number> {
    const run = async (iterations: number): Promise<number> => {
      const board = await booted('mix', `${caches} iterations=${iterations}`);
      board.console.expect(`mix: ${iterations} iterations, result fa5, right`, { seconds: 10 });
      const { cycles, idleCycles } = board.counters;
      return cycles - idleCycles;
    };
    return ((await run(9)) - (await run(1))) / 8;
  }

  it('comes out right whatever the caches, and each cache makes it faster', async () => {
    const off = await clocks('icache=off dcache=off');
    const data = await clocks('icache=off dcache=on');
    const code = await clocks('icache=on dcache=off');
    const both = await clocks('icache=on dcache=on');
    expect(data).toBeLessThan(off);
    expect(code).toBeLessThan(off);
    expect(both).toBeLessThan(Math.min(data, code));
    // Single issue, one clock an instruction but for folded branches (core-timing.md section 6); qemu-ppc counts 164,027.
    expect(both).toBeGreaterThan(0.8 * ITERATION);
    expect(both).toBeLessThan(2 * ITERATION);
    // Without caches every instruction is fetched: four words in 10 to 11 clocks, and each datum costs 4 or more.
    expect(off).toBeGreaterThan(3 * ITERATION);
  });
});

describe('a guest that runs wild', () => {
  const outcomes: [string, RunOutcome][] = [
    ['nowhere', 'exception-storm'],
    ['illegal', 'exception-storm'],
    ['exceptions', 'exception-storm'],
    ['checkstop', 'checkstop'],
    ['sleep', 'time'],
    ['registers', 'exception-storm'],
    ['dma', 'time'],
  ];
  it.each(outcomes)('wild-%s ends as %s', async (name, outcome) => {
    const board = await booted(`wild-${name}`);
    board.run({ seconds: 0.3 });
    expect(board.outcome).toBe(outcome);
    const report = board.report();
    expect(report).toMatch(/^pc [0-9a-f]{8} {2}msr /);
    expect(report).toContain('last instructions:');
  });
});
