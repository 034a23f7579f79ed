/** SCC Ethernet transmitter (MPC860 UM, SCC Ethernet: Frame Transmission, Collision Handling; hardware/scc-ethernet.md section 5). */

import { cancel, due, NEVER, requestStop, schedule } from '../events';
import { ETH_FRAME_MAX, ETH_TX, STOP_TX_END, STOP_TX_START } from '../layout';
import { backoffSlots } from './backoff';
import { ethernetBits } from './clocks';
import { cpBehind, cpServe, PEAK_ETHERNET } from './cp-load';
import { crc32 } from './crc';
import { bdOf, carrierBusy, ether, evTx, fullDuplex, hearsItself, onWire, psmr, stepBd, txEnabled } from './ether';
import {
  BD_I,
  BD_L,
  BD_READY,
  BD_W,
  CARRIER_END,
  CARRIER_HOST,
  CARRIER_OFF,
  CARRIER_ON,
  FIFO,
  MINFLR,
  P_PER,
  PADS,
  PREAMBLE_BITS,
  PSMR_FC,
  PSMR_HBC,
  PSMR_LCW,
  PSMR_SBT,
  RET_CNT,
  RET_LIM,
  SCCE_GRA,
  SCCE_TXB,
  SCCE_TXE,
  TFBD_PTR,
  TLBD_PTR,
  TX_FLAGS,
  TX_GAP_FROM,
  TX_LAST_BD,
  TX_LEN,
  TX_ORIGIN,
  TX_OWN_END,
  TX_RANDOM,
  TX_REACHED,
  TX_RETRIES,
  TX_START,
  TX_STATE,
  TX_STATUS,
} from './ether-regs';
import { rxBegin } from './ether-rx';
import { now, peek16, peek32, poke16, poke32 } from './io';
import { sccEvent, sccIsEthernet, sccLoopback, sccPram, TBASE, TBPTR, TCOUNT, TDPTR } from './scc';
import { sdmaCheck, sdmaFetch } from './sdma';
import { CFG_LINK_DOWN, SCC_FRAME_MAX, SCC_FRAMES, TX_END_CYCLE, TX_START_CYCLE } from './state';

// TX_STATE
/** Polling the BD at TBPTR. */
const TX_IDLE: u32 = 0;
/** A frame is ready and waits for the gap, the carrier or its back-off. */
const TX_WAIT: u32 = 1;
/** On the wire; more data is to be read. */
const TX_DATA: u32 = 2;
/** On the wire; all of it is in the FIFO. */
const TX_TAIL: u32 = 3;
/** Off the wire; the BD is being closed. */
const TX_CLOSE: u32 = 4;
/** Collided; the jam goes out. */
const TX_JAM: u32 = 5;

// TX_FLAGS
const TXF_STOPPED: u32 = 1;
const TXF_GRACEFUL: u32 = 2;

// Tx BD status
const BD_R: u32 = BD_READY;
const BD_PAD: u32 = 0x4000;
const BD_TC: u32 = 0x0400;
const BD_DEF: u32 = 0x0200;
const BD_HB: u32 = 0x0100;
const BD_LC: u32 = 0x0080;
const BD_RL: u32 = 0x0040;
const BD_RC_SHIFT: u32 = 2;
const BD_UN: u32 = 0x0002;
const BD_CSL: u32 = 0x0001;
/** What software wrote and the CP keeps. */
const BD_KEEP: u32 = BD_PAD | BD_W | BD_I | BD_L | BD_TC;
/** Errors after which only RESTART TX goes on. */
const BD_STOPS: u32 = BD_LC | BD_RL | BD_UN;

// Times in bits of 0.1 µs
const POLL_BITS: u64 = 128;
const GAP_BITS: u64 = 96;
/** First part of the gap, in which a new carrier starts the wait over. */
const GAP_FIRST_BITS: u64 = 60;
const CLOSE_BITS: u64 = 12;
const JAM_BITS: u64 = 32;
const SLOT_BITS: u64 = 512;
const CRC_BYTES: u32 = 4;

