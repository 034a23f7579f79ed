// Which effective lines are those used last in their sets of the data cache, and where their bytes are: what the run loop
// asks before anything else. Nothing here decides what the guest sees; a snapshot leaves it out. An entry holds as long as
// its line is the way used last and its page's slot (mmu/derived.ts) is the one that it was made from; who changes one of
// these forgets the entry.

import { DERIVED_BASE, DERIVED_SIZE } from '../layout';
import { DC_SET_BITS, DC_TAGS, MOST_SETS } from './layout';

/**
 * A table for each context of mmu/derived.ts, and an empty one. Index: the address bits that select the set, which are the
 * same in effective and physical addresses.
 */
export const HIT_TABLE_BYTES: u32 = MOST_SETS * 16;
const CONTEXTS: u32 = 3;
export const DATA_HITS: u32 = DERIVED_BASE + DERIVED_SIZE - (CONTEXTS + 1) * HIT_TABLE_BYTES;
/** For times when every access must take the slow way. */
export const DATA_HITS_EMPTY: u32 = DATA_HITS + CONTEXTS * HIT_TABLE_BYTES;

/** u32: EA of the line if loads may use it, else HIT_NOTHING. */
export const HIT_READ: u32 = 0;
/** u32: EA of the line if stores may use it, which is marked modified then, else HIT_NOTHING. */
export const HIT_WRITE: u32 = 4;
/** u32: address of the line's bytes - EA. */
export const HIT_BIAS: u32 = 8;
/** No access asks for it: its low bits are those that alignment wants to be 0, never this one. */
export const HIT_NOTHING: u32 = 4;

const NOTHING: u64 = ((<u64>HIT_NOTHING) << 32) | <u64>HIT_NOTHING;

/** The set whose record is `record` changed its order of use, a line or whether a line is modified. */
export function forgetSet(record: u32): void {
  const h = DATA_HITS + (record - DC_TAGS);
  store<u64>(h, NOTHING);
  store<u64>(h + HIT_TABLE_BYTES, NOTHING);
  store<u64>(h + 2 * HIT_TABLE_BYTES, NOTHING);
}

/** The page `page` of a context leads elsewhere, or its slot is wanted. */
export function forgetPage(context: u32, page: u32): void {
  const table = DATA_HITS + context * HIT_TABLE_BYTES;
  const sets = load<u32>(DC_SET_BITS);
  for (let h = table; h <= table + sets; h += 16) {
    if (!((load<u32>(h, HIT_READ) ^ page) & 0xfffff000)) store<u64>(h, NOTHING);
  }
}

export function forgetHits(): void {
  for (let h = DATA_HITS; h < DATA_HITS_EMPTY + HIT_TABLE_BYTES; h += 16) store<u64>(h, NOTHING);
}
