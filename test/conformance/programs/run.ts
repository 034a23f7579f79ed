import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Board } from 'quicc860';

/** What a run printed, and how it ended. */
export interface Output {
  text: string;
  status: number;
}

/** A run on the board. */
export interface BoardRun extends Output {
  /** What went to the error output; times, which differ from place to place. */
  errors: string;
  instructions: number;
  cycles: number;
  /** Decrementer interrupts taken. */
  interrupts: number;
  /** Seconds of the host. */
  seconds: number;
  hz: number;
}

/** How the board runs a program. */
export interface BoardSettings {
  icache: boolean;
  dcache: boolean;
  /** Time base counts between decrementer interrupts, 0 = none. */
  tick: number;
}

/** Virtual seconds that no program here needs. */
const LIMIT = 3000;
/** `output` in runtime/kernel.c: a length, then the bytes, once for each descriptor. */
const OUTPUT_SIZE = 0x20000;

/** Runs an image of `build.ts` on a fresh board. */
export async function runOnBoard(image: string, args: readonly string[], settings: BoardSettings): Promise<BoardRun> {
  const board = await Board.create();
  const { tick, ...caches } = settings;
  await board.boot(readFileSync(image), { ...caches, extra: [`tick=${tick}`, '--', ...args].join(' ') });
  const start = performance.now();
  const [said, status, interrupts, where] = board.console.expect(/[\s\S]*exit (\d+) (\d+) (\d+)\r?\n/, {
    seconds: LIMIT,
  });
  const seconds = (performance.now() - start) / 1000;
  const written = (descriptor: number): string => {
    const at = Number(where) + (descriptor - 1) * OUTPUT_SIZE;
    return new TextDecoder('latin1').decode(board.memory.read(at + 4, board.memory.read32(at)));
  };
  return {
    // The monitor names an exception that no program should cause.
    text: said.includes('exception') ? `${written(1)}${said}` : written(1),
    status: Number(status),
    errors: written(2),
    instructions: board.counters.instructions,
    cycles: board.now,
    interrupts: Number(interrupts),
    seconds,
    hz: board.description.coreHz,
  };
}

/** Runs an executable under qemu-ppc; with the MPC8xx as CPU it has no floating-point unit either. */
export function runUnderQemu(executable: string, args: readonly string[], cpu: string[] = ['-cpu', 'mpc860']): Output {
  const run = spawnSync('qemu-ppc', [...cpu, executable, ...args], { encoding: 'latin1', maxBuffer: 1 << 26 });
  return { text: run.stdout, status: run.status ?? -1 };
}
