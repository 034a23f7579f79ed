/** Registers of SCC1–SCC4 and their commands; the protocols are ether*.ts and uart.ts (MPC860 UM, SCC chapters). */
import { clockPeriod, SICR } from './brg';
import { INIT_RX, INIT_RX_TX, INIT_TX } from './cp';
import { PRAM } from './dpram';
import { etherBdWritten, etherCommand, etherDemand, etherEnable, etherReset } from './ether';
import { clearOnes, half, inHalf, peek8, peek16, peek32, poke16, poke32, put, wrote16 } from './io';
import { siuUpdate } from './siu';
import { UART_SCC1, uartCommand, uartEnable, uartKick, uartReset } from './uart';

export const SCC_BASE: u32 = 0xa00;
export const SCC_SIZE: u32 = 0x20;
// Offsets from the channel's base
export const GSMR_L: u32 = 0x00;
export const GSMR_H: u32 = 0x04;
export const PSMR: u32 = 0x08;
export const TODR: u32 = 0x0c;
export const DSR: u32 = 0x0e;
export const SCCE: u32 = 0x10;
export const SCCM: u32 = 0x14;

export const GSMR_L_DIAG: u32 = 0x000000c0;
export const GSMR_L_DIAG_LOOPBACK: u32 = 0x00000040;
export const GSMR_L_ENR: u32 = 0x00000020;
export const GSMR_L_ENT: u32 = 0x00000010;
const GSMR_L_TDCR_SHIFT: u32 = 16;
const GSMR_L_MODE: u32 = 0x0000000f;
const MODE_UART: u32 = 0x4;
const MODE_ETHERNET: u32 = 0xc;
const GSMR_H_BITS: u32 = 0x0005ffff;
const TODR_TOD: u32 = 0x8000;
const DSR_RESET: u32 = 0x7e7e;
const SCCE_BITS: u32 = 0x1fff;

/** UART mode: character length, stop bits and parity in PSMR. */
const PSMR_SL: u32 = 0x4000;
const PSMR_CL_SHIFT: u32 = 12;
const PSMR_PEN: u32 = 0x0010;

// Parameter RAM shared by all protocols, offsets from the channel's page
export const RBASE: u32 = 0x00;
export const TBASE: u32 = 0x02;
export const MRBLR: u32 = 0x06;
export const RDPTR: u32 = 0x0c;
export const RBPTR: u32 = 0x10;
export const RCOUNT: u32 = 0x12;
export const TDPTR: u32 = 0x1c;
export const TBPTR: u32 = 0x20;
export const TCOUNT: u32 = 0x22;

/** Register block of SCC n = 0–3. */
export function sccRegs(n: u32): u32 {
  return SCC_BASE + n * SCC_SIZE;
}
/** Parameter RAM page of SCC n = 0–3. */
export function sccPram(n: u32): u32 {
  return PRAM + n * 0x100;
}

export function sccIsEthernet(n: u32): bool {
  return (peek32(sccRegs(n) + GSMR_L) & GSMR_L_MODE) == MODE_ETHERNET;
}
/** Is `bit` (ENR, ENT) set, in UART mode? */
export function sccUartOn(n: u32, bit: u32): bool {
  const gsmr = peek32(sccRegs(n) + GSMR_L);
  return (gsmr & GSMR_L_MODE) == MODE_UART && (gsmr & bit) != 0;
}
export function sccLoopback(n: u32): bool {
  return (peek32(sccRegs(n) + GSMR_L) & GSMR_L_DIAG) == GSMR_L_DIAG_LOOPBACK;
}

