/** From a program on which two sides differ to the smallest one on which they still do: delta debugging (Zeller, 2002). */

import { CODE, copyRegisters, GO_DONE, type Program } from './program.js';

const NOP = 0x60000000;

/** Says of each program whether the two sides differ on it. */
export type Differs = (programs: readonly Program[]) => Promise<readonly boolean[]>;

/** The smallest program found that still differs. Removed instructions are gone if nothing holds the rest in its place, else no-ops. */
export async function shrink(program: Program, differs: Differs): Promise<Program> {
  let smallest = await cut(program, differs);
  for (;;) {
    const before = weight(smallest);
    smallest = await removeInstructions(smallest, differs);
    smallest = await simplifyState(smallest, differs);
    if (weight(smallest) === before) break;
  }
  return (await firstThatDiffers([packed(smallest)], differs)) ?? smallest;
}

/** Indices of the instructions of `program` that do something: neither a no-op nor the way out. */
export function essential(program: Program): number[] {
  const out: number[] = [];
  for (let i = 0; i < program.length; i++) {
    const word = program.words[i];
    if (word !== NOP && word !== GO_DONE) out.push(i);
  }
  return out;
}

function weight(program: Program): number {
  const { gpr, cr, xer, lr, ctr } = program.registers;
  const state = [...gpr, cr, xer, lr, ctr].filter((value) => value !== 0).length;
  return essential(program).length * 1000 + state + program.memory.filter((byte) => byte !== 0).length / 10_000;
}

async function firstThatDiffers(candidates: readonly Program[], differs: Differs): Promise<Program | undefined> {
  if (candidates.length === 0) return undefined;
  const results = await differs(candidates);
  return candidates.find((_, i) => results[i]);
}

function edited(program: Program, edit: (words: Uint32Array, substitutes: Map<number, number>) => void): Program {
  const words = program.words.slice();
  const substitutes = new Map(program.substitutes);
  edit(words, substitutes);
  return { ...program, words, substitutes };
}

/** `program` with the way out from instruction `length` on. */
function ended(program: Program, length: number): Program {
  return edited(program, (words, substitutes) => {
    for (let i = length; i < program.length; i++) {
      words[i] = GO_DONE;
      substitutes.delete(i);
    }
  });
}

/** Ends the program as early as it still differs: sixteen places at a time. */
async function cut(program: Program, differs: Differs): Promise<Program> {
  let low = 0;
  let high = program.length;
  let best = program;
  while (high - low > 1) {
    const step = Math.max(1, Math.floor((high - low) / 16));
    const lengths: number[] = [];
    for (let length = low + step; length < high; length += step) lengths.push(length);
    const results = await differs(lengths.map((length) => ended(program, length)));
    const found = results.indexOf(true);
    if (found < 0) {
      low = lengths.at(-1) ?? high;
      if (step === 1) break;
      continue;
    }
    high = lengths[found] ?? high;
    low = found > 0 ? (lengths[found - 1] ?? low) : low;
    best = ended(program, high);
  }
  return best;
}

/** Turns instructions into no-ops, in ever smaller groups, until none can be spared. */
async function removeInstructions(program: Program, differs: Differs): Promise<Program> {
  let best = program;
  let size = Math.max(1, essential(best).length >> 1);
  for (;;) {
    const places = essential(best);
    const groups: number[][] = [];
    for (let i = 0; i < places.length; i += size) groups.push(places.slice(i, i + size));
    const found = await firstThatDiffers(
      groups.map((group) => without(best, group)),
      differs,
    );
    if (found !== undefined) {
      best = found;
      size = Math.min(size, Math.max(1, essential(best).length >> 1));
    } else if (size > 1) {
      size >>= 1;
    } else {
      return best;
    }
  }
}

function without(program: Program, group: readonly number[]): Program {
  return edited(program, (words, substitutes) => {
    for (const i of group) {
      words[i] = NOP;
      substitutes.delete(i);
    }
  });
}

/** Makes registers and memory zero as far as the difference stays. */
async function simplifyState(program: Program, differs: Differs): Promise<Program> {
  let best = program;
  const attempts: ((p: Program) => Program)[] = [
    (p) => ({ ...p, memory: new Uint8Array(p.memory.length) }),
    (p) => ({ ...p, registers: { ...p.registers, gpr: new Uint32Array(32) } }),
  ];
  for (let r = 0; r < 32; r++) {
    attempts.push((p) => {
      const registers = copyRegisters(p.registers);
      registers.gpr[r] = 0;
      return { ...p, registers };
    });
  }
  for (const name of ['cr', 'xer', 'lr', 'ctr'] as const) {
    attempts.push((p) => ({ ...p, registers: { ...p.registers, [name]: 0 } }));
  }
  for (let start = 0; start < program.memory.length; start += 64) {
    attempts.push((p) => ({ ...p, memory: p.memory.slice().fill(0, start, start + 64) }));
  }
  const results = await differs(attempts.map((attempt) => attempt(best)));
  // Those that work alone are put together one after the other.
  for (const attempt of attempts.filter((_, i) => results[i])) {
    best = (await firstThatDiffers([attempt(best)], differs)) ?? best;
  }
  return best;
}

/** The essential instructions alone, from CODE on. */
function packed(program: Program): Program {
  const places = essential(program);
  return edited(program, (words, substitutes) => {
    substitutes.clear();
    for (let i = 0; i < program.length; i++) {
      const from = places[i];
      words[i] = from === undefined ? GO_DONE : (program.words[from] ?? GO_DONE);
      const substitute = from === undefined ? undefined : program.substitutes.get(from);
      if (substitute !== undefined) substitutes.set(i, substitute);
    }
  });
}

/** Address of instruction `index`. */
export function addressOf(index: number): number {
  return CODE + 4 * index;
}
