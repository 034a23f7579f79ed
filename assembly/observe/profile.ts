// The profile: every cycle belongs to a node of a tree of calls, of the task that runs. Nothing is sampled and nothing is done for each
// instruction: the run loop looks at the target of every branch taken, and only one that leaves the current function's
// addresses comes here, where all that was counted since the last such jump goes to the function that is left.
//
// The stack of a task is its path in the tree. A jump that is no call goes to the nearest caller of that function, or, if it has
// none, takes the place of the function that jumps (a tail call, a longjmp to what was never seen). So a stack that the
// guest handles in its own way costs a wrong caller at most, never a cycle.

import { physRead32 } from '../bus/physical';
import { dcEnabled, dcPeek } from '../cache/dcache';
import { IDLE_CYCLES, INSTRUCTIONS, NOW } from '../layout';
import { COUNT_DC_MISSES, COUNT_END, COUNT_IC_MISSES } from './count';

/** u32: first address of the current function. */
export const PROFILE_LOW: u32 = (COUNT_END + 15) & ~15;
/** u32: its length; ~0 without a profile, so that nothing leaves it. */
export const PROFILE_SIZE: u32 = PROFILE_LOW + 4;
/** u32: { u32 first, u32 behind the last } × PROFILE_FUNCTIONS, by address, without overlaps. */
const FUNCTION_TABLE: u32 = PROFILE_SIZE + 4;
const FUNCTIONS: u32 = FUNCTION_TABLE + 4;
/** u32: where the nodes are, and how many there are and may be. Node 0 is nothing. */
export const PROFILE_NODES: u32 = FUNCTIONS + 4;
export const PROFILE_USED: u32 = PROFILE_NODES + 4;
const MOST: u32 = PROFILE_USED + 4;
/** u32: the current node. */
const NODE: u32 = MOST + 4;
/** u32: physical address of the word that names the running task, 0 = there is none. */
const TASK_WORD: u32 = NODE + 4;
/** u32: the running task. */
const TASK: u32 = TASK_WORD + 4;
/** u32: tasks known, then { u32 task, u32 node } × TASKS_MAX. */
const TASKS: u32 = TASK + 4;
const TASK_NODES: u32 = TASKS + 4;
const TASKS_MAX: u32 = 256;
/** u64 × VALUES: what the counters were at the last jump. */
const BEFORE: u32 = (TASK_NODES + TASKS_MAX * 8 + 7) & ~7;
const VALUES: u32 = 5;

// A node
export const NODE_BYTES: u32 = 64;
const N_PARENT: u32 = 0;
/** Number of the function + 1; 0 = none that has a name. */
const N_FUNCTION: u32 = 4;
const N_TASK: u32 = 8;
const N_CHILD: u32 = 12;
const N_NEXT: u32 = 16;
const N_DEPTH: u32 = 20;
/** u64 × VALUES: cycles, instructions, idle cycles, misses of the instruction cache, of the data cache. */
const N_VALUES: u32 = 24;
const DEPTH_MAX: u32 = 128;

export const JUMP: u32 = 0;
export const JUMP_CALL: u32 = 1;

function value(i: u32): u64 {
  if (i == 0) return load<u64>(NOW);
  if (i == 1) return load<u64>(INSTRUCTIONS);
  if (i == 2) return load<u64>(IDLE_CYCLES);
  return load<u64>(i == 3 ? COUNT_IC_MISSES : COUNT_DC_MISSES);
}

function at(node: u32): u32 {
  return load<u32>(PROFILE_NODES) + node * NODE_BYTES;
}

/** What was counted since the last jump goes to the current node. */
export function profileFlush(): void {
  const node = at(load<u32>(NODE));
  for (let i: u32 = 0; i < VALUES; i++) {
    const now = value(i);
    const to = node + N_VALUES + (i << 3);
    store<u64>(to, load<u64>(to) + now - load<u64>(BEFORE + (i << 3)));
    store<u64>(BEFORE + (i << 3), now);
  }
}

/** Number + 1 of the function that has `ea`, 0 for a gap; its bounds, or the gap's, become the current ones. */
function locate(ea: u32): u32 {
  const table = load<u32>(FUNCTION_TABLE);
  let low: u32 = 0;
  let high = load<u32>(FUNCTIONS);
  const end = table + (high << 3);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(table + (middle << 3)) <= ea) low = middle + 1;
    else high = middle;
  }
  const f = table + (low << 3) - 8;
  if (low && ea < load<u32>(f, 4)) {
    store<u32>(PROFILE_LOW, load<u32>(f));
    store<u32>(PROFILE_SIZE, load<u32>(f, 4) - load<u32>(f));
    return low;
  }
  const from: u32 = low ? load<u32>(f, 4) : 0;
  store<u32>(PROFILE_LOW, from);
  store<u32>(PROFILE_SIZE, (f + 8 < end ? load<u32>(f, 8) : ~0) - from);
  return 0;
}

