/** The other side: the same programs on the bare core, as user mode, in one cache configuration. */

import { type BareCore, bareCore } from '../../support/core.js';
import { assemble } from './instructions.js';
import {
  CHECKPOINT_BYTES,
  CHECKPOINTS,
  CHECKPOINTS_MAX,
  CODE,
  COMPARED,
  COMPARED_BYTES,
  DONE,
  type Ending,
  hex,
  type Outcome,
  type Program,
  WINDOWS,
  wordAt,
  XER_BITS,
} from './program.js';

/** What stands between the core and memory: caches, and translation of 4 KB pages to shuffled places. */
export interface Configuration {
  readonly name: string;
  readonly instructionCache: boolean;
  readonly dataCache: boolean;
  readonly writeThrough: boolean;
  readonly translated: boolean;
}

function configuration(name: string, on: Partial<Omit<Configuration, 'name'>>): Configuration {
  return { name, instructionCache: false, dataCache: false, writeThrough: false, translated: false, ...on };
}

const OFF = configuration('off', {});

export const CONFIGURATIONS: readonly [Configuration, ...Configuration[]] = [
  OFF,
  configuration('I', { instructionCache: true }),
  configuration('D', { dataCache: true }),
  configuration('on', { instructionCache: true, dataCache: true }),
  configuration('through', { instructionCache: true, dataCache: true, writeThrough: true }),
  configuration('mmu', { instructionCache: true, dataCache: true, translated: true }),
];

const REG_PC = 32;
const REG_MSR = 33;
const REG_CR = 34;
const REG_XER = 35;
const REG_LR = 36;
const REG_CTR = 37;
const SRR0 = 26;
const SRR1 = 27;
const SRR1_PRIVILEGED = 0x00040000;
const IC_CST = 560;
const DC_CST = 568;
const CST_ENABLE = 0x02000000;
const CST_UNLOCK_ALL = 0x0a000000;
const CST_INVALIDATE_ALL = 0x0c000000;
const DC_SET_WRITE_THROUGH = 0x01000000;
const MI_CTR = 784;
const MI_AP = 786;
const MI_EPN = 787;
const MI_TWC = 789;
const MI_RPN = 790;
const MD_CTR = 792;
const MD_AP = 794;
const MD_EPN = 795;
const MD_TWC = 797;
const MD_RPN = 798;
const EPN_VALID = 0x200;
const TWC_VALID = 1;
/** A 4 KB page that everyone may write: PP = 10, C, all subpages valid, shared, valid (MPC860 UM table 9-4). */
const RPN_USER = 0x9f5;
/** Every group's protection as the pages say. */
const AP_CLIENT = 0x55555555;
const MSR_PR = 0x4000;
const MSR_IP = 0x40;
const MSR_IR_DR = 0x30;
const PAGE = 0x1000;
/** Pages that a program sees, and where they are when translated: neighbours are not neighbours there. */
const PAGES = [1, 4, 2, 5, 3, 6, 0x20, 7].map((page, i) => ({ ea: page * PAGE, pa: 0x40000 + i * PAGE }));
const STOP_CHECKSTOP = 5;
/** OR0: the flash answers at 64 KB only, so that there is an address where nothing is. */
const OR0 = 0x104;
const OR0_FLASH_64K = 0xffff0930;
const VECTORS = 0xfff00000;
/** Of every program that ends within it, and far more than any takes. */
const CYCLES_MAX = 4_000_000;

const VECTOR_ENDINGS: ReadonlyMap<number, Ending> = new Map([
  [0x600, 'alignment'],
  [0x700, 'trap'],
  [0x1000, 'illegal'],
]);

/** A core that runs test programs, each from the same state of everything that is not the program's. */
export class CoreRunner {
  readonly configuration: Configuration;
  private readonly core: BareCore = bareCore();
  private readonly ram: Uint8Array;
  private readonly checkstop: DataView;
  /** Instructions that every run has beside those of its program. */
  private readonly overhead: number;
  /** Instructions that the programs so far have executed. */
  instructions = 0;

  constructor(configuration: Configuration) {
    this.configuration = configuration;
    const { core } = this;
    core.fn.hostImmrWrite(OR0, 4, OR0_FLASH_64K);
    this.ram = core.ram();
    this.checkstop = new DataView(core.fn.memory.buffer, core.constant('CHECKSTOP'), 4);
    // An exception ends in a checkstop: with MSR[ME] = 0, a load from where nothing is stops the machine, registers as they are.
    for (let vector = 0x100; vector < 0x2000; vector += 0x100) {
      core.load(VECTORS + vector, [assemble('lwz', 0, -4, 0)]);
    }
    if (configuration.translated) this.translate();
    this.word(DONE, assemble('sc'));
    this.overhead = this.instructionsOf(CODE, [assemble('ba', DONE)]);
  }

  /** Whether `program` may run in this configuration: where the data cache writes through, dcbz is an exception. */
  takes(program: Program): boolean {
    return !(this.configuration.writeThrough && program.zeroesBlocks);
  }