/** The frame buffer of SCC n: the mailbox for SCC1, which has a wire, private ones for the others' loopback. */
function frame(n: u32): u32 {
  return n == 0 ? ETH_TX + 4 : SCC_FRAMES + (n - 1) * SCC_FRAME_MAX;
}
function frameMax(n: u32): u32 {
  return (n == 0 ? ETH_FRAME_MAX : SCC_FRAME_MAX) - CRC_BYTES;
}

function state(n: u32): u32 {
  return load<u32>(ether(n), TX_STATE);
}
function enter(n: u32, s: u32): void {
  store<u32>(ether(n), s, TX_STATE);
}
function flags(n: u32): u32 {
  return load<u32>(ether(n), TX_FLAGS);
}
function mark(n: u32, status: u32): void {
  store<u32>(ether(n), load<u32>(ether(n), TX_STATUS) | status, TX_STATUS);
}

/** Is a frame or a jam of ours on the wire? */
export function txOnAir(n: u32): bool {
  const s = state(n);
  return s == TX_DATA || s == TX_TAIL || s == TX_JAM;
}

/** Plan the poll that will find the BD at TBPTR ready: every 128 bit times from ENT on. */
export function txKick(n: u32): void {
  if (!pollWouldHit(n) || due(evTx(n)) != NEVER) return;
  const t = now();
  const origin = load<u64>(ether(n), TX_ORIGIN);
  const polls = (t - origin) / max<u64>(ethernetBits(POLL_BITS), 1) + 1;
  schedule(evTx(n), max<u64>(origin + ethernetBits(polls * POLL_BITS), t));
}

function pollWouldHit(n: u32): bool {
  if (!sccIsEthernet(n) || !txEnabled(n) || state(n) != TX_IDLE || flags(n) & TXF_STOPPED) return false;
  return (peek16(bdOf(n, TBPTR)) & BD_R) != 0;
}

/** TODR[TOD]: look now. */
export function txDemand(n: u32): void {
  if (pollWouldHit(n)) schedule(evTx(n), now());
}

/** Transmitter event. */
export function txEvent(n: u32): void {
  switch (state(n)) {
    case TX_IDLE:
      if (pollWouldHit(n)) newFrame(n);
      break;
    case TX_WAIT:
      attempt(n);
      break;
    case TX_DATA:
      if (psmr(n) & PSMR_FC) txCollision(n);
      else gather(n);
      break;
    case TX_TAIL:
      wireEnd(n);
      break;
    case TX_CLOSE:
      frameDone(n);
      break;
    case TX_JAM:
      jamEnd(n);
      break;
  }
}

function newFrame(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  poke16(pram + TFBD_PTR, peek16(pram + TBPTR));
  store<u32>(s, 0, TX_STATUS);
  store<u32>(s, 0, TX_RETRIES);
  store<u32>(s, 0, TX_REACHED);
  enter(n, TX_WAIT);
  store<u64>(s, 0, TX_GAP_FROM);
  attempt(n);
}

/** Start if the medium permits, else wait for the carrier to go and 9.6 µs more. */
function attempt(n: u32): void {
  const s = ether(n);
  const t = now();
  const half = onWire(n) && !fullDuplex(n);
  if (half && carrierBusy(n, t)) {
    // A carrier that came in the last third of the gap is ignored: both will notice the collision.
    const gapFrom = load<u64>(s, TX_GAP_FROM);
    const ignored = gapFrom && load<u64>(s, CARRIER_ON) >= gapFrom + ethernetBits(GAP_FIRST_BITS);
    if (!ignored || t < gapFrom + ethernetBits(GAP_BITS)) {
      mark(n, BD_DEF);
      store<u64>(s, 0, TX_GAP_FROM);
      // Without a known end the wire tells when its carrier goes.
      if (!load<u32>(s, CARRIER_HOST)) waitGap(n, load<u64>(s, CARRIER_END));
      return;
    }
  } else {
    let idleFrom = load<u64>(s, TX_OWN_END);
    if (half) {
      const others = max<u64>(load<u64>(s, CARRIER_END), load<u64>(s, CARRIER_OFF));
      if (others > idleFrom) {
        idleFrom = others;
        if (t < idleFrom + ethernetBits(GAP_BITS)) mark(n, BD_DEF);
      }
    }
    if (idleFrom && t < idleFrom + ethernetBits(GAP_BITS)) {
      waitGap(n, idleFrom);
      return;
    }
  }
  start(n);
}

