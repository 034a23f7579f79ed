import { readFileSync } from 'node:fs';
import { loadUpm, MBX_40MHZ } from './upm.js';

/**
 * A bare core with 1 MB of 60 ns EDO DRAM at 0 on CS1 (UPMA as on an MBX860 at 40 MHz, refresh off) and 64 KB of flash at
 * 0xFFF00000 on CS0 (GPCM, 5 clocks a beat), IMMR at 0xFF000000.
 */
export interface BareCore {
  readonly fn: Functions;
  constant(name: string): number;
  /** Writes instruction words (or data) to physical memory. */
  load(address: number, words: readonly number[]): void;
  /** Puts `words` at `address`, PC on them, and runs until PC reaches the word behind them (a branch to itself). */
  execute(words: readonly number[], options?: { at?: number; msr?: number; cycles?: number }): void;
  gpr(n: number): number;
  setGpr(n: number, value: number): void;
  spr(n: number): number;
  setSpr(n: number, value: number): void;
  readonly pc: number;
  readonly msr: number;
  cr: number;
  xer: number;
  /** A 64-bit word of the machine block: INSTRUCTIONS, IDLE_CYCLES, … */
  word64(name: string): number;
  ram(): Uint8Array;
  /** Everything that decides what happens next: the state without derived tables and without the run limits. */
  state(): Uint8Array;
}

interface Functions {
  memory: WebAssembly.Memory;
  configure(ram: number, flash: number, dataFlash: number): number;
  partConfigure(pvr: number, partNumber: number, icSets: number, icWays: number, dcSets: number, dcWays: number): void;
  flashBase(): number;
  bankDescribe(bank: number, kind: number, base: number, size: number): void;
  powerOn(core: number, oscm: number, extclk: number): void;
  socConfigure(hrcw: number, modck: number, rev: number, dpram8k: number, consolePort: number, seed: number): void;
  run(until: number): number;
  now(): number;
  getReg(id: number): number;
  setReg(id: number, value: number): void;
  hostRead8(pa: number): number;
  hostRead32(pa: number): number;
  hostWrite32(pa: number, value: number): void;
  hostImmrRead(offset: number, size: number): number;
  hostImmrWrite(offset: number, size: number, value: number): void;
  translateForDebug(ea: number): number;
  rebuildDerived(): void;
}

const RAM_BYTES = 1 << 20;
const REG_PC = 32;
const REG_MSR = 33;
const REG_CR = 34;
const REG_XER = 35;
const REG_SPR = 0x1000;
export const SPR_ICTRL = 158;
export const SPR_IMMR = 638;
export const BRANCH_TO_SELF = 0x48000000;

const module = new WebAssembly.Module(readFileSync(new URL('../../dist/core.wasm', import.meta.url)));

/** A member of the family as far as the core is told. */
export interface BarePart {
  pvr: number;
  partNumber: number;
  icache: { sets: number; ways: number };
  dcache: { sets: number; ways: number };
}

/** A machine after power-on, real mode, MSR[ME, RI] set, caches off, watchdog off, normal fetch (ICTRL = 7). */
export function bareCore(part?: BarePart): BareCore {
  const instance = new WebAssembly.Instance(module, {
    env: {
      abort: () => {
        throw new Error('core aborted');
      },
    },
  });
  const fn = instance.exports as unknown as Functions;
  const constant = (name: string): number => {
    const value = (instance.exports as Record<string, unknown>)[name];
    if (!(value instanceof WebAssembly.Global)) throw new Error(`no constant ${name}`);
    return Number(value.value) >>> 0;
  };
  fn.configure(RAM_BYTES, 0x10000, 0);
  for (let bank = 0; bank < 8; bank++) fn.bankDescribe(bank, 0, 0, 0);
  fn.bankDescribe(0, 2, fn.flashBase(), 0x10000);
  fn.bankDescribe(1, 1, constant('RAM_BASE'), RAM_BYTES);
  if (part) {
    const { pvr, partNumber, icache, dcache } = part;
    fn.partConfigure(pvr, partNumber, icache.sets, icache.ways, dcache.sets, dcache.ways);
  }
  fn.powerOn(40_000_000, 4_000_000, 4_000_000);
  fn.setReg(REG_SPR + SPR_IMMR, 0xff000000);
  fn.hostImmrWrite(0x004, 4, 0xffffff88);
  loadUpm(fn, 0, MBX_40MHZ);
  fn.hostImmrWrite(0x104, 4, 0xfff00930);
  fn.hostImmrWrite(0x100, 4, 0xfff00001);
  fn.hostImmrWrite(0x10c, 4, 0xfff00000);
  fn.hostImmrWrite(0x108, 4, 0x00000081);
  fn.setReg(REG_MSR, 0x1002);
  fn.setReg(REG_SPR + SPR_ICTRL, 7);
  const core: BareCore = {
    fn,
    constant,
    load(address, words) {
      words.forEach((word, i) => {
        fn.hostWrite32(address + 4 * i, word);
      });
    },
    execute(words, options = {}) {
      const at = options.at ?? 0x4000;
      core.load(at, [...words, BRANCH_TO_SELF]);
      fn.setReg(REG_MSR, options.msr ?? 0x1002);
      fn.setReg(REG_PC, at);
      fn.run(fn.now() + (options.cycles ?? 2000));
    },
    gpr: (n) => fn.getReg(n) >>> 0,
    setGpr: (n, value) => fn.setReg(n, value),
    spr: (n) => fn.getReg(REG_SPR + n) >>> 0,
    setSpr: (n, value) => fn.setReg(REG_SPR + n, value),
    get pc() {
      return fn.getReg(REG_PC) >>> 0;
    },
    get msr() {
      return fn.getReg(REG_MSR) >>> 0;
    },
    get cr() {
      return fn.getReg(REG_CR) >>> 0;
    },
    set cr(value) {
      fn.setReg(REG_CR, value);
    },
    get xer() {
      return fn.getReg(REG_XER) >>> 0;
    },
    set xer(value) {
      fn.setReg(REG_XER, value);
    },
    word64: (name) => Number(new DataView(fn.memory.buffer).getBigUint64(constant(name), true)),
    ram: () => new Uint8Array(fn.memory.buffer, constant('RAM_BASE'), RAM_BYTES),
    state() {
      const bytes = new Uint8Array(fn.memory.buffer);
      const ranges: [number, number][] = [
        [constant('NOW'), constant('RUN_UNTIL')],
        [constant('BUS_FREE_AT'), constant('DERIVED_BASE')],
        [constant('IMMR_MEM'), constant('STATE_END')],
        [constant('RAM_BASE'), constant('RAM_BASE') + RAM_BYTES],
      ];
      const out = new Uint8Array(ranges.reduce((sum, [from, to]) => sum + to - from, 0));
      let at = 0;
      for (const [from, to] of ranges) {
        out.set(bytes.subarray(from, to), at);
        at += to - from;
      }
      return out;
    },
  };
  return core;
}

