// Random accesses, cache instructions, commands and DMA against the model of cache-model.ts, on each geometry of the family
// (issue 3: contents, tags and state, through the read-back ports).
import { PARTS, type PartName } from 'quicc860';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/lan/rng.js';
import { asm, type BareCore, BRANCH_TO_SELF, bareCore } from '../support/core.js';
import { type Ending, ModelDataCache, ModelInstructionCache, ModelMemory } from './cache-model.js';

const IC_CST = 560;
const IC_ADR = 561;
const IC_DAT = 562;
const DC_CST = 568;
const DC_ADR = 569;
const DC_DAT = 570;
const MI_CTR = 784;
const MD_CTR = 792;
const CIDEF = 0x20000000;
const WTDEF = 0x10000000;
const TWAM = 0x04000000;
const SPRG0 = 272;

const CODE = 0x4000;
/** Nothing answers here. */
const NOWHERE = 0x30000000;
/** Operations of one program; each has an address register and a data register of its own. */
const BATCH = 12;
const ADDRESS = 3;
const DATA = 3 + BATCH;
/** Counts exceptions. */
const COUNT = 31;
const GEOMETRIES: readonly PartName[] = ['mpc860', 'mpc866', 'mpc885'];

/** Handlers that count and skip the instruction. */
function skipFaults(core: BareCore): void {
  for (const vector of [0x200, 0x600]) {
    core.load(vector, [
      asm.mtspr(SPRG0, 30),
      asm.mfspr(30, 26),
      asm.addi(30, 30, 4),
      asm.mtspr(26, 30),
      asm.mfspr(30, SPRG0),
      asm.addi(COUNT, COUNT, vector === 0x200 ? 1 : 0x100),
      asm.rfi(),
    ]);
  }
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** One program: instruction words, register inputs, and what the model says about its registers afterwards. */
class Batch {
  readonly words: number[] = [];
  readonly log: string[] = [];
  /** Register by register. */
  readonly expected = new Map<number, number>();
  readonly core: BareCore;
  #slot = 0;

  constructor(core: BareCore) {
    this.core = core;
  }

  /** The next operation's address and data registers, loaded. */
  slot(address: number, data: number): [number, number] {
    const [a, d] = [ADDRESS + this.#slot, DATA + this.#slot];
    this.#slot++;
    this.core.setGpr(a, address);
    this.core.setGpr(d, data);
    this.expected.set(a, address >>> 0);
    this.expected.set(d, data >>> 0);
    return [a, d];
  }

  /** Long enough for a bus monitor's time-out or two. */
  run(): void {
    this.core.execute(this.words, { at: CODE, cycles: 40_000 });
  }

  check(): void {
    for (const [register, value] of this.expected) {
      const got = this.core.gpr(register);
      if (got !== value)
        expect.unreachable(`r${register} = ${hex(got)}, expected ${hex(value)}\n${this.log.join('\n')}`);
    }
  }
}

function dataSide(cpu: PartName, seed: number, operations: number): void {
  const rng = new Rng(seed);
  const { sets, ways } = PARTS[cpu].dcache;
  const core = bareCore(PARTS[cpu]);
  skipFaults(core);
  const memory = new ModelMemory(1 << 20);
  const model = new ModelDataCache(memory, sets, ways);
  memory.bytes.set(core.ram());
  const span = 16 * sets;
  const busy = [0, 1, sets >> 1, sets - 2, sets - 1];
  const line = (): number => {
    const set = rng.below(4) ? (busy[rng.below(busy.length)] as number) : rng.below(sets);
    const base = rng.below(60) ? 0x40000 : NOWHERE;
    return base + span * rng.below(2 * ways + 1) + 16 * set;
  };
  const adr = (): number =>
    rng.below(3) ? rng.below(ways) * 0x1000 + 16 * rng.below(sets) : 0x2000 + 16 * rng.below(6);
  let pageBits = 0;

  for (let done = 0; done < operations; done += BATCH) {
    const batch = new Batch(core);
    let faults = 0;
    const ended = (ending: Ending): boolean => {
      faults += ending === 'machine check' ? 1 : ending === 'alignment' ? 0x100 : 0;
      return ending === 'done';
    };
    for (let i = 0; i < BATCH; i++) {
      const kind = rng.below(100);
      const size = [1, 2, 4][rng.below(3)] as number;
      const at = line() + (rng.below(5) ? size * rng.below(16 / size) : rng.below(16));
      if (kind < 38) {
        const [a, d] = batch.slot(at, 0xdeadbeef);
        batch.words.push(asm.d(size === 4 ? 32 : size === 2 ? 40 : 34, d, a, 0));
        batch.log.push(`load ${size} ${hex(at)}`);
        const value = model.load(at, size);
        if (typeof value === 'number') batch.expected.set(d, value);
        else ended(value);
      } else if (kind < 68) {
        const value = rng.next();
        const [a, d] = batch.slot(at, value);
        batch.words.push(asm.d(size === 4 ? 36 : size === 2 ? 44 : 38, d, a, 0));
        batch.log.push(`store ${size} ${hex(at)} ${hex(value)}`);
        ended(model.store(at, size, value % 2 ** (8 * size)));
      } else if (kind < 84) {
        const [a] = batch.slot(at, 0);
        const which = rng.below(6);
        batch.log.push(`${['dcbst', 'dcbf', 'dcbi', 'dcbz', 'dcbt', 'dcbtst'][which]} ${hex(at)}`);
        batch.words.push(asm.x([54, 86, 470, 1014, 278, 246][which] as number, 0, 0, a));
        if (which < 2) ended(model.flush(at, which === 1));
        else if (which === 2) model.drop(at);
        else if (which === 3) ended(model.zero(at));
      } else if (kind < 92) {
        // A command. Whole-cache ones are rarer, so that something stays in the cache.
        const rare = rng.below(12) === 0;
        const code = rare
          ? ([1, 3, 4, 5, 7, 10, 12][rng.below(7)] as number)
          : ([2, 6, 6, 8, 14, 14][rng.below(6)] as number);
        const where = code === 14 ? rng.below(ways) * 0x1000 + 16 * rng.below(sets) : at;
        const [a, d] = batch.slot(where, code * 0x01000000);
        batch.words.push(asm.mtspr(DC_ADR, a), asm.mtspr(DC_CST, d));
        batch.log.push(`command ${code} ${hex(where)}`);
        model.command(code, where);
      } else if (kind < 97) {
        const where = adr();
        const [a, d] = batch.slot(where, 0);
        batch.words.push(asm.mtspr(DC_ADR, a), asm.mfspr(d, DC_DAT));
        batch.log.push(`port ${hex(where)}`);
        batch.expected.set(d, model.port(where));
      } else if (kind < 99) {
        const [, d] = batch.slot(0, 0);
        batch.words.push(asm.mfspr(d, DC_CST));
        batch.log.push('status');
        batch.expected.set(d, model.status());
      } else {
        // Mostly cacheable, copyback.
        pageBits = rng.below(2) ? 0 : ([CIDEF, WTDEF][rng.below(2)] as number);
        const [, d] = batch.slot(0, TWAM + pageBits);
        batch.words.push(asm.mtspr(MD_CTR, d));
        batch.log.push(`page bits ${hex(pageBits)}`);
        model.inhibited = pageBits === CIDEF;
        model.writeThrough = pageBits === WTDEF;
      }
    }
    batch.expected.set(COUNT, faults);
    core.setGpr(COUNT, 0);
    batch.run();
    batch.check();
    // The program was written by the host.
    memory.bytes.set(core.ram().subarray(CODE, CODE + 0x100), CODE);

    // A DMA writes memory under the cache.
    for (let i = rng.below(4); i > 0; i--) {
      const at = line();
      if (!memory.answers(at)) continue;
      const bytes = Uint8Array.from({ length: 1 + rng.below(16) }, () => rng.below(256));
      core.ram().set(bytes, at);
      memory.bytes.set(bytes, at);
    }
    if (rng.below(20) === 0) {
      const set = rng.below(sets);
      for (let way = 0; way < ways; way++) {
        const where = way * 0x1000 + 16 * set;
        core.setSpr(DC_ADR, where);
        if (core.spr(DC_DAT) !== model.port(where)) {
          expect(`set ${set} way ${way}: ${hex(core.spr(DC_DAT))}`).toBe(hex(model.port(where)));
        }
      }
    }
  }
  // Everything that is left, line by line, then memory.
  for (let set = 0; set < sets; set++) {
    for (let way = 0; way < ways; way++) {
      const where = way * 0x1000 + 16 * set;
      core.setSpr(DC_ADR, where);
      expect(hex(core.spr(DC_DAT))).toBe(hex(model.port(where)));
    }
  }
  expect(Buffer.compare(core.ram(), memory.bytes)).toBe(0);
  for (let set = 0; set < sets; set++) {
    for (let way = 0; way < ways; way++) {
      const where = way * 0x1000 + 16 * set;
      core.setSpr(DC_ADR, where);
      core.setSpr(DC_CST, 0x0e000000);
      model.command(14, where);
    }
  }
  expect(Buffer.compare(core.ram(), memory.bytes)).toBe(0);
}

function instructionSide(cpu: PartName, seed: number, operations: number): void {
  const rng = new Rng(seed);
  const { sets, ways } = PARTS[cpu].icache;
  const core = bareCore(PARTS[cpu]);
  const memory = new ModelMemory(1 << 20);
  const model = new ModelInstructionCache(memory, sets, ways);
  const span = 16 * sets;
  const routine = (): number =>
    0x40000 + span * rng.below(ways + 2) + 16 * (rng.below(4) ? rng.below(4) : rng.below(sets));
  const view = new DataView(core.ram().buffer, core.ram().byteOffset);
  const dma = (at: number, word: number): void => {
    view.setUint32(at, word);
    new DataView(memory.bytes.buffer).setUint32(at, word);
  };
  // A routine is a line: one instruction that gives a number, the way back, two words that nobody executes.
  for (let tag = 0; tag < ways + 2; tag++) {
    for (let set = 0; set < sets; set++) {
      const at = 0x40000 + span * tag + 16 * set;
      [asm.li(2, rng.below(0x8000)), asm.bclr(20, 0), rng.next(), rng.next()].forEach((word, i) => {
        dma(at + 4 * i, word);
      });
    }
  }

  for (let done = 0; done < operations; done += BATCH) {
    const batch = new Batch(core);
    const { words, expected, log } = batch;
    /** What each instruction does to the model besides being fetched. */
    const effects: ((() => void) | undefined)[] = [];
    const push = (word: number, effect?: () => void): void => {
      words.push(word);
      effects.push(effect);
    };
    for (let i = 0; i < BATCH; i++) {
      const kind = rng.below(100);
      const at = routine();
      if (kind < 60) {
        const [a, d] = batch.slot(at, 0);
        log.push(`call ${hex(at)}`);
        push(asm.mtspr(8, a));
        push(asm.bclr(20, 0, 1), () => {
          expected.set(d, model.fetch(at) % 0x10000);
          model.fetch(at + 4);
        });
        push(asm.x(444, 2, d, 2));
      } else if (kind < 68) {
        const [a] = batch.slot(at, 0);
        log.push(`icbi ${hex(at)}`);
        push(asm.icbi(0, a), () => model.drop(at));
      } else if (kind < 84) {
        // Whole-cache commands are rarer, so that something stays in the cache.
        const code = (rng.below(10) ? [1, 3, 4] : [2, 5, 6])[rng.below(3)] as number;
        const where = code === 3 && rng.below(20) === 0 ? NOWHERE + 16 * rng.below(sets) : at;
        const [a, d] = batch.slot(where, code * 0x02000000);
        log.push(`command ${code} ${hex(where)}`);
        push(asm.mtspr(IC_ADR, a));
        push(asm.mtspr(IC_CST, d), () => model.command(code, where));
      } else if (kind < 94) {
        const array = rng.below(2) * 0x1000 * ways;
        const where =
          array + rng.below(ways) * 0x1000 + 16 * (rng.below(2) ? rng.below(8) : rng.below(sets)) + 4 * rng.below(4);
        const [a, d] = batch.slot(where, 0);
        log.push(`port ${hex(where)}`);
        push(asm.mtspr(IC_ADR, a));
        push(asm.mfspr(d, IC_DAT), () => expected.set(d, model.port(where)));
      } else if (kind < 98) {
        const [, d] = batch.slot(0, 0);
        log.push('status');
        push(asm.mfspr(d, IC_CST), () => expected.set(d, model.status()));
      } else {
        const inhibited = rng.below(3) === 0;
        const [, d] = batch.slot(0, inhibited ? CIDEF : 0);
        log.push(`inhibited ${inhibited}`);
        // In one line with its isync: how far ahead the part has fetched is not the matter here.
        if (words.length % 4 === 3) push(asm.nop());
        push(asm.mtspr(MI_CTR, d));
        push(asm.isync(), () => {
          model.inhibited = inhibited;
        });
      }
    }
    // The host writes the program, into memory and what the cache holds of it; a branch to itself ends it.
    const program = [...words, BRANCH_TO_SELF];
    program.forEach((word, i) => {
      new DataView(memory.bytes.buffer).setUint32(CODE + 4 * i, word);
      model.patch(CODE + 4 * i, word);
    });
    for (const [i, word] of program.entries()) {
      if (model.fetch(CODE + 4 * i) !== word) expect.unreachable('the model fetches another program');
      effects[i]?.();
    }
    batch.run();
    batch.check();

    for (let i = 0; i < 8; i++) {
      const where = 0x1000 * rng.below(ways) + 16 * rng.below(i < 6 ? 8 : sets);
      core.setSpr(IC_ADR, where);
      if (core.spr(IC_DAT) !== model.port(where)) {
        expect.unreachable(`${hex(where)}: ${hex(core.spr(IC_DAT))}, not ${hex(model.port(where))}\n${log.join('\n')}`);
      }
    }

    // A DMA puts other code into memory under the cache.
    for (let i = rng.below(6); i > 0; i--) dma(routine(), asm.li(2, rng.below(0x8000)));
  }
  for (let set = 0; set < sets; set++) {
    for (let way = 0; way < ways; way++) {
      for (const word of [0, 1, 2, 3, 4]) {
        const where = (word ? 0x1000 * ways + 4 * (word - 1) : 0) + 0x1000 * way + 16 * set;
        core.setSpr(IC_ADR, where);
        if (core.spr(IC_DAT) !== model.port(where)) expect(hex(core.spr(IC_DAT))).toBe(hex(model.port(where)));
      }
    }
  }
}

describe.each(GEOMETRIES)('%s against the model of core-caches.md', (cpu) => {
  it('data cache: 60,000 operations', () => {
    dataSide(cpu, 860, 60_000);
  });

  it('instruction cache: 12,000 operations', () => {
    instructionSide(cpu, 8601, 12_000);
  });
});
