/** SDMA: the CPM's way to memory, and its status registers (MPC860 UM, SDMA Channels; hardware/cpm.md 5). */
import { busSingle } from '../bus/cycle';
import { IMMR_WINDOW, physRead8, physRead32, physValid, physWrite8, physWrite32 } from '../bus/physical';
import { busDivision } from '../bus/timing';
import { BUS_FREE_AT, IMMR_MEM } from '../layout';
import { COUNT_DMA, Count } from '../observe/count';
import { dpramPresent } from './dpram';
import { clearOnes, inByte, peek8, poke8, poke32, put } from './io';
import { siuUpdate } from './siu';

export const SDAR: u32 = 0x904;
export const SDSR: u32 = 0x908;
export const SDMR: u32 = 0x90c;

const SDSR_SBER: u32 = 0x80;
const SDSR_BITS: u32 = 0x83;
/** Bus clocks of arbitration per SDMA access on top of the bank's own. */
const ARBITRATION: u64 = 1;
const WORD_BYTES: u32 = 4;

/** Is `pa` in the internal space, which is reached without the external bus? */
export function internal(pa: u32): bool {
  return (pa & 0xffff0000) == load<u32>(IMMR_WINDOW);
}
/** Linear address of dual-port RAM cell `pa`, 0 for anything else in the internal space. */
function dpram(pa: u32): u32 {
  const off = pa & 0xffff;
  return off < 0x4000 && dpramPresent(off) ? IMMR_MEM + off : 0;
}

/** Can SDMA reach `pa`? If not, SDSR[SBER] and SDAR tell so and the caller's channel stops. */
export function sdmaCheck(pa: u32): bool {
  if (internal(pa) || physValid(pa)) return true;
  poke32(SDAR, pa);
  poke8(SDSR, peek8(SDSR) | SDSR_SBER);
  siuUpdate();
  return false;
}

/** Charge `accesses` of `bytes` each at `pa`; the dual-port RAM is reached without the external bus. */
function occupy(pa: u32, accesses: u32, bytes: u32, write: bool): void {
  if (internal(pa)) return;
  for (let i: u32 = 0; i < accesses; i++) busSingle(pa, bytes, write);
  const end = load<u64>(BUS_FREE_AT);
  const arbitrated = end + <u64>accesses * ARBITRATION * busDivision();
  store<u64>(BUS_FREE_AT, arbitrated);
  if (COUNTING) Count.tenure(COUNT_DMA, end, arbitrated);
}

/** Bus accesses for `n` bytes from `pa`: words where alignment permits, smaller ones at the ends. */
function beatsFor(pa: u32, n: u32): u32 {
  return n ? ((pa + n + 3) >> 2) - (pa >> 2) : 0;
}

export function sdmaRead8(pa: u32): u32 {
  occupy(pa, 1, 1, false);
  if (!internal(pa)) return physRead8(pa);
  const p = dpram(pa);
  return p ? load<u8>(p) : 0;
}
export function sdmaWrite8(pa: u32, v: u32): void {
  occupy(pa, 1, 1, true);
  if (!internal(pa)) physWrite8(pa, v);
  else {
    const p = dpram(pa);
    if (p) store<u8>(p, v);
  }
}

/** Memory at `pa` → linear memory `to`, `n` bytes. */
export function sdmaFetch(pa: u32, to: u32, n: u32): void {
  occupy(pa, beatsFor(pa, n), WORD_BYTES, false);
  copyIn(pa, to, n);
}

/** Linear memory `from` → memory at `pa`, `n` bytes. */
export function sdmaStore(pa: u32, from: u32, n: u32): void {
  occupy(pa, beatsFor(pa, n), WORD_BYTES, true);
  copyOut(pa, from, n);
}

/** Memory at `pa` → linear memory `to`; the caller charges the bus. */
export function copyIn(pa: u32, to: u32, n: u32): void {
  let i: u32 = 0;
  if (internal(pa)) {
    for (; i < n; i++) {
      const p = dpram(pa + i);
      store<u8>(to + i, p ? load<u8>(p) : 0);
    }
    return;
  }
  for (; i < n && (pa + i) & 3; i++) store<u8>(to + i, physRead8(pa + i));
  for (; i + 4 <= n; i += 4) store<u32>(to + i, bswap<u32>(physRead32(pa + i)));
  for (; i < n; i++) store<u8>(to + i, physRead8(pa + i));
}

/** Linear memory `from` → memory at `pa`; the caller charges the bus. */
export function copyOut(pa: u32, from: u32, n: u32): void {
  let i: u32 = 0;
  if (internal(pa)) {
    for (; i < n; i++) {
      const p = dpram(pa + i);
      if (p) store<u8>(p, load<u8>(from + i));
    }
    return;
  }
  for (; i < n && (pa + i) & 3; i++) physWrite8(pa + i, load<u8>(from + i));
  for (; i + 4 <= n; i += 4) physWrite32(pa + i, bswap<u32>(load<u32>(from + i)));
  for (; i < n; i++) physWrite8(pa + i, load<u8>(from + i));
}

/** SDSR and SDMR: one byte register at the top of each word. */
export function sdmaWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case SDSR:
      clearOnes(word, v, m, inByte(SDSR, SDSR_BITS));
      break;
    case SDMR:
      put(word, v, m, inByte(SDMR, SDSR_BITS));
      break;
  }
  siuUpdate();
}

export function sdmaReset(): void {
  for (let word: u32 = SDAR; word <= SDMR; word += 4) poke32(word, 0);
}
