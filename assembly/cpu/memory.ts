// Data accesses of the CPU: translation, D-cache, write buffer, bus, internal space. The run loop serves aligned hits on the
// way used last; everything else comes here. PC and NOW are up to date on entry; NOW advances by the stall.

import { busStart, REFRESH_LIMIT, Refresh } from '../bus/cycle';
import { flashRead, flashWrite } from '../bus/flash';
import {
  ANSWERS_READ,
  ANSWERS_WRITE,
  BANK_BYTES,
  BANK_COMMAND,
  BANK_FLASH,
  BANK_KIND,
  BANK_PORT,
  BANK_RAM,
  BANK_READ_BEAT,
  BANK_READ_BUSY,
  BANK_READ_FIRST,
  BANK_WRITE_BUSY,
  BANK_WRITE_FIRST,
  BUS_GENERATION,
  busAnswers,
  busBank,
  busMemory,
  busProtected,
  CLAIM_IMMR,
  IMMR_DECODED,
  IMMR_READ,
  IMMR_WRITE,
} from '../bus/physical';
import {
  DC_CST_DEN,
  DC_CST_DFWT,
  dcFill,
  dcFind,
  dcVictimLost,
  FILL_ERROR,
  FILL_NO_WAY,
  MISS_OVERHEAD,
} from '../cache/dcache';
import { LINE_MODIFIED } from '../cache/layout';
import { BUS_FREE_AT, GPR, NOW } from '../layout';
import {
  DATA_PAGES,
  DATA_TABLE_BYTES,
  DataSlot,
  DP_ATTRIBUTES,
  DP_BANK,
  DP_CACHED,
  DP_DELTA,
  DP_FAST_READ,
  DP_FAST_WRITE,
  DP_HOST,
  DP_MEMORY,
  DP_NOTHING,
  DP_READ,
  DP_WRITABLE_MEMORY,
  DP_WRITE,
  DP_WRITE_THROUGH,
  dropTranslations,
  fillSlot,
  PAGES_GENERATION,
} from '../mmu/derived';
import {
  CTR_CIDEF,
  CTR_WTDEF,
  MD_CTR,
  recordMiss,
  translate,
  XLATE_INVALID,
  XLATE_MISS,
  XLATE_OK,
  xlateInhibited,
  xlatePa,
  xlateWholePage,
  xlateWriteThrough,
} from '../mmu/mmu';
import { COUNT_DATA, COUNT_SPENT, COUNT_UNCACHED, Count, TENURE_END } from '../observe/count';
import { peek16, poke16 } from '../soc/io';
import { MSTAT, MSTAT_WPER } from '../soc/memc';
import { immrAnswers, immrRead, immrWrite } from '../soc/soc';
import { dataWatched, watchData } from './debug';
import { DSISR_INVALID, DSISR_PROTECTED, DSISR_STORE, machineCheckData, raise, raiseAlignment } from './exceptions';
import { currentWord } from './fetch';
import { OP_LHAU, OP_LWZU, OP_STW, OP_STWU } from './ops';
import {
  DAR,
  DATA_BUSY_UNTIL,
  DC_CST,
  DSISR,
  FAULTED,
  MSR,
  MSR_DR,
  MSR_LE,
  MSR_PR,
  PC,
  WRITE_BUFFER_UNTIL,
} from './state';
import { VECTOR_DTLB_ERROR, VECTOR_DTLB_MISS } from './vectors';

/** Page entry for answers that hold for less than a page: used once. */
const ONCE: u32 = DATA_PAGES + 4 * DATA_TABLE_BYTES - 32;

/** Table of derived data pages for the present MSR. */
export function dataTable(): u32 {
  const msr = load<u32>(MSR);
  if (!(msr & MSR_DR)) return DATA_PAGES;
  return DATA_PAGES + (msr & MSR_PR ? 2 * DATA_TABLE_BYTES : DATA_TABLE_BYTES);
}

/** Exception for a data translation that failed with `result`. */
function raiseData(result: u32, ea: u32, write: bool): void {
  store<u32>(DAR, ea);
  if (result == XLATE_MISS) {
    recordMiss(true, ea);
    raise(VECTOR_DTLB_MISS, load<u32>(PC), 0);
    return;
  }
  store<u32>(DSISR, (result == XLATE_INVALID ? DSISR_INVALID : DSISR_PROTECTED) | (write ? DSISR_STORE : 0));
  raise(VECTOR_DTLB_ERROR, load<u32>(PC), 0);
}

