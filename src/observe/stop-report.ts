import type { Board } from '../board/board.js';
import type { Core } from '../board/core.js';
import { disassemble } from './disassemble.js';

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** Entries of the core's ring of taken branches. */
const TRACE_ENTRIES = 32;
/** How many of the last instructions a report lists. */
const LAST_INSTRUCTIONS = 16;

/**
 * Registers, exception state and the last instructions of a guest, as text.
 * The instructions are read back along the core's ring of taken branches.
 */
export function stopReport(board: Board, core: Core): string {
  const lines: string[] = [];
  const register = (name: string | number): string => hex(board.register(name));
  lines.push(
    `pc ${register('pc')}  msr ${register('msr')}  lr ${register('lr')}  ctr ${register('ctr')}  cr ${register('cr')}  xer ${register('xer')}`,
    `srr0 ${register(26)}  srr1 ${register(27)}  dar ${register(19)}  dsisr ${register(18)}  immr ${register(638)}  cycle ${board.now}`,
  );
  for (let row = 0; row < 32; row += 8) {
    const values: string[] = [];
    for (let r = row; r < row + 8; r++) values.push(register(`r${r}`));
    lines.push(`r${String(row).padEnd(2)} ${values.join(' ')}`);
  }
  lines.push('last instructions:');
  for (const ea of lastInstructions(board, core)) {
    const word = readCode(board, core, ea);
    const where = board.symbols.describe(ea);
    const text = word === undefined ? '(not readable)' : `${hex(word)}  ${disassemble(word, ea)}`;
    lines.push(`  ${hex(ea)}  ${text}${where === undefined ? '' : `  ; ${where}`}`);
  }
  return lines.join('\n');
}

function readCode(board: Board, core: Core, ea: number): number | undefined {
  const pa = core.fn.translateForDebug(ea);
  return pa < 0 ? undefined : board.memory.read32(pa);
}

function lastInstructions(board: Board, core: Core): number[] {
  const view = core.view();
  const at = core.constant('BRANCH_TRACE');
  const count = view.getUint32(core.constant('BRANCH_COUNT'), true);
  const pc = board.register('pc');
  let out: number[] = [];
  let end = pc;
  for (let back = 1; back <= Math.min(count, TRACE_ENTRIES) && out.length < LAST_INSTRUCTIONS; back++) {
    const slot = at + 8 * ((count - back) & (TRACE_ENTRIES - 1));
    const from = view.getUint32(slot, true);
    const to = view.getUint32(slot + 4, true);
    const run: number[] = [];
    // A run that does not lead from `to` up to `end` was cut by an exception: show its start only.
    const length = end >= to && end - to < 4096 ? (end - to) / 4 + 1 : 1;
    for (let i = Math.max(0, length - LAST_INSTRUCTIONS); i < length; i++) run.push(to + 4 * i);
    out = [...run, ...out];
    end = from;
  }
  if (out.length === 0) out = [pc];
  return out.slice(-LAST_INSTRUCTIONS);
}
