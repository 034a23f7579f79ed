// Physical address space: the IMMR window, then the memory controller's eight chip-select banks
// (MPC860 UM, Memory Controller; hardware/siu.md 4.3). What sits behind a bank is the board's description.

import { BUS_BASE, IMMR_MEM } from '../layout';
import { peek32 } from '../soc/io';
import { BR0, OR0 } from '../soc/memc';
import { refreshTimings } from './cycle';
import { bankTimings } from './timing';

// --- per bank: what the board has there, 64 bytes each ---
export const BANK_BYTES: u32 = 64;
/** u32: BANK_NONE, BANK_RAM, BANK_ROM, BANK_FLASH or BANK_COMMAND. */
export const BANK_KIND: u32 = BUS_BASE;
/** u32: linear memory address of the device's first byte. */
export const BANK_MEMORY: u32 = BUS_BASE + 4;
/** u32: size of the device in bytes; it is mirrored through its window. */
export const BANK_SIZE: u32 = BUS_BASE + 8;
// The rest of the record is what bus/timing.ts computes from the registers.
/** u32: width of the port by BRx[PS], 8, 16 or 32 bits. */
export const BANK_PORT: u32 = BUS_BASE + 12;
/** u32: ANSWERS_* of the kinds of access that end with TA; the bus monitor ends the others. */
export const BANK_ANSWERS: u32 = BUS_BASE + 16;
// Core clocks, counted from the clock that drives TS: FIRST until the (first) word is there or acknowledged, BUSY until
// another access may start.
export const BANK_READ_FIRST: u32 = BUS_BASE + 20;
/** u32: from one beat of a read to the next, when the port is narrower than the access. */
export const BANK_READ_BEAT: u32 = BUS_BASE + 24;
export const BANK_READ_BUSY: u32 = BUS_BASE + 28;
export const BANK_BURST_FIRST: u32 = BUS_BASE + 32;
export const BANK_BURST_BUSY: u32 = BUS_BASE + 36;
export const BANK_WRITE_FIRST: u32 = BUS_BASE + 40;
/** u32: also from one beat of a write to the next. */
export const BANK_WRITE_BUSY: u32 = BUS_BASE + 44;
export const BANK_BURST_WRITE_BUSY: u32 = BUS_BASE + 48;
/** u64: clocks from the first word of a burst read to each of the four, 16 bits each from the low end (the lowest are 0). */
export const BANK_BURST_WORDS: u32 = BUS_BASE + 56;

export const ANSWERS_READ: u32 = 1;
export const ANSWERS_BURST: u32 = 2;
export const ANSWERS_WRITE: u32 = 4;
export const ANSWERS_BURST_WRITE: u32 = 8;

// --- decode of BR/OR, derived from the register image by busConfigChanged: 16 bytes per bank ---
export const DECODE: u32 = BUS_BASE + 0x400;
const DECODE_VALUE: u32 = DECODE;
const DECODE_MASK: u32 = DECODE + 4;
const DECODE_VALID: u32 = DECODE + 8;
const DECODE_PROTECT: u32 = DECODE + 12;
/** u32: IMMR & 0xFFFF0000, where internal space answers. */
export const IMMR_WINDOW: u32 = BUS_BASE + 0x500;
// BUS_BASE + 0x508 on: bus/cycle.ts
/** u32: counts changes of the decode, so that the CPU drops its translations. */
export const BUS_GENERATION: u32 = BUS_BASE + 0x504;

/** No device: reads all ones, writes go nowhere, no machine check (hardware/software-expectations.md). */
export const BANK_NONE: u32 = 0;
export const BANK_RAM: u32 = 1;
/** Reads as memory, ignores writes. */
export const BANK_ROM: u32 = 2;

/** Flash whose chips read as memory; writes are commands (bus/flash.ts). */
export const BANK_FLASH: u32 = 3;
/** Flash with a chip that does not: accesses of the CPU go to bus/flash.ts, everybody else reads ones. */
export const BANK_COMMAND: u32 = 4;

