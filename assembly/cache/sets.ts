// What both caches have in common: sets of ways in order of use. A set is its record's address; the functions count
// positions in the order of use, 0 = used last. Layout: cache/layout.ts.

import { CODE_LINE_BYTES, CODE_LINES } from '../mmu/derived';
import {
  ARRIVING,
  DC_LINES,
  DC_SET_BITS,
  DC_WAYS,
  IC_LINES,
  IC_SET_BITS,
  IC_WAYS,
  INVALID,
  LINE_BYTES,
  LINE_LOCKED,
  LINE_MODIFIED,
  MOST_SETS,
  OLDER,
  PLACE,
  SECOND,
} from './layout';

/** Geometry of the part, powers of two: 256 sets and 4 ways at most. To be called before power-on. */
export function setGeometry(icSets: u32, icWays: u32, dcSets: u32, dcWays: u32): void {
  store<u32>(IC_SET_BITS, (icSets - 1) << 4);
  store<u32>(IC_WAYS, icWays);
  store<u32>(DC_SET_BITS, (dcSets - 1) << 4);
  store<u32>(DC_WAYS, dcWays);
}

/** Address of tag and place at `position` of a set. */
export function wayAt(record: u32, position: u32): u32 {
  return record + (position >>> 1) * OLDER + (position & 1) * SECOND;
}

/** Position of `line` in its set, `ways` if it is not there. */
export function positionOf(record: u32, ways: u32, line: u32): u32 {
  let position: u32 = 0;
  while (position < ways && (load<u32>(wayAt(record, position)) & ~ARRIVING) != line) position++;
  return position;
}

/** Makes the way at `position` the one used last. */
export function promote(record: u32, position: u32): void {
  const way = load<u64>(wayAt(record, position));
  for (let i = position; i > 0; i--) store<u64>(wayAt(record, i), load<u64>(wayAt(record, i - 1)));
  store<u64>(record, way);
}

/** Exchanges the two ways used last. */
export function swapWays(record: u32): void {
  const first = load<u64>(record);
  store<u64>(record, load<u64>(record, SECOND));
  store<u64>(record, first, SECOND);
}

/** Bytes and state of the line at `place`. */
export function stateOf(place: u32): u32 {
  return place >= CODE_LINES ? IC_LINES + ((place - CODE_LINES) / CODE_LINE_BYTES) * LINE_BYTES : place;
}

/** Place of physical way `way` in set `set`. */
export function placeOf(code: bool, way: u32, set: u32): u32 {
  const index = way * MOST_SETS + set;
  return code ? CODE_LINES + index * CODE_LINE_BYTES : DC_LINES + index * LINE_BYTES;
}

/** Puts every way of a set in its state after an invalidation: way 0 is the one to be replaced next. */
export function resetSet(record: u32, ways: u32, code: bool, set: u32): void {
  for (let way: u32 = 0; way < ways; way++) {
    const at = wayAt(record, ways - 1 - way);
    store<u32>(at, INVALID);
    store<u32>(at, placeOf(code, way, set), PLACE);
  }
}

/**
 * Makes the way to be replaced the first of its set: an invalid way, the lowest one of several, else the way used least
 * recently; a locked line stays. Returns its place, 0 if nothing can be replaced.
 */
export function makeRoomIn(record: u32, ways: u32): u32 {
  let victim = ways;
  let lowest: u32 = ~0;
  for (let i: u32 = 0; i < ways; i++) {
    const place = load<u32>(wayAt(record, i), PLACE);
    if (load<u32>(wayAt(record, i)) == INVALID && place < lowest) {
      victim = i;
      lowest = place;
    }
  }
  for (let i = ways; i > 0 && victim == ways; i--) {
    if (!load<u32>(stateOf(load<u32>(wayAt(record, i - 1), PLACE)), LINE_LOCKED)) victim = i - 1;
  }
  if (victim == ways) return 0;
  promote(record, victim);
  return load<u32>(record, PLACE);
}

/**
 * Drops the unlocked lines of a set, modified or not. The order of use then leads to the lowest unlocked way
 * (MPC850 UM 7.3.2.2.5).
 */
export function invalidateUnlocked(record: u32, ways: u32): void {
  for (let i: u32 = 0; i < ways; i++) {
    const at = wayAt(record, i);
    const state = stateOf(load<u32>(at, PLACE));
    if (load<u32>(state, LINE_LOCKED)) continue;
    store<u32>(at, INVALID);
    store<u32>(state, 0, LINE_MODIFIED);
  }
  for (let i: u32 = 1; i < ways; i++) {
    const way = load<u64>(wayAt(record, i));
    const rank = freshness(<u32>(way >>> 32));
    let to = i;
    while (to > 0 && freshness(load<u32>(wayAt(record, to - 1), PLACE)) < rank) {
      store<u64>(wayAt(record, to), load<u64>(wayAt(record, to - 1)));
      to--;
    }
    store<u64>(wayAt(record, to), way);
  }
}

/** Where a way belongs in the order of use after an invalidation: locked ones first, as they were, then descending ways. */
function freshness(place: u32): u32 {
  return load<u32>(stateOf(place), LINE_LOCKED) ? ~0 : place;
}

/** Way that IC_ADR or DC_ADR selects: the field ends at bit 19 (MPC860P Supplement, tables 1-3 and 1-5). */
export function waySelected(adr: u32, ways: u32): u32 {
  return (adr >>> 12) & (ways - 1);
}

/** The bit above the way field: the data array (IC_ADR), the copyback buffer (DC_ADR). */
export function arraySelect(ways: u32): u32 {
  return 0x1000 * ways;
}

/**
 * LRU field of a set as the tag words show it. Two ways: bit 24, the way to be replaced next (MPC860 UM table 8-10 names the
 * bit, not its sense). Four ways: six bits 24–29 (MPC860P Supplement table 1-4), here one for each pair of ways 01, 02, 03,
 * 12, 13, 23: 1 = the second one is older.
 */
function lruField(record: u32, ways: u32): u32 {
  let rank: u32 = 0; // two bits for each way
  for (let i: u32 = 0; i < ways; i++) rank |= i << (2 * wayOf(load<u32>(wayAt(record, i), PLACE)));
  let field: u32 = 0;
  for (let a: u32 = 0; a < ways; a++) {
    for (let b = a + 1; b < ways; b++) {
      field = (field << 1) | (((rank >>> (2 * b)) & 3) > ((rank >>> (2 * a)) & 3) ? 1 : 0);
    }
  }
  return ways == 2 ? field << 7 : field << 2;
}

/** Number of the physical way at `place`. */
function wayOf(place: u32): u32 {
  return (stateOf(place) - (place >= CODE_LINES ? IC_LINES : DC_LINES)) / (MOST_SETS * LINE_BYTES);
}

/** Tag, V, L and LRU of the way at `place` of a set, as IC_DAT and DC_DAT show them. */
export function tagWord(record: u32, ways: u32, setBits: u32, place: u32): u32 {
  let tag: u32 = INVALID;
  for (let i: u32 = 0; i < ways; i++) {
    if (load<u32>(wayAt(record, i), PLACE) == place) tag = load<u32>(wayAt(record, i)) & ~ARRIVING;
  }
  const word = tag == INVALID ? 0 : (tag & ~setBits) | 0x200;
  return word | (load<u32>(stateOf(place), LINE_LOCKED) << 8) | lruField(record, ways);
}