function waitGap(n: u32, from: u64): void {
  store<u64>(ether(n), from, TX_GAP_FROM);
  schedule(evTx(n), max<u64>(from + ethernetBits(GAP_BITS), now()));
}

/** The wire's carrier has just gone. */
export function txCarrierOff(n: u32): void {
  if (state(n) == TX_WAIT && due(evTx(n)) == NEVER) waitGap(n, max<u64>(now(), load<u64>(ether(n), CARRIER_END)));
}

/** The first bit of the preamble. */
function start(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const t = now();
  const bd = bdOf(n, TBPTR);
  store<u64>(s, t, TX_START);
  store<u32>(s, 0, TX_LEN);
  poke32(pram + TDPTR, peek32(bd + 4));
  poke16(pram + TCOUNT, peek16(bd + 2));
  enter(n, TX_DATA);
  if (onWire(n)) {
    store<u64>(TX_START_CYCLE, t);
    store<u32>(ETH_TX, 0);
    requestStop(STOP_TX_START);
  }
  if (psmr(n) & PSMR_FC) schedule(evTx(n), t + ethernetBits(PREAMBLE_BITS));
  else gather(n);
}

/** Read the next FIFO load through the chain of BDs. */
function gather(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  // The FIFO runs dry on the wire.
  if (load<u32>(s, TX_LEN) && cpBehind() > ethernetBits(FIFO << 3)) {
    spoil(n, BD_UN);
    return;
  }
  cpServe(FIFO << 3, PEAK_ETHERNET);
  let room = FIFO;
  while (room) {
    const len = load<u32>(s, TX_LEN);
    const count = peek16(pram + TCOUNT);
    const bd = bdOf(n, TBPTR);
    store<u32>(s, bd, TX_LAST_BD);
    if (count == 0) {
      if (peek16(bd) & BD_L) {
        tail(n, bd);
        return;
      }
      if (!nextBd(n, bd)) {
        spoil(n, BD_UN);
        return;
      }
      continue;
    }
    const part = min<u32>(min<u32>(room, count), frameMax(n) - len);
    if (part == 0) {
      // Longer than any frame: what has been sent is all there will be.
      tail(n, bd);
      return;
    }
    const pa = peek32(pram + TDPTR);
    if (!sdmaCheck(pa)) {
      spoil(n, BD_UN);
      return;
    }
    sdmaFetch(pa, frame(n) + len, part);
    poke32(pram + TDPTR, pa + part);
    poke16(pram + TCOUNT, count - part);
    store<u32>(s, len + part, TX_LEN);
    room -= part;
  }
  const drained = load<u32>(s, TX_LEN) - FIFO;
  schedule(evTx(n), max<u64>(load<u64>(s, TX_START) + ethernetBits(PREAMBLE_BITS + ((<u64>drained) << 3)), now()));
}

/** The data of a BD without L has been read: close it and open the next; false = that one is not ready. */
function nextBd(n: u32, bd: u32): bool {
  const s = ether(n);
  const pram = sccPram(n);
  const status = peek16(bd);
  const again = load<u32>(s, TX_LEN) < load<u32>(s, TX_REACHED);
  poke16(bd, status & ~BD_R);
  stepBd(n, TBPTR, TBASE, status);
  if (status & BD_R && status & BD_I) sccEvent(n, SCCE_TXB);
  const next = bdOf(n, TBPTR);
  if (!(peek16(next) & BD_R) && (!again || next == bd)) return false;
  poke32(pram + TDPTR, peek32(next + 4));
  poke16(pram + TCOUNT, peek16(next + 2));
  return true;
}

/** The last byte of data is in the FIFO: padding and CRC follow. */
function tail(n: u32, bd: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const status = peek16(bd);
  const p = frame(n);
  let len = load<u32>(s, TX_LEN);
  if (status & BD_PAD) {
    const crcBytes = status & BD_TC ? CRC_BYTES : 0;
    const least = min<u32>(peek16(pram + MINFLR), frameMax(n));
    const pads = peek16(pram + PADS);
    for (; len + crcBytes < least; len++) store<u8>(p + len, len & 1 ? pads : pads >> 8);
  }
  if (status & BD_TC) {
    store<u32>(p + len, ~crc32(p, len));
    len += CRC_BYTES;
  }
  finishAt(n, len);
}

