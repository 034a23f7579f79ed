// Instruction fetch: translation, I-cache, burst buffer (hardware/core-caches.md section 6, core-timing.md sections 3 and 6).

import { busStart, REFRESH_LIMIT, Refresh } from '../bus/cycle';
import {
  ANSWERS_BURST,
  BANK_BURST_BUSY,
  BANK_BURST_FIRST,
  BANK_BURST_WORDS,
  BANK_BYTES,
  BANK_SIZE,
  busAnswers,
  busBank,
  busMemory,
  CLAIM_IMMR,
  IMMR_READ,
  immrMemory,
} from '../bus/physical';
import { CCER1, CCER2, MISS_OVERHEAD } from '../cache/dcache';
import { decoded, IC_CST_IEN, icFind, icInstall, icMakeRoom } from '../cache/icache';
import { copyLine, fillLine, LINE_LOCKED } from '../cache/layout';
import { stateOf } from '../cache/sets';
import { BUS_FREE_AT, NOW } from '../layout';
import {
  BURST_BANK,
  BURST_HOST,
  BURST_PAGE,
  CODE_LINE_BYTES,
  CODE_PAGES,
  CODE_TABLE_BYTES,
  CP_DELTA,
  CP_INHIBITED,
  CP_PAGE,
  CURRENT_DELTA,
  CURRENT_PAGE,
  DECODED,
  DECODED_ENTRIES,
  DECODED_RAW,
  fillSlot,
  leaveCodePage,
} from '../mmu/derived';
import {
  CTR_CIDEF,
  MI_CTR,
  recordMiss,
  translate,
  XLATE_GUARDED,
  XLATE_INVALID,
  XLATE_MISS,
  XLATE_OK,
  xlateInhibited,
  xlatePa,
  xlateWholePage,
} from '../mmu/mmu';
import { COUNT_FETCH, COUNT_IC_MISSES, Count, TENURE_END } from '../observe/count';
import { machineCheckFetch, raise, raiseItlbMiss, SRR1_GUARDED, SRR1_INVALID, SRR1_PROTECTED } from './exceptions';
import { LINE_TAG } from './ops';
import {
  BURST_BUFFER,
  FETCH_BURST,
  FETCH_CACHED,
  FETCH_EA,
  FETCH_MODE,
  FETCH_PA,
  IC_CST,
  MSR,
  MSR_IR,
  MSR_LE,
  MSR_PR,
  STREAM,
  STREAM_AT,
  STREAM_WORD,
  STREAM_WORDS,
} from './state';
import { VECTOR_ITLB_ERROR } from './vectors';

// Results of `locate`, valid until its next call.
let codePa: u32 = 0;
let codeInhibited: bool = false;

/** Table of derived code pages for the present MSR. */
export function codeTable(): u32 {
  const msr = load<u32>(MSR);
  if (!(msr & MSR_IR)) return CODE_PAGES;
  return CODE_PAGES + (msr & MSR_PR ? 2 * CODE_TABLE_BYTES : CODE_TABLE_BYTES);
}

function codePage(ea: u32): u32 {
  return codeTable() + ((ea >>> 8) & 0x3f0);
}

function noteCodePage(p: u32, ea: u32, delta: u32, inhibited: bool): void {
  fillSlot(p);
  store<u32>(p, ea & 0xfffff000, CP_PAGE);
  store<u32>(p, delta, CP_DELTA);
  store<u32>(p, inhibited ? 1 : 0, CP_INHIBITED);
}

/** Translates the fetch address `ea`; false if that raised an exception. */
function locate(ea: u32): bool {
  const p = codePage(ea);
  if (load<u32>(p, CP_PAGE) == (ea & 0xfffff000)) {
    codePa = ea + load<u32>(p, CP_DELTA);
    codeInhibited = load<u32>(p, CP_INHIBITED) != 0;
    return true;
  }
  const msr = load<u32>(MSR);
  if (!(msr & MSR_IR)) {
    codePa = ea;
    codeInhibited = (load<u32>(MI_CTR) & CTR_CIDEF) != 0;
    noteCodePage(p, ea, 0, codeInhibited);
    return true;
  }
  const user = (msr & MSR_PR) != 0;
  const result = translate(false, ea, user, false, true);
  if (result == XLATE_OK) {
    codePa = xlatePa;
    codeInhibited = xlateInhibited;
    if (xlateWholePage) noteCodePage(p, ea, xlatePa - ea, xlateInhibited);
    return true;
  }
  if (result == XLATE_MISS) {
    recordMiss(false, ea);
    raiseItlbMiss(ea);
  } else {
    const status = result == XLATE_INVALID ? SRR1_INVALID : result == XLATE_GUARDED ? SRR1_GUARDED : SRR1_PROTECTED;
    raise(VECTOR_ITLB_ERROR, ea, status);
  }
  return false;
}

