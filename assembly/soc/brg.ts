/** Baud rate generators and the serial interface's clock routing (MPC860 UM, Serial Interface; hardware/cpm.md 4, 9). */
import { brgclkDivider } from './clocks';
import { peek32, poke32, put } from './io';
import { uartClockChanged } from './uart';

export const BRGC1: u32 = 0x9f0;
export const SIMODE: u32 = 0xae0;
const SIGMR: u32 = 0xae4;
export const SICR: u32 = 0xaec;

const BRGC_RST: u32 = 0x00020000;
const BRGC_EN: u32 = 0x00010000;
const BRGC_EXTC: u32 = 0x0000c000;
const BRGC_CD: u32 = 0x00001ffe;
const BRGC_DIV16: u32 = 0x00000001;
const BRGC_BITS: u32 = 0x0003ffff;

/** Core clocks per clock of BRG n = 0–3, 0 if it stands still. Nothing feeds the external clock inputs. */
export function brgPeriod(n: u32): u64 {
  const brgc = peek32(BRGC1 + n * 4);
  if (!(brgc & BRGC_EN) || brgc & BRGC_RST || brgc & BRGC_EXTC) return 0;
  return <u64>(((brgc & BRGC_CD) >> 1) + 1) * (brgc & BRGC_DIV16 ? 16 : 1) * <u64>brgclkDivider();
}

/** Core clocks per clock of routing code 0–7: BRG1–4, then CLK pins, which carry no clock a UART could use. */
export function clockPeriod(code: u32): u64 {
  return code < 4 ? brgPeriod(code) : 0;
}

export function brgWrite(word: u32, v: u32, m: u32): void {
  put(word, v, m, BRGC_BITS);
  uartClockChanged();
}

export function serialInterfaceWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case SIMODE:
    case SICR:
      put(word, v, m);
      uartClockChanged();
      break;
    case SIGMR:
      // SIGMR and SICMR; SISTR between them is read only.
      put(word, v, m, 0xff0000ff);
      break;
  }
}

export function brgReset(): void {
  for (let n: u32 = 0; n < 4; n++) poke32(BRGC1 + n * 4, 0);
  poke32(SIMODE, 0);
  poke32(SIGMR, 0);
  poke32(SICR, 0);
}
