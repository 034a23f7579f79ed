/**
 * UART protocol of the SMCs and SCCs: buffer descriptors, character timing, idle and break handling
 * (MPC860 UM, SMC: UART Mode; SCC: UART Mode; hardware/cpm.md sections 11 and 12).
 * Channels: 0, 1 = SMC1, 2; UART_SCC1 + n = SCC1–4.
 */
import { cancel, due, EV_UART, NEVER, schedule } from '../events';
import {
  CONSOLE_IN,
  CONSOLE_OUT,
  CONSOLE_RING,
  HOST_FLAGS,
  HOST_WATCH_CONSOLE,
  STOP_CONSOLE,
  STOP_NONE,
  STOP_REQUEST,
} from '../layout';
import { CLOSE_RX_BD, ENTER_HUNT, GRACEFUL_STOP_TX, INIT_RX, INIT_RX_TX, INIT_TX, RESTART_TX, STOP_TX } from './cp';
import { cpBehind, cpServe, fifoBytes, PEAK_SCC_UART } from './cp-load';
import { bdAt } from './dpram';
import { now, peek16, peek32, poke16, poke32 } from './io';
import {
  GSMR_L_ENR,
  GSMR_L_ENT,
  MRBLR,
  RBASE,
  RBPTR,
  RCOUNT,
  RDPTR,
  sccBitPeriod,
  sccCharBits,
  sccDataMask,
  sccEvent,
  sccIsEthernet,
  sccLoopback,
  sccPram,
  sccUartOn,
  TBASE,
  TBPTR,
  TCOUNT,
  TDPTR,
} from './scc';
import { sdmaCheck, sdmaRead8, sdmaWrite8 } from './sdma';
import { smcBitPeriod, smcCharBits, smcDataMask, smcEvent, smcLoopback, smcRxEnabled, smcTxEnabled } from './smc';
import { CFG_CONSOLE, UART, UART_SIZE } from './state';

/** Channel number of SCC1. */
export const UART_SCC1: u32 = 2;
const UARTS: u32 = 6;

// Channel state, offsets from UART + c * UART_SIZE
/** u32: TX_* bits. */
const TX_FLAGS: u32 = 0;
/** u32: character in the shift register. */
const TX_SHIFT: u32 = 4;
/** u64: cycle from which polls of an un-ready BD are counted. */
const TX_ORIGIN: u32 = 8;
/** u32: 1 = a receive buffer is open. */
const RX_OPEN: u32 = 16;
/** u64: cycle at which the character on the line is complete, 0 = line idle. */
const RX_CHAR_AT: u32 = 24;
/** u64: cycle at which MAX_IDL idle characters have passed, 0 = not counting. */
const RX_IDLE_AT: u32 = 32;
/** u32: bits that were enabled at the last look: 1 = transmitter, 2 = receiver. */
const ENABLED: u32 = 40;
/** u32: 1 = the host asked for a break on the line. */
const RX_BREAK: u32 = 44;

/** The current BD's data is being sent. */
const TX_BUSY: u32 = 1;
/** TX_SHIFT holds a character. */
const TX_SHIFTING: u32 = 2;
/** It is an idle or break character: nothing arrives at the other end. */
const TX_SILENT: u32 = 4;
/** STOP TX was given. */
const TX_STOPPED: u32 = 8;

// BD status
const BD_E: u32 = 0x8000;
const BD_R: u32 = 0x8000;
const BD_W: u32 = 0x2000;
const BD_I: u32 = 0x1000;
const BD_CM: u32 = 0x0200;
const BD_C: u32 = 0x0800;
const BD_ID: u32 = 0x0100;
const BD_P: u32 = 0x0100;
const BD_BR: u32 = 0x0020;
const BD_OV: u32 = 0x0002;
/** Status bits of a receive BD that the CP owns. */
const BD_RX_STATUS: u32 = 0x0d3f;

// Events that SMCE and SCCE have at the same place
const EVENT_RX: u32 = 0x01;
const EVENT_TX: u32 = 0x02;
const EVENT_BSY: u32 = 0x04;
const SMCE_BRK: u32 = 0x10;
const SMCE_BRKE: u32 = 0x40;
const SCCE_CCR: u32 = 0x0008;
const SCCE_BRKS: u32 = 0x0020;
const SCCE_BRKE: u32 = 0x0040;
const SCCE_GRA: u32 = 0x0080;

