// Machines that must stay the same: copying one into another as a snapshot does, and comparing two.
import { readFileSync } from 'node:fs';
import { parseElf } from 'quicc860';
import { generate } from '../conformance/cpu/generate.js';
import { CODE, DONE, WINDOWS } from '../conformance/cpu/program.js';
import { type BareCore, BRANCH_TO_SELF, bareCore } from './core.js';
import { wildProgram } from './wild.js';

/** Which caches a program turns on. */
export interface Caches {
  icache: boolean;
  dcache: boolean;
}

/** All four, with a name for a test's title. */
export const ALL_CACHES: readonly (Caches & { caches: string })[] = [
  { icache: false, dcache: false, caches: 'caches off' },
  { icache: true, dcache: false, caches: 'instruction cache' },
  { icache: false, dcache: true, caches: 'data cache' },
  { icache: true, dcache: true, caches: 'both caches' },
];

const REG_PC = 32;
const REG_MSR = 33;
const REG_CR = 34;
const REG_XER = 35;
const REG_LR = 36;
const REG_CTR = 37;
const IC_CST = 560;
const DC_CST = 568;
const CST_UNLOCK_ALL = 0x0a00_0000;
const CST_INVALIDATE_ALL = 0x0c00_0000;
const CST_ENABLE = 0x0200_0000;
const MSR_PR = 0x4000;
const MSR_ME = 0x1000;
const BOARD_INFO = 0x3000;
const COMMAND_LINE = 0x3400;

/** The ranges that `Board.snapshot` saves (src/board/board.ts), RAM and flash included. */
function ranges(core: BareCore): [from: number, to: number][] {
  const at = (name: string): number => core.constant(name);
  return [
    [at('STATE_BASE'), at('DERIVED_BASE')],
    [at('BUS_BASE'), at('STATE_END')],
    [at('RAM_BASE'), core.fn.memory.buffer.byteLength],
  ];
}

/** Makes `to` what `from` is, as restoring a snapshot does: saved ranges copied, everything derived computed anew. */
export function copyMachine(from: BareCore, to: BareCore): void {
  const source = new Uint8Array(from.fn.memory.buffer);
  const target = new Uint8Array(to.fn.memory.buffer);
  for (const [low, high] of ranges(from)) target.set(source.subarray(low, high), low);
  to.fn.rebuildDerived();
}

/** Whether two machines are in the same state, run limits aside. */
export function sameMachine(a: BareCore, b: BareCore): boolean {
  return Buffer.compare(a.state(), b.state()) === 0;
}

/** For a failure: where the machines are, and the first address of linear memory whose bytes differ. */
export function describeTwins(a: BareCore, b: BareCore): string {
  const left = new Uint8Array(a.fn.memory.buffer);
  const right = new Uint8Array(b.fn.memory.buffer);
  const limits = [a.constant('RUN_UNTIL'), a.constant('BUS_FREE_AT')] as const;
  let where = 'nowhere';
  for (const [low, high] of ranges(a)) {
    for (let i = low; i < high && where === 'nowhere'; i++) {
      if (left[i] !== right[i] && !(i >= limits[0] && i < limits[1])) where = `0x${i.toString(16)}`;
    }
  }
  const side = (core: BareCore): string => `pc 0x${core.pc.toString(16)} at cycle ${core.fn.now()}`;
  return `${side(a)}; ${side(b)}; first difference at ${where}`;
}

function setCaches(core: BareCore, { icache, dcache }: Caches): void {
  for (const [spr, on] of [
    [IC_CST, icache],
    [DC_CST, dcache],
  ] as const) {
    core.setSpr(spr, CST_UNLOCK_ALL);
    core.setSpr(spr, CST_INVALIDATE_ALL);
    if (on) core.setSpr(spr, CST_ENABLE);
  }
}

/** A random user-level program of the conformance generator, in problem state; its end is a system call, then silence. */
export function userMachine(seed: number, caches: Caches): BareCore {
  const core = bareCore();
  const program = generate(seed);
  setCaches(core, caches);
  for (let vector = 0x100; vector < 0x2000; vector += 0x100) core.load(vector, [BRANCH_TO_SELF]);
  let from = 0;
  for (const { at, bytes } of WINDOWS) {
    core.ram().set(program.memory.subarray(from, from + bytes), at);
    from += bytes;
  }
  core.load(CODE, [...program.words]);
  core.load(DONE, [0x4400_0002]);
  const { gpr, cr, xer, lr, ctr } = program.registers;
  gpr.forEach((value, r) => {
    core.setGpr(r, value);
  });
  core.fn.setReg(REG_CR, cr);
  core.fn.setReg(REG_XER, xer);
  core.fn.setReg(REG_LR, lr);
  core.fn.setReg(REG_CTR, ctr);
  core.fn.setReg(REG_MSR, MSR_PR | MSR_ME);
  core.fn.setReg(REG_PC, CODE);
  return core;
}

/** A program that no compiler made (support/wild.ts), in supervisor state with handlers that may be wild themselves. */
export function wildMachine(seed: number, caches: Caches): BareCore {
  const core = bareCore();
  const segments = wildProgram(seed, caches);
  for (const { at, words } of segments) core.load(at, words);
  core.fn.setReg(REG_PC, segments.at(-1)?.at ?? 0);
  return core;
}

/** One of the supervisor tests' images (firmware-fixtures/cpu): exceptions, table walks, page and cache instructions. */
export function supervisorMachine(file: string, caches: Caches): BareCore {
  const core = bareCore();
  const bytes = readFileSync(new URL(`../../firmware-fixtures/elf/${file}`, import.meta.url));
  const image = parseElf(bytes, file, core.ram().length);
  const ram = core.ram();
  for (const segment of image.segments) ram.set(segment.bytes, segment.address);
  core.fn.hostWrite32(BOARD_INFO + 8, 40_000_000);
  const line = `icache=${caches.icache ? 'on' : 'off'} dcache=${caches.dcache ? 'on' : 'off'}\0`;
  ram.set(new TextEncoder().encode(line), COMMAND_LINE);
  core.setGpr(3, BOARD_INFO);
  core.setGpr(6, COMMAND_LINE);
  core.setGpr(7, COMMAND_LINE + line.length - 1);
  core.fn.setReg(REG_PC, image.entry);
  core.fn.rebuildDerived();
  return core;
}