/** Derived page of `ea` that allows the access; 0 after raising an exception. */
function page(ea: u32, write: bool): u32 {
  const p = DataSlot.of(dataTable(), ea);
  if (load<u32>(p + (write ? DP_WRITE : DP_READ)) == (ea & 0xfffff000)) return p;
  return fillPage(p, ea, write);
}

function fillPage(p: u32, ea: u32, write: bool): u32 {
  const msr = load<u32>(MSR);
  let pa = ea;
  let inhibited: bool;
  let through: bool;
  let whole = true;
  let writable = true;
  if (msr & MSR_DR) {
    const user = (msr & MSR_PR) != 0;
    const result = translate(true, ea, user, write, true);
    if (result != XLATE_OK) {
      raiseData(result, ea, write);
      return 0;
    }
    pa = xlatePa;
    inhibited = xlateInhibited;
    through = xlateWriteThrough;
    whole = xlateWholePage;
    // A page that was read first is entered for reading only: its first store asks again, and sees PP and C.
    writable = write;
  } else {
    const ctr = load<u32>(MD_CTR);
    inhibited = (ctr & CTR_CIDEF) != 0;
    through = (ctr & CTR_WTDEF) != 0;
  }
  const cst = load<u32>(DC_CST);
  if (cst & DC_CST_DFWT) through = true;
  const at = whole ? p : ONCE;
  if (whole) fillSlot(p);
  const bank = busBank(pa);
  let attributes: u32 = 0;
  let host: u32 = 0;
  if (bank >= 0 && bank != CLAIM_IMMR) {
    const b = <u32>bank * BANK_BYTES;
    const memory = busMemory(bank, pa);
    if (memory) {
      host = memory - ea;
      if (busAnswers(bank, ANSWERS_READ)) attributes = DP_MEMORY;
      if (load<u32>(b, BANK_KIND) == BANK_RAM && !busProtected(bank) && busAnswers(bank, ANSWERS_WRITE)) {
        attributes |= DP_WRITABLE_MEMORY;
      }
    }
  }
  const cached = (cst & DC_CST_DEN) != 0 && !inhibited;
  if (cached) attributes |= DP_CACHED | (through ? DP_WRITE_THROUGH : 0);
  const tag = ea & 0xfffff000;
  const fast = cached && whole;
  store<u32>(at, fast ? tag : DP_NOTHING, DP_FAST_READ);
  // Once entered for writing, a page stays so when a load comes first next time: the table is dropped on any change.
  store<u32>(at, fast && writable && !through ? tag : DP_NOTHING, DP_FAST_WRITE);
  store<u32>(at, pa - ea, DP_DELTA);
  store<u32>(at, whole ? tag : DP_NOTHING, DP_READ);
  store<u32>(at, whole && writable ? tag : DP_NOTHING, DP_WRITE);
  store<u32>(at, attributes, DP_ATTRIBUTES);
  store<i32>(at, bank, DP_BANK);
  store<u32>(at, host, DP_HOST);
  return at;
}

/** Waits for the word of an earlier store that missed. */
function waitForData(): void {
  const busy = load<u64>(DATA_BUSY_UNTIL);
  if (load<u64>(NOW) >= busy) return;
  if (COUNTING) Count.wait(COUNT_DATA, load<u64>(NOW), busy);
  store<u64>(NOW, busy);
}

/** Bus cycles that an access of `size` bytes takes on the bank's port. */
function beats(bank: u32, size: u32): u32 {
  const bytes = load<u32>(bank * BANK_BYTES, BANK_PORT) >>> 3;
  return bytes == 0 || size <= bytes ? 1 : size / bytes;
}

function bytesAt(p: u32, size: u32): u32 {
  if (size == 4) return bswap<u32>(load<u32>(p));
  return size == 2 ? bswap<u16>(load<u16>(p)) : load<u8>(p);
}

function putBytes(p: u32, size: u32, value: u32): void {
  if (size == 4) store<u32>(p, bswap<u32>(value));
  else if (size == 2) store<u16>(p, bswap<u16>(<u16>value));
  else store<u8>(p, <u8>value);
}

