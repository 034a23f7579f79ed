/**
 * System interface unit: interrupt controller, watchdog, transfer error status
 * (MPC860 UM, System Interface Unit; System Configuration and Protection).
 */
import { cancel, EV_WATCHDOG, schedule } from '../events';
import { PENDING_EXTERNAL, PENDING_NMI, PENDING_RESET } from '../layout';
import { RSR, RSR_SWRS } from './clocks';
import { CICR, CICR_IRL, CICR_IRL_SHIFT, cpicRequest } from './cpic';
import { fecRequest } from './fec';
import { clearOnes, half, lower, now, peek32, poke32, put, raise, wrote16 } from './io';
import { pitRequest } from './pit';
import { rtcRequest } from './rtc';
import { CFG_HRCW, IRQ_LATCH, IRQ_LOW, SWSR_STEP, SYPCR_LOCKED } from './state';
import { timebaseRequest } from './timebase';

export const SIUMCR: u32 = 0x000;
export const SYPCR: u32 = 0x004;
export const SWSR: u32 = 0x00e;
export const SIPEND: u32 = 0x010;
export const SIMASK: u32 = 0x014;
export const SIEL: u32 = 0x018;
export const SIVEC: u32 = 0x01c;
export const TESR: u32 = 0x020;
export const SDCR: u32 = 0x030;

const SIUMCR_EARB: u32 = 0x80000000;
const SIUMCR_DBGC: u32 = 0x00600000;
const SIUMCR_DBPC: u32 = 0x00180000;
const SYPCR_SWTC_SHIFT: u32 = 16;
export const SYPCR_BMT: u32 = 0x0000ff00;
export const SYPCR_BMT_SHIFT: u32 = 8;
const SYPCR_SWE: u32 = 0x00000004;
const SYPCR_SWRI: u32 = 0x00000002;
const SYPCR_SWP: u32 = 0x00000001;
const SYPCR_RESET: u32 = 0xffffff07;
const SWSR_FIRST: u32 = 0x556c;
const SWSR_SECOND: u32 = 0xaa39;
/** IRQ0–IRQ7 in SIPEND, SIMASK and (as EDn) SIEL; LVL0–LVL7 are the bits between. */
const IRQ_BITS: u32 = 0xaaaa0000;
const LVL0: u32 = 0x40000000;
const IRQ0: u32 = 0x80000000;
const SIVEC_NONE: u32 = 0x3c000000;
const TESR_BITS: u32 = 0x00003f3f;

/** The SIPEND bits of one-hot level field `levels`: 80 = LVL0 … 01 = LVL7. */
export function levelBits(levels: u32): u32 {
  let bits: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) {
    if (levels & (0x80 >> n)) bits |= LVL0 >> (n << 1);
  }
  return bits;
}

/** SIPEND as it stands: internal request lines, IRQ pins, latched edges. */
function pending(): u32 {
  let bits = levelBits(pitRequest() | timebaseRequest() | rtcRequest());
  if (cpicRequest()) bits |= LVL0 >> (((peek32(CICR) & CICR_IRL) >> CICR_IRL_SHIFT) << 1);
  bits |= fecRequest();
  const edge = peek32(SIEL) & IRQ_BITS;
  return bits | (load<u32>(IRQ_LOW) & ~edge) | (load<u32>(IRQ_LATCH) & edge);
}

/** Recompute the level of the core's external interrupt input; to be called after any change of a source. */
export function siuUpdate(): void {
  if (pending() & peek32(SIMASK) & ~IRQ0) raise(PENDING_EXTERNAL);
  else lower(PENDING_EXTERNAL);
}

/** An IRQ pin changes; `low` = asserted. */
export function irqPin(n: u32, low: bool): void {
  const bit = IRQ0 >> ((n & 7) << 1);
  const was = load<u32>(IRQ_LOW);
  store<u32>(IRQ_LOW, low ? was | bit : was & ~bit);
  if (low && !(was & bit)) {
    store<u32>(IRQ_LATCH, load<u32>(IRQ_LATCH) | bit);
    if (bit == IRQ0) raise(PENDING_NMI);
  }
  siuUpdate();
}

export function siuRead(word: u32): u32 {
  if (word == SIPEND) return pending();
  if (word == SIVEC) {
    const requests = pending() & peek32(SIMASK);
    return requests ? (<u32>clz(requests)) << 26 : SIVEC_NONE;
  }
  return peek32(word);
}

export function siuWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case SIUMCR:
      put(word, v, m);
      break;
    case SDCR:
      put(word, v, m, 0x0000604f);
      break;
    case SYPCR:
      if (load<u32>(SYPCR_LOCKED)) break;
      store<u32>(SYPCR_LOCKED, 1);
      put(word, v, m);
      watchdogReload();
      break;
    case SWSR & ~3:
      if (wrote16(SWSR, m)) watchdogService(half(SWSR, v));
      break;
    case SIPEND:
      store<u32>(IRQ_LATCH, load<u32>(IRQ_LATCH) & ~(v & m & peek32(SIEL)));
      break;
    case SIMASK:
      put(word, v, m, 0xffff0000);
      break;
    case SIEL:
      put(word, v, m, 0xffff0000);
      // An edge that came while the pin was a level does not count.
      store<u32>(IRQ_LATCH, load<u32>(IRQ_LATCH) & peek32(SIEL));
      break;
    case TESR:
      clearOnes(word, v, m, TESR_BITS);
      break;
  }
  siuUpdate();
}

/** The service sequence 556C, AA39; anything else starts it over. */
function watchdogService(v: u32): void {
  if (v == SWSR_FIRST) store<u32>(SWSR_STEP, 1);
  else {
    if (v == SWSR_SECOND && load<u32>(SWSR_STEP)) watchdogReload();
    store<u32>(SWSR_STEP, 0);
  }
}

function watchdogReload(): void {
  const sypcr = peek32(SYPCR);
  if (!(sypcr & SYPCR_SWE)) {
    cancel(EV_WATCHDOG);
    return;
  }
  const count = <u64>(sypcr >> SYPCR_SWTC_SHIFT);
  const cycles = (count ? count : 1) * (sypcr & SYPCR_SWP ? 2048 : 1);
  schedule(EV_WATCHDOG, now() + cycles);
}

/** EV_WATCHDOG: software did not service the watchdog in time. */
export function watchdogExpired(): void {
  if (peek32(SYPCR) & SYPCR_SWRI) {
    poke32(RSR, peek32(RSR) | RSR_SWRS);
    raise(PENDING_RESET);
  } else {
    raise(PENDING_NMI);
    watchdogReload();
  }
}

export function siuReset(): void {
  // EARB, DBGC and DBPC have the same places in the hard reset configuration word.
  poke32(SIUMCR, load<u32>(CFG_HRCW) & (SIUMCR_EARB | SIUMCR_DBGC | SIUMCR_DBPC));
  poke32(SYPCR, SYPCR_RESET);
  poke32(SIMASK, 0);
  poke32(SIEL, 0);
  poke32(TESR, 0);
  poke32(SDCR, 0);
  store<u32>(SYPCR_LOCKED, 0);
  store<u32>(SWSR_STEP, 0);
  store<u32>(IRQ_LATCH, 0);
  watchdogReload();
  siuUpdate();
}
