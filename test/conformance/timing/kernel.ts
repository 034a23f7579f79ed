import { readFileSync } from 'node:fs';
import { Board, type BoardDescription, ETH_COMM } from 'quicc860';
import { ROOT } from '../programs/paths.js';
import { table } from './table.js';

/** Cycles and what was executed in them. */
export interface Sample {
  cycles: number;
  instructions: number;
  loads: number;
  stores: number;
  /** Instructions that did not follow the one before in memory. */
  jumps: number;
}

/** One operation of the timing firmware: its first run from cold caches, and the mean of the later ones. */
export interface Operation {
  name: string;
  cold: Sample;
  warm: Sample;
}

/** The cache settings of the two boards that others measured. */
export const SETTINGS = {
  off: { icache: false, dcache: false },
  on: { icache: true, dcache: true },
  'I only': { icache: true, dcache: false },
} as const;
export type Setting = keyof typeof SETTINGS;

const PRIMARY = 26;
const LOADS = new Set([32, 33, 34, 35, 40, 41, 42, 43, 46]);
const STORES = new Set([36, 37, 38, 39, 44, 45, 47]);
const INDEXED_LOADS = new Set([20, 23, 55, 87, 119, 279, 311, 343, 375, 534, 790]);
const INDEXED_STORES = new Set([150, 151, 183, 215, 247, 407, 439, 662, 918]);

function kindOf(word: number): 'loads' | 'stores' | undefined {
  const primary = word >>> PRIMARY;
  const extended = (word >>> 1) & 0x3ff;
  if (LOADS.has(primary) || (primary === 31 && INDEXED_LOADS.has(extended))) return 'loads';
  if (STORES.has(primary) || (primary === 31 && INDEXED_STORES.has(extended))) return 'stores';
  return undefined;
}

const nothing = (): Sample => ({ cycles: 0, instructions: 0, loads: 0, stores: 0, jumps: 0 });
const FIELDS = ['cycles', 'instructions', 'loads', 'stores', 'jumps'] as const;

function mean(samples: readonly Sample[], without: Sample): Sample {
  const out = nothing();
  for (const field of FIELDS) {
    out[field] = samples.reduce((sum, s) => sum + s[field], 0) / samples.length - without[field];
  }
  return out;
}

/**
 * Steps the timing firmware (firmware-fixtures/timing) from mark to mark. The empty pair of marks is taken off each result.
 * @throws Error if the firmware does not come to its end
 */
export async function measureKernel(setting: Setting, description = ETH_COMM): Promise<Operation[]> {
  const board = await Board.create({ board: description });
  await board.boot(readFileSync(`${ROOT}firmware-fixtures/elf/timing.elf`), SETTINGS[setting]);
  // The firmware waits for the end of the line.
  board.console.expect(/timing/, { seconds: 5 });
  const begin = board.symbols.address('mark_begin');
  const end = board.symbols.address('mark_end');
  const samples = new Map<string, Sample[]>();
  let current: { sample: Sample; since: number; name: string } | undefined;
  let starts: { at: number; name: string } | undefined;
  let before = 0;
  for (let steps = 0; !board.console.text.includes('timing ends'); steps++) {
    if (steps > 5e6) throw new Error('the timing firmware does not end');
    const pc = board.register('pc');
    if (starts?.at === pc) {
      current = { sample: nothing(), since: board.now, name: starts.name };
      starts = undefined;
    } else if (pc === begin) {
      const from = board.register('r3');
      const text = board.memory.read(from, 60);
      starts = { at: board.register('lr'), name: new TextDecoder().decode(text.subarray(0, text.indexOf(0))) };
    }
    if (current !== undefined) {
      if (pc === end) {
        current.sample.cycles = board.now - current.since;
        const list = samples.get(current.name) ?? [];
        list.push(current.sample);
        samples.set(current.name, list);
        current = undefined;
      } else {
        if (pc !== before + 4) current.sample.jumps++;
      }
    }
    const count = board.counters.instructions;
    board.step();
    const executed = board.counters.instructions - count;
    // A branch that took no clock of its own went with the instruction behind it.
    for (let at = pc; current !== undefined && at < pc + 4 * executed; at += 4) {
      const kind = kindOf(board.memory.read32(at));
      if (kind !== undefined) current.sample[kind]++;
    }
    if (current !== undefined) current.sample.instructions += executed;
    before = pc + 4 * (executed - 1);
  }
  const [empty] = samples.values();
  const none = empty === undefined ? nothing() : mean(empty.slice(1), nothing());
  const coldNone = empty?.[0] ?? nothing();
  return [...samples]
    .slice(1)
    .map(([name, all]) => ({ name, cold: mean(all.slice(0, 1), coldNone), warm: mean(all.slice(1), none) }));
}

const OR_BI = 0x100;

/** The same board whose DRAM takes no bursts: what a core would see that fetches word by word when its cache is off. */
export const WITHOUT_BURSTS: BoardDescription = {
  ...ETH_COMM,
  banks: ETH_COMM.banks.map((bank) => (bank.kind === 'ram' ? { ...bank, or: bank.or + OR_BI } : bank)),
};

