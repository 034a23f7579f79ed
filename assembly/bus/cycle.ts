// Taking the external bus: one access at a time, whoever asks, and the refresh of both UPMs between them (MPC860 UM,
// Memory Controller: Memory Periodic Timer). Nothing here is scheduled: an access that wants to start computes what the
// timers did since the one before it, so an idle board pays nothing and the run does not depend on how it is sliced.

import { NEVER } from '../events';
import { BUS_BASE, BUS_FREE_AT, NOW } from '../layout';
import { COUNT_DMA, Count } from '../observe/count';
import { brgclkDivider } from '../soc/clocks';
import { peek16 } from '../soc/io';
import { MPTPR } from '../soc/memc';
import {
  BANK_BURST_BUSY,
  BANK_BURST_WRITE_BUSY,
  BANK_BYTES,
  BANK_PORT,
  BANK_READ_BUSY,
  BANK_WRITE_BUSY,
  busBank,
  CLAIM_IMMR,
} from './physical';
import { busDivision, busTimeout } from './timing';
import { MXMR_PTE, UPM_PTS, upmAccess, upmClocks, upmMode, upmWalk } from './upm';

// What an access looks at
/** u64: cycle of the next refresh request, NEVER without refresh. */
export const REFRESH_AT: u32 = BUS_BASE + 0x508;
/** u64: cycle of the one behind it; the same cycle while both UPMs refresh, which only `refreshed` can sort out. */
export const REFRESH_LIMIT: u32 = REFRESH_AT + 8;
// What only this file looks at
/** u64: REFRESH_LIMIT - REFRESH_AT. */
const REFRESH_STEP: u32 = REFRESH_LIMIT + 8;
/** u32: core clocks that the refresh at REFRESH_AT takes the bus for, while only one UPM refreshes. */
const REFRESH_COST: u32 = REFRESH_STEP + 8;
/** u32: that UPM. */
const REFRESH_ONE: u32 = REFRESH_COST + 4;
/** u64 × 2: next request of UPMA and UPMB, NEVER if off; of REFRESH_ONE it is REFRESH_AT that counts, and 0 stands here. */
const REFRESH_NEXT: u32 = REFRESH_ONE + 4;
/** u32 × 2: core clocks from one request to the next. */
const REFRESH_PERIOD: u32 = REFRESH_NEXT + 16;
/** u32 × 2: core clocks that a refresh takes the bus for. */
const REFRESH_CLOCKS: u32 = REFRESH_PERIOD + 8;

const MXMR_PT_SHIFT: u32 = 24;
const MPTPR_PTP_SHIFT: u32 = 8;
/** PT counts to 256 when it is 0. */
const PT_MAX: u32 = 256;
const WORD_BYTES: u32 = 4;
const BURST_WORDS: u32 = 4;

/** Core clocks between refresh requests of a machine: BRGCLK divided by MPTPR[PTP] (2 to 64, one-hot) and MxMR[PT]; 0 = off. */
function refreshPeriod(machine: u32): u32 {
  const mode = upmMode(machine);
  const ptp = <u32>peek16(MPTPR) >>> MPTPR_PTP_SHIFT;
  if (!(mode & MXMR_PTE) || ptp == 0) return 0;
  const pt = mode >>> MXMR_PT_SHIFT;
  // 20 = /2, 10 = /4, … 01 = /64
  const prescale: u32 = ptp >= 0x20 ? 2 : 2 << (<u32>clz(ptp) - 26);
  return prescale * (pt ? pt : PT_MAX) * brgclkDivider();
}

/** Computes the refresh anew after a change of MxMR, MPTPR, UPM RAM or SCCR; a timer whose period changed starts over. */
export function refreshTimings(): void {
  noteNext();
  for (let machine: u32 = 0; machine < 2; machine++) {
    const period = refreshPeriod(machine);
    const at = REFRESH_NEXT + (machine << 3);
    if (period != load<u32>(REFRESH_PERIOD + (machine << 2)) || period == 0) {
      store<u32>(REFRESH_PERIOD + (machine << 2), period);
      store<u64>(at, period ? load<u64>(NOW) + period : NEVER);
    }
    const ends = period && upmAccess(machine, UPM_PTS, 0, 1);
    store<u32>(REFRESH_CLOCKS + (machine << 2), ends ? upmClocks * busDivision() : 0);
  }
  noteFirst();
}

/** REFRESH_AT to REFRESH_NEXT, where it belongs to one machine. */
function noteNext(): void {
  if (load<u64>(REFRESH_STEP)) store<u64>(REFRESH_NEXT + (load<u32>(REFRESH_ONE) << 3), load<u64>(REFRESH_AT));
}

/** REFRESH_NEXT to what accesses look at. */
function noteFirst(): void {
  const a = load<u64>(REFRESH_NEXT);
  const b = load<u64>(REFRESH_NEXT, 8);
  const one: u32 = a == NEVER ? 1 : 0;
  const first = min<u64>(a, b);
  const step: u64 = (a == NEVER) == (b == NEVER) ? 0 : load<u32>(REFRESH_PERIOD + (one << 2));
  store<u64>(REFRESH_AT, first);
  store<u64>(REFRESH_LIMIT, first + step);
  store<u64>(REFRESH_STEP, step);
  store<u32>(REFRESH_ONE, one);
  store<u32>(REFRESH_COST, load<u32>(REFRESH_CLOCKS + (one << 2)));
  // When it was brought up to date last depends on how the run was sliced; the state must not.
  if (step) store<u64>(REFRESH_NEXT + (one << 3), 0);
}

