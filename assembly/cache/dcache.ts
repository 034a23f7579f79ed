// Data cache: copyback or write-through, write-allocate, no snooping; lines carry their data (MPC860 UM, Data Cache;
// hardware/core-caches.md). The run loop serves hits on the way used last itself.

import { busStart } from '../bus/cycle';
import {
  ANSWERS_BURST,
  ANSWERS_BURST_WRITE,
  BANK_BURST_BUSY,
  BANK_BURST_FIRST,
  BANK_BURST_WORDS,
  BANK_BURST_WRITE_BUSY,
  BANK_BYTES,
  BANK_KIND,
  BANK_RAM,
  busAnswers,
  busBank,
  busMemory,
  busProtected,
  CLAIM_IMMR,
  IMMR_DECODED,
} from '../bus/physical';
import { DC_ADR, DC_CST } from '../cpu/state';
import { BUS_FREE_AT, NOW } from '../layout';
import {
  COUNT_DATA,
  COUNT_DC_EVICTIONS,
  COUNT_DC_MISSES,
  COUNT_DC_WRITE_BACKS,
  COUNT_WRITE_BACK,
  Count,
} from '../observe/count';
import { peek16, poke16 } from '../soc/io';
import { MSTAT, MSTAT_WPER } from '../soc/memc';
import { immrRead, immrWrite } from '../soc/soc';
import { forgetHits, forgetSet } from './hits';
import {
  ARRIVING,
  COPYBACK,
  copyLine,
  DC_FILLED_AT,
  DC_FILLING,
  DC_LINES,
  DC_SET_BITS,
  DC_TAGS,
  DC_WAYS,
  fillLine,
  INVALID,
  LINE_BYTES,
  LINE_LOCKED,
  LINE_MODIFIED,
  MOST_SETS,
  MOST_WAYS,
  PLACE,
} from './layout';
import {
  arraySelect,
  invalidateUnlocked,
  makeRoomIn,
  placeOf,
  positionOf,
  promote,
  resetSet,
  tagWord,
  wayAt,
  waySelected,
} from './sets';

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
  forgetHits();
  for (let set: u32 = 0; set < MOST_SETS; set++) resetSet(DC_TAGS + (set << 4), load<u32>(DC_WAYS), false, set);
  memory.fill(DC_LINES, 0, MOST_SETS * MOST_WAYS * LINE_BYTES);
  memory.fill(COPYBACK, 0, 20);
  store<u32>(DC_FILLING, INVALID);
  store<u64>(DC_FILLED_AT, 0);
}

/** The set of `line`. */
function setOf(line: u32): u32 {
  return DC_TAGS + (line & load<u32>(DC_SET_BITS));
}

/**
 * The line whose words are still on their way is in the array: nothing hits in it before its last word is there (MPC823 UM
 * 10.4.1). `wait`: the CPU is who asks.
 */
function arrive(wait: bool): void {
  const line = load<u32>(DC_FILLING);
  if (line == INVALID) return;
  if (wait) {
    if (COUNTING) Count.wait(COUNT_DATA, load<u64>(NOW), load<u64>(DC_FILLED_AT));
    store<u64>(NOW, max<u64>(load<u64>(NOW), load<u64>(DC_FILLED_AT)));
  }
  const record = setOf(line);
  const ways = load<u32>(DC_WAYS);
  const position = positionOf(record, ways, line);
  if (position < ways) store<u32>(wayAt(record, position), line);
  store<u32>(DC_FILLING, INVALID);
}

/** Address of the data of `line` (a physical line address), made the way used last; 0 on a miss. Waits for its last word. */
export function dcFind(line: u32): u32 {
  if (load<u32>(DC_FILLING) == line) arrive(true);
  const record = setOf(line);
  const ways = load<u32>(DC_WAYS);
  const position = positionOf(record, ways, line);
  if (position == ways) return 0;
  if (position) {
    forgetSet(record);
    promote(record, position);
  }
  return load<u32>(record, PLACE);
}

/** As `dcFind`, without touching the order of use. */
export function dcPeek(line: u32): u32 {
  const record = setOf(line);
  const ways = load<u32>(DC_WAYS);
  const position = positionOf(record, ways, line);
  return position == ways ? 0 : load<u32>(wayAt(record, position), PLACE);
}

/** Writes the copyback buffer to memory; false if the bus cycle ended with TEA. No time passes. */
function writeCopyback(): bool {
  const line = load<u32>(COPYBACK, 16);
  const bank = busBank(line);
  if (!busAnswers(bank, ANSWERS_BURST_WRITE)) return false;
  if (bank == CLAIM_IMMR) {
    if ((line & 0xffff) < IMMR_DECODED) {
      for (let i: u32 = 0; i < 16; i += 4) immrWrite((line & 0x3fff) + i, 4, bswap<u32>(load<u32>(COPYBACK + i)));
    }
    return true;
  }
  if (busProtected(bank)) {
    poke16(MSTAT, peek16(MSTAT) | MSTAT_WPER);
    return false;
  }
  if (load<u32>(<u32>bank * BANK_BYTES, BANK_KIND) != BANK_RAM) return true;
  const to = busMemory(bank, line);
  if (to) copyLine(to, COPYBACK);
  return true;
}

