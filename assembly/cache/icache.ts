// Instruction cache (MPC860 UM, Instruction Cache; hardware/core-caches.md). A line keeps its 16 bytes and, beside them,
// the predecoded form that the run loop executes. Nothing snoops: stores do not reach lines that are here.

import { decodeLine } from '../cpu/decode';
import { LINE_TAG, LINE_BYTES as PREDECODED_BYTES } from '../cpu/ops';
import { IC_ADR } from '../cpu/state';
import { CODE_LINE_BYTES, DECODED, DECODED_ENTRIES, DECODED_RAW } from '../mmu/derived';
import { COUNT_IC_EVICTIONS, Count } from '../observe/count';
import {
  copyLine,
  IC_LINES,
  IC_SET_BITS,
  IC_TAGS,
  IC_WAYS,
  INVALID,
  LINE_BYTES,
  LINE_LOCKED,
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
  stateOf,
  tagWord,
  wayAt,
  waySelected,
} from './sets';

// IC_CST
export const IC_CST_IEN: u32 = 0x80000000;

/** All lines invalid, unlocked, way 0 next in every set. */
export function icReset(): void {
  for (let set: u32 = 0; set < MOST_SETS; set++) resetSet(IC_TAGS + (set << 4), load<u32>(IC_WAYS), true, set);
  memory.fill(IC_LINES, 0, MOST_SETS * MOST_WAYS * LINE_BYTES);
}

/** The set of `line`. */
function setOf(line: u32): u32 {
  return IC_TAGS + (line & load<u32>(IC_SET_BITS));
}

/** Predecoded line of `line` (a physical line address), made the way used last; 0 on a miss. */
export function icFind(line: u32): u32 {
  const record = setOf(line);
  const ways = load<u32>(IC_WAYS);
  const position = positionOf(record, ways, line);
  if (position == ways) return 0;
  if (position) promote(record, position);
  return load<u32>(record, PLACE);
}

/** As `icFind`, without touching the order of use. */
function icPeek(line: u32): u32 {
  const record = setOf(line);
  const ways = load<u32>(IC_WAYS);
  const position = positionOf(record, ways, line);
  return position == ways ? 0 : load<u32>(wayAt(record, position), PLACE);
}

/** Place for `line`, first in its set's order of use; 0 if all ways are locked. */
export function icMakeRoom(line: u32): u32 {
  return makeRoomIn(setOf(line), load<u32>(IC_WAYS));
}

/** Puts the 16 bytes at `raw` into `place` as `line`. */
export function icInstall(line: u32, place: u32, raw: u32): void {
  const bytes = stateOf(place);
  copyLine(bytes, raw);
  store<u32>(bytes, 0, LINE_LOCKED);
  if (COUNTING && load<u32>(setOf(line)) != INVALID) Count.add(COUNT_IC_EVICTIONS, 1);
  store<u32>(setOf(line), line);
  const from = decoded(line, raw);
  for (let i: u32 = 0; i < PREDECODED_BYTES; i += 8) store<u64>(place + i, load<u64>(from + i));
}

/** Predecoded form of the 16 bytes at `raw`, remembered by physical address as long as the bytes are the same. */
export function decoded(line: u32, raw: u32): u32 {
  const index = (line >>> 4) & (DECODED_ENTRIES - 1);
  const e = DECODED + index * CODE_LINE_BYTES;
  const from = DECODED_RAW + (index << 4);
  if (
    load<u32>(e, LINE_TAG) == (line | 1) &&
    load<u64>(from) == load<u64>(raw) &&
    load<u64>(from, 8) == load<u64>(raw, 8)
  ) {
    return e;
  }
  copyLine(from, raw);
  decodeLine(raw, e, line);
  store<u32>(e, line | 1, LINE_TAG);
  return e;
}

/** Decodes every line anew, after a snapshot came back. */
export function icRedecode(): void {
  const ways = load<u32>(IC_WAYS);
  const sets = load<u32>(IC_SET_BITS);
  for (let set: u32 = 0; set <= sets; set += 16) {
    for (let i: u32 = 0; i < ways; i++) {
      const at = wayAt(IC_TAGS + set, i);
      const place = load<u32>(at, PLACE);
      decodeLine(stateOf(place), place, load<u32>(at));
    }
  }
}

/** The host changed the byte at `pa`: so does the copy in the cache, if there is one. */
export function icPatch(pa: u32, value: u32): void {
  const place = icPeek(pa & ~15);
  if (!place) return;
  store<u8>(stateOf(place) + (pa & 15), <u8>value);
  decodeLine(stateOf(place), place, pa & ~15);
}

/** icbi: drops the line at `line`. A lock goes with its line, so that no way is lost to it. */
export function icDrop(line: u32): void {
  const record = setOf(line);
  const ways = load<u32>(IC_WAYS);
  const position = positionOf(record, ways, line);
  if (position == ways) return;
  const way = wayAt(record, position);
  store<u32>(way, INVALID);
  store<u32>(stateOf(load<u32>(way, PLACE)), 0, LINE_LOCKED);
}

/** IC_CST command 110: drops every unlocked line; way 0 is next. */
export function icInvalidateAll(): void {
  const ways = load<u32>(IC_WAYS);
  const sets = load<u32>(IC_SET_BITS);
  for (let set: u32 = 0; set <= sets; set += 16) invalidateUnlocked(IC_TAGS + set, ways);
}

/** IC_CST command 101. */
export function icUnlockAll(): void {
  for (let i: u32 = 0; i < MOST_SETS * MOST_WAYS; i++) store<u32>(IC_LINES + i * LINE_BYTES, 0, LINE_LOCKED);
}

/** IC_CST command 100: unlocks the line at `line`. */
export function icUnlockLine(line: u32): void {
  const place = icPeek(line);
  if (place) store<u32>(stateOf(place), 0, LINE_LOCKED);
}

/** IC_DAT: tag word or data word at the set, way and word in IC_ADR. */
export function icReadPort(): u32 {
  const adr = load<u32>(IC_ADR);
  const ways = load<u32>(IC_WAYS);
  const sets = load<u32>(IC_SET_BITS);
  const place = placeOf(true, waySelected(adr, ways), (adr & sets) >>> 4);
  if (adr & arraySelect(ways)) return bswap<u32>(load<u32>(stateOf(place) + (adr & 12)));
  return tagWord(setOf(adr), ways, sets, place);
}
