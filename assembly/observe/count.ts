// Where the clocks go, in core-counting.wasm only: the same sources, compiled with COUNTING = 1. In core.wasm every
// `if (COUNTING)` is empty. What is counted here belongs to the observer: it is in no snapshot and decides nothing.
//
// Every clock is charged where the machine charges it. The run loop keeps three sums in one local, `tally` (see `Tally`); all
// else goes through `Count`. Issue is not what is left over: it is the instructions, less the folded branches.

import { INSTRUCTIONS, NOW, OBSERVE_BASE } from '../layout';

// Counters, u64 each.
/** Clocks of instructions, each with at least the one that it issues in: SPENT less instructions is what results take longer. */
export const COUNT_SPENT: u32 = OBSERVE_BASE;
/** Branches that took no issue slot. */
export const COUNT_FOLDED: u32 = COUNT_SPENT + 8;
/** Waiting for an instruction from memory. */
export const COUNT_FETCH: u32 = COUNT_FOLDED + 8;
/** Waiting for a line of the data cache. */
export const COUNT_DATA: u32 = COUNT_FETCH + 8;
/** Waiting while the bus writes a modified line back. */
export const COUNT_WRITE_BACK: u32 = COUNT_DATA + 8;
/** Data past the cache, internal space, and the buffer of single writes. */
export const COUNT_UNCACHED: u32 = COUNT_WRITE_BACK + 8;
/** Branches beyond their issue slot. */
export const COUNT_BRANCH: u32 = COUNT_UNCACHED + 8;
/** Instructions that wait for all earlier ones, and exception entry. */
export const COUNT_SERIAL: u32 = COUNT_BRANCH + 8;
/** From a TLB miss to the rfi of its handler, everything. */
export const COUNT_TRANSLATION: u32 = COUNT_SERIAL + 8;
/** Waiting while DMA has the bus. */
export const COUNT_DMA: u32 = COUNT_TRANSLATION + 8;
const COUNTERS: u32 = 10;
/** Rounds of the idle loop that were skipped: instructions whose clocks are idle. */
export const COUNT_IDLE_INSTRUCTIONS: u32 = OBSERVE_BASE + COUNTERS * 8;
/** Instructions inside COUNT_TRANSLATION. */
export const COUNT_TRANSLATION_INSTRUCTIONS: u32 = COUNT_IDLE_INSTRUCTIONS + 8;
/** Exceptions taken. */
export const COUNT_EXCEPTIONS: u32 = COUNT_TRANSLATION_INSTRUCTIONS + 8;

/** Lines that the instruction cache had to fetch, and lines that gave way to others. */
export const COUNT_IC_MISSES: u32 = COUNT_EXCEPTIONS + 8;
export const COUNT_IC_EVICTIONS: u32 = COUNT_IC_MISSES + 8;
/** The same of the data cache, and its lines written to memory, by eviction or by an instruction. */
export const COUNT_DC_MISSES: u32 = COUNT_IC_EVICTIONS + 8;
export const COUNT_DC_EVICTIONS: u32 = COUNT_DC_MISSES + 8;
export const COUNT_DC_WRITE_BACKS: u32 = COUNT_DC_EVICTIONS + 8;

/** u32: 1 in the handler of a TLB miss. */
const HANDLER: u32 = COUNT_DC_WRITE_BACKS + 8;
/** u64: INSTRUCTIONS when it began. */
const HANDLER_INSTRUCTIONS: u32 = HANDLER + 8;
/** u64 × COUNTERS: the counters when it began. */
const HANDLER_COUNTERS: u32 = HANDLER_INSTRUCTIONS + 8;

// What the bus was last taken for, besides the accesses that the CPU waits for anyway: a ring.
const TENURES: u32 = 16;
const TENURE_BYTES: u32 = 24;
/** u32: how many were ever noted. */
const TENURE_COUNT: u32 = HANDLER_COUNTERS + COUNTERS * 8;
/** u64: end of the last one. */
export const TENURE_END: u32 = TENURE_COUNT + 8;
/** { u64 from, u64 to, u32 counter } × TENURES. */
const TENURE_RING: u32 = TENURE_END + 8;
export const COUNT_END: u32 = TENURE_RING + TENURES * TENURE_BYTES;

const TALLY_BITS: u64 = 21;
const TALLY_MASK: u64 = 0x1fffff;

/** The run loop's three sums in one u64, 21 bits each: SPENT, BRANCH, FOLDED. It adds to them with one addition. */
export class Tally {
  /** A branch that took `clocks` of its own; its entry said `cost`, which is in SPENT already. */
  @inline static branch(cost: i32, clocks: i32, taken: bool): u64 {
    const whole = taken ? 2 : 1;
    const folded: u64 = clocks < whole ? 1 : 0;
    const more = <u64>(clocks - 1) + folded;
    return (folded << (2 * TALLY_BITS)) + (more << TALLY_BITS) - <u64>(cost - 1);
  }

