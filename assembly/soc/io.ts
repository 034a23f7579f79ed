/**
 * The internal memory map as devices see it: big-endian cells in IMMR_MEM, and
 * the lane-masked writes that every register handler receives.
 *
 * A CPU write of any size reaches a handler as (word, v, m): the 32-bit aligned
 * offset, the value in place, and a mask of the byte lanes that were written.
 * Sub-word accesses of word registers and word accesses of half-word pairs
 * thereby need no code of their own.
 */
import { IMMR_MEM, NOW, PENDING } from '../layout';
import { EVENT_TIME, LAST_ACCESS } from './state';

/**
 * The cycle it is for a device: in an event the one it was due at, although the CPU saw it only at the end of an
 * instruction; so device time does not pick up the CPU's grain. Otherwise the CPU's cycle.
 */
export function now(): u64 {
  const event = load<u64>(EVENT_TIME);
  return event ? event : load<u64>(NOW);
}

/** An access at NOW changes what devices count from: an event that was due earlier must not see time run backwards. */
export function touch(): void {
  store<u64>(LAST_ACCESS, load<u64>(NOW));
}

/** Enter the event that was due at cycle `due`. */
export function eventBegin(due: u64): void {
  store<u64>(EVENT_TIME, max<u64>(due, load<u64>(LAST_ACCESS)));
}
export function eventEnd(): void {
  store<u64>(EVENT_TIME, 0);
}

export function peek8(off: u32): u32 {
  return load<u8>(IMMR_MEM + off);
}
export function peek16(off: u32): u32 {
  return bswap<u16>(load<u16>(IMMR_MEM + off));
}
export function peek32(off: u32): u32 {
  return bswap<u32>(load<u32>(IMMR_MEM + off));
}
export function poke8(off: u32, v: u32): void {
  store<u8>(IMMR_MEM + off, v);
}
export function poke16(off: u32, v: u32): void {
  store<u16>(IMMR_MEM + off, bswap<u16>(<u16>v));
}
export function poke32(off: u32, v: u32): void {
  store<u32>(IMMR_MEM + off, bswap<u32>(v));
}

/** Store the written lanes of a plain register, limited to the bits it has. */
export function put(word: u32, v: u32, m: u32, bits: u32 = 0xffffffff): void {
  const lanes = m & bits;
  poke32(word, (peek32(word) & ~lanes) | (v & lanes));
}

/** Clear the write-one-to-clear bits of a register that were written with 1. */
export function clearOnes(word: u32, v: u32, m: u32, bits: u32): void {
  poke32(word, peek32(word) & ~(v & m & bits));
}

/** Was any lane of the half-word register at `off` written? */
export function wrote16(off: u32, m: u32): bool {
  return (m & (off & 2 ? 0x0000ffff : 0xffff0000)) != 0;
}
/** Half-word register `off` out of a lane-placed word. */
export function half(off: u32, v: u32): u32 {
  return off & 2 ? v & 0xffff : v >>> 16;
}
/** A half-word value or mask in its lanes. */
export function inHalf(off: u32, v: u32): u32 {
  return off & 2 ? v & 0xffff : v << 16;
}
/** A byte value or mask in its lane. */
export function inByte(off: u32, v: u32): u32 {
  return (v & 0xff) << (24 - ((off & 3) << 3));
}

export function raise(bit: u32): void {
  store<u32>(PENDING, load<u32>(PENDING) | bit);
}
export function lower(bit: u32): void {
  store<u32>(PENDING, load<u32>(PENDING) & ~bit);
}
