/**
 * Fast Ethernet Controller of the MPC860T: registers, control, address filter, interrupt (MPC860T (Rev. D) Fast Ethernet
 * Controller Supplement; hardware/fec.md). It has no part in the CPM: its rings are in memory, it has a DMA of its own, and
 * its interrupt goes to the SIU directly. A part without it has a hole here: the range stores nothing and reads 0.
 *
 * Not modelled: little-endian buffers (FUN_CODE), the 7-wire interface to a 10BASE-T transceiver (R_CNTRL[MII_MODE] = 0),
 * and the hash of the last address in R_HASH.
 */
import { CORE_HZ } from '../layout';
import { cyclesFor } from './clocks';
import { crc32 } from './crc';
import { miiReset, miiSpeedWritten, miiStart } from './fec-mii';
import {
  ADDR_HIGH,
  ADDR_LOW,
  CARRIER_END,
  CARRIER_HOST,
  DES_ACTIVE,
  ECNTRL,
  ECNTRL_ETHER_EN,
  ECNTRL_FEC_PINMUX,
  ECNTRL_RESET,
  FEC_USED,
  FIFO_ADDRESS,
  FUN_CODE,
  HASH_TABLE_HIGH,
  HASH_TABLE_LOW,
  IEVENT,
  IEVENT_BITS,
  IEVENT_EBERR,
  IMASK,
  IVEC,
  IVEC_ILEVEL,
  IVEC_ILEVEL_SHIFT,
  MAX_FRAME_LENGTH,
  MII_DATA,
  MII_SPEED,
  R_BOUND,
  R_BUFF_SIZE,
  R_CNTRL,
  R_CNTRL_BC_REJ,
  R_CNTRL_DRT,
  R_CNTRL_LOOP,
  R_CNTRL_MII_MODE,
  R_CNTRL_PROM,
  R_DES_ACTIVE,
  R_DES_START,
  R_FSTART,
  R_HASH,
  RESET_END,
  RX_DRIBBLE,
  TX_RANDOM,
  X_CNTRL,
  X_CNTRL_FDEN,
  X_CNTRL_GTS,
  X_CNTRL_HBC,
  X_DES_ACTIVE,
  X_DES_START,
  X_FSTART,
} from './fec-regs';
import { rxDemand, rxDisable, rxEnable } from './fec-rx';
import { txDemand, txDisable, txEnable, txGracefulStop } from './fec-tx';
import { clearOnes, now, peek32, poke32, put } from './io';
import { phyLinked, phyLoopback, phyReset, phySpeed } from './phy';
import { siuUpdate } from './siu';
import { CFG_FEC, CFG_SEED, FEC } from './state';

/** End of the FIFO RAM. */
const R_BOUND_VALUE: u32 = 0x00000600;
/** Unconfirmed; the values of the FEC's next of kin in the ColdFire family, which also has 448 bytes. */
const FIFO_BASE: u32 = 0x00000400;
const R_FSTART_RESET: u32 = 0x00000500;
const X_FSTART_RESET: u32 = 0x00000440;
/** Unconfirmed (hardware/fec.md section 1). */
const R_CNTRL_RESET: u32 = R_CNTRL_LOOP;
const MAX_FRAME_LENGTH_RESET: u32 = 0x000005ee;
/** Drivers allow 50 µs. */
const RESET_CYCLES: u64 = 16;
const LVL0: u32 = 0x40000000;

/** Verdict of the address filter. */
export const ADDRESS_MISS: u32 = 0;
export const ADDRESS_HIT: u32 = 1;
export const ADDRESS_PROMISCUOUS: u32 = 2;