/** `busBank`: internal memory space claims the address. */
export const CLAIM_IMMR: i32 = 8;
/** `busBank`: nothing claims the address; the bus monitor ends the cycle with TEA. */
export const CLAIM_NONE: i32 = -1;

const BR_BA: u32 = 0xffff8000;
const BR_WP: u32 = 0x00000100;
const BR_V: u32 = 0x00000001;
const OR_AM: u32 = 0xffff8000;
/** Internal space decodes 64 KB, of which the first 16 KB hold registers and dual-port RAM; the rest reads 0. */
export const IMMR_DECODED: u32 = 0x4000;
/** Clocks of an access to internal space (estimates; hardware/core-timing.md section 6). */
export const IMMR_READ: u64 = 3;
export const IMMR_WRITE: u64 = 2;

/** To be called after any change of a BR, an OR or IMMR. `window` is IMMR & 0xFFFF0000. */
export function busConfigChanged(): void {
  for (let i: u32 = 0; i < 8; i++) {
    const br = peek32(BR0 + (i << 3));
    const or = peek32(OR0 + (i << 3));
    const mask = or & OR_AM;
    store<u32>(DECODE_VALUE + (i << 4), br & BR_BA & mask);
    store<u32>(DECODE_MASK + (i << 4), mask);
    store<u32>(DECODE_VALID + (i << 4), br & BR_V);
    store<u32>(DECODE_PROTECT + (i << 4), br & BR_WP);
  }
  busTimingChanged();
}

/** To be called after a change of anything else that accesses take their time from. */
export function busTimingChanged(): void {
  bankTimings();
  refreshTimings();
  store<u32>(BUS_GENERATION, load<u32>(BUS_GENERATION) + 1);
}

/** Bank 0–7 that claims `pa` (the lowest numbered one wins), CLAIM_IMMR or CLAIM_NONE. */
export function busBank(pa: u32): i32 {
  if ((pa & 0xffff0000) == load<u32>(IMMR_WINDOW)) return CLAIM_IMMR;
  for (let i: u32 = 0; i < 8; i++) {
    const d = i << 4;
    if (load<u32>(d, DECODE_VALID) && (pa & load<u32>(d, DECODE_MASK)) == load<u32>(d, DECODE_VALUE)) return i;
  }
  return CLAIM_NONE;
}

/** True if accesses of `kind` (ANSWERS_*) to `bank` as `busBank` told end with TA. */
export function busAnswers(bank: i32, kind: u32): bool {
  if (bank < 0) return false;
  return bank == CLAIM_IMMR || (load<u32>(bank * BANK_BYTES, BANK_ANSWERS) & kind) != 0;
}

/** True if BRx[WP] forbids writes to the bank. */
export function busProtected(bank: u32): bool {
  return load<u32>(bank << 4, DECODE_PROTECT) != 0;
}

/** Linear address of the memory behind `pa` in bank 0–7, 0 if the bank has no device, or one that is no memory now. */
export function busMemory(bank: u32, pa: u32): u32 {
  const b = bank * BANK_BYTES;
  const kind = load<u32>(b, BANK_KIND);
  if (kind == BANK_NONE || kind == BANK_COMMAND || load<u32>(b, BANK_SIZE) == 0) return 0;
  return load<u32>(b, BANK_MEMORY) + busOffset(bank, pa);
}

/** Where `pa` lies in the device of bank 0–7, which is mirrored through its window. */
export function busOffset(bank: u32, pa: u32): u32 {
  const size = load<u32>(bank * BANK_BYTES, BANK_SIZE);
  const offset = pa & ~load<u32>(bank << 4, DECODE_MASK);
  return (size & (size - 1)) == 0 ? offset & (size - 1) : offset % size;
}

