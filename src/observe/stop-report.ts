import type { Board } from '../board/board.js';
import type { Core } from '../board/core.js';
import { partNamed } from '../board/parts.js';
import { disassemble } from './disassemble.js';

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** Entries of the core's ring of jumps, and the marks in their `from` (assembly/cpu/state.ts). */
const TRACE_ENTRIES = 32;
const TRACE_EXCEPTION = 1;
const TRACE_HOST = 2;
/** How many of the last instructions a report lists. */
const LAST_INSTRUCTIONS = 16;
/** Exceptions by vector offset (MPC860 UM, Exceptions); `early`: the instruction at SRR0 has not begun. */
const EXCEPTIONS: Readonly<Record<number, { name: string; early?: true }>> = {
  256: { name: 'system reset', early: true },
  512: { name: 'machine check' },
  1280: { name: 'external interrupt', early: true },
  1536: { name: 'alignment' },
  1792: { name: 'program' },
  2304: { name: 'decrementer', early: true },
  3072: { name: 'system call' },
  3328: { name: 'trace', early: true },
  4096: { name: 'software emulation' },
  4352: { name: 'instruction TLB miss', early: true },
  4608: { name: 'data TLB miss' },
  4864: { name: 'instruction TLB error', early: true },
  5120: { name: 'data TLB error' },
};
const CHECKSTOPS: Readonly<Record<number, string>> = {
  1: 'no answer to the instruction fetch at',
  2: 'no answer to the data access at',
};

/**
 * Registers, exception state and the last instructions of a guest, as text.
 * The instructions are read back along the core's ring of branches taken and exceptions.
 */
export function stopReport(board: Board, core: Core): string {
  const lines: string[] = [];
  const register = (name: string | number): string => hex(board.register(name));
  lines.push(
    `pc ${register('pc')}  msr ${register('msr')}  lr ${register('lr')}  ctr ${register('ctr')}  cr ${register('cr')}  xer ${register('xer')}`,
    `srr0 ${register(26)}  srr1 ${register(27)}  dar ${register(19)}  dsisr ${register(18)}  immr ${register(638)}  cycle ${board.now}  ${partNamed(board.description.cpu).title} on ${board.description.name}`,
  );
  for (let row = 0; row < 32; row += 8) {
    const values: string[] = [];
    for (let r = row; r < row + 8; r++) values.push(register(`r${r}`));
    lines.push(`r${String(row).padEnd(2)} ${values.join(' ')}`);
  }
  const view = core.view();
  const cause = CHECKSTOPS[view.getUint32(core.constant('CHECKSTOP'), true)];
  if (cause !== undefined) {
    const address = hex(view.getUint32(core.constant('CHECKSTOP_ADDRESS'), true));
    lines.push(`machine check while MSR[ME] = 0: ${cause} ${address}`);
  }
  lines.push('last instructions:');
  for (const step of lastSteps(board, core)) {
    lines.push(typeof step === 'string' ? `  -- ${step}` : instruction(board, core, step));
  }
  return lines.join('\n');
}

function instruction(board: Board, core: Core, ea: number): string {
  const pa = core.fn.translateForDebug(ea);
  const where = board.symbols.describe(ea);
  const word = pa < 0 ? undefined : board.memory.read32(pa);
  const text = word === undefined ? '(not mapped)' : `${hex(word)}  ${disassemble(word, ea)}`;
  return `  ${hex(ea)}  ${text}${where === undefined ? '' : `  ; ${where}`}`;
}

/** Addresses of instructions, and remarks on what came between them, oldest first; the last is where the guest stands. */
function lastSteps(board: Board, core: Core): (number | string)[] {
  const view = core.view();
  const at = core.constant('BRANCH_TRACE');
  const count = view.getUint32(core.constant('BRANCH_COUNT'), true);
  const parts: (number | string)[][] = [];
  let known = 0;
  let end: number | undefined = board.register('pc');
  for (let back = 1; back <= Math.min(count, TRACE_ENTRIES) && known < LAST_INSTRUCTIONS; back++) {
    const slot = at + 8 * ((count - back) & (TRACE_ENTRIES - 1));
    const from = view.getUint32(slot, true);
    const to = view.getUint32(slot + 4, true);
    const part: (number | string)[] = [];
    // Nothing ran at `to` when the next exception came before its first instruction.
    if (end !== undefined) {
      const length = end >= to ? (end - to) / 4 + 1 : 1;
      for (let i = Math.max(0, length - LAST_INSTRUCTIONS); i < length; i++) part.push(to + 4 * i);
    }
    known += part.length;
    end = (from & ~3) >>> 0;
    if (from & TRACE_HOST) {
      parts.push([`the host set PC to ${hex(to)}`, ...part]);
      break;
    }
    if (from & TRACE_EXCEPTION) {
      const exception = EXCEPTIONS[to & 0x1fff];
      part.unshift(`exception: ${exception?.name ?? 'unknown'}, vector ${hex(to)}`);
      if (exception?.early === true) end = before(view, at, count - back, end);
    }
    parts.push(part);
  }
  const steps = parts.reverse().flat();
  return steps.length === 0 ? [board.register('pc')] : steps.slice(-LAST_INSTRUCTIONS - 4);
}

/** The instruction before `ea` on the way that the ring's entry before `index` began; undefined when it began with `ea`. */
function before(view: DataView, at: number, index: number, ea: number): number | undefined {
  if (index === 0) return ea - 4;
  const start = view.getUint32(at + 8 * ((index - 1) & (TRACE_ENTRIES - 1)) + 4, true);
  return ea === start ? undefined : ea - 4;
}
