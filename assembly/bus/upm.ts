// User-programmable machines: what a pattern of RAM words costs (MPC860 UM, Memory Controller: User-Programmable Machines).
// Each word is one bus clock; the strobes that the words drive are the memory's business and cost nothing of their own.

import { peek32 } from '../soc/io';
import { MAMR, MBMR } from '../soc/memc';
import { UPM_RAM, UPM_WORDS } from '../soc/state';

// RAM addresses at which the machine starts, by the kind of access
export const UPM_RSS: u32 = 0x00;
export const UPM_RBS: u32 = 0x08;
export const UPM_WSS: u32 = 0x18;
export const UPM_WBS: u32 = 0x20;
export const UPM_PTS: u32 = 0x30;

// Fields of a RAM word that decide about time. EXEN, AMX and the strobes do not; WAEN would, if a board drove UPWAIT.
const LOOP: u32 = 0x00000080;
/** 0 = TA is asserted in this clock (hardware/core-timing.md section 4). */
const UTA: u32 = 0x00000004;
/** Turns the disable timer on; counts only in the last word. */
const TODT: u32 = 0x00000002;
const LAST: u32 = 0x00000001;

// MAMR and MBMR
export const MXMR_PTE: u32 = 0x00800000;
const MXMR_DS: u32 = 0x00060000;
const MXMR_DS_SHIFT: u32 = 17;
const MXMR_RLF_SHIFT: u32 = 8;
const MXMR_WLF_SHIFT: u32 = 4;
const MXMR_TLF_SHIFT: u32 = 0;

/** A loop field of 0 means 16 rounds. */
const LOOP_FIELD: u32 = 15;
const LOOPS_MAX: u32 = 16;
/** No pattern that ends is longer. */
const CLOCKS_MAX: u32 = UPM_WORDS * LOOPS_MAX;

// What the last walk found: results, not state.
/** Clock of the TA that completes the first word, the pattern's first being 1. */
export let upmFirst: u32 = 0;
/** Clocks from there to the TA that completes word 0, 1, 2 and 3, 16 bits each from the low end. */
export let upmWords: u64 = 0;
/** Clocks until another access may start: the words, and the disable timer; the limit if the pattern does not end. */
export let upmClocks: u32 = 0;

/** MAMR or MBMR. */
export function upmMode(machine: u32): u32 {
  return peek32(machine ? MBMR : MAMR);
}

/** Loop field for the pattern at `start`. */
function loops(machine: u32, start: u32): u32 {
  const mode = upmMode(machine);
  if (start >= UPM_PTS) return mode >>> MXMR_TLF_SHIFT;
  return mode >>> (start >= UPM_WSS ? MXMR_WLF_SHIFT : MXMR_RLF_SHIFT);
}

/** As `upmWalk` for one of the five kinds of access, with the loop field that belongs to it. */
export function upmAccess(machine: u32, start: u32, beats: u32, beatsPerWord: u32): bool {
  return upmWalk(machine, start, beats, beatsPerWord, loops(machine, start));
}

/**
 * Walks the pattern of machine 0 (UPMA) or 1 (UPMB) from RAM address `start`, for an access of `beats` data beats,
 * `beatsPerWord` of which make a word. False if the access would not end: LAST never comes, or comes before the last TA.
 * A loop goes from one word with LOOP to the next; LAST in the closing word counts in the last round only (the FADS
 * boards' refresh patterns are written so).
 */
export function upmWalk(machine: u32, start: u32, beats: u32, beatsPerWord: u32, loopField: u32): bool {
  const ram = UPM_RAM + machine * UPM_WORDS * 4;
  const all = loopField & LOOP_FIELD ? loopField & LOOP_FIELD : LOOPS_MAX;
  let rounds = all;
  let loopStart: i32 = -1;
  let done: u32 = 0;
  let at = start;
  upmFirst = 0;
  upmClocks = CLOCKS_MAX;
  upmWords = 0;
  for (let clock: u32 = 1; clock <= CLOCKS_MAX; clock++) {
    if (at >= UPM_WORDS) return false;
    const word = load<u32>(ram + (at << 2));
    if (!(word & UTA) && done < beats) {
      done++;
      if (done % beatsPerWord == 0) {
        const n = done / beatsPerWord - 1;
        if (n == 0) upmFirst = clock;
        upmWords |= (<u64>(clock - upmFirst)) << (n << 4);
      }
    }
    let back = false;
    if (word & LOOP) {
      if (loopStart < 0) {
        loopStart = at;
      } else if (at == <u32>loopStart) {
        // Round two or later
      } else if (--rounds) {
        back = true;
      } else {
        loopStart = -1;
        rounds = all;
      }
    }
    if (!back && word & LAST) {
      upmClocks = clock;
      if (word & TODT) upmClocks += ((upmMode(machine) & MXMR_DS) >>> MXMR_DS_SHIFT) + 1;
      return done == beats;
    }
    at = back ? loopStart : at + 1;
  }
  return false;
}
