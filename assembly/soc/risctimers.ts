/** RISC timer table and the CP's configuration registers (MPC860 UM, Communications Processor: RISC Timer Tables). */
import { cancel, EV_RISC_TIMERS, schedule } from '../events';
import { clearOnes, inHalf, now, peek16, peek32, poke16, poke32, put, wrote16 } from './io';
import { siuUpdate } from './siu';

export const RCCR: u32 = 0x9c4;
const RMDR: u32 = 0x9c8;
const RCTR1: u32 = 0x9cc;
const RCTR3: u32 = 0x9d0;
export const RTER: u32 = 0x9d6;
export const RTMR: u32 = 0x9da;

const RCCR_TIME: u32 = 0x8000;
const RCCR_TIMEP: u32 = 0x3f00;
const RCCR_TIMEP_SHIFT: u32 = 8;

// Parameter RAM
const PRAM: u32 = 0x3db0;
const TM_BASE: u32 = PRAM + 0x00;
const R_TMR: u32 = PRAM + 0x04;
const R_TMV: u32 = PRAM + 0x06;
const TM_CMD: u32 = PRAM + 0x08;
const TM_CNT: u32 = PRAM + 0x0c;
const TM_CMD_V: u32 = 0x80000000;
const TM_CMD_R: u32 = 0x40000000;
const TM_CMD_N_SHIFT: u32 = 16;

/** Entry n of the table: current count, initial count. */
function entry(n: u32): u32 {
  return 0x2000 + ((peek16(TM_BASE) + n * 4) & 0x1ffc);
}

function plan(): void {
  const rccr = peek16(RCCR);
  if (rccr & RCCR_TIME) {
    const ticks = <u64>((rccr & RCCR_TIMEP) >> RCCR_TIMEP_SHIFT) + 1;
    schedule(EV_RISC_TIMERS, now() + ticks * 1024);
  } else cancel(EV_RISC_TIMERS);
}

/** SET TIMER: take TM_CMD into the table. */
export function setTimer(): void {
  const cmd = peek32(TM_CMD);
  const n = (cmd >> TM_CMD_N_SHIFT) & 15;
  const bit: u32 = 0x0001 << n;
  poke16(entry(n), cmd & 0xffff);
  poke16(entry(n) + 2, cmd & 0xffff);
  poke16(R_TMR, cmd & TM_CMD_R ? peek16(R_TMR) | bit : peek16(R_TMR) & ~bit);
  poke16(R_TMV, cmd & TM_CMD_V ? peek16(R_TMV) | bit : peek16(R_TMV) & ~bit);
}

/** EV_RISC_TIMERS: one tick; every valid timer counts down by one. */
export function riscTick(): void {
  poke32(TM_CNT, peek32(TM_CNT) + 1);
  const valid = peek16(R_TMV);
  for (let n: u32 = 0; n < 16 && valid >> n; n++) {
    const bit: u32 = 1 << n;
    if (!(valid & bit)) continue;
    const count = (peek16(entry(n)) - 1) & 0xffff;
    poke16(entry(n), count);
    if (count) continue;
    poke16(RTER, peek16(RTER) | bit);
    if (peek16(R_TMR) & bit) poke16(entry(n), peek16(entry(n) + 2));
    else poke16(R_TMV, peek16(R_TMV) & ~bit);
  }
  plan();
  siuUpdate();
}

export function cpConfigWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case RCCR:
      // 9C7 in the same word is RMDS.
      put(word, v, m, 0xbffb00ff | 0x00040000);
      if (wrote16(RCCR, m)) plan();
      break;
    case RMDR:
    case RCTR1:
    case RCTR3:
      put(word, v, m);
      break;
    case RTER & ~3:
      clearOnes(word, v, m, inHalf(RTER, 0xffff));
      siuUpdate();
      break;
    case RTMR & ~3:
      put(word, v, m, inHalf(RTMR, 0xffff));
      siuUpdate();
      break;
  }
}

export function riscTimersReset(): void {
  poke32(RCCR, 0);
  poke32(RCTR1, 0);
  poke32(RCTR3, 0);
  poke16(RTER, 0);
  poke16(RTMR, 0);
  cancel(EV_RISC_TIMERS);
}
