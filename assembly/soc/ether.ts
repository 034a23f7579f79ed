/**
 * SCC in Ethernet mode: what transmitter and receiver share: channel state, parameter RAM, carrier, address
 * recognition, commands (MPC860 UM, SCC Ethernet Mode; hardware/scc-ethernet.md).
 */
import { cancel, EV_SCC } from '../events';
import {
  ENTER_HUNT,
  GRACEFUL_STOP_TX,
  INIT_RX,
  INIT_RX_TX,
  INIT_TX,
  RESTART_TX,
  SET_GROUP_ADDRESS,
  STOP_TX,
} from './cp';
import { crc32 } from './crc';
import { bdAt } from './dpram';
import {
  BD_W,
  CARRIER_END,
  CARRIER_HOST,
  CARRIER_OFF,
  CARRIER_ON,
  GADDR1,
  IADDR1,
  PADDR1_H,
  PADDR1_L,
  PADDR1_M,
  PSMR_BRO,
  PSMR_FDE,
  PSMR_IAM,
  PSMR_LPB,
  PSMR_PRO,
  TADDR_H,
  TADDR_L,
  TADDR_M,
  TX_OWN_END,
  TX_RANDOM,
} from './ether-regs';
import { rxHunt } from './ether-rx';
import { txDemand, txDisable, txEnable, txGracefulStop, txInit, txKick, txRestart, txStop } from './ether-tx';
import { peek16, peek32, poke16, poke32 } from './io';
import { GSMR_L, GSMR_L_ENR, GSMR_L_ENT, PSMR, sccLoopback, sccPram, sccRegs, TBPTR } from './scc';
import { ADDRESS_SCRATCH, CFG_LINK_DOWN, CFG_SEED, ETHER, ETHER_SIZE } from './state';

/** Verdict of the address filter. */
export const ADDRESS_MISS: u32 = 0;
export const ADDRESS_HIT: u32 = 1;
export const ADDRESS_PROMISCUOUS: u32 = 2;

/** State block of SCC n = 0–3. */
export function ether(n: u32): u32 {
  return ETHER + n * ETHER_SIZE;
}
/** Event slots of SCC n: transmitter, receiver. */
export function evTx(n: u32): u32 {
  return EV_SCC + n * 2;
}
export function evRx(n: u32): u32 {
  return EV_SCC + n * 2 + 1;
}

export function psmr(n: u32): u32 {
  return peek16(sccRegs(n) + PSMR);
}
export function txEnabled(n: u32): bool {
  return (peek32(sccRegs(n) + GSMR_L) & GSMR_L_ENT) != 0;
}
export function rxEnabled(n: u32): bool {
  return (peek32(sccRegs(n) + GSMR_L) & GSMR_L_ENR) != 0;
}
export function fullDuplex(n: u32): bool {
  return (psmr(n) & PSMR_FDE) != 0;
}
/** Does the channel drive a wire? Only SCC1 has one, and not in internal loopback. */
export function onWire(n: u32): bool {
  return n == 0 && !sccLoopback(n) && !load<u32>(CFG_LINK_DOWN);
}
/** Does the receiver get what the transmitter sends? Inside the part, or as the transceiver's echo with LPB. */
export function hearsItself(n: u32): bool {
  if (sccLoopback(n)) return true;
  return n == 0 && (psmr(n) & (PSMR_LPB | PSMR_FDE)) == PSMR_LPB;
}

/** Is somebody else on the wire at cycle `t`? */
export function carrierBusy(n: u32, t: u64): bool {
  if (!onWire(n)) return false;
  return load<u32>(ether(n), CARRIER_HOST) != 0 || t < load<u64>(ether(n), CARRIER_END);
}

export function count32(off: u32): void {
  poke32(off, peek32(off) + 1);
}

/** Status of the BD at pointer cell `cell`, and the step to the next one. */
export function bdOf(n: u32, cell: u32): u32 {
  return bdAt(peek16(sccPram(n) + cell));
}
export function stepBd(n: u32, cell: u32, base: u32, status: u32): void {
  const pram = sccPram(n);
  poke16(pram + cell, status & BD_W ? peek16(pram + base) : peek16(pram + cell) + 8);
}

/** Hash bit of the six address bytes at `p`: number of the 16-bit register × 16 + bit. */
function hashOf(p: u32): u32 {
  const crc = crc32(p, 6);
  return ((crc >> 30) << 4) | ((crc >> 26) & 15);
}
function hashHit(table: u32, hash: u32): bool {
  return ((peek16(table + (hash >> 4) * 2) >> (hash & 15)) & 1) != 0;
}

