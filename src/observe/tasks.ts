import type { Board } from '../board/board.js';
import { ObserverLayout } from './layout.js';

/** One task of the guest's kernel. */
export interface TaskReading {
  /** Four characters, as given to `rtems_task_create`. */
  name: string;
  /** Address of its control block. */
  at: number;
  /** Object id of the Classic API. */
  id: number;
  /** Base priority, 1 = most urgent. */
  priority: number;
  /** Priority it runs at now, inheritance included. */
  currentPriority: number;
  /** Ready, running, or how it is blocked. */
  state: string;
  /** What it says it waits for, when it says so. */
  waitsFor?: string;
  /** Virtual seconds since power-on at which that wait began. */
  waitsSince?: number;
}

const LIST_LIMIT = 256;

/** Reads the kernel's task table through the image's observer table; empty when there is none. Never writes. */
export function readTasks(board: Board): TaskReading[] {
  const layout = ObserverLayout.read(board);
  const head = layout?.get('tcb.list');
  const next = layout?.get('tcb.next');
  if (layout === undefined || head === undefined || next === undefined) return [];
  const { memory } = board;
  const ram = board.description.ramBytes;
  const tickUs = pointer(board, layout, 'kernel.tick_us') || 10_000;
  const ticks = pointer(board, layout, 'kernel.ticks');
  const states = new Map(layout.withPrefix('state.').map(([name, value]) => [value, name.slice('state.'.length)]));
  const tasks: TaskReading[] = [];
  let tcb = memory.read32(head);
  for (let n = 0; n < LIST_LIMIT && tcb > 0 && tcb < ram - 256; n++) {
    const field = (name: string): number => {
      const offset = layout.get(name);
      return offset === undefined ? 0 : memory.read32(tcb + offset);
    };
    const nameWord = field('tcb.name');
    const name = String.fromCharCode(nameWord >>> 24, (nameWord >>> 16) & 255, (nameWord >>> 8) & 255, nameWord & 255);
    const state = field('tcb.state');
    const note = field('tcb.wait_note');
    const task: TaskReading = {
      name: name.replaceAll('\0', '').trim(),
      at: tcb,
      id: field('tcb.id'),
      priority: field('tcb.real_priority'),
      currentPriority: field('tcb.priority'),
      state: states.get(state) ?? `state ${state}`,
    };
    if (note !== 0) {
      task.waitsFor = memory.readString(note, 64);
      task.waitsSince = board.seconds - ((ticks - field('tcb.wait_since')) * tickUs) / 1e6;
    }
    tasks.push(task);
    tcb = memory.read32(tcb + next);
  }
  return tasks;
}

function pointer(board: Board, layout: ObserverLayout, name: string): number {
  const address = layout.get(name);
  return address === undefined ? 0 : board.memory.read32(address);
}