// Parameter RAM beyond the part that all protocols share: SMC and SCC differ
const SMC_MAX_IDL: u32 = 0x28;
const SCC_MAX_IDL: u32 = 0x38;
const SMC_BRKEC: u32 = 0x2e;
const SCC_BRKEC: u32 = 0x44;
const SCC_CHARACTER1: u32 = 0x50;
const SCC_RCCM: u32 = 0x60;
const SCC_RCCR: u32 = 0x62;
const CHARACTER_E: u32 = 0x8000;
const CHARACTER_R: u32 = 0x4000;

function st(c: u32): u32 {
  return UART + c * UART_SIZE;
}
function isScc(c: u32): bool {
  return c >= UART_SCC1;
}
function pram(c: u32): u32 {
  return isScc(c) ? sccPram(c - UART_SCC1) : c ? 0x3f80 : 0x3e80;
}
function evTx(c: u32): u32 {
  return EV_UART + c * 2;
}
function evRx(c: u32): u32 {
  return EV_UART + c * 2 + 1;
}
function txOn(c: u32): bool {
  return isScc(c) ? sccUartOn(c - UART_SCC1, GSMR_L_ENT) : smcTxEnabled(c);
}
function rxOn(c: u32): bool {
  return isScc(c) ? sccUartOn(c - UART_SCC1, GSMR_L_ENR) : smcRxEnabled(c);
}
function loopback(c: u32): bool {
  return isScc(c) ? sccLoopback(c - UART_SCC1) : smcLoopback(c);
}
function event(c: u32, bits: u32): void {
  if (isScc(c)) sccEvent(c - UART_SCC1, bits);
  else smcEvent(c, bits);
}
function dataMask(c: u32): u32 {
  return isScc(c) ? sccDataMask(c - UART_SCC1) : smcDataMask(c);
}

/** Core cycles per character, 0 without a clock. */
function charTime(c: u32): u64 {
  if (isScc(c)) return sccBitPeriod(c - UART_SCC1) * <u64>sccCharBits(c - UART_SCC1);
  return smcBitPeriod(c) * <u64>smcCharBits(c);
}

/** BD after the one at `pointer`, back to `base` after the one with W. */
function nextBd(pram: u32, pointer: u32, base: u32, status: u32): void {
  poke16(pram + pointer, status & BD_W ? peek16(pram + base) : peek16(pram + pointer) + 8);
}

// --- transmitter ---

function flags(c: u32): u32 {
  return load<u32>(st(c), TX_FLAGS);
}
function setFlags(c: u32, v: u32): void {
  store<u32>(st(c), v, TX_FLAGS);
}

/** Plan the poll that finds the BD at TBPTR ready; `atOnce` = transmit on demand, no waiting for the poll. */
export function uartKick(c: u32, atOnce: bool): void {
  if (!txOn(c) || flags(c) & (TX_BUSY | TX_SHIFTING | TX_STOPPED) || due(evTx(c)) != NEVER) return;
  if (!(peek16(bdAt(peek16(pram(c) + TBPTR))) & BD_R)) return;
  const t = now();
  const period = charTime(c);
  if (period == 0) return;
  const origin = load<u64>(st(c), TX_ORIGIN);
  schedule(evTx(c), atOnce ? t : origin + ((t - origin) / period + 1) * period);
}

/** The CPU wrote dual-port RAM at `off`: a BD may have become ready, or TBPTR may have moved. */
export function uartBdWritten(off: u32): void {
  for (let c: u32 = 0; c < UARTS; c++) {
    if (!(load<u32>(st(c), ENABLED) & 1)) continue;
    const tbptr = pram(c) + TBPTR;
    if ((off & ~3) == bdAt(peek16(tbptr)) || (off & ~3) == tbptr) uartKick(c, false);
  }
}

/** Put a character into the shift register; `silent` = idle or break. */
function shift(c: u32, ch: u32, silent: bool): void {
  store<u32>(st(c), ch, TX_SHIFT);
  setFlags(c, (flags(c) & ~TX_SILENT) | TX_SHIFTING | (silent ? TX_SILENT : 0));
  planTx(c);
}