/** Bus time of a burst write to `line`, behind what the bus does now. */
function chargeCopyback(line: u32): void {
  const bank = busBank(line);
  const busy: u64 = bank < 0 || bank == CLAIM_IMMR ? 8 : load<u32>(<u32>bank * BANK_BYTES, BANK_BURST_WRITE_BUSY);
  const start = busStart(load<u64>(NOW) + 1);
  store<u64>(BUS_FREE_AT, start + busy);
  if (COUNTING) {
    Count.tenure(COUNT_WRITE_BACK, start, start + busy);
    Count.add(COUNT_DC_WRITE_BACKS, 1);
  }
}

/** Place of the way that `line` will take, first in its set's order of use; 0 if all are locked. */
function makeRoom(line: u32): u32 {
  forgetSet(setOf(line));
  const place = makeRoomIn(setOf(line), load<u32>(DC_WAYS));
  if (COUNTING && place && load<u32>(setOf(line)) != INVALID) Count.add(COUNT_DC_EVICTIONS, 1);
  return place;
}

/** Puts the line at `data` into the copyback buffer. */
function toCopyback(line: u32, data: u32): void {
  copyLine(COPYBACK, data);
  store<u32>(COPYBACK, line, 16);
}

/** Moves the victim at `data`, the first way of `record`, into the copyback buffer; false if it need not be written. */
function evict(record: u32, data: u32): bool {
  const old = load<u32>(record);
  if (old == INVALID || !load<u32>(data, LINE_MODIFIED)) return false;
  toCopyback(old, data);
  return true;
}

/** The last `dcFill` or `dcZero` could not write its victim back: a machine check (MPC801 UM 10.4.1). Valid until the next. */
export let dcVictimLost: bool = false;

/**
 * Fills a way with `line` by a burst that starts when the bus is free; the victim follows it. Returns the data's address,
 * FILL_NO_WAY or FILL_ERROR. NOW becomes the cycle at which the critical word is there; the rest follows in the background.
 */
export function dcFill(line: u32): u32 {
  dcVictimLost = false;
  const bank = busBank(line);
  if (!busAnswers(bank, ANSWERS_BURST)) return FILL_ERROR;
  arrive(false);
  const data = makeRoom(line);
  if (!data) return FILL_NO_WAY;
  if (COUNTING) Count.add(COUNT_DC_MISSES, 1);
  const record = setOf(line);
  const dirty = evict(record, data);
  const start = busStart(load<u64>(NOW) + MISS_OVERHEAD);
  if (bank == CLAIM_IMMR) {
    // Internal space knows no bursts: four word reads on the internal bus.
    store<u64>(NOW, start + 12);
    store<u64>(BUS_FREE_AT, start + 12);
    for (let i: u32 = 0; i < 16; i += 4) {
      const word = (line & 0xffff) < IMMR_DECODED ? immrRead((line & 0x3fff) + i, 4) : 0;
      store<u32>(data + i, bswap<u32>(word));
    }
    store<u32>(record, line);
  } else {
    const b = <u32>bank * BANK_BYTES;
    const first = start + load<u32>(b, BANK_BURST_FIRST);
    store<u64>(BUS_FREE_AT, start + load<u32>(b, BANK_BURST_BUSY));
    store<u64>(NOW, first);
    store<u64>(DC_FILLED_AT, first + load<u16>(b, BANK_BURST_WORDS + 6));
    store<u32>(DC_FILLING, line);
    store<u32>(record, line | ARRIVING);
    const from = busMemory(bank, line);
    if (from) copyLine(data, from);
    else fillLine(data, ~0);
  }
  store<u32>(data, 0, LINE_MODIFIED);
  store<u32>(data, 0, LINE_LOCKED);
  if (dirty) {
    chargeCopyback(load<u32>(COPYBACK, 16));
    dcVictimLost = !writeCopyback();
  }
  return data;
}

/** dcbz: a line of zeros without reading memory, modified; FILL_NO_WAY if all ways are locked. */
export function dcZero(line: u32): u32 {
  dcVictimLost = false;
  let data = dcFind(line);
  if (!data) {
    // Room is made when the line before is in.
    arrive(true);
    data = makeRoom(line);
    if (!data) return FILL_NO_WAY;
    const record = setOf(line);
    if (evict(record, data)) {
      chargeCopyback(load<u32>(COPYBACK, 16));
      dcVictimLost = !writeCopyback();
    }
    store<u32>(record, line);
    store<u32>(data, 0, LINE_LOCKED);
  }
  fillLine(data, 0);
  store<u32>(data, 1, LINE_MODIFIED);
  return data;
}

