/** Key registers of the kept-alive registers (MPC860 UM, Clocks and Power Control: Keep-Alive Power Registers Lock). */
import { KEYS_CLOSED } from './state';

export const KEY_TBSCR: u32 = 0x0001;
export const KEY_TBREFA: u32 = 0x0002;
export const KEY_TBREFB: u32 = 0x0004;
export const KEY_TB: u32 = 0x0008;
export const KEY_RTCSC: u32 = 0x0010;
export const KEY_RTC: u32 = 0x0020;
export const KEY_RTSEC: u32 = 0x0040;
export const KEY_RTCAL: u32 = 0x0080;
export const KEY_PISCR: u32 = 0x0100;
export const KEY_PITC: u32 = 0x0200;
export const KEY_SCCR: u32 = 0x0400;
export const KEY_PLPRCR: u32 = 0x0800;
export const KEY_RSR: u32 = 0x1000;

const UNLOCK: u32 = 0x55ccaa33;

/** The KEY_* bit behind key register `word`, 0 if there is none. */
function keyOf(word: u32): u32 {
  switch (word) {
    case 0x300:
      return KEY_TBSCR;
    case 0x304:
      return KEY_TBREFA;
    case 0x308:
      return KEY_TBREFB;
    case 0x30c:
      return KEY_TB;
    case 0x320:
      return KEY_RTCSC;
    case 0x324:
      return KEY_RTC;
    case 0x328:
      return KEY_RTSEC;
    case 0x32c:
      return KEY_RTCAL;
    case 0x340:
      return KEY_PISCR;
    case 0x344:
      return KEY_PITC;
    case 0x380:
      return KEY_SCCR;
    case 0x384:
      return KEY_PLPRCR;
    case 0x388:
      return KEY_RSR;
  }
  return 0;
}

/** Write only: the key opens the partner, anything else closes it. All are open after power-on. */
export function keysWrite(word: u32, v: u32, m: u32): void {
  const key = keyOf(word);
  const closed = load<u32>(KEYS_CLOSED);
  store<u32>(KEYS_CLOSED, (v & m) == UNLOCK ? closed & ~key : closed | key);
}

/** May the register behind `key` be written? */
export function keyOpen(key: u32): bool {
  return !(load<u32>(KEYS_CLOSED) & key);
}
