/** Dual-port RAM (MPC860 UM, Communications Processor: Dual-Port RAM; hardware/immap.md 2000–3FFF). */
import { IMMR_MEM } from '../layout';
import { sccBdWritten } from './scc';
import { CFG_DPRAM_8K } from './state';
import { uartBdWritten } from './uart';

const DPRAM: u32 = 0x2000;
/** 3000–3BFF exists on 8 KB parts only; 3C00–3FFF is parameter RAM. */
const DPRAM_HOLE: u32 = 0x3000;
export const PRAM: u32 = 0x3c00;
/** CPM pointers into the dual-port RAM have 13 bits, whatever software puts above them. */
const POINTER: u32 = 0x1fff;

/** Internal map offset of the BD that pointer value `p` names; BDs are 8 bytes and aligned. */
export function bdAt(p: u32): u32 {
  return DPRAM + (p & POINTER & ~7);
}

export function dpramPresent(off: u32): bool {
  return off >= DPRAM && (off < DPRAM_HOLE || off >= PRAM || load<u32>(CFG_DPRAM_8K) != 0);
}

export function dpramRead(off: u32, size: u32): u32 {
  const p = IMMR_MEM + off;
  if (size == 4) return bswap<u32>(load<u32>(p));
  return size == 2 ? bswap<u16>(load<u16>(p)) : load<u8>(p);
}

/** A CPU write. A BD that a waiting transmitter looks at makes it plan its next poll. */
export function dpramWrite(off: u32, size: u32, v: u32): void {
  const p = IMMR_MEM + off;
  if (size == 4) store<u32>(p, bswap<u32>(v));
  else if (size == 2) store<u16>(p, bswap<u16>(<u16>v));
  else store<u8>(p, v);
  uartBdWritten(off);
  sccBdWritten(off);
}
