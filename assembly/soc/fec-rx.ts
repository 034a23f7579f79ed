/**
 * FEC receiver (MPC860T FEC Supplement, FEC Frame Reception, Reception Errors, Receive Buffer Descriptor; hardware/fec.md
 * sections 2–4).
 *
 * The FIFO holds one frame: what arrives while a frame waits there for a BD is lost, as the part has no event for it.
 */
import { cancel, EV_FEC_RX, schedule } from '../events';
import { ETH_FRAME_MAX, FEC_RX } from '../layout';
import { CRC_RESIDUE, crc32 } from './crc';
import {
  ADDRESS_MISS,
  ADDRESS_PROMISCUOUS,
  fecBits,
  fecBusError,
  fecBytesIn,
  fecEnabled,
  fecEvent,
  fecFilter,
  fecFullDuplex,
  fecMaxFrame,
  fecOnWire,
  fecRxFifo,
} from './fec';
import { dmaBehind, dmaReaches, dmaRead32, dmaStore, dmaWrite32 } from './fec-dma';
import {
  BD_BYTES,
  BD_L,
  BD_OWNED,
  BD_SOFTWARE,
  BD_W,
  CARRIER_END,
  CARRIER_ON,
  DMA_BYTES,
  IEVENT_BABR,
  IEVENT_RFINT,
  IEVENT_RXB,
  PREAMBLE_BITS,
  R_BUFF_SIZE,
  R_DES_ACTIVE,
  R_DES_START,
  RX_BD,
  RX_BD_WORD,
  RX_DRIBBLE,
  RX_FROM,
  RX_LEN,
  RX_POINTER,
  RX_POS,
  RX_ROOM,
  RX_START,
  RX_STATE,
  RX_STATUS,
} from './fec-regs';
import { txOnAir } from './fec-tx';
import { now, peek32, poke32 } from './io';
import { FEC_RX_FRAME, FEC_RX_FRAME_MAX } from './state';

// RX_STATE
const RX_IDLE: u32 = 0;
/** A frame has begun; its destination address is not complete. */
const RX_ADDRESS: u32 = 1;
const RX_DATA: u32 = 2;
/** The frame's next bytes have no BD to go to. */
const RX_BLOCKED: u32 = 3;

// Rx BD status
const BD_E: u32 = BD_OWNED;
const BD_M: u32 = 0x01000000;
const BD_BC: u32 = 0x00800000;
const BD_MC: u32 = 0x00400000;
const BD_LG: u32 = 0x00200000;
const BD_NO: u32 = 0x00100000;
const BD_SH: u32 = 0x00080000;
const BD_CR: u32 = 0x00040000;
const BD_OV: u32 = 0x00020000;
const BD_TR: u32 = 0x00010000;

const ADDRESS_BYTES: u32 = 6;
const MIN_FRAME: u32 = 64;
/** Longer frames are cut here, with TR. */
const LONGEST: u32 = 2047;
const PREAMBLE_BYTES: u64 = PREAMBLE_BITS >> 3;
const BUFFER_ALIGNMENT: u32 = ~15;

/** Cycle at which byte `pos` (counted from the destination address) has arrived completely. */
function arrival(pos: u32): u64 {
  return load<u64>(RX_START) + fecBits(PREAMBLE_BITS + ((<u64>pos) << 3));
}
/** Bytes of the frame that have arrived. */
function arrived(): u32 {
  const t = now();
  const start = load<u64>(RX_START);
  const passed = t > start ? fecBytesIn(t - start) : 0;
  const bytes = passed > PREAMBLE_BYTES ? <u32>min<u64>(passed - PREAMBLE_BYTES, <u64>load<u32>(RX_LEN)) : 0;
  return max<u32>(bytes, load<u32>(RX_POS));
}
function planAt(t: u64): void {
  schedule(EV_FEC_RX, max<u64>(t, now()));
}
/** Bytes of the frame that go to memory. */
function stored(): u32 {
  return min<u32>(load<u32>(RX_LEN), LONGEST);
}

export function rxEnable(): void {
  store<u32>(RX_BD, peek32(R_DES_START));
  store<u32>(RX_BD_WORD, 0);
}

/** A frame in progress is lost. */
export function rxDisable(): void {
  store<u32>(RX_STATE, RX_IDLE);
  store<u32>(RX_BD_WORD, 0);
  cancel(EV_FEC_RX);
}

