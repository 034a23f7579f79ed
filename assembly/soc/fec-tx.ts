/**
 * FEC transmitter (MPC860T FEC Supplement, FEC Frame Transmission, Collision Handling, Transmission Errors, Transmit Buffer
 * Descriptor; hardware/fec.md sections 2 and 3).
 *
 * The frame is put together in FEC_TX as the DMA reads it; the FIFO is the part of it that has not left yet. A frame that
 * collides is sent again from there, as the FIFO keeps its first 64 bytes.
 */

import { cancel, due, EV_FEC_TX, NEVER, requestStop, schedule } from '../events';
import { ETH_FRAME_MAX, FEC_TX, STOP_FEC_TX_END, STOP_FEC_TX_START } from '../layout';
import { backoffSlots } from './backoff';
import { crc32 } from './crc';
import {
  fecBits,
  fecBusError,
  fecBytesIn,
  fecCarrierBusy,
  fecEnabled,
  fecEvent,
  fecFullDuplex,
  fecHearsItself,
  fecLoop,
  fecMaxFrame,
  fecOnWire,
  fecTxFifo,
} from './fec';
import { dmaBehind, dmaDone, dmaFetch, dmaReaches, dmaRead32, dmaWrite32 } from './fec-dma';
import {
  BD_BYTES,
  BD_L,
  BD_LENGTH,
  BD_OWNED,
  BD_W,
  CARRIER_END,
  CARRIER_HOST,
  CARRIER_OFF,
  CARRIER_ON,
  DMA_BYTES,
  IEVENT_BABT,
  IEVENT_GRA,
  IEVENT_HBERR,
  IEVENT_TFINT,
  IEVENT_TXB,
  PREAMBLE_BITS,
  TX_BD,
  TX_BD_WORD,
  TX_COUNT,
  TX_END,
  TX_FLAGS,
  TX_GAP_FROM,
  TX_LEN,
  TX_POINTER,
  TX_RANDOM,
  TX_RETRIES,
  TX_START,
  TX_STATE,
  TX_STATUS,
  X_CNTRL,
  X_CNTRL_GTS,
  X_CNTRL_HBC,
  X_DES_ACTIVE,
  X_DES_START,
} from './fec-regs';
import { rxLoopBegin, rxLoopEnd } from './fec-rx';
import { now, peek32, poke32 } from './io';
import { phyHeartbeat, phyLoopback } from './phy';

// TX_STATE
const TX_IDLE: u32 = 0;
/** The frame's first bytes are in the FIFO; it waits for the gap, the carrier, its back-off or the end of GTS. */
const TX_WAIT: u32 = 1;
/** On the wire; more data is to be read. */
const TX_DATA: u32 = 2;
/** On the wire; all of it is in the FIFO. */
const TX_TAIL: u32 = 3;
/** Collided; the jam goes out. */
const TX_JAM: u32 = 4;

// TX_FLAGS
/** What will be sent is complete in FEC_TX, padding and CRC included. */
const TXF_COMPLETE: u32 = 1;

// Tx BD status
const BD_R: u32 = BD_OWNED;
const BD_TC: u32 = 0x04000000;
const BD_DEF: u32 = 0x02000000;
const BD_HB: u32 = 0x01000000;
const BD_LC: u32 = 0x00800000;
const BD_RL: u32 = 0x00400000;
const BD_RC_SHIFT: u32 = 18;
const BD_UN: u32 = 0x00020000;
const BD_CSL: u32 = 0x00010000;
/** What software wrote and the FEC keeps: TO1, W, TO2, L, TC and the length. */
const BD_KEEP: u32 = 0x7c00ffff;

const CRC_BYTES: u32 = 4;
const MIN_FRAME: u32 = 64;
/** Bytes in the FIFO with which a frame sets out. */
const WATERMARK: u32 = 64;
const LONGEST: u32 = ETH_FRAME_MAX - CRC_BYTES;

const PREAMBLE_BYTES: u64 = PREAMBLE_BITS >> 3;

// Times in bits
const GAP_BITS: u64 = 96;
/** First part of the gap, in which a new carrier starts the wait over. */
const GAP_FIRST_BITS: u64 = 60;
const JAM_BITS: u64 = 32;
const SLOT_BITS: u64 = 512;
/** Further attempts after the first. */
const RETRY_LIMIT: u32 = 15;
/** No ring has more BDs than this: an end to the search for the end of a frame. */
const RING_MAX: u32 = 1024;

const FRAME: u32 = FEC_TX + 4;