export function fecEnabled(): bool {
  return (peek32(ECNTRL) & ECNTRL_ETHER_EN) != 0;
}
/** Internal loopback: neither the wire nor the PHY sees anything. */
export function fecLoop(): bool {
  return (peek32(R_CNTRL) & R_CNTRL_LOOP) != 0;
}
export function fecFullDuplex(): bool {
  return (peek32(X_CNTRL) & X_CNTRL_FDEN) != 0;
}
/** Does what is sent go out on the PHY's cable, and what is there come in? */
export function fecOnWire(): bool {
  return !fecLoop() && !phyLoopback() && (peek32(R_CNTRL) & R_CNTRL_MII_MODE) != 0 && phyLinked();
}
/** Does the receiver get what the transmitter sends? */
export function fecHearsItself(): bool {
  if (fecLoop()) return true;
  return phyLoopback() && (fecFullDuplex() || !(peek32(R_CNTRL) & R_CNTRL_DRT));
}
/** Is somebody else on the wire at cycle `t`? */
export function fecCarrierBusy(t: u64): bool {
  return fecOnWire() && (load<u32>(CARRIER_HOST) != 0 || t < load<u64>(CARRIER_END));
}
export function fecMaxFrame(): u32 {
  return peek32(R_HASH) & MAX_FRAME_LENGTH;
}
/** Bytes in the receive part and in the transmit part of the FIFO; software may have set them to nonsense. */
export function fecRxFifo(): u32 {
  return fifoSize(R_BOUND_VALUE, peek32(R_FSTART));
}
export function fecTxFifo(): u32 {
  return fifoSize(peek32(R_FSTART), peek32(X_FSTART));
}
function fifoSize(end: u32, start: u32): u32 {
  return max<u32>(end > start ? end - start : 0, 64);
}

/**
 * Core cycles that `n` bits take: at the PHY's speed; in internal loopback the system clock stands in for the PHY's,
 * which brings four bits each.
 */
export function fecBits(n: u64): u64 {
  if (!fecLoop()) return cyclesFor(n, phySpeed());
  return (n + 3) >> 2;
}

/** Bytes that pass the MII in `cycles`. */
export function fecBytesIn(cycles: u64): u64 {
  if (fecLoop()) return cycles >> 1;
  return (cycles * <u64>(phySpeed() >> 3)) / <u64>max<u32>(load<u32>(CORE_HZ), 1);
}

/** Set bits of IEVENT. */
export function fecEvent(bits: u32): void {
  poke32(IEVENT, peek32(IEVENT) | bits);
  siuUpdate();
}

/** The FEC's request in SIPEND's layout, 0 without one. */
export function fecRequest(): u32 {
  if (!(peek32(IEVENT) & peek32(IMASK))) return 0;
  return LVL0 >> ((peek32(IVEC) >> IVEC_ILEVEL_SHIFT) << 1);
}

/** Memory did not answer the DMA: EBERR, and the controller is off. */
export function fecBusError(): void {
  poke32(ECNTRL, peek32(ECNTRL) & ~ECNTRL_ETHER_EN);
  disable();
  fecEvent(IEVENT_EBERR);
}

/** Destination address at linear address `p` against ADDR, the hash table and R_CNTRL. */
export function fecFilter(p: u32): u32 {
  const mode = peek32(R_CNTRL);
  let hit: bool;
  if (load<u32>(p) == 0xffffffff && load<u16>(p + 4) == 0xffff) hit = !(mode & R_CNTRL_BC_REJ);
  else if (load<u8>(p) & 1) {
    const crc = crc32(p, 6);
    const table = peek32(crc >> 31 ? HASH_TABLE_HIGH : HASH_TABLE_LOW);
    hit = ((table >> ((crc >> 26) & 31)) & 1) != 0;
  } else
    hit = bswap<u32>(load<u32>(p)) == peek32(ADDR_LOW) && <u32>bswap<u16>(load<u16>(p + 4)) == peek32(ADDR_HIGH) >> 16;
  if (hit) return ADDRESS_HIT;
  return mode & R_CNTRL_PROM ? ADDRESS_PROMISCUOUS : ADDRESS_MISS;
}

export function fecRead(word: u32): u32 {
  if (word == ECNTRL && now() < load<u64>(RESET_END)) return peek32(word) | ECNTRL_RESET;
  return peek32(word);
}