/** The node of `f` under `parent`, made if there is none; `parent` itself if there is no room. */
function child(parent: u32, f: u32): u32 {
  const p = at(parent);
  for (let n = load<u32>(p, N_CHILD); n; n = load<u32>(at(n), N_NEXT)) {
    if (load<u32>(at(n), N_FUNCTION) == f) return n;
  }
  const n = load<u32>(PROFILE_USED);
  if (n >= load<u32>(MOST) || load<u32>(p, N_DEPTH) >= DEPTH_MAX) return parent;
  store<u32>(PROFILE_USED, n + 1);
  store<u32>(at(n), parent, N_PARENT);
  store<u32>(at(n), f, N_FUNCTION);
  store<u32>(at(n), load<u32>(p, N_TASK), N_TASK);
  store<u32>(at(n), load<u32>(p, N_CHILD), N_NEXT);
  store<u32>(at(n), load<u32>(p, N_DEPTH) + 1, N_DEPTH);
  store<u32>(p, n, N_CHILD);
  return n;
}

/** Slot of `task`; a new one has a root. One too many shares the first. */
function slotOf(task: u32): u32 {
  const known = load<u32>(TASKS);
  for (let i: u32 = 0; i < known; i++) {
    if (load<u32>(TASK_NODES + (i << 3)) == task) return TASK_NODES + (i << 3);
  }
  const n = load<u32>(PROFILE_USED);
  if (known == TASKS_MAX || n >= load<u32>(MOST)) return TASK_NODES;
  const slot = TASK_NODES + (known << 3);
  store<u32>(TASKS, known + 1);
  store<u32>(PROFILE_USED, n + 1);
  store<u32>(at(n), task, N_TASK);
  store<u32>(slot, task);
  store<u32>(slot, n, 4);
  return slot;
}

/** The word that names the running task, as the CPU sees it. */
function runningTask(): u32 {
  const word = load<u32>(TASK_WORD);
  if (!word) return 0;
  const data = dcEnabled() ? dcPeek(word & ~15) : 0;
  return data ? bswap<u32>(load<u32>(data + (word & 12))) : physRead32(word);
}

/** The CPU goes to `ea` in another function; `kind` is JUMP or JUMP_CALL. NOW and INSTRUCTIONS are up to date. */
export function profileJump(ea: u32, kind: u32): void {
  if (ea - load<u32>(PROFILE_LOW) < load<u32>(PROFILE_SIZE)) return;
  profileFlush();
  let node = load<u32>(NODE);
  const task = runningTask();
  if (task != load<u32>(TASK)) {
    store<u32>(slotOf(load<u32>(TASK)), node, 4);
    store<u32>(TASK, task);
    node = load<u32>(slotOf(task), 4);
  }
  const f = locate(ea);
  if (kind == JUMP) {
    let n = node;
    while (n && load<u32>(at(n), N_FUNCTION) != f) n = load<u32>(at(n), N_PARENT);
    if (!n) {
      const parent = load<u32>(at(node), N_PARENT);
      n = child(parent ? parent : node, f);
    }
    node = n;
  } else {
    node = child(node, f);
  }
  store<u32>(NODE, node);
}

/**
 * Begins a profile, the CPU being between two instructions: `functions` pairs of addresses at `table` in linear memory, room for
 * `most` nodes, all 0, at `nodes`, the current task's name at physical `taskWord` (0 = none). `most` = 0 ends it.
 */
export function profileStart(table: u32, functions: u32, nodes: u32, most: u32, taskWord: u32, pc: u32): void {
  memory.fill(PROFILE_LOW, 0, BEFORE + VALUES * 8 - PROFILE_LOW);
  store<u32>(PROFILE_SIZE, ~0);
  if (!most) return;
  store<u32>(FUNCTION_TABLE, table);
  store<u32>(FUNCTIONS, functions);
  store<u32>(PROFILE_NODES, nodes);
  store<u32>(MOST, most);
  store<u32>(PROFILE_USED, 1);
  store<u32>(TASK_WORD, taskWord & ~3);
  store<u32>(TASK, runningTask());
  for (let i: u32 = 0; i < VALUES; i++) store<u64>(BEFORE + (i << 3), value(i));
  const f = locate(pc);
  store<u32>(NODE, child(load<u32>(slotOf(load<u32>(TASK)), 4), f));
}
