/**
 * Clocks and reset status: SCCR, PLPRCR, RSR, and what runs at which rate
 * (MPC860 UM, Clocks and Power Control; Reset).
 */
import { busTimingChanged } from '../bus/physical';
import { CORE_HZ, EXTCLK_HZ, OSCM_HZ } from '../layout';
import { clearOnes, peek32, poke32, put } from './io';
import { KEY_PLPRCR, KEY_RSR, KEY_SCCR, keyOpen } from './keys';
import { pitClockChanged, pitClockChanging } from './pit';
import { CFG_HRCW, CFG_MODCK } from './state';
import { timebaseClockChanged, timebaseSettle } from './timebase';

export const SCCR: u32 = 0x280;
export const PLPRCR: u32 = 0x284;
export const RSR: u32 = 0x288;

const SCCR_TBS: u32 = 0x02000000;
const SCCR_RTDIV: u32 = 0x01000000;
const SCCR_RTSEL: u32 = 0x00800000;
export const SCCR_EBDF: u32 = 0x00060000;
const SCCR_EBDF_SHIFT: u32 = 17;
const SCCR_DFBRG: u32 = 0x00001800;
const SCCR_DFBRG_SHIFT: u32 = 11;
const SCCR_BITS: u32 = 0x63e67fff;
const PLPRCR_MF_SHIFT: u32 = 20;
const PLPRCR_RW: u32 = 0xfff007e0;
/** SPLSS, TEXPS, TMIST. */
const PLPRCR_W1C: u32 = 0x0000d000;
const RSR_EHRS: u32 = 0x80000000;
const RSR_ESRS: u32 = 0x40000000;
export const RSR_SWRS: u32 = 0x10000000;
export const RSR_CSRS: u32 = 0x08000000;

/** `cycles` of the core clock in ticks of a clock of `hz`, rounded down; no overflow for any run time. */
export function ticksIn(cycles: u64, hz: u32): u64 {
  const core = <u64>load<u32>(CORE_HZ);
  if (core == 0) return 0;
  return (cycles / core) * <u64>hz + ((cycles % core) * <u64>hz) / core;
}

/** First cycle at which `ticks` ticks of a clock of `hz` (not 0) have passed. */
export function cyclesFor(ticks: u64, hz: u32): u64 {
  const core = <u64>load<u32>(CORE_HZ);
  const h = <u64>hz;
  return (ticks / h) * core + ((ticks % h) * core + h - 1) / h;
}

/** OSCM or EXTCLK as SCCR[RTSEL] picks. */
function oscillator(): u32 {
  return load<u32>(peek32(SCCR) & SCCR_RTSEL ? EXTCLK_HZ : OSCM_HZ);
}

/** PITRTCLK in Hz. */
export function pitClock(): u32 {
  return oscillator() / (peek32(SCCR) & SCCR_RTDIV ? 512 : 4);
}

/** TMBCLK in Hz: GCLK2/16, or OSCCLK/4 (/16 from EXTCLK with a PLL factor of 1 or 2). */
export function timebaseClock(): u32 {
  const sccr = peek32(SCCR);
  if (sccr & SCCR_TBS) return load<u32>(CORE_HZ) / 16;
  const factor = (peek32(PLPRCR) >> PLPRCR_MF_SHIFT) + 1;
  return oscillator() / (sccr & SCCR_RTSEL && factor <= 2 ? 16 : 4);
}

/** Core clocks per BRGCLK: 1, 4, 16 or 64. */
export function brgclkDivider(): u32 {
  return 1 << (((peek32(SCCR) & SCCR_DFBRG) >> SCCR_DFBRG_SHIFT) << 1);
}

/** Core cycles that `n` bits of 10 Mbit/s Ethernet take. */
export function ethernetBits(n: u64): u64 {
  return cyclesFor(n, 10000000);
}

export function clocksWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case SCCR:
      if (!keyOpen(KEY_SCCR)) break;
      beforeChange();
      put(word, v, m, SCCR_BITS);
      afterChange();
      break;
    case PLPRCR:
      if (!keyOpen(KEY_PLPRCR)) break;
      beforeChange();
      put(word, v, m, PLPRCR_RW);
      clearOnes(word, v, m, PLPRCR_W1C);
      afterChange();
      break;
    case RSR:
      if (keyOpen(KEY_RSR)) clearOnes(word, v, m, 0xff000000);
      break;
  }
}

/** Count what has passed at the old rate. */
function beforeChange(): void {
  pitClockChanging();
  timebaseSettle();
}

function afterChange(): void {
  pitClockChanged();
  timebaseClockChanged();
  busTimingChanged();
}

/** SCCR and PLPRCR are kept alive: only power-on puts the values of the MODCK strap there. */
export function clocksReset(powerOn: bool): void {
  if (!powerOn) return;
  const modck = load<u32>(CFG_MODCK) & 3;
  const ebdf = (load<u32>(CFG_HRCW) >> 17) & 3;
  const mf: u32 = modck == 0 ? 512 : modck == 2 ? 0 : 4;
  poke32(SCCR, (modck ? SCCR_RTDIV : 0) | (modck & 2 ? SCCR_RTSEL : 0) | (ebdf << SCCR_EBDF_SHIFT));
  poke32(PLPRCR, mf << PLPRCR_MF_SHIFT);
  poke32(RSR, RSR_EHRS | RSR_ESRS);
}
