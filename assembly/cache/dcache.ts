// Data cache: copyback or write-through, write-allocate, no snooping; lines carry their data (MPC860 UM, Data Cache;
// hardware/core-caches.md). The run loop serves hits on the way used last itself.

import {
  BANK_BURST_BUSY,
  BANK_BURST_FIRST,
  BANK_BURST_WRITE_BUSY,
  BANK_BYTES,
  BANK_KIND,
  BANK_RAM,
  busBank,
  busMemory,
  busProtected,
  CLAIM_IMMR,
  CLAIM_NONE,
} from '../bus/physical';
import { DC_ADR, DC_CST } from '../cpu/state';
import { BUS_FREE_AT, NOW } from '../layout';
import { immrRead, immrWrite } from '../soc/soc';
import {
  COPYBACK,
  copyLine,
  DC_LINES,
  DC_TAGS,
  fillLine,
  INVALID,
  LINE_BYTES,
  LINE_LOCKED,
  LINE_MODIFIED,
  PLACE,
  SECOND,
  SET_BITS,
  SETS,
} from './layout';

// DC_CST
export const DC_CST_DEN: u32 = 0x80000000;
export const DC_CST_DFWT: u32 = 0x40000000;
export const DC_CST_LES: u32 = 0x20000000;
export const CCER1: u32 = 0x00200000;
export const CCER2: u32 = 0x00100000;
export const CCER3: u32 = 0x00080000;

/** Clocks before the bus request of a miss: one in the cache, one of arbitration (hardware/core-timing.md section 3). */
export const MISS_OVERHEAD: u64 = 2;

/** `dcFill`: no unlocked way in the set. */
export const FILL_NO_WAY: u32 = 0;
/** `dcFill`: the bus cycle ended with TEA. */
export const FILL_ERROR: u32 = 1;

/** All lines invalid, unlocked, way 0 next in every set. */
export function dcReset(): void {
  for (let set: u32 = 0; set < SETS; set++) {
    const record = DC_TAGS + (set << 4);
    const lines = DC_LINES + (set << 1) * LINE_BYTES;
    store<u32>(record, INVALID);
    store<u32>(record, lines + LINE_BYTES, PLACE);
    store<u32>(record, INVALID, SECOND);
    store<u32>(record, lines, SECOND + PLACE);
    memory.fill(lines, 0, 2 * LINE_BYTES);
  }
  memory.fill(COPYBACK, 0, 20);
}

/** Address of the data of `line` (a physical line address), made the way used last; 0 on a miss. */
export function dcFind(line: u32): u32 {
  const record = DC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) return load<u32>(record, PLACE);
  if (load<u32>(record, SECOND) != line) return 0;
  swapWays(record);
  return load<u32>(record, PLACE);
}

/** As `dcFind`, without touching the order of use. */
export function dcPeek(line: u32): u32 {
  const record = DC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) return load<u32>(record, PLACE);
  return load<u32>(record, SECOND) == line ? load<u32>(record, SECOND + PLACE) : 0;
}

/** Exchanges the two ways of a set in their order of use. */
export function swapWays(record: u32): void {
  const first = load<u64>(record);
  store<u64>(record, load<u64>(record, SECOND));
  store<u64>(record, first, SECOND);
}

/**
 * Puts the way to be replaced first in the set's order of use: an invalid way, way 0 before way 1, else the way used
 * least recently; a locked line stays. False if nothing can be replaced.
 */
export function chooseWay(record: u32, firstLocked: bool, secondLocked: bool): bool {
  const firstInvalid = load<u32>(record) == INVALID;
  const secondInvalid = load<u32>(record, SECOND) == INVALID;
  if (firstInvalid && secondInvalid) {
    if (load<u32>(record, SECOND + PLACE) < load<u32>(record, PLACE)) swapWays(record);
    return true;
  }
  if (firstInvalid) return true;
  if (secondInvalid || !secondLocked) {
    swapWays(record);
    return true;
  }
  return !firstLocked;
}

/** Writes the 16 bytes at `data` to memory at `line`; false if the bus cycle failed. No time passes. */
function writeLine(line: u32, data: u32): bool {
  const bank = busBank(line);
  if (bank == CLAIM_NONE) return false;
  if (bank == CLAIM_IMMR) {
    if ((line & 0xffff) < 0x4000) {
      for (let i: u32 = 0; i < 16; i += 4) immrWrite((line & 0x3fff) + i, 4, bswap<u32>(load<u32>(data + i)));
    }
    return true;
  }
  const b = <u32>bank * BANK_BYTES;
  if (load<u32>(b, BANK_KIND) != BANK_RAM || busProtected(bank)) return true;
  const to = busMemory(bank, line);
  if (to) copyLine(to, data);
  return true;
}

