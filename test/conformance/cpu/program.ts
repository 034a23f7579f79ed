/**
 * A test program and where everything of it lies, the same for the reference and for the core. All of it is below
 * 0x8000, so that addresses fit into a displacement from nothing and into the target of an absolute branch.
 */

/** First instruction; the literal pool follows the last one. */
export const CODE = 0x1080;
export const CODE_BYTES = 0x2f80;

/** A range of memory that programs read and write, and that is compared. */
export interface Window {
  readonly at: number;
  readonly bytes: number;
}

/** Crosses a page. */
export const MAIN_WINDOW: Window = { at: 0x4e80, bytes: 0x300 };
/** Crosses another one, in other lines of the same sets of a cache. */
export const SECOND_WINDOW: Window = { at: 0x5f80, bytes: 0x100 };
/** In the page in which the code begins, up to its first line. */
export const NEAR_WINDOW: Window = { at: 0x1000, bytes: 0x80 };
export const WINDOWS: readonly Window[] = [MAIN_WINDOW, SECOND_WINDOW, NEAR_WINDOW];

/** Places for the registers as they are in the course of the program. */
export const CHECKPOINTS = 0x7000;
export const CHECKPOINT_BYTES = 36 * 4;
export const CHECKPOINTS_MAX = 12;
/** All ranges that are compared after the run. */
export const COMPARED: readonly Window[] = [...WINDOWS, { at: CHECKPOINTS, bytes: CHECKPOINTS_MAX * CHECKPOINT_BYTES }];
export const COMPARED_BYTES = COMPARED.reduce((sum, { bytes }) => sum + bytes, 0);
export const WINDOW_BYTES = WINDOWS.reduce((sum, { bytes }) => sum + bytes, 0);

/** Room for what the reference's routines save (routines.ts); no program reads or writes it. */
export const SCRATCH = 0x7b00;

/** Address of instruction `index` of a program. */
export function addressOf(index: number): number {
  return CODE + 4 * index;
}

/** Where a program goes when it is done. */
export const DONE = 0x20000;

/** XER bits that exist on the part: SO, OV, CA, 16–23 and the byte count (MPC866 UM, UISA features). */
export const XER_BITS = 0xe000ff7f;

/** Registers before a run, and after it. */
export interface Registers {
  readonly gpr: Uint32Array;
  cr: number;
  xer: number;
  lr: number;
  ctr: number;
}

export function copyRegisters(r: Registers): Registers {
  return { ...r, gpr: r.gpr.slice() };
}

/** One program with everything that it starts from. */
export interface Program {
  /** Says which one it is: the seed that makes it again. */
  readonly seed: number;
  /** Instructions and literal pool, at CODE. */
  readonly words: Uint32Array;
  /** What the reference runs in place of an instruction, by its index (routines.ts). */
  readonly substitutes: ReadonlyMap<number, readonly number[]>;
  /** Indices of instructions that make sense together only: shrinking keeps all or none of a group. */
  readonly groups: readonly (readonly number[])[];
  /** It has a dcbz, which raises an exception where the data cache writes through. */
  readonly zeroesBlocks: boolean;
  /** How many of `words` are instructions; the rest is the literal pool. */
  readonly length: number;
  readonly registers: Registers;
  /** Initial contents of the windows, one after the other. */
  readonly memory: Uint8Array;
  /** How often each form is executed at least: once for each time round the loops that it is in, 0 if it can be skipped. */
  readonly executed: ReadonlyMap<string, number>;
}

/**
 * How a run ended: at DONE, or with an exception at some instruction; illegal is what Linux makes SIGILL of: software
 * emulation or privilege; interrupted, that it had not ended when its time was over.
 */
export type Ending = 'done' | 'trap' | 'illegal' | 'alignment' | 'interrupted' | 'other';

/** What is compared. */
export interface Outcome {
  readonly ending: Ending;
  /** What it was if `ending` is other. */
  readonly detail: string;
  /** Address of the instruction that an exception points at, or that was next when the run was interrupted; 0 if done. */
  readonly at: number;
  readonly registers: Registers;
  /** The compared ranges, one after the other. */
  readonly memory: Uint8Array;
  /** How many of the program's instructions were executed; 0 from the reference, which does not count. */
  readonly instructions: number;
}

const FLAG_NAMES = ['cr', 'xer', 'lr', 'ctr'] as const;

/** The differences between two outcomes, one a line; empty if there is none. */
export function differences(reference: Outcome, core: Outcome): string[] {
  const out: string[] = [];
  const differ = (what: string, a: string | number, b: string | number): void => {
    const show = (v: string | number): string => (typeof v === 'number' ? hex(v) : v);
    if (a !== b) out.push(`${what}: reference ${show(a)}, core ${show(b)}`);
  };
  differ('end', `${reference.ending}${reference.detail}`, `${core.ending}${core.detail}`);
  differ('at', reference.at, core.at);
  for (let r = 0; r < 32; r++) differ(`r${r}`, reference.registers.gpr[r] ?? 0, core.registers.gpr[r] ?? 0);
  for (const name of FLAG_NAMES) differ(name.toUpperCase(), reference.registers[name], core.registers[name]);
  let start = 0;
  for (const { at, bytes } of COMPARED) {
    for (let i = 0; i < bytes; i += 4) {
      const a = wordAt(reference.memory, start + i);
      const b = wordAt(core.memory, start + i);
      if (a !== b) differ(`memory ${hex(at + i)}`, a, b);
    }
    start += bytes;
  }
  return out;
}

/** Whether two outcomes are the same; quicker than `differences`. */
export function same(a: Outcome, b: Outcome): boolean {
  if (a.ending !== b.ending || a.at !== b.at || a.detail !== b.detail) return false;
  for (const name of FLAG_NAMES) if (a.registers[name] !== b.registers[name]) return false;
  for (let r = 0; r < 32; r++) if (a.registers.gpr[r] !== b.registers.gpr[r]) return false;
  return Buffer.compare(a.memory, b.memory) === 0;
}

export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}

/** A program of given instructions, from given GPRs, zero elsewhere; the way out is put behind it. */
export function programOf(
  instructions: readonly number[],
  start: Partial<Registers> = {},
  memory = new Uint8Array(WINDOW_BYTES),
): Program {
  const words = Uint32Array.from([...instructions, GO_DONE]);
  return {
    seed: 0,
    words,
    substitutes: new Map(),
    groups: [],
    zeroesBlocks: false,
    length: words.length,
    registers: { gpr: new Uint32Array(32), cr: 0, xer: 0, lr: 0, ctr: 0, ...start },
    memory,
    executed: new Map(),
  };
}

/** The way out of a program: ba DONE. */
export const GO_DONE = 0x48000002 + DONE;