/** A character time from now; without a clock the transmitter stands still until it comes back. */
function planTx(c: u32): void {
  const period = charTime(c);
  if (period) schedule(evTx(c), now() + period);
}

/** The character in the shift register has left. */
function shiftedOut(c: u32): void {
  const was = flags(c);
  setFlags(c, was & ~(TX_SHIFTING | TX_SILENT));
  if (!(was & TX_SHIFTING) || was & TX_SILENT) return;
  const ch = load<u32>(st(c), TX_SHIFT) & dataMask(c);
  if (loopback(c)) {
    receive(c, ch, 0);
    return;
  }
  if (c != load<u32>(CFG_CONSOLE)) return;
  const count = load<u32>(CONSOLE_OUT);
  store<u8>(CONSOLE_OUT + 4 + (count & (CONSOLE_RING - 1)), ch);
  store<u32>(CONSOLE_OUT, count + 1);
  const full = ((count + 1) & (CONSOLE_RING / 2 - 1)) == 0;
  if ((full || load<u32>(HOST_FLAGS) & HOST_WATCH_CONSOLE) && load<u32>(STOP_REQUEST) == STOP_NONE) {
    store<u32>(STOP_REQUEST, STOP_CONSOLE);
  }
}

/** Transmitter event: a character is out, or a poll finds a ready BD. */
export function uartTxEvent(c: u32): void {
  shiftedOut(c);
  if (!txOn(c) || flags(c) & TX_STOPPED) return;
  const p = pram(c);
  if (!(flags(c) & TX_BUSY)) {
    const bd = bdAt(peek16(p + TBPTR));
    const status = peek16(bd);
    if (!(status & BD_R)) return;
    poke32(p + TDPTR, peek32(bd + 4));
    poke16(p + TCOUNT, peek16(bd + 2));
    setFlags(c, flags(c) | TX_BUSY);
    if (status & BD_P) {
      shift(c, 0, true);
      return;
    }
  }
  const left = peek16(p + TCOUNT);
  if (left == 0) {
    closeTx(c);
    planTx(c);
    return;
  }
  const pa = peek32(p + TDPTR);
  if (!sdmaCheck(pa)) {
    setFlags(c, (flags(c) & ~TX_BUSY) | TX_STOPPED);
    return;
  }
  const ch = sdmaRead8(pa);
  serve(c);
  poke32(p + TDPTR, pa + 1);
  poke16(p + TCOUNT, left - 1);
  shift(c, ch, false);
  if (left == 1) closeTx(c);
}

/** The CP handles a character. */
function serve(c: u32): void {
  if (isScc(c)) cpServe(sccCharBits(c - UART_SCC1), PEAK_SCC_UART);
}

/** Characters that the receiver holds until the CP comes: an SMC is double-buffered. */
function rxDepth(c: u32): u64 {
  return isScc(c) ? fifoBytes(c - UART_SCC1) : 2;
}

/** The last character of the BD has moved to the shift register. */
function closeTx(c: u32): void {
  const p = pram(c);
  const bd = bdAt(peek16(p + TBPTR));
  const status = peek16(bd);
  if (!(status & BD_CM)) poke16(bd, status & ~BD_R);
  nextBd(p, TBPTR, TBASE, status);
  setFlags(c, flags(c) & ~TX_BUSY);
  if (status & BD_I) event(c, EVENT_TX);
}

// --- receiver ---

/** Bytes the host has put on the line and the receiver has not taken. */
function waiting(c: u32): bool {
  return c == load<u32>(CFG_CONSOLE) && load<u32>(CONSOLE_IN) != load<u32>(CONSOLE_IN + 4);
}

function planRx(c: u32): void {
  const s = st(c);
  const char = load<u64>(s, RX_CHAR_AT);
  const idle = load<u64>(s, RX_IDLE_AT);
  const next = char && idle ? min<u64>(char, idle) : char | idle;
  if (next) schedule(evRx(c), next);
  else cancel(evRx(c));
}

/** Characters wait at the line's other end: let the next one begin unless one is under way. */
export function uartLine(c: u32): void {
  const s = st(c);
  const period = charTime(c);
  if (!rxOn(c) || period == 0 || load<u64>(s, RX_CHAR_AT) || !(waiting(c) || load<u32>(s, RX_BREAK))) return;
  store<u64>(s, now() + period, RX_CHAR_AT);
  store<u64>(s, 0, RX_IDLE_AT);
  planRx(c);
}