/** Bus time of a burst write to `line`, behind what the bus does now. */
function chargeCopyback(line: u32): void {
  const bank = busBank(line);
  const busy: u64 = bank < 0 || bank == CLAIM_IMMR ? 8 : load<u32>(<u32>bank * BANK_BYTES, BANK_BURST_WRITE_BUSY);
  store<u64>(BUS_FREE_AT, max<u64>(load<u64>(NOW) + 1, load<u64>(BUS_FREE_AT)) + busy);
}

/** Place of the way that `line` will take, first in its set's order of use; 0 if both are locked. */
function makeRoom(line: u32): u32 {
  const record = DC_TAGS + (line & SET_BITS);
  const firstLocked = load<u32>(load<u32>(record, PLACE), LINE_LOCKED) != 0;
  const secondLocked = load<u32>(load<u32>(record, SECOND + PLACE), LINE_LOCKED) != 0;
  return chooseWay(record, firstLocked, secondLocked) ? load<u32>(record, PLACE) : 0;
}

/** Sends the victim in the first way of `line`'s set to memory if it is modified; bus time follows the fill. */
function evict(line: u32): void {
  const record = DC_TAGS + (line & SET_BITS);
  const old = load<u32>(record);
  const data = load<u32>(record, PLACE);
  if (old == INVALID || !load<u32>(data, LINE_MODIFIED)) return;
  copyLine(COPYBACK, data);
  store<u32>(COPYBACK, old, 16);
  writeLine(old, data);
  chargeCopyback(old);
}

/**
 * Fills a way with `line` by a burst that starts when the bus is free. Returns the data's address, FILL_NO_WAY or
 * FILL_ERROR. NOW becomes the cycle at which the critical word is there; the rest follows in the background.
 */
export function dcFill(line: u32): u32 {
  const bank = busBank(line);
  if (bank == CLAIM_NONE) return FILL_ERROR;
  const data = makeRoom(line);
  if (!data) return FILL_NO_WAY;
  const record = DC_TAGS + (line & SET_BITS);
  const start = max<u64>(load<u64>(NOW) + MISS_OVERHEAD, load<u64>(BUS_FREE_AT));
  if (bank == CLAIM_IMMR) {
    // Internal space knows no bursts: four word reads on the internal bus.
    store<u64>(NOW, start + 12);
    store<u64>(BUS_FREE_AT, start + 12);
    evict(line);
    for (let i: u32 = 0; i < 16; i += 4) {
      const word = (line & 0xffff) < 0x4000 ? immrRead((line & 0x3fff) + i, 4) : 0;
      store<u32>(data + i, bswap<u32>(word));
    }
  } else {
    const b = <u32>bank * BANK_BYTES;
    store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_BURST_BUSY));
    evict(line);
    store<u64>(NOW, start + load<u32>(b, BANK_BURST_FIRST));
    const from = busMemory(bank, line);
    if (from) copyLine(data, from);
    else fillLine(data, ~0);
  }
  store<u32>(record, line);
  store<u32>(data, 0, LINE_MODIFIED);
  store<u32>(data, 0, LINE_LOCKED);
  return data;
}

/** dcbz: a line of zeros without reading memory, modified; FILL_NO_WAY if all ways are locked. */
export function dcZero(line: u32): u32 {
  let data = dcFind(line);
  if (!data) {
    data = makeRoom(line);
    if (!data) return FILL_NO_WAY;
    evict(line);
    store<u32>(DC_TAGS + (line & SET_BITS), line);
    store<u32>(data, 0, LINE_LOCKED);
  }
  fillLine(data, 0);
  store<u32>(data, 1, LINE_MODIFIED);
  return data;
}

/** dcbst and dcbf: writes the line back if it is modified, and drops it if `drop`. False: the bus cycle failed. */
export function dcFlush(line: u32, drop: bool): bool {
  const data = dcPeek(line);
  if (!data) return true;
  let good = true;
  if (load<u32>(data, LINE_MODIFIED)) {
    good = writeLine(line, data);
    chargeCopyback(line);
    store<u32>(data, 0, LINE_MODIFIED);
  }
  if (drop) dcDrop(line);
  return good;
}