function flag(bits: u32): void {
  store<u32>(TX_FLAGS, load<u32>(TX_FLAGS) | bits);
}
function mark(status: u32): void {
  store<u32>(TX_STATUS, load<u32>(TX_STATUS) | status);
}
function stopping(): bool {
  return (peek32(X_CNTRL) & X_CNTRL_GTS) != 0;
}
function halfDuplex(): bool {
  return fecOnWire() && !fecFullDuplex();
}
/** Cycle at which byte `pos` (counted from the destination address) has left completely. */
function departure(pos: u32): u64 {
  return load<u64>(TX_START) + fecBits(PREAMBLE_BITS + ((<u64>pos) << 3));
}
/** Bytes that have left. */
function sent(): u32 {
  const passed = fecBytesIn(now() - load<u64>(TX_START));
  return passed > PREAMBLE_BYTES ? <u32>min<u64>(passed - PREAMBLE_BYTES, <u64>load<u32>(TX_LEN)) : 0;
}
function planAt(t: u64): void {
  schedule(EV_FEC_TX, max<u64>(t, now()));
}

/** Is a frame or a jam of ours on the wire? */
export function txOnAir(): bool {
  const state = load<u32>(TX_STATE);
  return fecOnWire() && (state == TX_DATA || state == TX_TAIL || state == TX_JAM);
}

export function txEnable(): void {
  store<u32>(TX_STATE, TX_IDLE);
  store<u32>(TX_BD, peek32(X_DES_START));
}

/** ETHER_EN cleared: the frame on the wire ends in the middle. */
export function txDisable(): void {
  const state = load<u32>(TX_STATE);
  cancel(EV_FEC_TX);
  store<u32>(TX_STATE, TX_IDLE);
  if ((state != TX_DATA && state != TX_TAIL) || !fecOnWire()) return;
  store<u64>(TX_END, now());
  store<u32>(FEC_TX, sent());
  requestStop(STOP_FEC_TX_END);
}

/** X_DES_ACTIVE was written, or GTS went off. */
export function txDemand(): void {
  const state = load<u32>(TX_STATE);
  if (stopping() || due(EV_FEC_TX) != NEVER) return;
  if (state == TX_IDLE) planAt(now());
  else if (state == TX_WAIT) contend();
}

/** GTS: GRA comes when the frame on the wire is out, or at once without one. */
export function txGracefulStop(): void {
  if (txOnAir() || load<u32>(TX_STATE) > TX_WAIT) return;
  cancel(EV_FEC_TX);
  fecEvent(IEVENT_GRA);
}

/** EV_FEC_TX. */
export function txEvent(): void {
  switch (load<u32>(TX_STATE)) {
    case TX_IDLE:
      nextFrame();
      break;
    case TX_WAIT:
      contend();
      break;
    case TX_DATA:
      refill();
      break;
    case TX_TAIL:
      wireEnd();
      break;
    case TX_JAM:
      jamEnd();
      break;
  }
}

/** Read the BD at TX_BD; if it is not ready X_DES_ACTIVE goes off. */
function fetchBd(): bool {
  const bd = load<u32>(TX_BD);
  if (!dmaReaches(bd)) {
    fecBusError();
    return false;
  }
  const word = dmaRead32(bd);
  if (!(word & BD_R)) {
    poke32(X_DES_ACTIVE, 0);
    return false;
  }
  store<u32>(TX_BD_WORD, word);
  store<u32>(TX_POINTER, dmaRead32(bd + 4));
  store<u32>(TX_COUNT, word & BD_LENGTH);
  return true;
}

function stepBd(): void {
  store<u32>(TX_BD, load<u32>(TX_BD_WORD) & BD_W ? peek32(X_DES_START) : load<u32>(TX_BD) + BD_BYTES);
}

/** From a BD without L to the one behind it, which must be ready; the first is closed, of its status only R changes. */
function nextBd(): bool {
  const bd = load<u32>(TX_BD);
  const word = load<u32>(TX_BD_WORD);
  stepBd();
  if (!fetchBd()) {
    if (fecEnabled()) store<u32>(TX_BD, bd);
    return false;
  }
  dmaWrite32(bd, word & ~BD_R);
  fecEvent(IEVENT_TXB);
  return true;
}

