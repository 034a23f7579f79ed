// Both caches in linear memory: up to 256 sets × 4 ways × 16 bytes each (MPC860 UM, Instruction and Data Caches; MPC860P
// Supplement). How many sets and ways there are is the part's, and state.

import { CACHE_BASE } from '../layout';

export const LINE_SIZE: u32 = 16;
/** A way is a page at most, so that a line can be in one set only. */
export const MOST_SETS: u32 = 256;
export const MOST_WAYS: u32 = 4;
/** Tag of an invalid line: no line address is odd. */
export const INVALID: u32 = 1;
/** In the tag of a line whose words are still on their way: the run loop does not take it for a hit. */
export const ARRIVING: u32 = 2;

/** u32: address bits that select the set, (sets - 1) × 16; also the byte offset of the set's record, which is 16 bytes long. */
export const IC_SET_BITS: u32 = CACHE_BASE;
export const DC_SET_BITS: u32 = IC_SET_BITS + 4;
/** u32: ways. */
export const IC_WAYS: u32 = DC_SET_BITS + 4;
export const DC_WAYS: u32 = IC_WAYS + 4;
/** u32: the data line marked ARRIVING, INVALID if there is none. */
export const DC_FILLING: u32 = DC_WAYS + 4;
/** u64: cycle at which its last word is there and the line goes into the array. */
export const DC_FILLED_AT: u32 = CACHE_BASE + 24;

/**
 * Per set { u32 tag, u32 place, u32 tag, u32 place } of the two ways used last, the last one first. Tag = physical line
 * address or INVALID; place says which physical way that is, and is the address that a hit needs: the predecoded line
 * (instructions) or the 16 data bytes (data). So a hit on the way used last is one compare and no write, and LRU is exact.
 */
export const IC_TAGS: u32 = CACHE_BASE + 64;
export const DC_TAGS: u32 = IC_TAGS + MOST_SETS * 16;
/** Offset of the second way's tag and place within the record. */
export const SECOND: u32 = 8;
export const PLACE: u32 = 4;
/** Offset from a set's record to that of the ways used third and fourth last, where a cache has four. */
export const OLDER: u32 = 2 * MOST_SETS * 16;

/** { 16 bytes, u32 modified, u32 locked, 8 bytes unused }, index = way × 256 + set. */
export const IC_LINES: u32 = DC_TAGS + MOST_SETS * 16 + OLDER;
export const DC_LINES: u32 = IC_LINES + MOST_SETS * MOST_WAYS * 32;
export const LINE_BYTES: u32 = 32;
/** u32: 1 = the line differs from memory. */
export const LINE_MODIFIED: u32 = 16;
/** u32: 1 = the line may not be replaced. */
export const LINE_LOCKED: u32 = 20;
/** 24 bytes: the copyback buffer as DC_DAT shows it: four words, then the address. */
export const COPYBACK: u32 = DC_LINES + MOST_SETS * MOST_WAYS * 32;

/** Copies the 16 bytes of a line; both places are memory, in the same byte order. */
export function copyLine(to: u32, from: u32): void {
  const low = load<u64>(from);
  const high = load<u64>(from, 8);
  store<u64>(to, low);
  store<u64>(to, high, 8);
}

/** Fills the 16 bytes of a line with the eight at a time in `pattern`. */
export function fillLine(to: u32, pattern: u64): void {
  store<u64>(to, pattern);
  store<u64>(to, pattern, 8);
}