/**
 * Makes the line of `ea` the current one; NOW becomes the cycle at which the word at `ea` is there. Returns the predecoded
 * line, or 0 if an exception was taken (PC is at its vector then).
 */
export function fetchLine(ea: u32): u32 {
  leaveCodePage();
  store<u32>(STREAM, 0);
  if (!locate(ea)) return 0;
  const line = codePa & ~15;
  store<u32>(FETCH_EA, ea & ~15);
  store<u32>(FETCH_PA, line);
  store<u32>(CURRENT_DELTA, codePa - ea);
  const cached = !codeInhibited && (load<u32>(IC_CST) & IC_CST_IEN) != 0;
  let place: u32 = 0;
  if (cached) {
    // Translations that hold for one 1 KB subpage only are asked for again on every line.
    if (wholePage(ea)) {
      store<u32>(CURRENT_PAGE, line & 0xfffff000);
    }
    place = icFind(line);
    if (place) return cachedLine(line, place);
  }
  if (!readBurst(ea, line)) return 0;
  if (cached) {
    if (COUNTING) Count.add(COUNT_IC_MISSES, 1);
    place = icMakeRoom(line);
  }
  if (place) {
    icInstall(line, place, BURST_BUFFER);
    return cachedLine(line, place);
  }
  if (load<u32>(MSR) & MSR_LE) exchangeWords(BURST_BUFFER);
  else if (!cached && wholePage(ea)) noteBurstPage(ea, line);
  store<u32>(CURRENT_PAGE, 1);
  store<u32>(FETCH_MODE, FETCH_BURST);
  return decoded(line, BURST_BUFFER);
}

/** The line in the I-cache at `place` becomes the current one. */
function cachedLine(line: u32, place: u32): u32 {
  if (!(load<u32>(MSR) & MSR_LE)) {
    store<u32>(FETCH_MODE, FETCH_CACHED);
    return place;
  }
  // Little-endian mode munges fetch addresses too: the words of each pair change places. Nobody runs code in it for long,
  // so it goes through the burst buffer each time.
  copyLine(BURST_BUFFER, stateOf(place));
  exchangeWords(BURST_BUFFER);
  store<u32>(CURRENT_PAGE, 1);
  store<u32>(FETCH_MODE, FETCH_BURST);
  return decoded(line, BURST_BUFFER);
}

/** Exchanges the words of both pairs in the 16 bytes at `at`. */
function exchangeWords(at: u32): void {
  store<u64>(at, rotl<u64>(load<u64>(at), 32));
  store<u64>(at + 8, rotl<u64>(load<u64>(at + 8), 32));
}

/** True if the translation of `ea` holds for its 4 KB. */
function wholePage(ea: u32): bool {
  return load<u32>(codePage(ea), CP_PAGE) == (ea & 0xfffff000);
}

/** Lets the run loop burst further lines of the page of `ea` itself, if plain memory is behind all of it. */
function noteBurstPage(ea: u32, line: u32): void {
  const bank = busBank(line);
  if (bank < 0 || bank == CLAIM_IMMR || !busAnswers(bank, ANSWERS_BURST)) return;
  const b = <u32>bank * BANK_BYTES;
  const memory = busMemory(bank, line);
  if (!memory || load<u32>(b, BANK_SIZE) & 0xfff) return;
  store<u32>(BURST_PAGE, ea & 0xfffff000);
  store<u32>(BURST_HOST, memory - (ea & ~15));
  store<u32>(BURST_BANK, b);
}