/** The host holds the line low for a character time. */
export function uartBreak(c: u32): void {
  store<u32>(st(c), 1, RX_BREAK);
  uartLine(c);
}

/** Receiver event: a character is complete, or the line has been idle for MAX_IDL characters. */
export function uartRxEvent(c: u32): void {
  const s = st(c);
  const t = now();
  const char = load<u64>(s, RX_CHAR_AT);
  const idle = load<u64>(s, RX_IDLE_AT);
  if (idle && idle <= t) {
    store<u64>(s, 0, RX_IDLE_AT);
    if (load<u32>(s, RX_OPEN)) closeRx(c, BD_ID);
  }
  if (char && char <= t) {
    store<u64>(s, 0, RX_CHAR_AT);
    if (waiting(c)) {
      const taken = load<u32>(CONSOLE_IN + 4);
      const ch = load<u8>(CONSOLE_IN + 8 + (taken & (CONSOLE_RING - 1)));
      store<u32>(CONSOLE_IN + 4, taken + 1);
      receive(c, ch & dataMask(c), 0);
    } else if (load<u32>(s, RX_BREAK)) {
      store<u32>(s, 0, RX_BREAK);
      breakReceived(c);
    }
    uartLine(c);
  }
  planRx(c);
}

/** Open the BD at RBPTR; false = not empty, the character is lost. */
function openRx(c: u32): bool {
  if (load<u32>(st(c), RX_OPEN)) return true;
  const p = pram(c);
  const bd = bdAt(peek16(p + RBPTR));
  if (!(peek16(bd) & BD_E)) {
    event(c, EVENT_BSY);
    return false;
  }
  poke32(p + RDPTR, peek32(bd + 4));
  poke16(p + RCOUNT, peek16(p + MRBLR));
  store<u32>(st(c), 1, RX_OPEN);
  return true;
}

/** A character arrived. */
function receive(c: u32, ch: u32, status: u32): void {
  if (!rxOn(c)) return;
  const p = pram(c);
  // The character stands in the place of one that nobody fetched.
  if (cpBehind() > rxDepth(c) * charTime(c)) status |= BD_OV;
  serve(c);
  let control: u32 = 0;
  if (isScc(c)) {
    control = controlCharacter(p, ch);
    if (control & CHARACTER_R) {
      poke16(p + SCC_RCCR, ch);
      event(c, SCCE_CCR);
      return;
    }
  }
  if (!openRx(c)) return;
  const pa = peek32(p + RDPTR);
  if (!sdmaCheck(pa)) {
    store<u32>(st(c), 0, RX_OPEN);
    return;
  }
  sdmaWrite8(pa, ch);
  poke32(p + RDPTR, pa + 1);
  const left = peek16(p + RCOUNT) - 1;
  poke16(p + RCOUNT, left);
  const maxIdl = peek16(p + (isScc(c) ? SCC_MAX_IDL : SMC_MAX_IDL));
  store<u64>(st(c), maxIdl ? now() + <u64>maxIdl * charTime(c) : 0, RX_IDLE_AT);
  if (control) closeRx(c, status | BD_C);
  else if (<i32>left <= 0 || status) closeRx(c, status);
  planRx(c);
}

/** The entry of the control character table that `ch` matches under RCCM, 0 if none does; at least bit 0100 is set if so. */
function controlCharacter(p: u32, ch: u32): u32 {
  const rccm = peek16(p + SCC_RCCM) & 0xff;
  for (let i: u32 = 0; i < 8; i++) {
    const entry = peek16(p + SCC_CHARACTER1 + i * 2);
    if (entry & CHARACTER_E) break;
    if (((entry ^ ch) & rccm & 0xff) == 0 && rccm) return (entry & CHARACTER_R) | 0x0100;
  }
  return 0;
}

function breakReceived(c: u32): void {
  if (!rxOn(c)) return;
  const p = pram(c);
  const brkec = p + (isScc(c) ? SCC_BRKEC : SMC_BRKEC);
  poke16(brkec, peek16(brkec) + 1);
  if (load<u32>(st(c), RX_OPEN)) closeRx(c, BD_BR);
  else if (openRx(c)) closeRx(c, BD_BR);
  event(c, isScc(c) ? SCCE_BRKS | SCCE_BRKE : SMCE_BRK | SMCE_BRKE);
}

