// How long a chip select's accesses take, from its BR and OR and what software loaded into the UPM (MPC860 UM, Memory
// Controller; hardware/siu.md 4, hardware/core-timing.md 4). Computed when a register changes, kept in the bank's record.

import { SCCR, SCCR_EBDF } from '../soc/clocks';
import { peek32 } from '../soc/io';
import { BR0, OR0 } from '../soc/memc';
import { SYPCR, SYPCR_BMT, SYPCR_BMT_SHIFT } from '../soc/siu';
import {
  ANSWERS_BURST,
  ANSWERS_BURST_WRITE,
  ANSWERS_READ,
  ANSWERS_WRITE,
  BANK_ANSWERS,
  BANK_BURST_BUSY,
  BANK_BURST_FIRST,
  BANK_BURST_WORDS,
  BANK_BURST_WRITE_BUSY,
  BANK_BYTES,
  BANK_KIND,
  BANK_NONE,
  BANK_PORT,
  BANK_READ_BEAT,
  BANK_READ_BUSY,
  BANK_READ_FIRST,
  BANK_WRITE_BUSY,
  BANK_WRITE_FIRST,
} from './physical';
import {
  MXMR_PTE,
  UPM_PTS,
  UPM_RBS,
  UPM_RSS,
  UPM_WBS,
  UPM_WSS,
  upmAccess,
  upmClocks,
  upmFirst,
  upmMode,
  upmWords,
} from './upm';

const BR_PS: u32 = 0x00000c00;
const BR_PS_8: u32 = 0x00000400;
const BR_PS_16: u32 = 0x00000800;
/** 0 in MS[0]: GPCM; MS[1] then tells UPMA from UPMB. */
const BR_MS_UPM: u32 = 0x00000080;
const BR_MS_B: u32 = 0x00000040;
const OR_CSNT: u32 = 0x00000800;
const OR_ACS: u32 = 0x00000600;
const OR_BI: u32 = 0x00000100;
const OR_SCY: u32 = 0x000000f0;
const OR_SCY_SHIFT: u32 = 4;
const OR_SETA: u32 = 0x00000008;
const OR_TRLX: u32 = 0x00000004;
const OR_EHTR: u32 = 0x00000002;

const LINE_BYTES: u32 = 16;
const WORD_BITS: u32 = 32;
/** Shortest cycle on the bus, what a board's device that gives TA itself needs here (hardware/core-timing.md section 4). */
const SHORTEST: u32 = 2;
/** BMT counts in units of 8 bus clocks. */
const BMT_UNIT: u32 = 8;

/** Core clocks per bus clock: SCCR[EBDF]. The reserved codes count as 01. */
export function busDivision(): u32 {
  return peek32(SCCR) & SCCR_EBDF ? 2 : 1;
}

/** Core clocks after which the bus monitor ends a cycle that nobody answers; as long if it is off, where silicon would hang. */
export function busTimeout(): u32 {
  const bmt = (peek32(SYPCR) & SYPCR_BMT) >>> SYPCR_BMT_SHIFT;
  return (bmt ? bmt : 1) * BMT_UNIT * busDivision();
}

/** Port width in bits that BRx[PS] selects; the reserved code counts as 32. */
function portBits(br: u32): u32 {
  const ps = br & BR_PS;
  return ps == BR_PS_8 ? 8 : ps == BR_PS_16 ? 16 : WORD_BITS;
}

/**
 * Clocks of one GPCM cycle (MPC860 UM, GPCM Strobe Signal Behavior: column "total cycles"): 2 + SCY, or 2 + 2 SCY with
 * TRLX, then one more if ACS delays the chip select, and one if CSNT draws back the strobes of a write early.
 */
function gpcmClocks(or: u32, write: bool): u32 {
  if (or & OR_SETA) return SHORTEST;
  const scy = (or & OR_SCY) >>> OR_SCY_SHIFT;
  if (!(or & OR_TRLX)) return 2 + scy;
  return 2 + 2 * scy + (or & OR_ACS ? 1 : 0) + (write && or & OR_CSNT ? 1 : 0);
}

