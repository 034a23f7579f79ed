/**
 * The FEC's DMA: bursts of a line where alignment permits, single words at the ends (MPC860T FEC Supplement, FEC DMA). It
 * comes before the CPU on the bus, so that only memory that is slow for it lets it fall behind.
 */
import { busSteal } from '../bus/cycle';
import { physValid } from '../bus/physical';
import { BUS_FREE_AT, NOW } from '../layout';
import { fecBytesIn } from './fec';
import { DMA_DONE } from './fec-regs';
import { now } from './io';
import { copyIn, copyOut, internal } from './sdma';
import { FEC_SCRATCH } from './state';

const WORDS_PER_BURST: u32 = 4;

/** Does anything answer at `pa`? */
export function dmaReaches(pa: u32): bool {
  return internal(pa) || physValid(pa);
}

function occupy(pa: u32, n: u32, write: bool): void {
  if (internal(pa) || n == 0) return;
  const words = ((pa + n + 3) >> 2) - (pa >> 2);
  const before = max<u64>(load<u64>(BUS_FREE_AT), load<u64>(NOW));
  const lead = min<u32>(-(pa >> 2) & (WORDS_PER_BURST - 1), words);
  if (lead) busSteal(pa, lead, write);
  if (words > lead) busSteal(pa, words - lead, write);
  store<u64>(DMA_DONE, dmaDone() + load<u64>(BUS_FREE_AT) - before);
}

export function dmaFetch(pa: u32, to: u32, n: u32): void {
  occupy(pa, n, false);
  copyIn(pa, to, n);
}
export function dmaStore(pa: u32, from: u32, n: u32): void {
  occupy(pa, n, true);
  copyOut(pa, from, n);
}

/** Big-endian word of a BD; `pa` is a multiple of 4. */
export function dmaRead32(pa: u32): u32 {
  dmaFetch(pa, FEC_SCRATCH, 4);
  return bswap<u32>(load<u32>(FEC_SCRATCH));
}
export function dmaWrite32(pa: u32, v: u32): void {
  store<u32>(FEC_SCRATCH, bswap<u32>(v));
  dmaStore(pa, FEC_SCRATCH, 4);
}

/** Cycle at which the DMA has done all it was asked for; now if it has. */
export function dmaDone(): u64 {
  return max<u64>(load<u64>(DMA_DONE), now());
}
/** Bytes that pass the MII until then: more than are in the FIFO, and data is lost. */
export function dmaBehind(): u64 {
  return fecBytesIn(dmaDone() - now());
}