/** Close the open receive BD with status bits `status`. */
function closeRx(c: u32, status: u32): void {
  const p = pram(c);
  const bd = bdAt(peek16(p + RBPTR));
  const old = peek16(bd);
  poke16(bd + 2, (peek16(p + MRBLR) - peek16(p + RCOUNT)) & 0xffff);
  poke16(bd, (old & ~BD_RX_STATUS & (old & BD_CM ? 0xffff : ~BD_E)) | status);
  nextBd(p, RBPTR, RBASE, old);
  store<u32>(st(c), 0, RX_OPEN);
  store<u64>(st(c), 0, RX_IDLE_AT);
  if (old & BD_I) event(c, EVENT_RX);
}

// --- control ---

/** Mode or enable bits changed. */
export function uartEnable(c: u32): void {
  const s = st(c);
  const before = load<u32>(s, ENABLED);
  const after: u32 = (txOn(c) ? 1 : 0) | (rxOn(c) ? 2 : 0);
  store<u32>(s, after, ENABLED);
  if (before & ~after & 1) {
    setFlags(c, flags(c) & TX_STOPPED);
    cancel(evTx(c));
  }
  if (before & ~after & 2) {
    store<u32>(s, 0, RX_OPEN);
    store<u64>(s, 0, RX_CHAR_AT);
    store<u64>(s, 0, RX_IDLE_AT);
    cancel(evRx(c));
  }
  if (after & ~before & 1) {
    store<u64>(s, now(), TX_ORIGIN);
    uartKick(c, false);
  }
  if (after & ~before & 2) uartLine(c);
}

export function uartCommand(c: u32, opcode: u32): void {
  const p = pram(c);
  switch (opcode) {
    case INIT_RX_TX:
      initRx(c, p);
      initTx(c, p);
      break;
    case INIT_RX:
      initRx(c, p);
      break;
    case INIT_TX:
      initTx(c, p);
      break;
    case ENTER_HUNT:
    case CLOSE_RX_BD:
      if (load<u32>(st(c), RX_OPEN)) closeRx(c, 0);
      planRx(c);
      break;
    case STOP_TX:
      setFlags(c, flags(c) | TX_STOPPED);
      break;
    case GRACEFUL_STOP_TX:
      setFlags(c, flags(c) | TX_STOPPED);
      if (isScc(c)) event(c, SCCE_GRA);
      break;
    case RESTART_TX:
      setFlags(c, flags(c) & ~TX_STOPPED);
      resume(c);
      break;
  }
}

/** A baud rate generator or the clock routing changed: what stood still for want of a clock goes on. */
export function uartClockChanged(): void {
  for (let c: u32 = 0; c < UARTS; c++) {
    const enabled = load<u32>(st(c), ENABLED);
    if (enabled & 1) {
      if (flags(c) & (TX_BUSY | TX_SHIFTING)) {
        if (due(evTx(c)) == NEVER && !(flags(c) & TX_STOPPED)) planTx(c);
      } else uartKick(c, false);
    }
    if (enabled & 2) uartLine(c);
  }
}

/** Go on after RESTART TX or INIT TX: with the BD that was interrupted, or with the next poll. */
function resume(c: u32): void {
  if (!txOn(c)) return;
  if (flags(c) & TX_BUSY) {
    if (due(evTx(c)) == NEVER) planTx(c);
  } else uartKick(c, false);
}

function initRx(c: u32, p: u32): void {
  poke16(p + RBPTR, peek16(p + RBASE));
  store<u32>(st(c), 0, RX_OPEN);
  store<u64>(st(c), 0, RX_IDLE_AT);
  planRx(c);
}

function initTx(c: u32, p: u32): void {
  poke16(p + TBPTR, peek16(p + TBASE));
  setFlags(c, flags(c) & TX_SHIFTING);
  resume(c);
}

/** Channel to its reset state; the enable bits are cleared by the caller. */
export function uartReset(c: u32): void {
  // An SCC in Ethernet mode uses the event slots for itself.
  if (isScc(c) && sccIsEthernet(c - UART_SCC1)) return;
  memory.fill(st(c), 0, UART_SIZE);
  cancel(evTx(c));
  cancel(evRx(c));
}
