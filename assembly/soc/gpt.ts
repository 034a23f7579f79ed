/** General-purpose timers 1–4 (MPC860 UM, Communications Processor Module: Timers; hardware/cpm.md section 3). */
import { cancel, EV_TIMERS, NEVER, schedule } from '../events';
import { clearOnes, inHalf, now, peek16, poke16, put, touch, wrote16 } from './io';
import { siuUpdate } from './siu';
import { GPT } from './state';

export const TGCR: u32 = 0x980;
const TMR1: u32 = 0x990;
const TRR1: u32 = 0x994;
const TCN1: u32 = 0x99c;
const TER1: u32 = 0x9b0;

const TGCR_RST: u32 = 0x1;
const TGCR_STP: u32 = 0x2;
const TGCR_CAS: u32 = 0x8;
const TMR_PS_SHIFT: u32 = 8;
const TMR_CE: u32 = 0x00c0;
const TMR_ORI: u32 = 0x0010;
const TMR_FRR: u32 = 0x0008;
const TMR_ICLK: u32 = 0x0006;
const TMR_ICLK_SYSTEM: u32 = 0x0002;
const TMR_ICLK_SYSTEM_16: u32 = 0x0004;
const TER_REF: u32 = 0x0002;
const TER_CAP: u32 = 0x0001;

/** Offset of register `first` (of timer 1) for timer n = 0–3: timers come in pairs 0x10 apart. */
function reg(first: u32, n: u32): u32 {
  return first + ((n >> 1) << 4) + ((n & 1) << 1);
}
function ter(n: u32): u32 {
  return TER1 + n * 2;
}
function nibble(n: u32): u32 {
  return peek16(TGCR) >> (n * 4);
}

/** Is timer n the lower half of a 32-bit pair? CAS2 joins timers 1 and 2, CAS4 timers 3 and 4. */
function cascaded(n: u32): bool {
  return (n & 1) != 0 && (nibble(n) & TGCR_CAS) != 0;
}
/** Is timer n the upper half of a pair, without clock, mode and events of its own? */
function slave(n: u32): bool {
  return !(n & 1) && cascaded(n + 1);
}
/** Largest count: 16 or 32 bits. */
function top(n: u32): u64 {
  return cascaded(n) ? 0xffffffff : 0xffff;
}
/** A reference or count register, together with the upper half's if cascaded. */
function wide(first: u32, n: u32): u64 {
  const low = <u64>peek16(reg(first, n));
  return cascaded(n) ? ((<u64>peek16(reg(first, n - 1))) << 16) | low : low;
}

/** Core clocks per count, 0 if timer n does not count. TIN pins have no clock. */
function step(n: u32): u64 {
  const control = nibble(n);
  if (slave(n) || !(control & TGCR_RST) || control & TGCR_STP) return 0;
  const tmr = peek16(reg(TMR1, n));
  const prescale = <u64>(tmr >> TMR_PS_SHIFT) + 1;
  switch (tmr & TMR_ICLK) {
    case TMR_ICLK_SYSTEM:
      return prescale;
    case TMR_ICLK_SYSTEM_16:
      return prescale * 16;
  }
  return 0;
}

function origin(n: u32): u32 {
  return GPT + n * 16;
}

/** The count `k` counts after `base`: up to the reference, then 0 (FRR) or on to the top. */
function advance(n: u32, base: u64, k: u64): u64 {
  const limit = top(n);
  if (!(peek16(reg(TMR1, n)) & TMR_FRR)) return (base + k) & limit;
  const trr = wide(TRR1, n);
  if (base > trr) {
    const toWrap = limit + 1 - base;
    if (k < toWrap) return base + k;
    return (k - toWrap) % (trr + 1);
  }
  return (base + k) % (trr + 1);
}

/** Write the present count to TCN and go on counting from there, keeping the prescaler's phase. */
function settle(n: u32): void {
  const s = step(n);
  if (s == 0) {
    store<u64>(origin(n), now());
    return;
  }
  const counts = (now() - load<u64>(origin(n))) / s;
  if (counts == 0) return;
  const count = advance(n, wide(TCN1, n), counts);
  poke16(reg(TCN1, n), <u32>count & 0xffff);
  if (cascaded(n)) poke16(reg(TCN1, n - 1), <u32>(count >> 16));
  store<u64>(origin(n), load<u64>(origin(n)) + counts * s);
}

/** Cycle at which timer n next reaches its reference; NEVER while REF is set already. */
function nextReference(n: u32): u64 {
  const s = step(n);
  if (s == 0 || peek16(ter(n)) & TER_REF) return NEVER;
  const trr = wide(TRR1, n);
  const count = wide(TCN1, n);
  let counts = count < trr ? trr - count : top(n) + 1 - count + trr;
  if (count == trr && peek16(reg(TMR1, n)) & TMR_FRR) counts = trr + 1;
  return load<u64>(origin(n)) + counts * s;
}

function plan(): void {
  let next = NEVER;
  for (let n: u32 = 0; n < 4; n++) next = min<u64>(next, nextReference(n));
  if (next == NEVER) cancel(EV_TIMERS);
  else schedule(EV_TIMERS, next);
}

/** EV_TIMERS: at least one timer reached its reference. */
export function gptReference(): void {
  const t = now();
  for (let n: u32 = 0; n < 4; n++) {
    if (nextReference(n) > t) continue;
    poke16(ter(n), peek16(ter(n)) | TER_REF);
    settle(n);
  }
  plan();
  siuUpdate();
}

/** Requests of timers 1–4 in CIPR's layout. */
export function gptRequests(): u32 {
  let bits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    const events = peek16(ter(n));
    if (!events) continue;
    const tmr = peek16(reg(TMR1, n));
    if ((events & TER_REF && tmr & TMR_ORI) || (events & TER_CAP && tmr & TMR_CE)) bits |= (<u32>1) << vector(n);
  }
  return bits;
}
function vector(n: u32): u32 {
  return n == 0 ? 25 : n == 1 ? 18 : n == 2 ? 12 : 7;
}

/** Count registers up to date for a read. */
export function gptRead(word: u32): u32 {
  const n = word >= 0x9a0 ? 2 : 0;
  if (word == reg(TCN1, n)) {
    touch();
    settle(n);
    settle(n + 1);
  }
  return (peek16(word) << 16) | peek16(word + 2);
}

export function gptWrite(word: u32, v: u32, m: u32): void {
  for (let n: u32 = 0; n < 4; n++) settle(n);
  if (word == TGCR) {
    const before = peek16(TGCR);
    put(word, v, m, inHalf(TGCR, 0xffff));
    // RST 1 → 0 clears count and prescaler.
    const stopped = before & ~peek16(TGCR);
    for (let n: u32 = 0; n < 4; n++) {
      if (stopped & (TGCR_RST << (n * 4))) poke16(reg(TCN1, n), 0);
      if ((before ^ peek16(TGCR)) & (TGCR_RST << (n * 4))) store<u64>(origin(n), now());
    }
  } else if (word >= TER1) clearOnes(word, v, m, (TER_REF | TER_CAP) * 0x10001);
  else {
    put(word, v, m);
    for (let n: u32 = 0; n < 4; n++) {
      const tcn = reg(TCN1, n);
      if (word == (tcn & ~3) && wrote16(tcn, m)) store<u64>(origin(n), now());
    }
  }
  plan();
  siuUpdate();
}

export function gptReset(): void {
  for (let off = TGCR; off <= ter(3); off += 2) poke16(off, 0);
  for (let n: u32 = 0; n < 4; n++) poke16(reg(TRR1, n), 0xffff);
  cancel(EV_TIMERS);
}