/** Serves the requests of `machine` up to cycle `start` on a bus that is free from `free` on; returns when it is free then. */
function serve(machine: u32, start: u64, free: u64): u64 {
  const at = REFRESH_NEXT + (machine << 3);
  const next = load<u64>(at);
  if (next > start) return free;
  const period = <u64>load<u32>(REFRESH_PERIOD + (machine << 2));
  const clocks = <u64>load<u32>(REFRESH_CLOCKS + (machine << 2));
  const last = next + ((start - next) / period) * period;
  store<u64>(at, last + period);
  // Requests before the last one had the idle bus; one that found it taken ran right behind. A second one waiting is none.
  if (last > next) free = max<u64>(free, max<u64>(last - period, free) + clocks);
  return max<u64>(last, free) + clocks;
}

/** Cycle at which an access may start that could start at `start` but for the refresh requests until then. */
export function refreshed(start: u64): u64 {
  noteNext();
  let free = load<u64>(BUS_FREE_AT);
  free = serve(0, start, free);
  free = serve(1, start, free);
  noteFirst();
  return max<u64>(start, free);
}

/** Moves the refresh on by `span` cycles, in which it did its work; false, and nothing moved, if both UPMs refresh. */
export function refreshSkip(span: u64): bool {
  if (!load<u64>(REFRESH_STEP)) return false;
  store<u64>(REFRESH_AT, load<u64>(REFRESH_AT) + span);
  store<u64>(REFRESH_LIMIT, load<u64>(REFRESH_LIMIT) + span);
  return true;
}

/** The short way of `refreshed` for the run loop. */
export class Refresh {
  /** As `refreshed` for a `start` before REFRESH_LIMIT: at most one request of one UPM. */
  @inline static before(start: u64): u64 {
    let then = start;
    const at = load<u64>(REFRESH_AT);
    if (start >= at) {
      then = max<u64>(start, max<u64>(at, load<u64>(BUS_FREE_AT)) + load<u32>(REFRESH_COST));
      const limit = load<u64>(REFRESH_LIMIT);
      store<u64>(REFRESH_AT, limit);
      store<u64>(REFRESH_LIMIT, limit + load<u64>(REFRESH_STEP));
    }
    return then;
  }
}

/** Cycle at which an access that wants the bus at `earliest` may start. */
export function busStart(earliest: u64): u64 {
  const start = max<u64>(earliest, load<u64>(BUS_FREE_AT));
  return start < load<u64>(REFRESH_AT) ? start : refreshed(start);
}

/** NOW becomes the cycle at which the bus monitor ends an access that nobody answers with TEA. */
export function busMonitor(): void {
  const end = busStart(load<u64>(NOW)) + busTimeout();
  store<u64>(NOW, end);
  store<u64>(BUS_FREE_AT, end);
}

/** Takes the external bus for `busy` clocks of DMA, from NOW or when it is free. */
function takeBus(busy: u32): void {
  const start = busStart(load<u64>(NOW));
  store<u64>(BUS_FREE_AT, start + busy);
  if (COUNTING) Count.tenure(COUNT_DMA, start, start + busy);
}

/** Takes the external bus for one access of SDMA, `bytes` (1, 2, 4) at `pa`, from NOW or when the bus is free. */
export function busSingle(pa: u32, bytes: u32, write: bool): void {
  const bank = busBank(pa);
  if (bank < 0 || bank == CLAIM_IMMR) return;
  const b = <u32>bank * BANK_BYTES;
  const port = load<u32>(b, BANK_PORT) >>> 3;
  const cycles: u32 = bytes > port ? bytes / port : 1;
  const busy = cycles * load<u32>(b + (write ? BANK_WRITE_BUSY : BANK_READ_BUSY));
  takeBus(busy);
}

/** As `busSingle` for `words` from `pa` on, four at a time in a burst. */
export function busSteal(pa: u32, words: u32, write: bool): void {
  const bank = busBank(pa);
  if (bank < 0 || bank == CLAIM_IMMR) return;
  const b = <u32>bank * BANK_BYTES;
  for (let left = words; left >= BURST_WORDS; left -= BURST_WORDS) {
    const busy = load<u32>(b + (write ? BANK_BURST_WRITE_BUSY : BANK_BURST_BUSY));
    takeBus(busy);
  }
  for (let left = words % BURST_WORDS; left; left--) busSingle(pa, WORD_BYTES, write);
}

/** MCR's RUN command: the pattern at RAM address `at`, looped by MCLF, takes the bus. */
export function busRunPattern(machine: u32, at: u32, loops: u32): void {
  // One that never ends would keep the machine for ever on silicon; here it is given up at the walk's limit.
  upmWalk(machine, at, 0, 1, loops);
  store<u64>(BUS_FREE_AT, busStart(load<u64>(NOW)) + upmClocks * busDivision());
}