/** dcbi: drops the line without writing it back. */
export function dcDrop(line: u32): void {
  const record = DC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) {
    store<u32>(record, INVALID);
    store<u32>(load<u32>(record, PLACE), 0, LINE_MODIFIED);
  } else if (load<u32>(record, SECOND) == line) {
    store<u32>(record, INVALID, SECOND);
    store<u32>(load<u32>(record, SECOND + PLACE), 0, LINE_MODIFIED);
  }
}

/** DC_CST command 1100: drops every unlocked line, modified or not; way 0 is next. */
export function dcInvalidateAll(): void {
  invalidateUnlocked(DC_TAGS, DC_LINES, LINE_BYTES, DC_LINES);
}

/**
 * Drops the unlocked lines of a cache. `places` and `stride` say where the places of physical ways begin and how far they
 * lie apart; `lines` has the lock bits.
 */
export function invalidateUnlocked(tags: u32, places: u32, stride: u32, lines: u32): void {
  for (let set: u32 = 0; set < SETS; set++) {
    const record = tags + (set << 4);
    for (let i: u32 = 0; i < 16; i += SECOND) {
      const line = lines + ((load<u32>(record + i, PLACE) - places) / stride) * LINE_BYTES;
      if (load<u32>(line, LINE_LOCKED)) continue;
      store<u32>(record + i, INVALID);
      store<u32>(line, 0, LINE_MODIFIED);
    }
    if (load<u32>(record, PLACE) < load<u32>(record, SECOND + PLACE)) swapWays(record);
  }
}

/** DC_CST command 1010. */
export function dcUnlockAll(): void {
  for (let i: u32 = 0; i < SETS * 2; i++) store<u32>(DC_LINES + i * LINE_BYTES, 0, LINE_LOCKED);
}

/** DC_CST commands on the line whose address is in DC_ADR: load & lock; returns CCER bits. */
export function dcLoadAndLock(address: u32): u32 {
  const line = address & ~15;
  let data = dcFind(line);
  if (!data) {
    data = dcFill(line);
    if (data == FILL_NO_WAY) return CCER2;
    if (data == FILL_ERROR) return CCER1;
  }
  store<u32>(data, 1, LINE_LOCKED);
  return 0;
}

export function dcUnlockLine(address: u32): void {
  const data = dcPeek(address & ~15);
  if (data) store<u32>(data, 0, LINE_LOCKED);
}

/** DC_CST command 1110: flushes the line in the set and way of DC_ADR; returns CCER bits. */
export function dcFlushPlace(adr: u32): u32 {
  const place = DC_LINES + (((adr & SET_BITS) >>> 3) + ((adr >>> 12) & 1)) * LINE_BYTES;
  const record = DC_TAGS + (adr & SET_BITS);
  const line = load<u32>(record, PLACE) == place ? load<u32>(record) : load<u32>(record, SECOND);
  if (line == INVALID) return 0;
  const good = dcFlush(line, true);
  store<u32>(place, 0, LINE_LOCKED);
  return good ? 0 : CCER1;
}

/** DC_DAT: tag word of the set and way in DC_ADR, or the copyback buffer. */
export function dcReadPort(): u32 {
  const adr = load<u32>(DC_ADR);
  if (adr & 0x2000) {
    const word = (adr >>> 4) & 0x7f;
    return word < 4 ? bswap<u32>(load<u32>(COPYBACK + (word << 2))) : word == 4 ? load<u32>(COPYBACK, 16) : 0;
  }
  const place = DC_LINES + (((adr & SET_BITS) >>> 3) + ((adr >>> 12) & 1)) * LINE_BYTES;
  return tagWord(DC_TAGS + (adr & SET_BITS), place, place) | (load<u32>(place, LINE_MODIFIED) << 6);
}

/** Tag, V, L and LRU of the way at `place` as IC_DAT and DC_DAT show them. */
export function tagWord(record: u32, place: u32, line: u32): u32 {
  const first = load<u32>(record, PLACE) == place;
  const tag = load<u32>(record + (first ? 0 : SECOND));
  const word = tag == INVALID ? 0 : (tag & 0xfffff800) | 0x200;
  return word | (load<u32>(line, LINE_LOCKED) << 8) | (first ? 0 : 0x80);
}

/** True if accesses to cacheable pages use the cache. */
export function dcEnabled(): bool {
  return (load<u32>(DC_CST) & DC_CST_DEN) != 0;
}