  /** Runs `program` and says what became of it; one that does not end within `cycles` clocks is stopped. */
  run(program: Program, cycles = CYCLES_MAX): Outcome {
    const { core, ram } = this;
    const { fn } = core;
    this.reset();
    let start = 0;
    for (const { at, bytes } of WINDOWS) {
      for (let i = 0; i < bytes; i += 4, start += 4) this.word(at + i, wordAt(program.memory, start));
    }
    const checkpoints = this.physical(CHECKPOINTS);
    ram.fill(0, checkpoints, checkpoints + CHECKPOINTS_MAX * CHECKPOINT_BYTES);
    program.words.forEach((word, i) => {
      this.word(CODE + 4 * i, word);
    });
    const { gpr, cr, xer, lr, ctr } = program.registers;
    for (let r = 0; r < 32; r++) core.setGpr(r, gpr[r] ?? 0);
    fn.setReg(REG_CR, cr);
    fn.setReg(REG_XER, xer);
    fn.setReg(REG_LR, lr);
    fn.setReg(REG_CTR, ctr);
    const before = this.instructions;
    const stop = this.go(cycles);
    return this.outcome(stop, this.instructions - before);
  }

  /** Loads both TLBs with PAGES. */
  private translate(): void {
    const { core } = this;
    core.setSpr(MI_AP, AP_CLIENT);
    core.setSpr(MD_AP, AP_CLIENT);
    PAGES.forEach(({ ea, pa }, i) => {
      core.setSpr(MI_CTR, i << 8);
      core.setSpr(MI_EPN, ea | EPN_VALID);
      core.setSpr(MI_TWC, TWC_VALID);
      core.setSpr(MI_RPN, pa | RPN_USER);
      core.setSpr(MD_CTR, i << 8);
      core.setSpr(MD_EPN, ea | EPN_VALID);
      core.setSpr(MD_TWC, TWC_VALID);
      core.setSpr(MD_RPN, pa | RPN_USER);
    });
  }

  /** Where the memory of `ea` is. */
  private physical(ea: number): number {
    if (!this.configuration.translated) return ea;
    const page = PAGES.find((p) => p.ea === (ea & ~(PAGE - 1)));
    if (page === undefined) throw new Error(`no page for ${hex(ea)}`);
    return page.pa | (ea & (PAGE - 1));
  }

  /** Writes a word of RAM past the caches. */
  private word(ea: number, value: number): void {
    const { ram } = this;
    const address = this.physical(ea);
    ram[address] = value >>> 24;
    ram[address + 1] = value >>> 16;
    ram[address + 2] = value >>> 8;
    ram[address + 3] = value;
  }

  private reset(): void {
    const { core, configuration } = this;
    const enable = (spr: number, on: boolean): void => {
      core.setSpr(spr, CST_UNLOCK_ALL);
      core.setSpr(spr, CST_INVALIDATE_ALL);
      if (on) core.setSpr(spr, CST_ENABLE);
    };
    enable(IC_CST, configuration.instructionCache);
    enable(DC_CST, configuration.dataCache);
    if (configuration.writeThrough) core.setSpr(DC_CST, DC_SET_WRITE_THROUGH);
  }

  /** Runs from CODE to a checkstop; returns STOP_*. */
  private go(cycles: number): number {
    const { core } = this;
    const before = core.word64('INSTRUCTIONS');
    core.fn.setReg(REG_MSR, MSR_PR | MSR_IP | (this.configuration.translated ? MSR_IR_DR : 0));
    core.fn.setReg(REG_PC, CODE);
    this.checkstop.setUint32(0, 0);
    const stop = core.fn.run(core.fn.now() + cycles);
    this.checkstop.setUint32(0, 0);
    this.instructions += core.word64('INSTRUCTIONS') - before - (this.overhead ?? 0);
    return stop;
  }

  private instructionsOf(at: number, words: readonly number[]): number {
    this.reset();
    words.forEach((word, i) => {
      this.word(at + 4 * i, word);
    });
    this.go(CYCLES_MAX);
    const counted = this.instructions;
    this.instructions = 0;
    return counted;
  }

  private outcome(stop: number, instructions: number): Outcome {
    const { core } = this;
    const { fn } = core;
    const memory = new Uint8Array(COMPARED_BYTES);
    const view = new DataView(memory.buffer);
    let to = 0;
    for (const { at, bytes } of COMPARED) {
      for (let i = 0; i < bytes; i += 4, to += 4) view.setUint32(to, fn.hostRead32(this.physical(at + i)));
    }
    const { pc } = core;
    const from = core.spr(SRR0);
    const vector = pc - VECTORS;
    let ending: Ending = VECTOR_ENDINGS.get(vector) ?? 'other';
    if (ending === 'trap' && core.spr(SRR1) & SRR1_PRIVILEGED) ending = 'illegal';
    if (vector === 0xc00 && from === DONE + 4) ending = 'done';
    if (stop !== STOP_CHECKSTOP) ending = 'interrupted';
    const detail = ending === 'other' ? ` exception at ${hex(pc)} from ${hex(from)}` : '';
    return {
      ending,
      detail,
      at: ending === 'done' ? 0 : ending === 'interrupted' ? pc : from,
      registers: {
        gpr: Uint32Array.from({ length: 32 }, (_, n) => core.gpr(n)),
        cr: core.cr,
        xer: (core.xer & XER_BITS) >>> 0,
        lr: fn.getReg(REG_LR) >>> 0,
        ctr: fn.getReg(REG_CTR) >>> 0,
      },
      memory,
      instructions,
    };
  }
}