/** What a line takes that must be read or written by single cycles: `beat` clocks each, `tail` idle ones at the end. */
function singles(b: u32, beat: u32, tail: u32, write: bool, division: u32): void {
  const port = load<u32>(b, BANK_PORT);
  const word = beat * (WORD_BITS / port) * division;
  const busy = word * (LINE_BYTES / 4) + tail * division;
  if (write) {
    store<u32>(b, busy, BANK_BURST_WRITE_BUSY);
    return;
  }
  store<u32>(b, word, BANK_BURST_FIRST);
  store<u32>(b, busy, BANK_BURST_BUSY);
  store<u64>(b, <u64>word * 0x0003_0002_0001_0000, BANK_BURST_WORDS);
}

function gpcmTiming(b: u32, or: u32, division: u32): void {
  const read = gpcmClocks(or, false);
  const write = gpcmClocks(or, true);
  // EHTR: an idle clock behind a read. Silicon leaves it out before another read of the same bank.
  const hold: u32 = or & OR_EHTR ? 1 : 0;
  store<u32>(b, read * division, BANK_READ_FIRST);
  store<u32>(b, read * division, BANK_READ_BEAT);
  store<u32>(b, (read + hold) * division, BANK_READ_BUSY);
  store<u32>(b, write * division, BANK_WRITE_FIRST);
  store<u32>(b, write * division, BANK_WRITE_BUSY);
  // The GPCM makes no bursts, whatever BI says.
  singles(b, read, hold, false, division);
  singles(b, write, 0, true, division);
  const silent = or & OR_SETA && load<u32>(b, BANK_KIND) == BANK_NONE;
  store<u32>(b, silent ? 0 : ANSWERS_READ | ANSWERS_BURST | ANSWERS_WRITE | ANSWERS_BURST_WRITE, BANK_ANSWERS);
}

function upmTiming(b: u32, machine: u32, or: u32, division: u32): void {
  const perWord = WORD_BITS / load<u32>(b, BANK_PORT);
  const beats = perWord * (LINE_BYTES / 4);
  let answers: u32 = 0;
  // A refresh that never ends keeps the machine from everything else.
  if (upmMode(machine) & MXMR_PTE && !upmAccess(machine, UPM_PTS, 0, 1)) {
    store<u32>(b, 0, BANK_ANSWERS);
    return;
  }
  if (upmAccess(machine, UPM_RSS, 1, 1)) {
    answers |= ANSWERS_READ;
    store<u32>(b, upmFirst * division, BANK_READ_FIRST);
    store<u32>(b, upmClocks * division, BANK_READ_BEAT);
    store<u32>(b, upmClocks * division, BANK_READ_BUSY);
    if (or & OR_BI) {
      answers |= ANSWERS_BURST;
      singles(b, upmClocks, 0, false, division);
      // The last beat of a word is there at its TA, not at the end of its pattern.
      const first = (upmClocks * (perWord - 1) + upmFirst) * division;
      store<u32>(b, first, BANK_BURST_FIRST);
    }
  }
  if (upmAccess(machine, UPM_WSS, 1, 1)) {
    answers |= ANSWERS_WRITE;
    store<u32>(b, upmFirst * division, BANK_WRITE_FIRST);
    store<u32>(b, upmClocks * division, BANK_WRITE_BUSY);
    if (or & OR_BI) {
      answers |= ANSWERS_BURST_WRITE;
      singles(b, upmClocks, 0, true, division);
    }
  }
  if (!(or & OR_BI)) {
    if (upmAccess(machine, UPM_RBS, beats, perWord)) {
      answers |= ANSWERS_BURST;
      store<u32>(b, upmFirst * division, BANK_BURST_FIRST);
      store<u32>(b, upmClocks * division, BANK_BURST_BUSY);
      store<u64>(b, upmWords * division, BANK_BURST_WORDS);
    }
    if (upmAccess(machine, UPM_WBS, beats, perWord)) {
      answers |= ANSWERS_BURST_WRITE;
      store<u32>(b, upmClocks * division, BANK_BURST_WRITE_BUSY);
    }
  }
  store<u32>(b, answers, BANK_ANSWERS);
}

/** Computes every bank's record anew; to be called after a change of BR, OR, MxMR, UPM RAM, SCCR[EBDF] or the devices. */
export function bankTimings(): void {
  const division = busDivision();
  for (let bank: u32 = 0; bank < 8; bank++) {
    const b = bank * BANK_BYTES;
    const br = peek32(BR0 + (bank << 3));
    const or = peek32(OR0 + (bank << 3));
    store<u32>(b, portBits(br), BANK_PORT);
    if (br & BR_MS_UPM) upmTiming(b, br & BR_MS_B ? 1 : 0, or, division);
    else gpcmTiming(b, or, division);
  }
}