/** The device of bank 0–7 becomes another kind. */
export function bankKind(bank: u32, kind: u32): void {
  const b = bank * BANK_BYTES;
  if (load<u32>(b, BANK_KIND) == kind) return;
  store<u32>(b, kind, BANK_KIND);
  store<u32>(BUS_GENERATION, load<u32>(BUS_GENERATION) + 1);
}

/** Linear address of what is behind `pa` in internal space, 0 where it reads 0. */
export function immrMemory(pa: u32): u32 {
  const offset = pa & 0xffff;
  return offset < IMMR_DECODED ? IMMR_MEM + offset : 0;
}

/** Linear address of what backs `pa` for reading: RAM, ROM or the internal memory map; 0 if nothing does. */
export function physPointer(pa: u32): u32 {
  const bank = busBank(pa);
  if (bank == CLAIM_IMMR) return immrMemory(pa);
  return bank < 0 ? 0 : busMemory(bank, pa);
}

/** True if somebody answers single reads and writes at `pa`: without an answer an SDMA transfer ends in a bus error. */
export function physValid(pa: u32): bool {
  const bank = busBank(pa);
  return busAnswers(bank, ANSWERS_READ) && busAnswers(bank, ANSWERS_WRITE);
}

/** Reads memory without time passing; all ones where there is none. Any alignment. */
export function physRead8(pa: u32): u32 {
  const p = physPointer(pa);
  return p ? load<u8>(p) : 0xff;
}

/** As `physRead8`, big-endian. */
export function physRead16(pa: u32): u32 {
  if (pa & 1) return (physRead8(pa) << 8) | physRead8(pa + 1);
  const p = physPointer(pa);
  return p ? bswap<u16>(load<u16>(p)) : 0xffff;
}

/** As `physRead8`, big-endian. */
export function physRead32(pa: u32): u32 {
  if (pa & 3) return (physRead8(pa) << 24) | (physRead8(pa + 1) << 16) | (physRead8(pa + 2) << 8) | physRead8(pa + 3);
  const p = physPointer(pa);
  return p ? bswap<u32>(load<u32>(p)) : 0xffffffff;
}

/** Linear address of what a write to `pa` changes, 0 if nothing (ROM, no device, write protected). */
function writePointer(pa: u32): u32 {
  const bank = busBank(pa);
  if (bank == CLAIM_IMMR) return immrMemory(pa);
  if (bank < 0 || load<u32>(bank * BANK_BYTES, BANK_KIND) != BANK_RAM || busProtected(bank)) return 0;
  return busMemory(bank, pa);
}

/** Writes memory without time passing; no effect where there is none. Any alignment. */
export function physWrite8(pa: u32, value: u32): void {
  const p = writePointer(pa);
  if (p) store<u8>(p, <u8>value);
}

/** As `physWrite8`, big-endian. */
export function physWrite16(pa: u32, value: u32): void {
  if (pa & 1) {
    physWrite8(pa, value >> 8);
    physWrite8(pa + 1, value);
    return;
  }
  const p = writePointer(pa);
  if (p) store<u16>(p, bswap<u16>(<u16>value));
}

/** As `physWrite8`, big-endian. */
export function physWrite32(pa: u32, value: u32): void {
  if (pa & 3) {
    physWrite8(pa, value >> 24);
    physWrite8(pa + 1, value >> 16);
    physWrite8(pa + 2, value >> 8);
    physWrite8(pa + 3, value);
    return;
  }
  const p = writePointer(pa);
  if (p) store<u32>(p, bswap<u32>(value));
}

/** Describes the device of a bank: kind BANK_*, linear address, bytes. */
export function bankDescribe(bank: u32, kind: u32, memory: u32, size: u32): void {
  if (bank > 7) return;
  const b = bank * BANK_BYTES;
  store<u32>(b, kind, BANK_KIND);
  store<u32>(b, memory, BANK_MEMORY);
  store<u32>(b, size, BANK_SIZE);
  busConfigChanged();
}