/** R_DES_ACTIVE was written: look for an empty BD; a frame that waits in the FIFO goes on. */
export function rxDemand(): void {
  if (!load<u32>(RX_BD_WORD) && !fetchBd()) return;
  if (load<u32>(RX_STATE) != RX_BLOCKED) return;
  store<u32>(RX_STATE, RX_DATA);
  const pos = load<u32>(RX_POS);
  // The FIFO ran over in the meantime: what it holds is all that is left of the frame.
  if (arrived() - pos > fecRxFifo()) {
    store<u32>(RX_LEN, pos + fecRxFifo());
    store<u32>(RX_STATUS, BD_OV);
  }
  planAt(now());
}

/** Read the BD at RX_BD; if it is not empty R_DES_ACTIVE goes off. */
function fetchBd(): bool {
  const bd = load<u32>(RX_BD);
  if (!dmaReaches(bd)) {
    fecBusError();
    return false;
  }
  const word = dmaRead32(bd);
  if (!(word & BD_E)) {
    poke32(R_DES_ACTIVE, 0);
    return false;
  }
  store<u32>(RX_BD_WORD, word);
  store<u32>(RX_POINTER, dmaRead32(bd + 4) & BUFFER_ALIGNMENT);
  store<u32>(RX_ROOM, bufferSize());
  return true;
}
function bufferSize(): u32 {
  return max<u32>(peek32(R_BUFF_SIZE), 16);
}

/** The wire: the frame in FEC_RX put its first preamble bit there at cycle `start`. */
export function rxFromWire(start: u64): void {
  if (!fecOnWire()) return;
  const len = min<u32>(load<u32>(FEC_RX), ETH_FRAME_MAX);
  const bits = PREAMBLE_BITS + <u64>load<u32>(RX_DRIBBLE) + ((<u64>len) << 3);
  store<u64>(CARRIER_ON, start);
  store<u64>(CARRIER_END, start + fecBits(bits));
  // In half duplex a station that transmits does not receive: this is a collision, which the wire will tell.
  if (txOnAir() && !fecFullDuplex()) return;
  receive(start, FEC_RX + 4, len);
}

/** A frame of `len` bytes at linear address `from` began at cycle `start`. */
function receive(start: u64, from: u32, len: u32): void {
  if (!ready() || len < ADDRESS_BYTES) return;
  memory.copy(FEC_RX_FRAME, from, min<u32>(len, FEC_RX_FRAME_MAX));
  begin(start, FEC_RX_FRAME, len);
  // Dribble bits are forgiven when the CRC is good on the last byte boundary.
  if (crc32(from, len) != CRC_RESIDUE) store<u32>(RX_STATUS, load<u32>(RX_DRIBBLE) ? BD_NO : BD_CR);
}

/** A frame of our own began now, and comes back: its bytes gather at linear address `from`. */
export function rxLoopBegin(from: u32): void {
  if (ready()) begin(now(), from, ETH_FRAME_MAX);
}

/** It is complete, `len` bytes long. */
export function rxLoopEnd(len: u32): void {
  const from = load<u32>(RX_FROM);
  if (load<u32>(RX_STATE) == RX_IDLE || from == FEC_RX_FRAME) return;
  memory.copy(FEC_RX_FRAME, from, min<u32>(len, FEC_RX_FRAME_MAX));
  store<u32>(RX_FROM, FEC_RX_FRAME);
  store<u32>(RX_LEN, len);
  if (crc32(from, len) != CRC_RESIDUE) store<u32>(RX_STATUS, load<u32>(RX_STATUS) | BD_CR);
  if (load<u32>(RX_STATE) == RX_DATA) planData();
}

/** Is the FIFO free for a new frame? */
function ready(): bool {
  if (!fecEnabled()) return false;
  // Frames whose gap is too short: the one before is over now.
  while (load<u32>(RX_STATE) == RX_ADDRESS || load<u32>(RX_STATE) == RX_DATA) rxEvent();
  return load<u32>(RX_STATE) == RX_IDLE && fecEnabled();
}

function begin(start: u64, from: u32, len: u32): void {
  store<u64>(RX_START, start);
  store<u32>(RX_FROM, from);
  store<u32>(RX_LEN, len);
  store<u32>(RX_POS, 0);
  store<u32>(RX_STATUS, 0);
  store<u32>(RX_STATE, RX_ADDRESS);
  planAt(arrival(ADDRESS_BYTES));
}

/** EV_FEC_RX. */
export function rxEvent(): void {
  const state = load<u32>(RX_STATE);
  if (state == RX_ADDRESS) addressComplete();
  else if (state == RX_DATA) dataArrived();
}