/** UART: bits per character on the line. */
export function sccCharBits(n: u32): u32 {
  const psmr = peek16(sccRegs(n) + PSMR);
  return 1 + 5 + ((psmr >> PSMR_CL_SHIFT) & 3) + (psmr & PSMR_PEN ? 1 : 0) + (psmr & PSMR_SL ? 2 : 1);
}
export function sccDataMask(n: u32): u32 {
  return (1 << (5 + ((peek16(sccRegs(n) + PSMR) >> PSMR_CL_SHIFT) & 3))) - 1;
}
/** UART: core clocks per bit by SICR[TCS] and GSMR_L[TDCR] (1, 8, 16 or 32 times), 0 without a clock. */
export function sccBitPeriod(n: u32): u64 {
  const tcs = (peek32(SICR) >> (n * 8)) & 7;
  const tdcr = (peek32(sccRegs(n) + GSMR_L) >> GSMR_L_TDCR_SHIFT) & 3;
  return clockPeriod(tcs) * (tdcr ? 4 << tdcr : 1);
}

/** Latch events into SCCE. */
export function sccEvent(n: u32, bits: u32): void {
  const off = sccRegs(n) + SCCE;
  poke16(off, peek16(off) | (bits & SCCE_BITS));
  siuUpdate();
}

export function sccWrite(word: u32, v: u32, m: u32): void {
  const n = (word - SCC_BASE) / SCC_SIZE;
  switch (word - sccRegs(n)) {
    case GSMR_L: {
      const before = peek32(word);
      put(word, v, m);
      modeChanged(n, before);
      break;
    }
    case GSMR_H:
      put(word, v, m, GSMR_H_BITS);
      break;
    case PSMR:
      put(word, v, m, inHalf(PSMR, 0xffff));
      break;
    case TODR:
      // TODR shares its word with DSR and reads 0.
      put(word, v, m, inHalf(DSR, 0xffff));
      if (wrote16(TODR, m) && half(TODR, v & m) & TODR_TOD) {
        if (sccIsEthernet(n)) etherDemand(n);
        else uartKick(UART_SCC1 + n, true);
      }
      break;
    case SCCE:
      clearOnes(word, v, m, inHalf(SCCE, 0xffff));
      break;
    case SCCM:
      put(word, v, m, inHalf(SCCM, SCCE_BITS));
      break;
  }
  siuUpdate();
}

function modeChanged(n: u32, before: u32): void {
  const after = peek32(sccRegs(n) + GSMR_L);
  const wasEthernet = (before & GSMR_L_MODE) == MODE_ETHERNET;
  if (wasEthernet && !sccIsEthernet(n)) etherReset(n);
  if (sccIsEthernet(n)) {
    // Both protocols use the same event slots: the UART lets go first.
    if (!wasEthernet) uartEnable(UART_SCC1 + n);
    const old = wasEthernet ? before : 0;
    etherEnable(n, old & ~after, after & ~old);
  } else uartEnable(UART_SCC1 + n);
}

/** CPCR command for SCC n. INIT moves the pointers whatever the mode is, or will be. */
export function sccCommand(n: u32, opcode: u32): void {
  const pram = sccPram(n);
  if (opcode == INIT_RX || opcode == INIT_RX_TX) poke16(pram + RBPTR, peek16(pram + RBASE));
  if (opcode == INIT_TX || opcode == INIT_RX_TX) poke16(pram + TBPTR, peek16(pram + TBASE));
  if (sccIsEthernet(n)) etherCommand(n, opcode);
  else uartCommand(UART_SCC1 + n, opcode);
}

/** The CPU wrote the dual-port RAM at `off`. */
export function sccBdWritten(off: u32): void {
  for (let n: u32 = 0; n < 4; n++) {
    if (peek8(sccRegs(n) + GSMR_L + 3) & GSMR_L_ENT && sccIsEthernet(n)) etherBdWritten(n, off);
  }
}

export function sccChannelsReset(): void {
  for (let n: u32 = 0; n < 4; n++) {
    const regs = sccRegs(n);
    for (let off: u32 = 0; off < SCC_SIZE; off += 4) poke32(regs + off, 0);
    poke16(regs + DSR, DSR_RESET);
    etherReset(n);
    uartReset(UART_SCC1 + n);
  }
}
