/** Periodic interrupt timer (MPC860 UM, System Timers: PIT). */
import { cancel, EV_PIT, schedule } from '../events';
import { cyclesFor, pitClock, ticksIn } from './clocks';
import { clearOnes, half, inHalf, now, peek16, peek32, poke16, poke32, put, wrote16 } from './io';
import { KEY_PISCR, KEY_PITC, keyOpen } from './keys';
import { siuUpdate } from './siu';
import { PIT_LOADED, PIT_ORIGIN, PIT_START } from './state';

export const PISCR: u32 = 0x240;
export const PITC: u32 = 0x244;
export const PITR: u32 = 0x248;

const PISCR_PIRQ_SHIFT: u32 = 8;
const PISCR_PS: u32 = 0x0080;
const PISCR_PIE: u32 = 0x0004;
const PISCR_PITF: u32 = 0x0002;
const PISCR_PTE: u32 = 0x0001;

/** One-hot levels the PIT drives, 80 = LVL0. */
export function pitRequest(): u32 {
  const piscr = peek16(PISCR);
  return piscr & PISCR_PS && piscr & PISCR_PIE ? piscr >> PISCR_PIRQ_SHIFT : 0;
}

/** Ticks since the counter was last loaded. */
function elapsed(): u64 {
  return ticksIn(now() - load<u64>(PIT_ORIGIN), pitClock()) - load<u64>(PIT_LOADED);
}

function count(): u32 {
  const start = load<u32>(PIT_START);
  if (!(peek16(PISCR) & PISCR_PTE)) return start;
  const n = elapsed();
  return n > <u64>start ? 0 : start - <u32>n;
}

/** Start counting down from `value` now. */
function restart(value: u32): void {
  store<u32>(PIT_START, value);
  store<u64>(PIT_ORIGIN, now());
  store<u64>(PIT_LOADED, 0);
  plan();
}

/** The count reaches 0 after PIT_START ticks and is reloaded, with PS, one tick later. */
function plan(): void {
  const hz = pitClock();
  if (!(peek16(PISCR) & PISCR_PTE) || hz == 0) {
    cancel(EV_PIT);
    return;
  }
  const tick = load<u64>(PIT_LOADED) + <u64>load<u32>(PIT_START) + 1;
  schedule(EV_PIT, load<u64>(PIT_ORIGIN) + cyclesFor(tick, hz));
}

/** EV_PIT: one period is over. */
export function pitExpired(): void {
  poke16(PISCR, peek16(PISCR) | PISCR_PS);
  store<u64>(PIT_LOADED, load<u64>(PIT_LOADED) + <u64>load<u32>(PIT_START) + 1);
  store<u32>(PIT_START, peek16(PITC));
  plan();
  siuUpdate();
}

/** PITRTCLK is about to change: freeze the count. */
export function pitClockChanging(): void {
  store<u32>(PIT_START, count());
}

export function pitClockChanged(): void {
  restart(load<u32>(PIT_START));
}

export function pitRead(word: u32): u32 {
  return word == PITR ? count() << 16 : peek32(word);
}

export function pitWrite(word: u32, v: u32, m: u32): void {
  if (word == (PISCR & ~3) && wrote16(PISCR, m) && keyOpen(KEY_PISCR)) {
    const held = count();
    const ran = peek16(PISCR) & PISCR_PTE;
    put(word, v, m, inHalf(PISCR, 0xff00 | PISCR_PIE | PISCR_PITF | PISCR_PTE));
    clearOnes(word, v, m, inHalf(PISCR, PISCR_PS));
    // A count held with PTE = 0 goes on from where it stood.
    if ((peek16(PISCR) & PISCR_PTE) != ran) restart(held);
    siuUpdate();
  } else if (word == PITC && wrote16(PITC, m) && keyOpen(KEY_PITC)) {
    put(word, v, m, 0xffff0000);
    restart(half(PITC, peek32(PITC)));
  }
}

export function pitReset(powerOn: bool): void {
  poke16(PISCR, 0);
  if (powerOn) {
    poke32(PITC, 0);
    store<u32>(PIT_START, 0);
  }
  cancel(EV_PIT);
}
