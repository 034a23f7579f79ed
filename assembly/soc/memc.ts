/** Memory controller registers and UPM RAM (MPC860 UM, Memory Controller). Decoding is bus/physical.ts, time bus/timing.ts. */
import { busRunPattern } from '../bus/cycle';
import { busConfigChanged, busTimingChanged } from '../bus/physical';
import { clearOnes, inHalf, peek32, poke16, poke32, put, wrote16 } from './io';
import { CFG_HRCW, UPM_RAM, UPM_WORDS } from './state';

export const BR0: u32 = 0x100;
export const OR0: u32 = 0x104;
const OR7: u32 = 0x13c;
export const MAR: u32 = 0x164;
export const MCR: u32 = 0x168;
export const MAMR: u32 = 0x170;
export const MBMR: u32 = 0x174;
export const MSTAT: u32 = 0x178;
/** Write-protect error. */
export const MSTAT_WPER: u32 = 0x0080;
export const MPTPR: u32 = 0x17a;
export const MDR: u32 = 0x17c;

const BR_V: u32 = 0x00000001;
const BR_PS_SHIFT: u32 = 10;
const OR0_RESET: u32 = 0x00000ff4;
const MAMR_RESET: u32 = 0x00001000;
const MPTPR_RESET: u32 = 0x0200;
const MCR_OP: u32 = 0xc0000000;
const MCR_OP_WRITE: u32 = 0x00000000;
const MCR_OP_READ: u32 = 0x40000000;
const MCR_OP_RUN: u32 = 0x80000000;
const MCR_MCLF: u32 = 0x00000f00;
const MCR_MCLF_SHIFT: u32 = 8;
const MCR_UM: u32 = 0x00800000;
const MCR_MAD: u32 = 0x0000003f;
const MSTAT_BITS: u32 = 0xff80;
const HRCW_BDIS: u32 = 0x10000000;

export function memcWrite(word: u32, v: u32, m: u32): void {
  if (word <= OR7) {
    put(word, v, m);
    busConfigChanged();
    return;
  }
  switch (word) {
    case MAR:
    case MDR:
      put(word, v, m);
      break;
    case MAMR:
    case MBMR:
      put(word, v, m);
      busTimingChanged();
      break;
    case MCR:
      put(word, v, m);
      upmCommand(peek32(MCR));
      break;
    case MSTAT & ~3:
      clearOnes(word, v, m, inHalf(MSTAT, MSTAT_BITS));
      put(word, v, m, inHalf(MPTPR, 0xff00));
      if (wrote16(MPTPR, m)) busTimingChanged();
      break;
  }
}

/** WRITE and READ move one word between the UPM's RAM and MDR; RUN takes the bus for the pattern's time. */
function upmCommand(mcr: u32): void {
  const machine: u32 = mcr & MCR_UM ? 1 : 0;
  const cell = UPM_RAM + (machine * UPM_WORDS + (mcr & MCR_MAD)) * 4;
  switch (mcr & MCR_OP) {
    case MCR_OP_WRITE:
      if (load<u32>(cell) == peek32(MDR)) break;
      store<u32>(cell, peek32(MDR));
      busTimingChanged();
      break;
    case MCR_OP_READ:
      poke32(MDR, load<u32>(cell));
      break;
    case MCR_OP_RUN:
      busRunPattern(machine, mcr & MCR_MAD, (mcr & MCR_MCLF) >>> MCR_MCLF_SHIFT);
      break;
  }
}

/** CS0 answers everywhere after reset unless the configuration word disables it. */
export function memcReset(): void {
  const hrcw = load<u32>(CFG_HRCW);
  for (let word = BR0; word <= OR7; word += 4) poke32(word, 0);
  poke32(BR0, (((hrcw >> 26) & 3) << BR_PS_SHIFT) | (hrcw & HRCW_BDIS ? 0 : BR_V));
  poke32(OR0, OR0_RESET);
  poke32(MCR, 0);
  poke32(MAMR, MAMR_RESET);
  poke32(MBMR, MAMR_RESET);
  poke16(MSTAT, 0);
  poke16(MPTPR, MPTPR_RESET);
  busConfigChanged();
}
