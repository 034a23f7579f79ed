import type { Core } from '../board/core.js';

/**
 * Where the cycles went; they add up to `Counters.cycles`. In core clocks.
 *
 * A wait for memory during which DMA or a write-back has the bus is theirs, the rest belongs to what was waited for.
 */
export interface CpiStack {
  /** One for each instruction that took an issue slot: all but folded branches. */
  issue: number;
  /** Instructions waiting for memory: lines of the instruction cache, or bursts past it. */
  fetchMiss: number;
  /** Data waiting for a line of the data cache, after a load or for the line of an earlier store. */
  dataMiss: number;
  /** Waiting for the bus while it writes a modified line to memory. */
  writeBack: number;
  /** Data past the cache: inhibited, write-through or with the cache off; registers of internal space; the write buffer full. */
  uncached: number;
  /** Branches beyond their issue slot: bubbles, unready conditions, wrong predictions. */
  branch: number;
  /** Results that take longer than a clock: loads that are used at once, multiplies, divides, load and store multiple, strings. */
  long: number;
  /** Instructions that wait for all earlier ones to complete, and the entry of exceptions. */
  serialization: number;
  /** From a TLB miss to the end of its handler, whatever it does (the next exception or its rfi). */
  translation: number;
  /** Waiting for the bus while DMA of CPM or FEC has it. */
  dma: number;
  /** Asleep, or in a branch to itself. */
  idle: number;
}

/** What a cache did. */
export interface CacheCounters {
  /** Lines fetched from memory. */
  misses: number;
  /** Lines that gave way to others. */
  evictions: number;
  /** Data cache: modified lines written to memory, by eviction or by an instruction. */
  writeBacks: number;
}

/** What the counting core counted. */
export interface Counters {
  /** Core clocks. */
  cycles: number;
  /** Instructions completed, rounds of an idle loop included. */
  instructions: number;
  /** Of them rounds of a branch to itself that were skipped as idle. */
  idleInstructions: number;
  /** Branches that took no issue slot. */
  folded: number;
  /** Exceptions taken. */
  exceptions: number;
  /** Where the cycles went. */
  stack: CpiStack;
  /** Instruction cache. */
  icache: CacheCounters;
  /** Data cache. */
  dcache: CacheCounters;
}

/** Reads the counters of a core that counts. */
export class Counting {
  readonly #core: Core;
  #start = { cycles: 0, instructions: 0, idle: 0 };

  /** Begins at 0 now. */
  constructor(core: Core) {
    this.#core = core;
    this.reset();
  }

  /** Begins again at 0. */
  reset(): void {
    this.#core.fn.countReset();
    this.#start = this.#clocks();
  }

  #number(name: string): number {
    return Number(this.#core.view().getBigInt64(this.#core.constant(name), true));
  }

  #clocks(): { cycles: number; instructions: number; idle: number } {
    return {
      cycles: this.#number('NOW'),
      instructions: this.#number('INSTRUCTIONS'),
      idle: this.#number('IDLE_CYCLES'),
    };
  }

  /** Everything counted up to now. */
  read(): Counters {
    const now = this.#clocks();
    const instructions = now.instructions - this.#start.instructions;
    const idleInstructions = this.#number('COUNT_IDLE_INSTRUCTIONS');
    const folded = this.#number('COUNT_FOLDED');
    const issued = instructions - idleInstructions - this.#number('COUNT_TRANSLATION_INSTRUCTIONS');
    return {
      cycles: now.cycles - this.#start.cycles,
      instructions,
      idleInstructions,
      folded,
      exceptions: this.#number('COUNT_EXCEPTIONS'),
      stack: {
        issue: issued - folded,
        fetchMiss: this.#number('COUNT_FETCH'),
        dataMiss: this.#number('COUNT_DATA'),
        writeBack: this.#number('COUNT_WRITE_BACK'),
        uncached: this.#number('COUNT_UNCACHED'),
        branch: this.#number('COUNT_BRANCH'),
        long: this.#number('COUNT_SPENT') - issued,
        serialization: this.#number('COUNT_SERIAL'),
        translation: this.#number('COUNT_TRANSLATION'),
        dma: this.#number('COUNT_DMA'),
        idle: now.idle - this.#start.idle,
      },
      icache: { misses: this.#number('COUNT_IC_MISSES'), evictions: this.#number('COUNT_IC_EVICTIONS'), writeBacks: 0 },
      dcache: {
        misses: this.#number('COUNT_DC_MISSES'),
        evictions: this.#number('COUNT_DC_EVICTIONS'),
        writeBacks: this.#number('COUNT_DC_WRITE_BACKS'),
      },
    };
  }
}

/** Sum of a stack. */
export function stackSum(stack: CpiStack): number {
  return Object.values(stack).reduce((sum: number, clocks: number) => sum + clocks, 0);
}