/** The next frame of the ring into the FIFO, as far as it takes to set out. */
function nextFrame(): void {
  if (!fecEnabled() || stopping() || !peek32(X_DES_ACTIVE) || !fetchBd()) return;
  store<u32>(TX_FLAGS, 0);
  store<u32>(TX_STATUS, 0);
  store<u32>(TX_RETRIES, 0);
  store<u32>(TX_LEN, 0);
  if (!gather(WATERMARK)) return;
  store<u32>(TX_STATE, TX_WAIT);
  store<u64>(TX_GAP_FROM, 0);
  // The first bytes of a frame that follows another were read while that one went out.
  if (now() == load<u64>(TX_END)) contend();
  else planAt(dmaDone());
}

/** Start if the medium permits, else wait for the carrier to go and the gap to pass. */
function contend(): void {
  const t = now();
  const half = halfDuplex();
  if (half && fecCarrierBusy(t)) {
    // A carrier that came in the last part of the gap is ignored: both will notice the collision.
    const gapFrom = load<u64>(TX_GAP_FROM);
    const ignored = gapFrom && load<u64>(CARRIER_ON) >= gapFrom + fecBits(GAP_FIRST_BITS);
    if (!ignored || t < gapFrom + fecBits(GAP_BITS)) {
      mark(BD_DEF);
      store<u64>(TX_GAP_FROM, 0);
      // Without a known end the wire tells when its carrier goes.
      if (!load<u32>(CARRIER_HOST)) waitGap(load<u64>(CARRIER_END));
      return;
    }
  } else {
    let idleFrom = load<u64>(TX_END);
    if (half) {
      const others = max<u64>(load<u64>(CARRIER_END), load<u64>(CARRIER_OFF));
      if (others > idleFrom) {
        idleFrom = others;
        if (t < idleFrom + fecBits(GAP_BITS)) mark(BD_DEF);
      }
    }
    if (idleFrom && t < idleFrom + fecBits(GAP_BITS)) {
      waitGap(idleFrom);
      return;
    }
  }
  start();
}

function waitGap(from: u64): void {
  store<u64>(TX_GAP_FROM, from);
  planAt(from + fecBits(GAP_BITS));
}

/** The wire's carrier has just gone. */
export function txCarrierOff(): void {
  if (load<u32>(TX_STATE) != TX_WAIT || due(EV_FEC_TX) != NEVER || stopping()) return;
  waitGap(max<u64>(now(), load<u64>(CARRIER_END)));
}

/** The first bit of the preamble. */
function start(): void {
  store<u64>(TX_START, now());
  store<u32>(TX_STATE, TX_DATA);
  if (fecOnWire()) {
    store<u32>(FEC_TX, 0);
    requestStop(STOP_FEC_TX_START);
  }
  if (fecHearsItself()) rxLoopBegin(FRAME);
  refill();
}

/** Fill the FIFO's free part. */
function refill(): void {
  const fifo = fecTxFifo();
  if (!(load<u32>(TX_FLAGS) & TXF_COMPLETE)) {
    const gone = sent();
    const filled = load<u32>(TX_LEN) - gone;
    if (fifo > filled && !gather((fifo - filled) & ~(DMA_BYTES - 1))) return;
    // The DMA gets the data so late that the FIFO runs empty in the meantime.
    if (!(load<u32>(TX_FLAGS) & TXF_COMPLETE) && dmaBehind() > <u64>(load<u32>(TX_LEN) - gone)) spoil();
  }
  const len = load<u32>(TX_LEN);
  if (load<u32>(TX_FLAGS) & TXF_COMPLETE) {
    store<u32>(TX_STATE, TX_TAIL);
    planAt(departure(len));
  } else planAt(max<u64>(departure(len > fifo ? len - fifo + DMA_BYTES : DMA_BYTES), now() + 1));
}

/** Read up to `room` bytes through the chain of BDs; false = a bus error ended everything. */
function gather(room: u32): bool {
  while (room) {
    const len = load<u32>(TX_LEN);
    const count = load<u32>(TX_COUNT);
    if (count == 0) {
      const word = load<u32>(TX_BD_WORD);
      if (word & BD_L) {
        complete(word);
        return true;
      }
      if (!nextBd()) {
        if (!fecEnabled()) return false;
        spoil();
        return true;
      }
      continue;
    }
    const part = min<u32>(min<u32>(room, count), LONGEST - len);
    if (part == 0) {
      // Longer than any frame: what has been read is all there will be.
      complete(load<u32>(TX_BD_WORD));
      return true;
    }
    const pa = load<u32>(TX_POINTER);
    if (!dmaReaches(pa)) {
      fecBusError();
      return false;
    }
    dmaFetch(pa, FRAME + len, part);
    store<u32>(TX_POINTER, pa + part);
    store<u32>(TX_COUNT, count - part);
    store<u32>(TX_LEN, len + part);
    room -= part;
  }
  return true;
}

