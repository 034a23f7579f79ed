/** SCC Ethernet receiver (MPC860 UM, SCC Ethernet: Ethernet Channel Frame Reception; hardware/scc-ethernet.md section 4). */
import { cancel, schedule } from '../events';
import { ETH_FRAME_MAX, ETH_RX } from '../layout';
import { ethernetBits } from './clocks';
import { cpBehind, cpServe, PEAK_ETHERNET } from './cp-load';
import { CRC_RESIDUE, crc32 } from './crc';
import {
  ADDRESS_MISS,
  ADDRESS_PROMISCUOUS,
  bdOf,
  count32,
  ether,
  evRx,
  filter,
  fullDuplex,
  psmr,
  rxEnabled,
  stepBd,
} from './ether';
import {
  ALEC,
  BD_I,
  BD_L,
  BD_READY,
  BD_W,
  CARRIER_END,
  CARRIER_ON,
  CRCEC,
  DISFC,
  FIFO,
  MAXD1,
  MAXD2,
  MFLR,
  MINFLR,
  PREAMBLE_BITS,
  PSMR_RSH,
  RFBD_PTR,
  RX_DRIBBLE,
  RX_FLAGS,
  RX_FROM,
  RX_LEN,
  RX_LIMIT,
  RX_POS,
  RX_START,
  RX_STATE,
  SCCE_BSY,
  SCCE_RXB,
  SCCE_RXF,
} from './ether-regs';
import { txHold, txOnAir } from './ether-tx';
import { now, peek16, peek32, poke16, poke32 } from './io';
import { MRBLR, RBASE, RBPTR, RCOUNT, RDPTR, sccEvent, sccIsEthernet, sccLoopback, sccPram } from './scc';
import { sdmaCheck, sdmaStore } from './sdma';

// RX_STATE
const RX_HUNT: u32 = 0;
/** A frame has begun; its destination address is not complete. */
const RX_ADDRESS: u32 = 1;
const RX_DATA: u32 = 2;

// Rx BD status
const BD_E: u32 = BD_READY;
const BD_F: u32 = 0x0400;
const BD_M: u32 = 0x0100;
const BD_LG: u32 = 0x0020;
const BD_NO: u32 = 0x0010;
const BD_SH: u32 = 0x0008;
const BD_CR: u32 = 0x0004;
const BD_OV: u32 = 0x0002;
const BD_CL: u32 = 0x0001;
/** RX_FLAGS: no BD of the frame has been closed yet. */
const RX_FIRST: u32 = BD_F;

const ADDRESS_BYTES: u32 = 6;
/** From the last bit on the wire to RXF: the FIFO's rest and the BD, about 2.4 µs. */
const CLOSE_BITS: u64 = 24;

/** Cycle at which byte `pos` (counted from the destination address) has arrived completely. */
function arrival(n: u32, pos: u32): u64 {
  return load<u64>(ether(n), RX_START) + ethernetBits(PREAMBLE_BITS + ((<u64>pos) << 3));
}

/** Event at cycle `t`, or at once for what is past. */
function planAt(n: u32, t: u64): void {
  schedule(evRx(n), max<u64>(t, now()));
}

/** Abandon what is being received; a BD that is being filled is used again. */
export function rxHunt(n: u32): void {
  store<u32>(ether(n), RX_HUNT, RX_STATE);
  cancel(evRx(n));
}

/** A frame of `len` bytes at linear address `from` began at cycle `start`. */
export function rxBegin(n: u32, start: u64, from: u32, len: u32): void {
  const s = ether(n);
  if (!sccIsEthernet(n) || !rxEnabled(n)) return;
  // A frame that is only waiting for its BD to be closed is finished first.
  while (load<u32>(s, RX_STATE) != RX_HUNT) rxEvent(n);
  store<u64>(s, start, RX_START);
  store<u32>(s, from, RX_FROM);
  store<u32>(s, len, RX_LEN);
  store<u32>(s, 0, RX_POS);
  store<u32>(s, RX_FIRST, RX_FLAGS);
  if (len < ADDRESS_BYTES) return;
  store<u32>(s, RX_ADDRESS, RX_STATE);
  planAt(n, arrival(n, ADDRESS_BYTES));
}

/** The wire: the frame in ETH_RX put its first preamble bit there at cycle `start`. */
export function rxFromWire(start: u64): void {
  const s = ether(0);
  const len = min<u32>(load<u32>(ETH_RX), ETH_FRAME_MAX);
  const dribble = load<u32>(s, RX_DRIBBLE);
  const duration = ethernetBits(PREAMBLE_BITS + <u64>dribble + ((<u64>len) << 3));
  store<u64>(s, start, CARRIER_ON);
  store<u64>(s, start + duration, CARRIER_END);
  txHold(0, duration);
  // In half duplex a station that transmits does not receive: this is a collision, which the wire will tell.
  if (sccLoopback(0) || (txOnAir(0) && !fullDuplex(0))) return;
  rxBegin(0, start, ETH_RX + 4, len);
}

/** Receiver event. */
export function rxEvent(n: u32): void {
  const s = ether(n);
  const state = load<u32>(s, RX_STATE);
  if (state == RX_ADDRESS) addressComplete(n);
  else if (state == RX_DATA) chunkArrived(n);
}

function addressComplete(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const verdict = filter(n, load<u32>(s, RX_FROM));
  if (verdict == ADDRESS_MISS) {
    rxHunt(n);
    return;
  }
  const promiscuous = verdict == ADDRESS_PROMISCUOUS;
  if (promiscuous) store<u32>(s, load<u32>(s, RX_FLAGS) | BD_M, RX_FLAGS);
  store<u32>(s, peek16(pram + (promiscuous ? MAXD2 : MAXD1)), RX_LIMIT);
  poke16(pram + RFBD_PTR, peek16(pram + RBPTR));
  if (!openBd(n)) return;
  store<u32>(s, RX_DATA, RX_STATE);
  planChunk(n);
}