function addressComplete(): void {
  const from = load<u32>(RX_FROM);
  const verdict = fecFilter(from);
  if (verdict == ADDRESS_MISS) {
    store<u32>(RX_STATE, RX_IDLE);
    cancel(EV_FEC_RX);
    return;
  }
  let status = load<u32>(RX_STATUS);
  if (verdict == ADDRESS_PROMISCUOUS) status |= BD_M;
  if (load<u32>(from) == 0xffffffff && load<u16>(from + 4) == 0xffff) status |= BD_BC;
  else if (load<u8>(from) & 1) status |= BD_MC;
  store<u32>(RX_STATUS, status);
  store<u32>(RX_STATE, RX_DATA);
  planData();
}

/** The next bytes go to memory when there are enough for the DMA, or the frame is over. */
function planData(): void {
  planAt(arrival(min<u32>(load<u32>(RX_POS) + DMA_BYTES, load<u32>(RX_LEN))));
}

function dataArrived(): void {
  const from = load<u32>(RX_FROM);
  const len = stored();
  let pos = load<u32>(RX_POS);
  const end = min<u32>(pos + DMA_BYTES, len);
  while (pos < end) {
    if (load<u32>(RX_BD_WORD) && load<u32>(RX_ROOM) == 0) closeBd(0, bufferSize());
    if (!load<u32>(RX_BD_WORD)) {
      if (fecEnabled()) store<u32>(RX_STATE, RX_BLOCKED);
      return;
    }
    const part = min<u32>(load<u32>(RX_ROOM), end - pos);
    const pa = load<u32>(RX_POINTER);
    if (!dmaReaches(pa)) {
      fecBusError();
      return;
    }
    dmaStore(pa, from + pos, part);
    pos += part;
    store<u32>(RX_POINTER, pa + part);
    store<u32>(RX_ROOM, load<u32>(RX_ROOM) - part);
    store<u32>(RX_POS, pos);
  }
  if (pos < len) {
    if (dmaBehind() > <u64>fecRxFifo()) {
      store<u32>(RX_LEN, pos);
      store<u32>(RX_STATUS, BD_OV);
    } else {
      planData();
      return;
    }
  }
  frameEnd();
}

/** Hand the open BD to software and look at the next one. */
function closeBd(status: u32, length: u32): void {
  const bd = load<u32>(RX_BD);
  const word = load<u32>(RX_BD_WORD);
  dmaWrite32(bd, (word & BD_SOFTWARE) | status | length);
  store<u32>(RX_BD, word & BD_W ? peek32(R_DES_START) : bd + BD_BYTES);
  store<u32>(RX_BD_WORD, 0);
  if (!(status & BD_L)) fecEvent(IEVENT_RXB);
  if (peek32(R_DES_ACTIVE)) fetchBd();
}

/** All of the frame is in memory: judge it and close its last BD. */
function frameEnd(): void {
  const len = load<u32>(RX_LEN);
  let status = load<u32>(RX_STATUS);
  let events = IEVENT_RFINT;
  // An overrun clears what else would be said.
  if (!(status & BD_OV)) {
    if (len < MIN_FRAME) status |= BD_SH;
    if (len > fecMaxFrame()) {
      status |= BD_LG;
      events |= IEVENT_BABR;
    }
    if (len > LONGEST) status |= BD_TR;
  }
  store<u32>(RX_STATE, RX_IDLE);
  cancel(EV_FEC_RX);
  closeBd(status | BD_L, stored());
  fecEvent(events);
}

/** The frame coming in collides at NOW: a fragment vanishes, what was longer than any fragment ends here with a bad CRC. */
export function rxCollision(): void {
  const t = now();
  store<u64>(CARRIER_END, min<u64>(load<u64>(CARRIER_END), t));
  const state = load<u32>(RX_STATE);
  if (state == RX_IDLE) return;
  const got = arrived();
  if (got == load<u32>(RX_LEN)) return;
  if (state == RX_ADDRESS || (got < MIN_FRAME && load<u32>(RX_POS) <= MIN_FRAME)) {
    reuseBd();
    return;
  }
  store<u32>(RX_LEN, got);
  store<u32>(RX_STATUS, (load<u32>(RX_STATUS) & ~BD_NO) | BD_CR);
  if (state == RX_DATA) planData();
}

/** What was stored of a fragment is forgotten; its BD serves the next frame. */
function reuseBd(): void {
  store<u32>(RX_STATE, RX_IDLE);
  cancel(EV_FEC_RX);
  if (!load<u32>(RX_BD_WORD)) return;
  const used = bufferSize() - min<u32>(load<u32>(RX_ROOM), bufferSize());
  store<u32>(RX_POINTER, load<u32>(RX_POINTER) - used);
  store<u32>(RX_ROOM, bufferSize());
}
