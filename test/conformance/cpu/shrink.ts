/** From a program on which two sides differ to the smallest one on which they still do: delta debugging (Zeller, 2002). */

import { assemble } from './instructions.js';
import { addressOf, copyRegisters, GO_DONE, type Outcome, type Program } from './program.js';

const NOP = 0x60000000;
/** Clocks within which a start later in the run is looked for. */
const LATER_CYCLES = 1 << 18;

/** Says of each program whether the two sides differ on it. */
export type Differs = (programs: readonly Program[]) => Promise<readonly boolean[]>;

/** Runs a program for some clocks; the outcome of one that is interrupted says where, and its state there. */
export type Interrupted = (program: Program, cycles: number) => Outcome;

/** The smallest program found that still differs. Removed instructions are gone if nothing holds the rest in its place, else no-ops. */
export async function shrink(program: Program, differs: Differs, interrupted: Interrupted): Promise<Program> {
  const late = await startLater(await cut(program, differs), differs, interrupted);
  let smallest = await cut(late, differs);
  for (;;) {
    const before = weight(smallest);
    smallest = await removeInstructions(smallest, differs);
    smallest = await simplifyState(smallest, differs);
    if (weight(smallest) === before) break;
  }
  // A group holds addresses of its own code.
  if (smallest.groups.some((group) => group.some((i) => isEssential(smallest, i)))) return smallest;
  return (await firstThatDiffers([packed(smallest)], differs)) ?? smallest;
}

function isEssential({ words }: Program, index: number): boolean {
  return words[index] !== NOP && words[index] !== GO_DONE;
}

/** Indices of the instructions of `program` that do something: neither a no-op nor the way out. */
export function essential(program: Program): number[] {
  const out: number[] = [];
  for (let i = 0; i < program.length; i++) if (isEssential(program, i)) out.push(i);
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

function edited(
  program: Program,
  edit: (words: Uint32Array, substitutes: Map<number, readonly number[]>) => void,
): Program {
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

/** Starts with the state that there is as late in the run as possible, with the difference still to come. */
async function startLater(program: Program, differs: Differs, interrupted: Interrupted): Promise<Program> {
  let best = program;
  let low = 0;
  let high = LATER_CYCLES;
  while (high - low > 1) {
    const step = Math.max(1, Math.floor((high - low) / 16));
    const candidates: { cycles: number; program: Program }[] = [];
    for (let cycles = low + step; cycles < high; cycles += step) {
      const { ending, at, registers, memory } = interrupted(program, cycles);
      if (ending !== 'interrupted') {
        high = cycles;
        break;
      }
      const started = edited(program, (words) => {
        if (at !== addressOf(0)) words[0] = assemble('ba', at);
      });
      candidates.push({ cycles, program: { ...started, registers, memory: memory.slice(0, program.memory.length) } });
    }
    if (candidates.length === 0 && step > 1) continue;
    const results = await differs(candidates.map((candidate) => candidate.program));
    const last = results.lastIndexOf(true);
    const found = candidates[last];
    if (found === undefined) {
      high = candidates[0]?.cycles ?? low;
    } else {
      best = found.program;
      low = found.cycles;
      high = candidates[last + 1]?.cycles ?? high;
    }
  }
  return best;
}

/** Turns instructions into no-ops, in ever smaller groups, until none can be spared. */
async function removeInstructions(program: Program, differs: Differs): Promise<Program> {
  let best = program;
  let size = Math.max(1, essential(best).length >> 1);
  for (;;) {
    const units = unitsOf(best);
    const groups: number[][] = [];
    for (let i = 0; i < units.length; i += size) groups.push(units.slice(i, i + size).flat());
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

/** The essential instructions, one by one or in groups that go together. */
function unitsOf(program: Program): (readonly number[])[] {
  const groups = program.groups.filter((group) => group.some((i) => isEssential(program, i)));
  const grouped = new Set(groups.flat());
  return [
    ...groups,
    ...essential(program)
      .filter((i) => !grouped.has(i))
      .map((i) => [i]),
  ];
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
  for (const bytes of [64, 4]) {
    for (let start = 0; start < program.memory.length; start += bytes) {
      if (program.memory.subarray(start, start + bytes).some((byte) => byte !== 0)) {
        attempts.push((p) => ({ ...p, memory: p.memory.slice().fill(0, start, start + bytes) }));
      }
    }
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