/** End the frame with 32 bits that spoil its CRC, and report `status`. */
function spoil(n: u32, status: u32): void {
  const len = load<u32>(ether(n), TX_LEN);
  const p = frame(n);
  mark(n, status);
  store<u32>(p + len, crc32(p, len));
  finishAt(n, len + CRC_BYTES);
}

function finishAt(n: u32, len: u32): void {
  const s = ether(n);
  store<u32>(s, len, TX_LEN);
  enter(n, TX_TAIL);
  schedule(evTx(n), max<u64>(load<u64>(s, TX_START) + ethernetBits(PREAMBLE_BITS + ((<u64>len) << 3)), now()));
}

/** The last bit of the CRC. */
function wireEnd(n: u32): void {
  const s = ether(n);
  const t = now();
  const len = load<u32>(s, TX_LEN);
  store<u64>(s, t, TX_OWN_END);
  enter(n, TX_CLOSE);
  schedule(evTx(n), t + ethernetBits(CLOSE_BITS));
  if (onWire(n)) {
    store<u64>(TX_END_CYCLE, t);
    store<u32>(ETH_TX, len);
    requestStop(STOP_TX_END);
  } else if (n == 0 && load<u32>(CFG_LINK_DOWN) && !sccLoopback(n)) mark(n, BD_CSL);
  // The transceiver's heartbeat comes on CLSN: not in internal loopback, and not in full duplex.
  if (psmr(n) & PSMR_HBC && (!onWire(n) || fullDuplex(n))) mark(n, BD_HB);
  if (hearsItself(n)) rxBegin(n, load<u64>(s, TX_START), frame(n), len);
}

/** Write the status of the frame's last BD and look for the next frame. */
function frameDone(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const status = load<u32>(s, TX_STATUS) | (min<u32>(load<u32>(s, TX_RETRIES), 15) << BD_RC_SHIFT);
  // Of an underrun frame the last BD is closed already, and TBPTR names the one that was not ready.
  const bd = status & BD_UN ? load<u32>(s, TX_LAST_BD) : bdOf(n, TBPTR);
  const old = peek16(bd);
  poke16(bd, (old & BD_KEEP) | status);
  poke16(pram + TLBD_PTR, bd - 0x2000);
  if (status & (BD_LC | BD_RL)) skipFrame(n);
  else if (bd == bdOf(n, TBPTR) && old & BD_R) stepBd(n, TBPTR, TBASE, old);
  enter(n, TX_IDLE);
  let events: u32 = old & BD_I ? SCCE_TXB : 0;
  if (status & (BD_STOPS | BD_CSL | BD_HB)) events |= SCCE_TXE;
  if (status & BD_STOPS) store<u32>(s, flags(n) | TXF_STOPPED, TX_FLAGS);
  if (flags(n) & TXF_GRACEFUL) {
    store<u32>(s, (flags(n) & ~TXF_GRACEFUL) | TXF_STOPPED, TX_FLAGS);
    events |= SCCE_GRA;
  }
  if (events) sccEvent(n, events);
  // The next frame is not polled for.
  if (pollWouldHit(n)) newFrame(n);
}

/** Close the remaining BDs of a frame that is given up, so that RESTART TX goes on with the next one. */
function skipFrame(n: u32): void {
  for (let i = 0; i < 1024; i++) {
    const bd = bdOf(n, TBPTR);
    const status = peek16(bd);
    poke16(bd, status & ~BD_R);
    stepBd(n, TBPTR, TBASE, status);
    if (status & BD_L) break;
  }
}