/** Destination address at linear address `p` against PADDR1, the hash tables and PSMR. */
export function filter(n: u32, p: u32): u32 {
  const mode = psmr(n);
  const pram = sccPram(n);
  let hit: bool;
  if (load<u32>(p) == 0xffffffff && load<u16>(p + 4) == 0xffff) hit = !(mode & PSMR_BRO);
  else if (load<u8>(p) & 1) hit = hashHit(pram + GADDR1, hashOf(p));
  else if (mode & PSMR_IAM) hit = hashHit(pram + IADDR1, hashOf(p));
  else {
    // First byte on the wire is the low byte of PADDR1_L.
    hit =
      load<u16>(p) == peek16(pram + PADDR1_L) &&
      load<u16>(p + 2) == peek16(pram + PADDR1_M) &&
      load<u16>(p + 4) == peek16(pram + PADDR1_H);
  }
  if (hit) return ADDRESS_HIT;
  return mode & PSMR_PRO ? ADDRESS_PROMISCUOUS : ADDRESS_MISS;
}

/** SET GROUP ADDRESS: the address in TADDR into GADDR, or IADDR if it is an individual one. */
function setGroupAddress(n: u32): void {
  const pram = sccPram(n);
  const scratch = ADDRESS_SCRATCH;
  store<u16>(scratch, <u16>peek16(pram + TADDR_L));
  store<u16>(scratch + 2, <u16>peek16(pram + TADDR_M));
  store<u16>(scratch + 4, <u16>peek16(pram + TADDR_H));
  const hash = hashOf(scratch);
  const cell = pram + (load<u8>(scratch) & 1 ? GADDR1 : IADDR1) + (hash >> 4) * 2;
  poke16(cell, peek16(cell) | (1 << (hash & 15)));
}

/** CPCR command; INIT has moved the pointers already. */
export function etherCommand(n: u32, opcode: u32): void {
  switch (opcode) {
    case INIT_RX_TX:
      rxHunt(n);
      txInit(n);
      break;
    case INIT_RX:
    case ENTER_HUNT:
      rxHunt(n);
      break;
    case INIT_TX:
      txInit(n);
      break;
    case STOP_TX:
      txStop(n);
      break;
    case GRACEFUL_STOP_TX:
      txGracefulStop(n);
      break;
    case RESTART_TX:
      txRestart(n);
      break;
    case SET_GROUP_ADDRESS:
      setGroupAddress(n);
      break;
  }
}

/** GSMR_L changed; `cleared` and `set` are its bits. */
export function etherEnable(n: u32, cleared: u32, set: u32): void {
  if (cleared & GSMR_L_ENR) rxHunt(n);
  if (cleared & GSMR_L_ENT) txDisable(n);
  if (set & GSMR_L_ENT) txEnable(n);
}

/** TODR[TOD]. */
export function etherDemand(n: u32): void {
  txDemand(n);
}

/** The CPU wrote dual-port RAM at `off`. */
export function etherBdWritten(n: u32, off: u32): void {
  const cell = sccPram(n) + TBPTR;
  if ((off & ~3) == bdAt(peek16(cell)) || (off & ~3) == cell) txKick(n);
}

/** Channel to its reset state. What the host says of the wire stays true. */
export function etherReset(n: u32): void {
  const s = ether(n);
  txDisable(n);
  const on = load<u64>(s, CARRIER_ON);
  const end = load<u64>(s, CARRIER_END);
  const off = load<u64>(s, CARRIER_OFF);
  const host = load<u32>(s, CARRIER_HOST);
  const own = load<u64>(s, TX_OWN_END);
  const random = load<u32>(s, TX_RANDOM);
  memory.fill(s, 0, ETHER_SIZE);
  store<u64>(s, on, CARRIER_ON);
  store<u64>(s, end, CARRIER_END);
  store<u64>(s, off, CARRIER_OFF);
  store<u32>(s, host, CARRIER_HOST);
  store<u64>(s, own, TX_OWN_END);
  store<u32>(s, random ? random : (load<u32>(CFG_SEED) ^ (0x9e3779b9 * (n + 1))) | 1, TX_RANDOM);
  cancel(evTx(n));
  cancel(evRx(n));
}
