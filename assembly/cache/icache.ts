// Instruction cache (MPC860 UM, Instruction Cache; hardware/core-caches.md). A line keeps its 16 bytes and, beside them,
// the predecoded form that the run loop executes. Nothing snoops: stores do not reach lines that are here.

import { decodeLine } from '../cpu/decode';
import { LINE_BYTES as PREDECODED_BYTES } from '../cpu/ops';
import { IC_ADR } from '../cpu/state';
import {
  CODE_LINE_BYTES,
  CODE_LINES,
  DECODED,
  DECODED_BYTES,
  DECODED_ENTRIES,
  DECODED_LINE,
  DECODED_RAW,
} from '../mmu/derived';
import { chooseWay, invalidateUnlocked, swapWays, tagWord } from './dcache';
import { copyLine, IC_LINES, IC_TAGS, INVALID, LINE_BYTES, LINE_LOCKED, PLACE, SECOND, SET_BITS, SETS } from './layout';

// IC_CST
export const IC_CST_IEN: u32 = 0x80000000;

/** All lines invalid, unlocked, way 0 next in every set. */
export function icReset(): void {
  for (let set: u32 = 0; set < SETS; set++) {
    const record = IC_TAGS + (set << 4);
    const place = CODE_LINES + (set << 1) * CODE_LINE_BYTES;
    store<u32>(record, INVALID);
    store<u32>(record, place + CODE_LINE_BYTES, PLACE);
    store<u32>(record, INVALID, SECOND);
    store<u32>(record, place, SECOND + PLACE);
  }
  memory.fill(IC_LINES, 0, SETS * 2 * LINE_BYTES);
}

/** The line's bytes and lock bit that belong to a predecoded line. */
export function icRaw(place: u32): u32 {
  return IC_LINES + ((place - CODE_LINES) / CODE_LINE_BYTES) * LINE_BYTES;
}

/** Predecoded line of `line` (a physical line address), made the way used last; 0 on a miss. */
export function icFind(line: u32): u32 {
  const record = IC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) return load<u32>(record, PLACE);
  if (load<u32>(record, SECOND) != line) return 0;
  swapWays(record);
  return load<u32>(record, PLACE);
}

/** Place for `line`, first in its set's order of use; 0 if both ways are locked. */
export function icMakeRoom(line: u32): u32 {
  const record = IC_TAGS + (line & SET_BITS);
  const firstLocked = load<u32>(icRaw(load<u32>(record, PLACE)), LINE_LOCKED) != 0;
  const secondLocked = load<u32>(icRaw(load<u32>(record, SECOND + PLACE)), LINE_LOCKED) != 0;
  return chooseWay(record, firstLocked, secondLocked) ? load<u32>(record, PLACE) : 0;
}

/** Puts the 16 bytes at `raw` into `place` as `line`. */
export function icInstall(line: u32, place: u32, raw: u32): void {
  const bytes = icRaw(place);
  copyLine(bytes, raw);
  store<u32>(bytes, 0, LINE_LOCKED);
  store<u32>(IC_TAGS + (line & SET_BITS), line);
  const from = decoded(line, raw);
  for (let i: u32 = 0; i < PREDECODED_BYTES; i += 8) store<u64>(place + i, load<u64>(from + i));
}

/** Predecoded form of the 16 bytes at `raw`, remembered by physical address as long as the bytes are the same. */
export function decoded(line: u32, raw: u32): u32 {
  const e = DECODED + ((line >>> 4) & (DECODED_ENTRIES - 1)) * DECODED_BYTES;
  const low = load<u64>(raw);
  const high = load<u64>(raw, 8);
  if (load<u32>(e) == (line | 1) && load<u64>(e, DECODED_RAW) == low && load<u64>(e, DECODED_RAW + 8) == high) {
    return e + DECODED_LINE;
  }
  store<u32>(e, line | 1);
  store<u64>(e, low, DECODED_RAW);
  store<u64>(e, high, DECODED_RAW + 8);
  decodeLine(raw, e + DECODED_LINE);
  return e + DECODED_LINE;
}

/** Decodes every line anew, after a snapshot came back. */
export function icRedecode(): void {
  for (let i: u32 = 0; i < SETS * 2; i++) decodeLine(IC_LINES + i * LINE_BYTES, CODE_LINES + i * CODE_LINE_BYTES);
}

/** The host changed the byte at `pa`: so does the copy in the cache, if there is one. */
export function icPatch(pa: u32, value: u32): void {
  const record = IC_TAGS + (pa & SET_BITS);
  let place: u32 = 0;
  if (load<u32>(record) == (pa & ~15)) place = load<u32>(record, PLACE);
  else if (load<u32>(record, SECOND) == (pa & ~15)) place = load<u32>(record, SECOND + PLACE);
  if (!place) return;
  store<u8>(icRaw(place) + (pa & 15), <u8>value);
  decodeLine(icRaw(place), place);
}

/** icbi: drops the line at `line`. */
export function icDrop(line: u32): void {
  const record = IC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) store<u32>(record, INVALID);
  else if (load<u32>(record, SECOND) == line) store<u32>(record, INVALID, SECOND);
}

/** IC_CST command 110: drops every unlocked line. */
export function icInvalidateAll(): void {
  invalidateUnlocked(IC_TAGS, CODE_LINES, CODE_LINE_BYTES, IC_LINES);
}

/** IC_CST command 101. */
export function icUnlockAll(): void {
  for (let i: u32 = 0; i < SETS * 2; i++) store<u32>(IC_LINES + i * LINE_BYTES, 0, LINE_LOCKED);
}

/** IC_CST command 100: unlocks the line at `line`. */
export function icUnlockLine(line: u32): void {
  const record = IC_TAGS + (line & SET_BITS);
  if (load<u32>(record) == line) store<u32>(icRaw(load<u32>(record, PLACE)), 0, LINE_LOCKED);
  else if (load<u32>(record, SECOND) == line) store<u32>(icRaw(load<u32>(record, SECOND + PLACE)), 0, LINE_LOCKED);
}

/** IC_DAT: tag word or data word at the set, way and word in IC_ADR. */
export function icReadPort(): u32 {
  const adr = load<u32>(IC_ADR);
  const index = ((adr & SET_BITS) >>> 3) + ((adr >>> 12) & 1);
  const raw = IC_LINES + index * LINE_BYTES;
  if (adr & 0x2000) return bswap<u32>(load<u32>(raw + (adr & 12)));
  return tagWord(IC_TAGS + (adr & SET_BITS), CODE_LINES + index * CODE_LINE_BYTES, raw);
}