/** One aligned load. */
function readPiece(ea: u32, size: u32): u32 {
  const p = page(ea, false);
  if (!p) return 0;
  waitForData();
  const attributes = load<u32>(p, DP_ATTRIBUTES);
  const pa = ea + load<u32>(p, DP_DELTA);
  if (attributes & DP_CACHED) {
    let data = dcFind(pa & ~15);
    if (data) return bytesAt(data + (pa & 15), size);
    const before = load<u64>(NOW);
    data = dcFill(pa & ~15);
    if (COUNTING) Count.since(COUNT_DATA, before);
    if (data > FILL_ERROR && !dcVictimLost) return bytesAt(data + (pa & 15), size);
    if (data != FILL_NO_WAY) {
      machineCheckData(ea, currentWord(load<u32>(PC)));
      return 0;
    }
  }
  const bank = load<i32>(p, DP_BANK);
  if (bank == CLAIM_IMMR) {
    store<u64>(NOW, load<u64>(NOW) + IMMR_READ);
    if (COUNTING) Count.add(COUNT_UNCACHED, IMMR_READ);
    const offset = pa & 0xffff;
    if (immrAnswers(offset)) return offset < IMMR_DECODED ? immrRead(offset, size) : 0;
    machineCheckData(ea, currentWord(load<u32>(PC)));
    return 0;
  }
  if (!busAnswers(bank, ANSWERS_READ)) {
    machineCheckData(ea, currentWord(load<u32>(PC)));
    return 0;
  }
  const b = <u32>bank * BANK_BYTES;
  const extra = (beats(bank, size) - 1) * load<u32>(b, BANK_READ_BEAT);
  const before = load<u64>(NOW);
  const start = busStart(before + MISS_OVERHEAD) + extra;
  store<u64>(NOW, start + load<u32>(b, BANK_READ_FIRST));
  if (COUNTING) Count.since(COUNT_UNCACHED, before);
  store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_READ_BUSY));
  if (!(attributes & DP_MEMORY)) {
    if (load<u32>(b, BANK_KIND) == BANK_COMMAND) return flashRead(bank, pa, size);
    return size == 4 ? 0xffffffff : size == 2 ? 0xffff : 0xff;
  }
  return bytesAt(ea + load<u32>(p, DP_HOST), size);
}

/** One aligned store. */
function writePiece(ea: u32, size: u32, value: u32): void {
  const p = page(ea, true);
  if (!p) return;
  waitForData();
  const attributes = load<u32>(p, DP_ATTRIBUTES);
  const pa = ea + load<u32>(p, DP_DELTA);
  if (attributes & DP_CACHED) {
    if (attributes & DP_WRITE_THROUGH) {
      const data = dcFind(pa & ~15);
      if (data) putBytes(data + (pa & 15), size, value);
    } else {
      let data = dcFind(pa & ~15);
      if (!data) {
        // The store itself goes into the one-word buffer; only the next data access has to wait for the line.
        const now = load<u64>(NOW);
        data = dcFill(pa & ~15);
        if (data == FILL_ERROR || dcVictimLost) {
          if (COUNTING) Count.since(COUNT_DATA, now);
          machineCheckData(ea, currentWord(load<u32>(PC)));
          return;
        }
        if (data != FILL_NO_WAY) {
          store<u64>(DATA_BUSY_UNTIL, load<u64>(NOW));
          store<u64>(NOW, now);
        }
      }
      if (data) {
        putBytes(data + (pa & 15), size, value);
        store<u32>(data, 1, LINE_MODIFIED);
        return;
      }
    }
  }
  const bank = load<i32>(p, DP_BANK);
  if (bank == CLAIM_IMMR) {
    store<u64>(NOW, load<u64>(NOW) + IMMR_WRITE);
    if (COUNTING) Count.add(COUNT_UNCACHED, IMMR_WRITE);
    const offset = pa & 0xffff;
    if (offset < IMMR_DECODED) immrWrite(offset, size, value);
    return;
  }
  if (!busAnswers(bank, ANSWERS_WRITE)) {
    machineCheckData(ea, currentWord(load<u32>(PC)));
    return;
  }
  if (busProtected(bank)) {
    poke16(MSTAT, peek16(MSTAT) | MSTAT_WPER);
    machineCheckData(ea, currentWord(load<u32>(PC)));
    return;
  }
  const b = <u32>bank * BANK_BYTES;
  const buffer = load<u64>(WRITE_BUFFER_UNTIL);
  if (load<u64>(NOW) < buffer) {
    if (COUNTING) Count.wait(COUNT_UNCACHED, load<u64>(NOW), buffer);
    store<u64>(NOW, buffer);
  }
  const extra = (beats(bank, size) - 1) * load<u32>(b, BANK_WRITE_BUSY);
  const start = busStart(load<u64>(NOW) + MISS_OVERHEAD) + extra;
  store<u64>(WRITE_BUFFER_UNTIL, start + load<u32>(b, BANK_WRITE_FIRST));
  store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_WRITE_BUSY));
  if (attributes & DP_WRITABLE_MEMORY) putBytes(ea + load<u32>(p, DP_HOST), size, value);
  else if (load<u32>(b, BANK_KIND) >= BANK_FLASH) flashWrite(bank, pa, size, value);
}