/** The last byte of data is in the FIFO; with TC short frames are padded and the CRC follows. */
function complete(word: u32): void {
  flag(TXF_COMPLETE);
  if (!(word & BD_TC)) return;
  let len = load<u32>(TX_LEN);
  for (; len < MIN_FRAME - CRC_BYTES; len++) store<u8>(FRAME + len, 0);
  store<u32>(FRAME + len, ~crc32(FRAME, len));
  store<u32>(TX_LEN, len + CRC_BYTES);
}

/** The FIFO ran empty before the end of the frame: what was sent gets a wrong CRC, the rest is skipped. */
function spoil(): void {
  const len = load<u32>(TX_LEN);
  store<u32>(FRAME + len, crc32(FRAME, len));
  store<u32>(TX_LEN, len + CRC_BYTES);
  mark(BD_UN);
  flag(TXF_COMPLETE);
}

/** The last bit of the CRC. */
function wireEnd(): void {
  const t = now();
  const len = load<u32>(TX_LEN);
  store<u64>(TX_END, t);
  store<u32>(TX_STATE, TX_IDLE);
  let events = IEVENT_TFINT;
  if (fecOnWire()) {
    store<u32>(FEC_TX, len);
    requestStop(STOP_FEC_TX_END);
  } else if (!fecLoop() && !phyLoopback() && !fecFullDuplex()) mark(BD_CSL);
  if (len > fecMaxFrame()) events |= IEVENT_BABT;
  // The heartbeat is a collision signal of the PHY right after the frame, in half duplex at 10 Mbit/s.
  if (peek32(X_CNTRL) & X_CNTRL_HBC && !(halfDuplex() && phyHeartbeat())) {
    mark(BD_HB);
    events |= IEVENT_HBERR;
  }
  rxLoopEnd(len);
  frameDone(events);
}

/** Write the status of the frame's last BD and look for the next frame. */
function frameDone(events: u32): void {
  store<u32>(TX_STATE, TX_IDLE);
  if (!skipFrame()) {
    fecEvent(events);
    return;
  }
  const status = load<u32>(TX_STATUS) | (load<u32>(TX_RETRIES) << BD_RC_SHIFT);
  dmaWrite32(load<u32>(TX_BD), (load<u32>(TX_BD_WORD) & BD_KEEP) | status);
  stepBd();
  fecEvent(events);
  if (stopping()) fecEvent(IEVENT_GRA);
  else if (peek32(X_DES_ACTIVE)) planAt(now());
}

/** On to the last BD of a frame, or to the last that there is of it; false = a bus error ended everything. */
function skipFrame(): bool {
  for (let i: u32 = 0; i < RING_MAX && !(load<u32>(TX_BD_WORD) & BD_L); i++) {
    if (!nextBd()) return fecEnabled();
  }
  return true;
}

/** Our frame collides at NOW. */
export function txCollision(): void {
  const state = load<u32>(TX_STATE);
  if ((state != TX_DATA && state != TX_TAIL) || !halfDuplex()) return;
  const t = now();
  // 512 bit times from the first preamble bit: 56 bytes of data.
  if (t - load<u64>(TX_START) >= fecBits(SLOT_BITS)) mark(BD_LC);
  store<u32>(TX_STATE, TX_JAM);
  // The preamble is always completed.
  planAt(max<u64>(t, departure(0)) + fecBits(JAM_BITS));
}

/** Truncated binary exponential back-off, or the end of the attempts. */
function jamEnd(): void {
  const t = now();
  store<u64>(TX_END, t);
  if (!(load<u32>(TX_STATUS) & BD_LC)) {
    const retries = load<u32>(TX_RETRIES) + 1;
    if (retries <= RETRY_LIMIT) {
      store<u32>(TX_RETRIES, retries);
      store<u32>(TX_STATE, TX_WAIT);
      store<u64>(TX_GAP_FROM, 0);
      if (stopping()) {
        cancel(EV_FEC_TX);
        fecEvent(IEVENT_GRA);
        return;
      }
      const slots = backoffSlots(TX_RANDOM, min<u32>(retries, 10));
      planAt(t + fecBits(SLOT_BITS * slots));
      return;
    }
    mark(BD_RL);
  }
  frameDone(IEVENT_TFINT);
}