/** Instruction encodings by hand, from the formats of the PowerPC architecture (hardware/core-instructions.md section 1). */
export const asm = {
  d: (op: number, d: number, a: number, imm: number): number =>
    ((op << 26) | (d << 21) | (a << 16) | (imm & 0xffff)) >>> 0,
  x: (xo: number, d: number, a: number, b: number, rc = 0): number =>
    ((31 << 26) | (d << 21) | (a << 16) | (b << 11) | (xo << 1) | rc) >>> 0,
  xl: (xo: number, d: number, a: number, b: number, lk = 0): number =>
    ((19 << 26) | (d << 21) | (a << 16) | (b << 11) | (xo << 1) | lk) >>> 0,
  li: (d: number, imm: number): number => asm.d(14, d, 0, imm),
  lis: (d: number, imm: number): number => asm.d(15, d, 0, imm),
  ori: (a: number, s: number, imm: number): number => asm.d(24, s, a, imm),
  addi: (d: number, a: number, imm: number): number => asm.d(14, d, a, imm),
  lwz: (d: number, disp: number, a: number): number => asm.d(32, d, a, disp),
  lbz: (d: number, disp: number, a: number): number => asm.d(34, d, a, disp),
  lhz: (d: number, disp: number, a: number): number => asm.d(40, d, a, disp),
  stw: (s: number, disp: number, a: number): number => asm.d(36, s, a, disp),
  stb: (s: number, disp: number, a: number): number => asm.d(38, s, a, disp),
  lmw: (d: number, disp: number, a: number): number => asm.d(46, d, a, disp),
  mtspr: (n: number, s: number): number => asm.x(467, s, n & 31, n >> 5),
  mfspr: (d: number, n: number): number => asm.x(339, d, n & 31, n >> 5),
  mtmsr: (s: number): number => asm.x(146, s, 0, 0),
  mfmsr: (d: number): number => asm.x(83, d, 0, 0),
  dcbf: (a: number, b: number): number => asm.x(86, 0, a, b),
  dcbst: (a: number, b: number): number => asm.x(54, 0, a, b),
  dcbi: (a: number, b: number): number => asm.x(470, 0, a, b),
  dcbz: (a: number, b: number): number => asm.x(1014, 0, a, b),
  icbi: (a: number, b: number): number => asm.x(982, 0, a, b),
  lwarx: (d: number, a: number, b: number): number => asm.x(20, d, a, b),
  stwcx: (s: number, a: number, b: number): number => asm.x(150, s, a, b, 1),
  lswi: (d: number, a: number, n: number): number => asm.x(597, d, a, n),
  lswx: (d: number, a: number, b: number): number => asm.x(533, d, a, b),
  stswi: (s: number, a: number, n: number): number => asm.x(725, s, a, n),
  mtcrf: (mask: number, s: number): number => ((31 << 26) | (s << 21) | (mask << 12) | (144 << 1)) >>> 0,
  mcrxr: (field: number): number => asm.x(512, field << 2, 0, 0),
  tlbie: (b: number): number => asm.x(306, 0, 0, b),
  tlbia: (): number => asm.x(370, 0, 0, 0),
  sync: (): number => asm.x(598, 0, 0, 0),
  isync: (): number => asm.xl(150, 0, 0, 0),
  rfi: (): number => asm.xl(50, 0, 0, 0),
  sc: (): number => 0x44000002,
  b: (offset: number, lk = 0): number => ((18 << 26) | (offset & 0x03fffffc) | lk) >>> 0,
  bc: (bo: number, bi: number, offset: number, lk = 0): number =>
    ((16 << 26) | (bo << 21) | (bi << 16) | (offset & 0xfffc) | lk) >>> 0,
  bclr: (bo: number, bi: number, lk = 0): number => asm.xl(16, bo, bi, 0, lk),
  trap: (): number => asm.x(4, 31, 0, 0),
  nop: (): number => 0x60000000,
} as const;
