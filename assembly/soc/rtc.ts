/** Real-time clock (MPC860 UM, System Timers: RTC). It counts emulated seconds while RTE is set. */
import { cancel, EV_RTC, schedule } from '../events';
import { CORE_HZ } from '../layout';
import { clearOnes, inHalf, now, peek16, peek32, poke16, put, wrote16 } from './io';
import { KEY_RTC, KEY_RTCAL, KEY_RTCSC, KEY_RTSEC, keyOpen } from './keys';
import { siuUpdate } from './siu';
import { RTC_BASE, RTC_ORIGIN } from './state';

export const RTCSC: u32 = 0x220;
export const RTC: u32 = 0x224;
export const RTSEC: u32 = 0x228;
export const RTCAL: u32 = 0x22c;

const RTCSC_RTCIRQ_SHIFT: u32 = 8;
const RTCSC_SEC: u32 = 0x0080;
const RTCSC_ALR: u32 = 0x0040;
const RTCSC_38K: u32 = 0x0010;
const RTCSC_SIE: u32 = 0x0008;
const RTCSC_ALE: u32 = 0x0004;
const RTCSC_RTF: u32 = 0x0002;
const RTCSC_RTE: u32 = 0x0001;
/** RTSEC counts 8192 sub-second steps in its upper bits. */
const RTSEC_STEPS: u64 = 8192;
const RTSEC_SHIFT: u32 = 19;

/** One-hot levels the RTC drives, 80 = LVL0. */
export function rtcRequest(): u32 {
  const rtcsc = peek16(RTCSC);
  const active = (rtcsc & RTCSC_SEC && rtcsc & RTCSC_SIE) || (rtcsc & RTCSC_ALR && rtcsc & RTCSC_ALE);
  return active ? rtcsc >> RTCSC_RTCIRQ_SHIFT : 0;
}

function running(): bool {
  return (peek16(RTCSC) & RTCSC_RTE) != 0;
}

/** Cycles since the current second RTC_BASE began. */
function elapsed(): u64 {
  return running() ? now() - load<u64>(RTC_ORIGIN) : 0;
}

function plan(): void {
  if (running()) schedule(EV_RTC, load<u64>(RTC_ORIGIN) + <u64>load<u32>(CORE_HZ));
  else cancel(EV_RTC);
}

/** EV_RTC: a second is over. */
export function rtcSecond(): void {
  const seconds = load<u32>(RTC_BASE) + 1;
  store<u32>(RTC_BASE, seconds);
  store<u64>(RTC_ORIGIN, load<u64>(RTC_ORIGIN) + <u64>load<u32>(CORE_HZ));
  poke16(RTCSC, peek16(RTCSC) | RTCSC_SEC | (seconds == peek32(RTCAL) ? RTCSC_ALR : 0));
  plan();
  siuUpdate();
}

export function rtcRead(word: u32): u32 {
  if (word == RTC) return load<u32>(RTC_BASE);
  if (word == RTSEC) return (<u32>((elapsed() * RTSEC_STEPS) / <u64>max<u32>(load<u32>(CORE_HZ), 1))) << RTSEC_SHIFT;
  return peek32(word);
}

export function rtcWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case RTCSC:
      if (!wrote16(RTCSC, m) || !keyOpen(KEY_RTCSC)) break;
      if (!running()) store<u64>(RTC_ORIGIN, now());
      put(word, v, m, inHalf(RTCSC, 0xff00 | RTCSC_38K | RTCSC_SIE | RTCSC_ALE | RTCSC_RTF | RTCSC_RTE));
      clearOnes(word, v, m, inHalf(RTCSC, RTCSC_SEC | RTCSC_ALR));
      plan();
      siuUpdate();
      break;
    case RTC:
      if (!keyOpen(KEY_RTC)) break;
      store<u32>(RTC_BASE, (load<u32>(RTC_BASE) & ~m) | (v & m));
      store<u64>(RTC_ORIGIN, now());
      plan();
      break;
    case RTSEC:
      if (!keyOpen(KEY_RTSEC)) break;
      store<u64>(RTC_ORIGIN, now());
      plan();
      break;
    case RTCAL:
      if (keyOpen(KEY_RTCAL)) put(word, v, m);
      break;
  }
}

/** The RTC is kept alive: only power-on stops it. */
export function rtcReset(powerOn: bool): void {
  if (!powerOn) return;
  poke16(RTCSC, 0);
  cancel(EV_RTC);
}