  /** A branch to a fixed place, two clocks or folded one. */
  @inline static fixed(folded: bool): u64 {
    return ((<u64>(folded ? 1 : 0)) << (2 * TALLY_BITS)) + ((<u64>1) << TALLY_BITS) - 1;
  }
}

export class Count {
  @inline static add(counter: u32, clocks: u64): void {
    store<u64>(counter, load<u64>(counter) + clocks);
  }

  /** The sums of the run loop since its last flush. */
  @inline static flush(tally: u64): void {
    Count.add(COUNT_SPENT, tally & TALLY_MASK);
    Count.add(COUNT_BRANCH, (tally >>> TALLY_BITS) & TALLY_MASK);
    Count.add(COUNT_FOLDED, tally >>> (2 * TALLY_BITS));
  }

  /**
   * The CPU waited from cycle `from` to `to` for what `counter` stands for: the part of it during which DMA or a write-back had
   * the bus is theirs.
   */
  static wait(counter: u32, from: u64, to: u64): void {
    if (to <= from) return;
    let own = to - from;
    if (load<u64>(TENURE_END) > from) {
      const noted = min<u32>(load<u32>(TENURE_COUNT), TENURES);
      for (let i: u32 = 0; i < noted; i++) {
        const t = TENURE_RING + i * TENURE_BYTES;
        const start = max<u64>(from, load<u64>(t));
        const end = min<u64>(to, load<u64>(t, 8));
        if (end > start) {
          Count.add(load<u32>(t, 16), end - start);
          own -= end - start;
        }
      }
    }
    Count.add(counter, own);
  }

  /** The bus is taken from cycle `from` to `to`, for DMA or a write-back, as `counter` says. */
  static tenure(counter: u32, from: u64, to: u64): void {
    const n = load<u32>(TENURE_COUNT);
    store<u64>(TENURE_END, to);
    if (n) {
      const last = TENURE_RING + ((n - 1) & (TENURES - 1)) * TENURE_BYTES;
      if (load<u64>(last, 8) == from && load<u32>(last, 16) == counter) {
        store<u64>(last, to, 8);
        return;
      }
    }
    const t = TENURE_RING + (n & (TENURES - 1)) * TENURE_BYTES;
    store<u64>(t, from);
    store<u64>(t, to, 8);
    store<u32>(t, counter, 16);
    store<u32>(TENURE_COUNT, n + 1);
  }

  /** An exception is being taken, INSTRUCTIONS being up to date; `miss`: a TLB miss. */
  static exception(miss: bool): void {
    Count.add(COUNT_EXCEPTIONS, 1);
    Count.handlerEnds(0);
    if (!miss) return;
    store<u32>(HANDLER, 1);
    store<u64>(HANDLER_INSTRUCTIONS, load<u64>(INSTRUCTIONS));
    memory.copy(HANDLER_COUNTERS, OBSERVE_BASE, COUNTERS * 8);
  }

  /**
   * The handler of a TLB miss ends, if it is one; `instructions` more are done than INSTRUCTIONS says. All that was charged in it
   * becomes translation.
   */
  static handlerEnds(instructions: u64): void {
    if (!load<u32>(HANDLER)) return;
    store<u32>(HANDLER, 0);
    let clocks: u64 = 0;
    for (let i: u32 = 0; i < COUNTERS * 8; i += 8) {
      const now = load<u64>(OBSERVE_BASE + i);
      const then = load<u64>(HANDLER_COUNTERS + i);
      // A folded branch took back the slot that its instruction would have issued in.
      if (OBSERVE_BASE + i == COUNT_FOLDED) clocks -= now - then;
      else clocks += now - then;
      store<u64>(OBSERVE_BASE + i, then);
    }
    Count.add(COUNT_TRANSLATION, clocks);
    Count.add(COUNT_TRANSLATION_INSTRUCTIONS, load<u64>(INSTRUCTIONS) + instructions - load<u64>(HANDLER_INSTRUCTIONS));
  }

  /** An instruction whose entry said `cost` did not complete: its clocks belong to the exception. */
  static attempt(cost: u64): void {
    Count.add(COUNT_SPENT, -cost);
    if (load<u32>(HANDLER)) {
      Count.add(HANDLER_COUNTERS, -cost);
      Count.add(COUNT_TRANSLATION, cost);
      Count.add(HANDLER_COUNTERS + (COUNT_TRANSLATION - OBSERVE_BASE), cost);
    } else {
      Count.add(COUNT_SERIAL, cost);
    }
  }

  /** What an entry said beyond the one clock of its issue, `cost` in all, is serialization. */
  @inline static serial(cost: u64): void {
    Count.add(COUNT_SPENT, 1 - cost);
    Count.add(COUNT_SERIAL, cost - 1);
  }

  /** NOW moves on by what the CPU waits for `counter`. */
  @inline static since(counter: u32, before: u64): void {
    Count.wait(counter, before, load<u64>(NOW));
  }
}