/** Clocks of a tick of the published figures: a time base of 2.5 MHz at 40 MHz. */
const TICK = 16;
const CLOCKS_PER_MICROSECOND = 40;

/**
 * RTEMS timing suite on an MBX860-002 at 40 MHz with 60 ns EDO DRAM, ticks of the time base with the caches off and on, from the
 * RTEMS 4.10 BSP's `times` (hardware notes, core-timing.md §5).
 */
export const MBX860: Readonly<Record<string, readonly [off: number, on: number]>> = {
  'object table, compare by call': [1019, 137],
  task_ident: [1019, 137],
  semaphore_ident: [1144, 162],
  'event_send: no task readied': [91, 10],
  'task_set_priority: obtain current': [98, 11],
  'task_mode: obtain current': [51, 8],
  'wake_after: yield to self': [76, 10],
  clock_get: [6, 1],
  'semaphore_obtain: available': [113, 26],
  'message_queue_send: no waiting tasks': [215, 58],
  clock_tick: [51, 19],
  semaphore_create: [159, 67],
  'semaphore_obtain: caller blocks': [346, 121],
  'semaphore_release: preempts caller': [268, 89],
  task_create: [521, 154],
  'task_delete: suspended': [494, 139],
};

/** The same suite on Frasca's eth_comm board, MPC860T at 40 MHz, I-cache on, D-cache off, microseconds (same place). */
const ETH_COMM_MICROSECONDS: Readonly<Record<string, number>> = {
  task_ident: 84,
  'object table, compare by call': 84,
  'wake_after: yield to self': 8,
  'wake_after: yield to another task': 10,
  'task_mode: obtain current': 5,
  'task_set_priority: obtain current': 12,
  'task_suspend: returns to caller': 14,
  'task_suspend: calling task': 37,
  task_create: 83,
  task_start: 30,
  clock_tick: 36,
  semaphore_create: 56,
  'semaphore_obtain: available': 13,
  'semaphore_obtain: not available, no wait': 13,
  'semaphore_obtain: caller blocks': 48,
  'semaphore_release: no waiting tasks': 16,
  'semaphore_release: preempts caller': 36,
  'message_queue_send: no waiting tasks': 28,
  'message_queue_send: preempts caller': 46,
  'message_queue_receive: available': 26,
  'message_queue_receive: caller blocks': 48,
  'event_send: no task readied': 12,
  'event_send: preempts caller': 21,
  'event_receive: available': 19,
  'event_receive: caller blocks': 36,
};

const find = (operations: readonly Operation[], name: string): Operation => {
  const found = operations.find((operation) => operation.name === name);
  if (found === undefined) throw new Error(`the timing firmware has no '${name}'`);
  return found;
};
const percent = (ours: number, theirs: number): string => `${(100 * (ours / theirs - 1)).toFixed(0)} %`;

/** Our kernel's operations with the caches off and on beside the MBX860's, as a Markdown table; last, with the caches off and no bursts. */
export function mbxTable(
  off: readonly Operation[],
  on: readonly Operation[],
  withoutBursts: readonly Operation[],
): string {
  const rows = Object.entries(MBX860).map(([name, [theirsOff, theirsOn]]) => {
    const slow = find(off, name).warm;
    const { warm, cold } = find(on, name);
    const ratio = slow.cycles / warm.cycles;
    const between = slow.cycles / cold.cycles;
    const theirs = theirsOff / theirsOn;
    return [
      name,
      `${Math.round(slow.instructions)}`,
      `${Math.round(slow.loads)}, ${Math.round(slow.stores)}`,
      `${Math.round(slow.jumps)}`,
      `${Math.round(slow.cycles)}`,
      `${Math.round(warm.cycles)}`,
      `${Math.round(cold.cycles)}`,
      (slow.cycles / slow.instructions).toFixed(1),
      (warm.cycles / warm.instructions).toFixed(2),
      `${ratio.toFixed(1)} (${between.toFixed(1)})`,
      `${theirsOff * TICK}, ${theirsOn * TICK}`,
      theirs.toFixed(1),
      percent(ratio, theirs),
      (find(withoutBursts, name).warm.cycles / warm.cycles).toFixed(1),
    ];
  });
  const head =
    'operation|instructions|loads, stores|jumps|off|on, warm|on, cold|CPI off|CPI on|off/on warm (cold)|MBX860 off, on|off/on|deviation|off/on without bursts';
  return table(head.split('|'), rows);
}

/** Our kernel's operations with only the I-cache on beside the eth_comm board's, as a Markdown table. */
export function ethCommTable(only: readonly Operation[]): string {
  const rows = Object.entries(ETH_COMM_MICROSECONDS).map(([name, theirs]) => {
    const { warm, cold } = find(only, name);
    const microseconds = (cycles: number): string => (cycles / CLOCKS_PER_MICROSECOND).toFixed(1);
    return [
      name,
      `${Math.round(warm.instructions)}`,
      `${Math.round(warm.loads)}, ${Math.round(warm.stores)}`,
      microseconds(warm.cycles),
      microseconds(cold.cycles),
      (warm.cycles / warm.instructions).toFixed(2),
      `${theirs}`,
    ];
  });
  return table('operation|instructions|loads, stores|ours, warm|ours, cold|CPI|board'.split('|'), rows);
}