/** Our frame collides at NOW (or PSMR[FC] says so). */
export function txCollision(n: u32): void {
  const s = ether(n);
  if (state(n) != TX_DATA && state(n) != TX_TAIL) return;
  if (fullDuplex(n) && !(psmr(n) & PSMR_FC)) return;
  const t = now();
  const window = ethernetBits(PREAMBLE_BITS + (psmr(n) & PSMR_LCW ? 56 : 64) * 8);
  if (t - load<u64>(s, TX_START) >= window) mark(n, BD_LC);
  store<u32>(s, max<u32>(load<u32>(s, TX_LEN), load<u32>(s, TX_REACHED)), TX_REACHED);
  enter(n, TX_JAM);
  // The preamble is always completed.
  const from = max<u64>(t, load<u64>(s, TX_START) + ethernetBits(PREAMBLE_BITS));
  schedule(evTx(n), from + ethernetBits(JAM_BITS));
}

/** Truncated binary exponential back-off, or the end of the attempts. */
function jamEnd(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const t = now();
  store<u64>(s, t, TX_OWN_END);
  const status = load<u32>(s, TX_STATUS);
  if (!(status & BD_LC)) {
    const retries = load<u32>(s, TX_RETRIES) + 1;
    if (retries <= peek16(pram + RET_LIM)) {
      store<u32>(s, retries, TX_RETRIES);
      poke16(pram + RET_CNT, retries);
      poke16(pram + TBPTR, peek16(pram + TFBD_PTR));
      const exponent = min<u32>(10, retries + min<u32>(peek16(pram + P_PER), 9));
      enter(n, TX_WAIT);
      store<u64>(s, 0, TX_GAP_FROM);
      schedule(evTx(n), t + ethernetBits(SLOT_BITS * backoffSlots(ether(n) + TX_RANDOM, exponent)));
      return;
    }
    mark(n, BD_RL);
  }
  enter(n, TX_CLOSE);
  schedule(evTx(n), t + ethernetBits(CLOSE_BITS));
}

/** Somebody's carrier of `cycles` began: with PSMR[SBT] a back-off in progress stands still as long. */
export function txHold(n: u32, cycles: u64): void {
  const when = due(evTx(n));
  const backingOff = state(n) == TX_WAIT && load<u32>(ether(n), TX_RETRIES) > 0;
  if (backingOff && when != NEVER && psmr(n) & PSMR_SBT) schedule(evTx(n), when + cycles);
}

// --- control ---

/** Take a frame off the wire in the middle; the wire gets the fragment that was sent. */
function abort(n: u32): void {
  const s = ether(n);
  const on = state(n) == TX_DATA || state(n) == TX_TAIL;
  cancel(evTx(n));
  enter(n, TX_IDLE);
  if (!on) return;
  const t = now();
  store<u64>(s, t, TX_OWN_END);
  if (!onWire(n)) return;
  let sent: u32 = 0;
  const first = load<u64>(s, TX_START) + ethernetBits(PREAMBLE_BITS + 8);
  const len = load<u32>(s, TX_LEN);
  while (sent < len && first + ethernetBits((<u64>sent) << 3) <= t) sent++;
  store<u64>(TX_END_CYCLE, t);
  store<u32>(ETH_TX, sent);
  requestStop(STOP_TX_END);
}

export function txEnable(n: u32): void {
  store<u64>(ether(n), now(), TX_ORIGIN);
  enter(n, TX_IDLE);
  txKick(n);
}

/** ENT cleared: stops at once, the current BD stays as it is. */
export function txDisable(n: u32): void {
  abort(n);
}

export function txInit(n: u32): void {
  abort(n);
  store<u32>(ether(n), 0, TX_FLAGS);
  txKick(n);
}

export function txStop(n: u32): void {
  abort(n);
  store<u32>(ether(n), TXF_STOPPED, TX_FLAGS);
}

/** GRA comes when the frame in progress is out, or at once without one. */
export function txGracefulStop(n: u32): void {
  if (state(n) != TX_IDLE) {
    store<u32>(ether(n), flags(n) | TXF_GRACEFUL, TX_FLAGS);
    return;
  }
  cancel(evTx(n));
  store<u32>(ether(n), TXF_STOPPED, TX_FLAGS);
  sccEvent(n, SCCE_GRA);
}

export function txRestart(n: u32): void {
  store<u32>(ether(n), 0, TX_FLAGS);
  txKick(n);
}