export function fecWrite(word: u32, v: u32, m: u32): void {
  if (!load<u32>(CFG_FEC)) return;
  switch (word) {
    case ADDR_LOW:
    case HASH_TABLE_HIGH:
    case HASH_TABLE_LOW:
      put(word, v, m);
      break;
    case ADDR_HIGH:
      put(word, v, m, 0xffff0000);
      break;
    case R_DES_START:
    case X_DES_START:
      put(word, v, m, 0xfffffffc);
      break;
    case R_BUFF_SIZE:
      put(word, v, m, 0x000007f0);
      break;
    case ECNTRL:
      control(v & m, m);
      break;
    case IEVENT:
      clearOnes(word, v, m, IEVENT_BITS);
      break;
    case IMASK:
      put(word, v, m, IEVENT_BITS);
      break;
    case IVEC:
      put(word, v, m, IVEC_ILEVEL);
      break;
    case R_DES_ACTIVE:
      if (!fecEnabled()) break;
      poke32(word, DES_ACTIVE);
      rxDemand();
      break;
    case X_DES_ACTIVE:
      if (!fecEnabled()) break;
      poke32(word, DES_ACTIVE);
      txDemand();
      break;
    case MII_DATA:
      put(word, v, m);
      miiStart();
      break;
    case MII_SPEED:
      put(word, v, m, 0x000000fe);
      miiSpeedWritten();
      break;
    case R_FSTART:
    case X_FSTART:
      // The bit above the address field reads 1.
      put(word, (v & FIFO_ADDRESS) | FIFO_BASE, m, FIFO_ADDRESS | FIFO_BASE);
      break;
    case FUN_CODE:
      put(word, v, m, 0x7f000000);
      break;
    case R_CNTRL:
      put(word, v, m, R_CNTRL_BC_REJ | R_CNTRL_PROM | R_CNTRL_MII_MODE | R_CNTRL_DRT | R_CNTRL_LOOP);
      break;
    case R_HASH:
      put(word, v, m, MAX_FRAME_LENGTH);
      break;
    case X_CNTRL:
      transmitControl(v, m);
      break;
  }
  siuUpdate();
}

/** ECNTRL: lanes `m` were written with `v`. */
function control(v: u32, m: u32): void {
  if (v & ECNTRL_RESET) {
    controllerReset();
    store<u64>(RESET_END, now() + RESET_CYCLES);
    return;
  }
  const was = fecEnabled();
  put(ECNTRL, v, m, ECNTRL_FEC_PINMUX | ECNTRL_ETHER_EN);
  if (was && !fecEnabled()) disable();
  else if (!was && fecEnabled()) {
    rxEnable();
    txEnable();
  }
}

function transmitControl(v: u32, m: u32): void {
  const was = peek32(X_CNTRL);
  put(X_CNTRL, v, m, X_CNTRL_FDEN | X_CNTRL_HBC | X_CNTRL_GTS);
  const set = peek32(X_CNTRL);
  if (!fecEnabled()) return;
  if (set & ~was & X_CNTRL_GTS) txGracefulStop();
  else if (was & ~set & X_CNTRL_GTS) txDemand();
}

/** ETHER_EN = 0: both directions stop, the rings begin at their starts again; events stay. */
function disable(): void {
  poke32(R_DES_ACTIVE, 0);
  poke32(X_DES_ACTIVE, 0);
  rxDisable();
  txDisable();
}

/** ECNTRL[RESET]; addresses, hash table and ring starts are in the controller's RAM and stay. */
function controllerReset(): void {
  disable();
  poke32(ECNTRL, 0);
  poke32(IEVENT, 0);
  poke32(IMASK, 0);
  poke32(IVEC, 0);
  poke32(MII_SPEED, 0);
  poke32(R_BOUND, R_BOUND_VALUE);
  poke32(R_FSTART, R_FSTART_RESET);
  poke32(X_FSTART, X_FSTART_RESET);
  poke32(R_CNTRL, R_CNTRL_RESET);
  poke32(R_HASH, MAX_FRAME_LENGTH_RESET);
  poke32(X_CNTRL, 0);
  miiReset();
}

/** Power-on and hard reset, of the PHY too: its reset pin is on HRESET. What the host says of the wire stays true. */
export function fecReset(): void {
  if (!load<u32>(CFG_FEC)) return;
  for (let word = ADDR_LOW; word <= X_CNTRL; word += 4) poke32(word, 0);
  const dribble = load<u32>(RX_DRIBBLE);
  const random = load<u32>(TX_RANDOM);
  txDisable();
  const carrierHost = load<u32>(CARRIER_HOST);
  const carrierEnd = load<u64>(CARRIER_END);
  memory.fill(FEC, 0, FEC_USED);
  store<u32>(RX_DRIBBLE, dribble);
  store<u32>(CARRIER_HOST, carrierHost);
  store<u64>(CARRIER_END, carrierEnd);
  store<u32>(TX_RANDOM, random ? random : (load<u32>(CFG_SEED) ^ 0x8f1bbcdc) | 1);
  controllerReset();
  phyReset();
}
