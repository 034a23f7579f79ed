/** Timebase, its references, and the decrementer (MPC860 UM, System Timers; hardware/siu.md 2.3). */
import { cancel, EV_DEC, EV_TBREF, schedule } from '../events';
import { PENDING_DECREMENTER } from '../layout';
import { cyclesFor, ticksIn, timebaseClock } from './clocks';
import { clearOnes, inHalf, now, peek16, peek32, poke16, put, raise, touch, wrote16 } from './io';
import { KEY_TB, KEY_TBREFA, KEY_TBREFB, KEY_TBSCR, keyOpen } from './keys';
import { siuUpdate } from './siu';
import { DEC_ZERO, TB_OFFSET, TMB_ORIGIN, TMB_TICKS } from './state';

export const TBSCR: u32 = 0x200;
export const TBREFA: u32 = 0x204;
export const TBREFB: u32 = 0x208;

const TBSCR_TBIRQ_SHIFT: u32 = 8;
const TBSCR_REFA: u32 = 0x0080;
const TBSCR_REFB: u32 = 0x0040;
const TBSCR_REFAE: u32 = 0x0008;
const TBSCR_REFBE: u32 = 0x0004;
const TBSCR_TBF: u32 = 0x0002;
const TBSCR_TBE: u32 = 0x0001;

/** One-hot levels the timebase drives, 80 = LVL0. */
export function timebaseRequest(): u32 {
  const tbscr = peek16(TBSCR);
  const active = (tbscr & TBSCR_REFA && tbscr & TBSCR_REFAE) || (tbscr & TBSCR_REFB && tbscr & TBSCR_REFBE);
  return active ? tbscr >> TBSCR_TBIRQ_SHIFT : 0;
}

/** TMBCLK ticks counted while TBE was set. */
function ticks(): u64 {
  const base = load<u64>(TMB_TICKS);
  if (!(peek16(TBSCR) & TBSCR_TBE)) return base;
  return base + ticksIn(now() - load<u64>(TMB_ORIGIN), timebaseClock());
}

/** Bring the tick count up to now, before the clock or TBE changes. */
export function timebaseSettle(): void {
  store<u64>(TMB_TICKS, ticks());
  store<u64>(TMB_ORIGIN, now());
}

export function timebaseClockChanged(): void {
  planDec();
  planRef();
}

export function tbRead(): u64 {
  return ticks() + load<u64>(TB_OFFSET);
}

function tbSet(v: u64): void {
  if (!keyOpen(KEY_TB)) return;
  touch();
  store<u64>(TB_OFFSET, v - ticks());
  planRef();
}
export function tbWriteLower(v: u32): void {
  tbSet((tbRead() & 0xffffffff00000000) | <u64>v);
}
export function tbWriteUpper(v: u32): void {
  tbSet((tbRead() & 0x00000000ffffffff) | ((<u64>v) << 32));
}

export function decRead(): u32 {
  return <u32>(load<u64>(DEC_ZERO) - ticks());
}

/** Setting bit 0 by a write requests the exception just as passing through 0 does. */
export function decWrite(v: u32): void {
  touch();
  if (v >> 31 && !(decRead() >> 31)) raise(PENDING_DECREMENTER);
  store<u64>(DEC_ZERO, ticks() + <u64>v);
  planDec();
}

/** Schedule `id` for the first cycle at which the tick count is `tick`. */
function planAt(id: u32, tick: u64): void {
  const hz = timebaseClock();
  if (hz == 0) cancel(id);
  else schedule(id, load<u64>(TMB_ORIGIN) + cyclesFor(tick - load<u64>(TMB_TICKS), hz));
}

/** The exception comes when DEC steps from 0 to FFFFFFFF. */
function planDec(): void {
  if (!(peek16(TBSCR) & TBSCR_TBE)) {
    cancel(EV_DEC);
    return;
  }
  let tick = load<u64>(DEC_ZERO) + 1;
  const past = ticks();
  if (tick <= past) tick = past + 1 + <u64>decRead();
  planAt(EV_DEC, tick);
}

/** EV_DEC: DEC passed zero; it goes on counting and wraps again 2^32 ticks later. */
export function decExpired(): void {
  raise(PENDING_DECREMENTER);
  store<u64>(DEC_ZERO, load<u64>(DEC_ZERO) + 0x100000000);
  planDec();
}

/** Ticks until TBL equals `ref` again, 1 … 2^32. */
function ticksTo(ref: u32): u64 {
  const delta = ref - <u32>tbRead();
  return delta ? <u64>delta : 0x100000000;
}

function planRef(): void {
  if (!(peek16(TBSCR) & TBSCR_TBE)) {
    cancel(EV_TBREF);
    return;
  }
  planAt(EV_TBREF, ticks() + min<u64>(ticksTo(peek32(TBREFA)), ticksTo(peek32(TBREFB))));
}

/** EV_TBREF: TBL reached one of the references. */
export function tbrefReached(): void {
  const tbl = <u32>tbRead();
  let tbscr = peek16(TBSCR);
  if (tbl == peek32(TBREFA)) tbscr |= TBSCR_REFA;
  if (tbl == peek32(TBREFB)) tbscr |= TBSCR_REFB;
  poke16(TBSCR, tbscr);
  planRef();
  siuUpdate();
}

export function timebaseWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case TBSCR:
      if (!wrote16(TBSCR, m) || !keyOpen(KEY_TBSCR)) break;
      timebaseSettle();
      put(word, v, m, inHalf(TBSCR, 0xff00 | TBSCR_REFAE | TBSCR_REFBE | TBSCR_TBF | TBSCR_TBE));
      clearOnes(word, v, m, inHalf(TBSCR, TBSCR_REFA | TBSCR_REFB));
      planDec();
      planRef();
      siuUpdate();
      break;
    case TBREFA:
      if (keyOpen(KEY_TBREFA)) put(word, v, m);
      planRef();
      break;
    case TBREFB:
      if (keyOpen(KEY_TBREFB)) put(word, v, m);
      planRef();
      break;
  }
}

/** Timebase and decrementer are kept alive: only power-on clears and stops them. */
export function timebaseReset(powerOn: bool): void {
  if (!powerOn) return;
  poke16(TBSCR, 0);
  store<u64>(TMB_ORIGIN, now());
  cancel(EV_DEC);
  cancel(EV_TBREF);
}