/** The short way to fetch a line past the cache. */
export class Burst {
  /**
   * `fetchLine` for `ea` in BURST_PAGE at cycle `now`, where nothing can go wrong: returns the predecoded line; 0, and nothing
   * has happened, if `ea` lies elsewhere or the line was not decoded lately. NOW becomes the cycle at which the word at `ea`
   * is there.
   */
  @inline static line(ea: u32, now: u64): u32 {
    let decodedLine: u32 = 0;
    if ((ea & 0xfffff000) == load<u32>(BURST_PAGE)) {
      const line = ea & ~15;
      const pa = line + load<u32>(CURRENT_DELTA);
      const from = line + load<u32>(BURST_HOST);
      const low = load<u64>(from);
      const high = load<u64>(from, 8);
      const index = (pa >>> 4) & (DECODED_ENTRIES - 1);
      const e = DECODED + index * CODE_LINE_BYTES;
      const raw = DECODED_RAW + (index << 4);
      const asked = max<u64>(now + MISS_OVERHEAD, load<u64>(BUS_FREE_AT));
      if (
        load<u32>(e, LINE_TAG) == (pa | 1) &&
        load<u64>(raw) == low &&
        load<u64>(raw, 8) == high &&
        asked < load<u64>(REFRESH_LIMIT) &&
        // Who has the bus in the way is sorted out on the slow way.
        (!COUNTING || load<u64>(TENURE_END) <= now)
      ) {
        const b = load<u32>(BURST_BANK);
        const start = Refresh.before(asked);
        const first = start + load<u32>(b, BANK_BURST_FIRST);
        store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_BURST_BUSY));
        store<u64>(NOW, first);
        if (COUNTING) Count.add(COUNT_FETCH, first - now);
        store<u32>(STREAM, 1);
        store<u64>(STREAM_AT, first);
        store<u32>(STREAM_WORD, (ea >>> 2) & 3);
        store<u64>(STREAM_WORDS, load<u64>(b, BANK_BURST_WORDS));
        store<u64>(BURST_BUFFER, low);
        store<u64>(BURST_BUFFER, high, 8);
        decodedLine = e;
      }
    }
    return decodedLine;
  }
}

/** Burst read of `line` into the burst buffer, the word at `ea` first; false if it ended in a machine check. */
function readBurst(ea: u32, line: u32): bool {
  const bank = busBank(line);
  if (!busAnswers(bank, ANSWERS_BURST)) {
    machineCheckFetch(ea);
    return false;
  }
  if (bank == CLAIM_IMMR) {
    const from = immrMemory(line);
    if (from) copyLine(BURST_BUFFER, from);
    else fillLine(BURST_BUFFER, 0);
    store<u64>(NOW, load<u64>(NOW) + IMMR_READ);
    if (COUNTING) Count.add(COUNT_FETCH, IMMR_READ);
    return true;
  }
  const b = <u32>bank * BANK_BYTES;
  const start = busStart(load<u64>(NOW) + MISS_OVERHEAD);
  const first = start + load<u32>(b, BANK_BURST_FIRST);
  store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_BURST_BUSY));
  if (COUNTING) Count.wait(COUNT_FETCH, load<u64>(NOW), first);
  store<u64>(NOW, first);
  store<u32>(STREAM, 1);
  store<u64>(STREAM_AT, first);
  store<u32>(STREAM_WORD, (ea >>> 2) & 3);
  store<u64>(STREAM_WORDS, load<u64>(b, BANK_BURST_WORDS));
  const from = busMemory(bank, line);
  if (from) copyLine(BURST_BUFFER, from);
  else fillLine(BURST_BUFFER, ~0);
  return true;
}

/** The current line again, after the run loop was left in it: no time passes, nothing changes. 0 if there is none. */
export function resumeLine(): u32 {
  const mode = load<u32>(FETCH_MODE);
  const line = load<u32>(FETCH_PA);
  if (mode == FETCH_CACHED) return icFind(line);
  return mode == FETCH_BURST ? decoded(line, BURST_BUFFER) : 0;
}

/** The instruction word at `pc`, which lies in the current line. */
export function currentWord(pc: u32): u32 {
  const mode = load<u32>(FETCH_MODE);
  let raw = BURST_BUFFER;
  if (mode == FETCH_CACHED) {
    const place = icFind(load<u32>(FETCH_PA));
    if (!place) return 0;
    raw = stateOf(place);
  }
  return bswap<u32>(load<u32>(raw + (pc & 12)));
}

/** IC_CST command load & lock for the line at physical `address`; returns CCER bits. */
export function icLoadAndLock(address: u32): u32 {
  const line = address & ~15;
  let place = icFind(line);
  if (!place) {
    const bank = busBank(line);
    if (!busAnswers(bank, ANSWERS_BURST)) return CCER1;
    place = icMakeRoom(line);
    if (!place) return CCER2;
    readBurst(line, line);
    store<u32>(STREAM, 0);
    // Locked when the whole line is there.
    if (bank != CLAIM_IMMR) {
      const rest: u64 = load<u16>(<u32>bank * BANK_BYTES, BANK_BURST_WORDS + 6);
      if (COUNTING) Count.add(COUNT_FETCH, rest);
      store<u64>(NOW, load<u64>(NOW) + rest);
    }
    icInstall(line, place, BURST_BUFFER);
  }
  store<u32>(stateOf(place), 1, LINE_LOCKED);
  return 0;
}