/** The short way to data past the cache. */
export class Past {
  /**
   * The aligned access at `ea` of the predecoded entry at `ip`, past the cache to plain memory on the page of slot `p`
   * at cycle `now`, where nothing can go wrong: returns the cycle after it; 0, and nothing has happened, if it is
   * another case.
   */
  @inline static access(p: u32, ip: u32, ea: u32, now: u64): u64 {
    const op: u32 = load<u8>(ip);
    const register: u32 = load<u8>(ip, 2);
    const attributes = load<u32>(p, DP_ATTRIBUTES);
    let then: u64 = 0;
    // Who has the bus in the way is sorted out on the slow way.
    if (COUNTING && load<u64>(TENURE_END) > now) return 0;
    if (op < OP_STW) {
      // Words, bytes, half-words, algebraic half-words: in this order, four by four.
      const form = op & 3;
      const size: u32 = form == 0 ? 4 : form == 1 ? 1 : 2;
      const b = load<u32>(p, DP_BANK) * BANK_BYTES;
      const asked = max<u64>(now + MISS_OVERHEAD, load<u64>(BUS_FREE_AT));
      if (
        load<u32>(p, DP_READ) == (ea & (0xfffff000 | (size - 1))) &&
        (attributes & (DP_MEMORY | DP_CACHED)) == DP_MEMORY &&
        size << 3 <= load<u32>(b, BANK_PORT) &&
        asked < load<u64>(REFRESH_LIMIT)
      ) {
        const start = Refresh.before(asked);
        store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_READ_BUSY));
        then = start + load<u32>(b, BANK_READ_FIRST);
        const from = ea + load<u32>(p, DP_HOST);
        if (op >= OP_LWZU || op == OP_LHAU) store<u32>(load<u8>(ip, 3), ea, GPR);
        if (form == 0) store<u32>(register, bswap<u32>(load<u32>(from)), GPR);
        else if (form == 1) store<u32>(register, load<u8>(from), GPR);
        else if (form == 2) store<u32>(register, <u32>bswap<u16>(load<u16>(from)), GPR);
        else store<u32>(register, <u32>(<i32>(<i16>bswap<u16>(load<u16>(from)))), GPR);
      }
    } else {
      // Words, bytes, half-words, three by three.
      const form = (op - OP_STW) % 3;
      const size: u32 = form == 0 ? 4 : form;
      const b = load<u32>(p, DP_BANK) * BANK_BYTES;
      const buffered = max<u64>(now, load<u64>(WRITE_BUFFER_UNTIL));
      const asked = max<u64>(buffered + MISS_OVERHEAD, load<u64>(BUS_FREE_AT));
      if (
        load<u32>(p, DP_WRITE) == (ea & (0xfffff000 | (size - 1))) &&
        attributes == (DP_MEMORY | DP_WRITABLE_MEMORY) &&
        size << 3 <= load<u32>(b, BANK_PORT) &&
        asked < load<u64>(REFRESH_LIMIT)
      ) {
        then = buffered;
        const start = Refresh.before(asked);
        store<u64>(WRITE_BUFFER_UNTIL, start + load<u32>(b, BANK_WRITE_FIRST));
        store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_WRITE_BUSY));
        const to = ea + load<u32>(p, DP_HOST);
        const value = load<u32>(register, GPR);
        if (form == 0) store<u32>(to, bswap<u32>(value));
        else if (form == 1) store<u8>(to, <u8>value);
        else store<u16>(to, bswap<u16>(<u16>value));
        if (op >= OP_STWU) store<u32>(load<u8>(ip, 3), ea, GPR);
      }
    }
    if (COUNTING && then) Count.add(COUNT_UNCACHED, then - now);
    return then;
  }
}

