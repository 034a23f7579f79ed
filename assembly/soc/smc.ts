/** Registers of SMC1 and SMC2 (MPC860 UM, Serial Management Controllers); the UART protocol is uart.ts. */
import { brgPeriod, SIMODE } from './brg';
import { clearOnes, inByte, inHalf, peek8, peek16, peek32, poke8, poke16, put, wrote16 } from './io';
import { siuUpdate } from './siu';
import { uartCommand, uartEnable, uartReset } from './uart';

export const SMC1_BASE: u32 = 0xa80;
export const SMC2_BASE: u32 = 0xa90;
// Offsets from the channel's base
export const SMCMR: u32 = 0x02;
export const SMCE: u32 = 0x06;
export const SMCM: u32 = 0x0a;

const SMCMR_CLEN: u32 = 0x7800;
const SMCMR_CLEN_SHIFT: u32 = 11;
const SMCMR_SL: u32 = 0x0400;
const SMCMR_PEN: u32 = 0x0200;
const SMCMR_SM: u32 = 0x0030;
const SMCMR_SM_UART: u32 = 0x0020;
const SMCMR_DM: u32 = 0x000c;
const SMCMR_DM_LOOPBACK: u32 = 0x0004;
const SMCMR_TEN: u32 = 0x0002;
const SMCMR_REN: u32 = 0x0001;
const SMCE_BITS: u32 = 0x57;
const SIMODE_CS: u32 = 0x7;

function base(n: u32): u32 {
  return n ? SMC2_BASE : SMC1_BASE;
}
function mode(n: u32): u32 {
  return peek16(base(n) + SMCMR);
}

export function smcTxEnabled(n: u32): bool {
  return (mode(n) & (SMCMR_SM | SMCMR_TEN)) == (SMCMR_SM_UART | SMCMR_TEN);
}
export function smcRxEnabled(n: u32): bool {
  return (mode(n) & (SMCMR_SM | SMCMR_REN)) == (SMCMR_SM_UART | SMCMR_REN);
}
export function smcLoopback(n: u32): bool {
  return (mode(n) & SMCMR_DM) == SMCMR_DM_LOOPBACK;
}

/** Bits per character on the line, with start, parity and stop bits. */
export function smcCharBits(n: u32): u32 {
  return ((mode(n) & SMCMR_CLEN) >> SMCMR_CLEN_SHIFT) + 1;
}
/** Mask of the data bits of a character. */
export function smcDataMask(n: u32): u32 {
  const extra: u32 = 2 + (mode(n) & SMCMR_SL ? 1 : 0) + (mode(n) & SMCMR_PEN ? 1 : 0);
  const bits = smcCharBits(n);
  return bits > extra && bits - extra < 8 ? (1 << (bits - extra)) - 1 : 0xff;
}

/** Core clocks per bit, 0 without a clock. The SMC always divides by 16. */
export function smcBitPeriod(n: u32): u64 {
  const cs = (peek32(SIMODE) >> (n ? 28 : 12)) & SIMODE_CS;
  return cs < 4 ? brgPeriod(cs) * 16 : 0;
}

/** Latch events into SMCE. */
export function smcEvent(n: u32, bits: u32): void {
  const off = base(n) + SMCE;
  poke8(off, peek8(off) | (bits & SMCE_BITS));
  siuUpdate();
}

export function smcWrite(word: u32, v: u32, m: u32): void {
  const n: u32 = word >= SMC2_BASE ? 1 : 0;
  switch (word - base(n)) {
    case SMCMR & ~3:
      if (!wrote16(SMCMR, m)) break;
      put(word, v, m, inHalf(SMCMR, 0x7fff));
      uartEnable(n);
      break;
    case SMCE & ~3:
      clearOnes(word, v, m, inByte(SMCE, SMCE_BITS));
      break;
    case SMCM & ~3:
      put(word, v, m, inByte(SMCM, SMCE_BITS));
      break;
  }
  siuUpdate();
}

/** CPCR command for SMC n = 0, 1. */
export function smcCommand(n: u32, opcode: u32): void {
  uartCommand(n, opcode);
}

export function smcReset(): void {
  for (let n: u32 = 0; n < 2; n++) {
    poke16(base(n) + SMCMR, 0);
    poke8(base(n) + SMCE, 0);
    poke8(base(n) + SMCM, 0);
    uartReset(n);
  }
}