/** Take the BD at RBPTR; if it is not empty the frame is lost. */
function openBd(n: u32): bool {
  const pram = sccPram(n);
  const bd = bdOf(n, RBPTR);
  if (!(peek16(bd) & BD_E)) {
    count32(pram + DISFC);
    sccEvent(n, SCCE_BSY);
    rxHunt(n);
    return false;
  }
  poke32(pram + RDPTR, peek32(bd + 4));
  poke16(pram + RCOUNT, max<u32>(peek16(pram + MRBLR), 4));
  return true;
}

/** The next FIFO load goes to memory when it is complete, the last one shortly after the frame's end. */
function planChunk(n: u32): void {
  const s = ether(n);
  const len = load<u32>(s, RX_LEN);
  const target = load<u32>(s, RX_POS) + FIFO;
  planAt(n, target < len ? arrival(n, target) : arrival(n, len) + ethernetBits(CLOSE_BITS));
}

function chunkArrived(n: u32): void {
  const s = ether(n);
  const pos = load<u32>(s, RX_POS);
  const len = load<u32>(s, RX_LEN);
  const bytes = pos < len ? min<u32>(FIFO, len - pos) : 0;
  if (cpBehind() > ethernetBits(FIFO << 3)) {
    overrun(n, pos);
    return;
  }
  cpServe(bytes << 3, PEAK_ETHERNET);
  const limit = load<u32>(s, RX_LIMIT);
  const wanted = pos < limit ? min<u32>(bytes, limit - pos) : 0;
  if (wanted && !storeBytes(n, load<u32>(s, RX_FROM) + pos, wanted)) return;
  store<u32>(s, pos + bytes, RX_POS);
  if (pos + bytes < len) planChunk(n);
  else frameEnd(n);
}

/** The FIFO ran over behind byte `pos`: the frame ends there, and the rest of it is not heard. */
function overrun(n: u32, pos: u32): void {
  rxHunt(n);
  closeBd(n, BD_L | BD_OV, pos);
  sccEvent(n, SCCE_RXF);
}

/** Into the buffers of as many BDs as it takes; false = the frame is lost. */
function storeBytes(n: u32, from: u32, bytes: u32): bool {
  const pram = sccPram(n);
  let done: u32 = 0;
  while (done < bytes) {
    let room = peek16(pram + RCOUNT);
    if (room == 0) {
      closeBd(n, 0, max<u32>(peek16(pram + MRBLR), 4));
      if (!openBd(n)) return false;
      room = peek16(pram + RCOUNT);
    }
    const part = min<u32>(room, bytes - done);
    const pa = peek32(pram + RDPTR);
    if (!sdmaCheck(pa)) {
      rxHunt(n);
      return false;
    }
    sdmaStore(pa, from + done, part);
    poke32(pram + RDPTR, pa + part);
    poke16(pram + RCOUNT, room - part);
    done += part;
  }
  return true;
}

/** Hand the BD at RBPTR to software with the status bits `status`. */
function closeBd(n: u32, status: u32, length: u32): void {
  const s = ether(n);
  const bd = bdOf(n, RBPTR);
  const old = peek16(bd);
  const flags = load<u32>(s, RX_FLAGS);
  poke16(bd + 2, length);
  poke16(bd, (old & (BD_W | BD_I)) | status | (flags & RX_FIRST));
  store<u32>(s, flags & ~RX_FIRST, RX_FLAGS);
  stepBd(n, RBPTR, RBASE, old);
  if (old & BD_I && !(status & BD_L)) sccEvent(n, SCCE_RXB);
}

/** All of the frame is in memory: judge it and close its last BD. */
function frameEnd(n: u32): void {
  const s = ether(n);
  const pram = sccPram(n);
  const len = load<u32>(s, RX_LEN);
  const flags = load<u32>(s, RX_FLAGS);
  store<u32>(s, RX_HUNT, RX_STATE);
  let status = BD_L | (flags & (BD_M | BD_CL));
  if (len < peek16(pram + MINFLR)) {
    // The BD stays empty and serves the next frame.
    if (!(psmr(n) & PSMR_RSH)) return;
    status |= BD_SH;
  }
  if (len > peek16(pram + MFLR)) status |= BD_LG;
  if (crc32(load<u32>(s, RX_FROM), len) != CRC_RESIDUE) {
    // Dribble bits are forgiven when the CRC is good on the last byte boundary.
    if (load<u32>(s, RX_DRIBBLE)) {
      status |= BD_NO;
      count32(pram + ALEC);
    } else {
      status |= BD_CR;
      count32(pram + CRCEC);
    }
  }
  closeBd(n, status, len & 0xffff);
  sccEvent(n, SCCE_RXF);
}

/** The frame coming in collides at NOW: short fragments vanish, the rest ends here with CL. */
export function rxCollision(n: u32): void {
  const s = ether(n);
  const t = now();
  store<u64>(s, min<u64>(load<u64>(s, CARRIER_END), t), CARRIER_END);
  if (load<u32>(s, RX_STATE) == RX_HUNT) return;
  const len = load<u32>(s, RX_LEN);
  let got = load<u32>(s, RX_POS);
  while (got < len && arrival(n, got + 1) <= t) got++;
  if (load<u32>(s, RX_STATE) == RX_ADDRESS || (got < 64 && !(psmr(n) & PSMR_RSH))) {
    rxHunt(n);
    return;
  }
  store<u32>(s, got, RX_LEN);
  store<u32>(s, load<u32>(s, RX_FLAGS) | BD_CL, RX_FLAGS);
  planChunk(n);
}