/** Drops derived translations if a device write or the host changed what is where. */
export function busCheck(): void {
  const generation = load<u32>(BUS_GENERATION);
  if (generation == load<u32>(PAGES_GENERATION)) return;
  store<u32>(PAGES_GENERATION, generation);
  dropTranslations();
}

/** Little-endian mode munges the address instead of swapping bytes; misaligned accesses are not possible in it. */
function munged(ea: u32, size: u32): u32 {
  return ea ^ (8 - size);
}

/** Loads `size` (1, 2, 4) bytes at `ea`, any alignment. Check FAULTED afterwards. */
export function dataRead(ea: u32, size: u32): u32 {
  const value = readBytes(ea, size);
  if (dataWatched() && !load<u32>(FAULTED)) watchData(ea, size, value, false);
  return value;
}

/** Stores `size` (1, 2, 4) bytes at `ea`, any alignment. Check FAULTED afterwards. */
export function dataWrite(ea: u32, size: u32, value: u32): void {
  writeBytes(ea, size, value);
  if (dataWatched() && !load<u32>(FAULTED)) watchData(ea, size, value, true);
}

function readBytes(ea: u32, size: u32): u32 {
  if (load<u32>(MSR) & MSR_LE) {
    if (ea & (size - 1)) {
      raiseAlignment(ea, currentWord(load<u32>(PC)));
      return 0;
    }
    return readPiece(munged(ea, size), size);
  }
  if (!(ea & (size - 1))) return readPiece(ea, size);
  // Aligned pieces, one clock for each further one (hardware/core-timing.md section 2).
  if (size == 2 || !(ea & 1)) {
    const half = size >>> 1;
    const high = readPiece(ea, half);
    if (load<u32>(FAULTED)) return 0;
    store<u64>(NOW, load<u64>(NOW) + 1);
    if (COUNTING) Count.add(COUNT_SPENT, 1);
    return (high << (half << 3)) | readPiece(ea + half, half);
  }
  const first = readPiece(ea, 1);
  if (load<u32>(FAULTED)) return 0;
  store<u64>(NOW, load<u64>(NOW) + 2);
  if (COUNTING) Count.add(COUNT_SPENT, 2);
  const middle = readPiece(ea + 1, 2);
  if (load<u32>(FAULTED)) return 0;
  return (first << 24) | (middle << 8) | readPiece(ea + 3, 1);
}

function writeBytes(ea: u32, size: u32, value: u32): void {
  if (load<u32>(MSR) & MSR_LE) {
    if (ea & (size - 1)) raiseAlignment(ea, currentWord(load<u32>(PC)));
    else writePiece(munged(ea, size), size, value);
    return;
  }
  if (!(ea & (size - 1))) {
    writePiece(ea, size, value);
    return;
  }
  // Both pages, or 1 KB subpages, are checked before anything is stored.
  const last = ea + size - 1;
  if ((ea ^ last) & 0xfffffc00) {
    if (!page(ea, true) || !page(last & 0xfffffc00, true)) return;
  }
  if (size == 2 || !(ea & 1)) {
    const half = size >>> 1;
    writePiece(ea, half, value >>> (half << 3));
    if (load<u32>(FAULTED)) return;
    store<u64>(NOW, load<u64>(NOW) + 1);
    if (COUNTING) Count.add(COUNT_SPENT, 1);
    writePiece(ea + half, half, value);
    return;
  }
  writePiece(ea, 1, value >>> 24);
  if (load<u32>(FAULTED)) return;
  store<u64>(NOW, load<u64>(NOW) + 2);
  if (COUNTING) Count.add(COUNT_SPENT, 2);
  writePiece(ea + 1, 2, value >>> 8);
  if (load<u32>(FAULTED)) return;
  writePiece(ea + 3, 1, value);
}

/** Physical address for a cache instruction, checked as a load or a store. FAULTED after an exception. */
export function dataTranslate(ea: u32, write: bool): u32 {
  const p = page(ea, write);
  return p ? ea + load<u32>(p, DP_DELTA) : 0;
}

/** DP_* attributes of the page of `ea`, for dcbz. FAULTED after an exception. */
export function dataAttributes(ea: u32, write: bool): u32 {
  const p = page(ea, write);
  return p ? load<u32>(p, DP_ATTRIBUTES) : 0;
}