/**
 * dcbst and dcbf: writes the line back if it is modified, and drops it if `drop`. False: the bus cycle failed; the data
 * are in the copyback buffer then and no longer in the array's care (MPC801 UM 10.5.1).
 */
export function dcFlush(line: u32, drop: bool): bool {
  if (load<u32>(DC_FILLING) == line) arrive(true);
  const data = dcPeek(line);
  if (!data) return true;
  let good = true;
  if (load<u32>(data, LINE_MODIFIED)) {
    toCopyback(line, data);
    chargeCopyback(line);
    good = writeCopyback();
    store<u32>(data, 0, LINE_MODIFIED);
    forgetSet(setOf(line));
  }
  if (drop) dcDrop(line);
  return good;
}

/** dcbi: drops the line without writing it back. A lock goes with its line, so that no way is lost to it. */
export function dcDrop(line: u32): void {
  if (load<u32>(DC_FILLING) == line) arrive(true);
  const record = setOf(line);
  const ways = load<u32>(DC_WAYS);
  const position = positionOf(record, ways, line);
  if (position == ways) return;
  const way = wayAt(record, position);
  forgetSet(record);
  store<u32>(way, INVALID);
  store<u32>(load<u32>(way, PLACE), 0, LINE_MODIFIED);
  store<u32>(load<u32>(way, PLACE), 0, LINE_LOCKED);
}

/** DC_CST command 1100: drops every unlocked line, modified or not; way 0 is next. */
export function dcInvalidateAll(): void {
  arrive(true);
  const ways = load<u32>(DC_WAYS);
  const sets = load<u32>(DC_SET_BITS);
  for (let set: u32 = 0; set <= sets; set += 16) {
    forgetSet(DC_TAGS + set);
    invalidateUnlocked(DC_TAGS + set, ways);
  }
}

/** DC_CST command 1010. */
export function dcUnlockAll(): void {
  for (let i: u32 = 0; i < MOST_SETS * MOST_WAYS; i++) store<u32>(DC_LINES + i * LINE_BYTES, 0, LINE_LOCKED);
}

/** DC_CST command 0110, load & lock the line whose physical address is in DC_ADR; returns CCER bits. */
export function dcLoadAndLock(address: u32): u32 {
  const line = address & ~15;
  let data = dcFind(line);
  if (data) {
    store<u32>(data, 1, LINE_LOCKED);
    return 0;
  }
  const before = load<u64>(NOW);
  data = dcFill(line);
  if (COUNTING) Count.since(COUNT_DATA, before);
  if (data == FILL_NO_WAY) return CCER2;
  if (data == FILL_ERROR) return CCER1;
  // The cache serves nobody before the command is through.
  arrive(true);
  store<u32>(data, 1, LINE_LOCKED);
  return dcVictimLost ? CCER1 : 0;
}

/** DC_CST command 1000. */
export function dcUnlockLine(address: u32): void {
  const data = dcPeek(address & ~15);
  if (data) store<u32>(data, 0, LINE_LOCKED);
}

/** Place of the line in the set and way of DC_ADR. */
function selected(adr: u32): u32 {
  return placeOf(false, waySelected(adr, load<u32>(DC_WAYS)), (adr & load<u32>(DC_SET_BITS)) >>> 4);
}

/** DC_CST command 1110: flushes the line in the set and way of DC_ADR; returns CCER bits. */
export function dcFlushPlace(adr: u32): u32 {
  arrive(true);
  const place = selected(adr);
  const record = setOf(adr);
  let position: u32 = 0;
  while (load<u32>(wayAt(record, position), PLACE) != place) position++;
  const line = load<u32>(wayAt(record, position));
  if (line == INVALID) return 0;
  return dcFlush(line, true) ? 0 : CCER1;
}

/** DC_DAT: tag word of the set and way in DC_ADR, or the copyback buffer. */
export function dcReadPort(): u32 {
  const adr = load<u32>(DC_ADR);
  const ways = load<u32>(DC_WAYS);
  if (adr & arraySelect(ways)) {
    const word = (adr >>> 4) & 0x7f;
    return word < 4 ? bswap<u32>(load<u32>(COPYBACK + (word << 2))) : word == 4 ? load<u32>(COPYBACK, 16) : 0;
  }
  const place = selected(adr);
  return tagWord(setOf(adr), ways, load<u32>(DC_SET_BITS), place) | (load<u32>(place, LINE_MODIFIED) << 6);
}

/** True if accesses to cacheable pages use the cache. */
export function dcEnabled(): bool {
  return (load<u32>(DC_CST) & DC_CST_DEN) != 0;
}
