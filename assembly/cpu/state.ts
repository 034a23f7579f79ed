// The CPU's registers and everything else it must remember between instructions: all of it is in the snapshot.

import { CPU_BASE, GPR } from '../layout';

/** u32: effective address of the next instruction. */
export const PC: u32 = CPU_BASE + 0x80;
/** u32: machine state register, all 32 bits as last written (reserved ones too). */
export const MSR: u32 = CPU_BASE + 0x84;
/** u8 × 8: CR0–CR7, one nibble each: LT 8, GT 4, EQ 2, SO 1. */
export const CRF: u32 = CPU_BASE + 0x88;
/** u32: XER[SO], 0 or 1. */
export const XER_SO: u32 = CPU_BASE + 0x90;
/** u32: XER[OV], 0 or 1. */
export const XER_OV: u32 = CPU_BASE + 0x94;
/** u32: XER[CA], 0 or 1. */
export const XER_CA: u32 = CPU_BASE + 0x98;
/** u32: XER bits 16–23 and the byte count, which read back as written. */
export const XER_REST: u32 = CPU_BASE + 0x9c;
export const LR: u32 = CPU_BASE + 0xa0;
export const CTR: u32 = CPU_BASE + 0xa4;
export const SRR0: u32 = CPU_BASE + 0xa8;
export const SRR1: u32 = CPU_BASE + 0xac;
export const DAR: u32 = CPU_BASE + 0xb0;
export const DSISR: u32 = CPU_BASE + 0xb4;
/** u32 × 4. */
export const SPRG: u32 = CPU_BASE + 0xb8;
/** u32: SPR 638, internal space base and part number. */
export const IMMR: u32 = CPU_BASE + 0xc8;
/** u32: 1 after lwarx. */
export const RESERVE: u32 = CPU_BASE + 0xcc;
/** u32: physical address of the 16-byte line that lwarx reserved. */
export const RESERVE_LINE: u32 = CPU_BASE + 0xd0;
/** u32: why the CPU checkstopped, a CHECKSTOP_* value; 0 = it runs. */
export const CHECKSTOP: u32 = CPU_BASE + 0xd4;
/** u32: effective address that the checkstop's bus cycle used. */
export const CHECKSTOP_ADDRESS: u32 = CPU_BASE + 0xd8;
/** u32: exceptions taken without an instruction completed in between. */
export const STORM_COUNT: u32 = CPU_BASE + 0xdc;
/** u64: INSTRUCTIONS when the last exception was taken. */
export const STORM_MARK: u32 = CPU_BASE + 0xe0;
/** u32: DUE_* bits: what the last instruction leaves to be done before the next one. */
export const DUE: u32 = CPU_BASE + 0xe8;
/** A trace exception. */
export const DUE_TRACE: u32 = 1;
/** Load/store watchpoints 0 and 1. */
export const DUE_LW0: u32 = 2;
export const DUE_LW1: u32 = 4;
/** An instruction breakpoint at PC. */
export const DUE_INSTRUCTION_BREAK: u32 = 8;
/** u32: 1 = the instruction in progress faulted; PC is at the vector. Scratch within one instruction. */
export const FAULTED: u32 = CPU_BASE + 0xec;

// --- debug and cache control SPRs that are storage ---
/** u32 × 16: SPR 144–159, CMPA to BAR. */
export const DEBUG_SPR: u32 = CPU_BASE + 0x100;
export const ICR: u32 = DEBUG_SPR + 4 * 4;
export const DER: u32 = DEBUG_SPR + 5 * 4;
export const LCTRL1: u32 = DEBUG_SPR + 12 * 4;
export const LCTRL2: u32 = DEBUG_SPR + 13 * 4;
export const ICTRL: u32 = DEBUG_SPR + 14 * 4;
export const BAR: u32 = DEBUG_SPR + 15 * 4;
export const IC_CST: u32 = CPU_BASE + 0x140;
export const IC_ADR: u32 = CPU_BASE + 0x144;
export const DC_CST: u32 = CPU_BASE + 0x148;
export const DC_ADR: u32 = CPU_BASE + 0x14c;
export const DPDR: u32 = CPU_BASE + 0x150;

// --- debug facility (cpu/debug.ts) ---
/** u32: instruction watchpoints of the instruction in progress, as SIW0EN–SIW3EN. */
export const INSTRUCTION_EVENTS: u32 = CPU_BASE + 0x154;
/** u32: counters that the instruction in progress has decremented: 1 COUNTA, 2 COUNTB. */
export const COUNTED: u32 = CPU_BASE + 0x158;
/** u32: its address. */
export const COUNTED_AT: u32 = CPU_BASE + 0x15c;

// --- instruction fetch (cpu/fetch.ts) ---
/** u32: FETCH_NONE, FETCH_CACHED or FETCH_BURST: where the current line is. */
export const FETCH_MODE: u32 = CPU_BASE + 0x180;
/** u32: effective address of the current line. PC is inside it, or just past its end. */
export const FETCH_EA: u32 = CPU_BASE + 0x184;
/** u32: physical address of the current line. */
export const FETCH_PA: u32 = CPU_BASE + 0x188;
/** u32: 1 while words of the current line are still to arrive. */
export const STREAM: u32 = CPU_BASE + 0x18c;
/** u64: cycle at which the critical word arrives. */
export const STREAM_AT: u32 = CPU_BASE + 0x190;
/** u32: number (0–3) of the critical word. */
export const STREAM_WORD: u32 = CPU_BASE + 0x198;
/** 16 bytes: the burst buffer, for fetches past the cache. */
export const BURST_BUFFER: u32 = CPU_BASE + 0x1a0;
/** u32: instructions since the last branch; INSTRUCTIONS counts them already. */
export const SINCE_BRANCH: u32 = CPU_BASE + 0x1b0;
/** u32: 1 = the last instruction of the previous line set what the first one of this line branches on. */
export const HOT_INPUT: u32 = CPU_BASE + 0x1b4;

/** u64: clocks from the critical word to each of the four in order of arrival, as BANK_BURST_WORDS. */
export const STREAM_WORDS: u32 = CPU_BASE + 0x1b8;

// --- data side timing ---
/** u64: the word of a store that missed is still on its way: no other data access before this cycle. */
export const DATA_BUSY_UNTIL: u32 = CPU_BASE + 0x1c0;
/** u64: cycle at which the one-word write buffer is free again. */
export const WRITE_BUFFER_UNTIL: u32 = CPU_BASE + 0x1c8;

/** u32: entries ever written to BRANCH_TRACE. */
export const BRANCH_COUNT: u32 = CPU_BASE + 0x200;
/** { u32 from, u32 to } × 32: the last branches taken, index = count & 31, for the checkstop report. */
export const BRANCH_TRACE: u32 = CPU_BASE + 0x208;
/** Bits of `from` that no address has: an exception went from there, or the host set PC. */
export const TRACE_EXCEPTION: u32 = 1;
export const TRACE_HOST: u32 = 2;

/** Notes a jump that the run loop does not see; the same one over and over counts once, so that what led there stays. */
export function traceJump(from: u32, to: u32): void {
  const n = load<u32>(BRANCH_COUNT);
  const last = BRANCH_TRACE + (((n - 1) & 31) << 3);
  if (n && load<u32>(last) == from && load<u32>(last, 4) == to) return;
  store<u32>(BRANCH_COUNT, n + 1);
  const entry = BRANCH_TRACE + ((n & 31) << 3);
  store<u32>(entry, from);
  store<u32>(entry, to, 4);
}

// --- MMU (mmu/mmu.ts): control registers, then 32 entries for each side ---
export const MMU_BASE: u32 = CPU_BASE + 0x400;

// MSR bits (MPC860 UM, Machine State Register)
export const MSR_POW: u32 = 0x00040000;
export const MSR_ILE: u32 = 0x00010000;
export const MSR_EE: u32 = 0x00008000;
export const MSR_PR: u32 = 0x00004000;
export const MSR_FP: u32 = 0x00002000;
export const MSR_ME: u32 = 0x00001000;
export const MSR_FE0: u32 = 0x00000800;
export const MSR_SE: u32 = 0x00000400;
export const MSR_BE: u32 = 0x00000200;
export const MSR_FE1: u32 = 0x00000100;
export const MSR_IP: u32 = 0x00000040;
export const MSR_IR: u32 = 0x00000020;
export const MSR_DR: u32 = 0x00000010;
export const MSR_RI: u32 = 0x00000002;
export const MSR_LE: u32 = 0x00000001;

export const FETCH_NONE: u32 = 0;
export const FETCH_CACHED: u32 = 1;
export const FETCH_BURST: u32 = 2;

export const CHECKSTOP_FETCH: u32 = 1;
export const CHECKSTOP_DATA: u32 = 2;

/** Value of GPR n. */
export function gpr(n: u32): u32 {
  return load<u32>(GPR + (n << 2));
}

/** Sets GPR n. */
export function setGpr(n: u32, value: u32): void {
  store<u32>(GPR + (n << 2), value);
}

/** CR assembled from its fields. */
export function readCr(): u32 {
  let cr: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) cr = (cr << 4) | load<u8>(CRF + i);
  return cr;
}

/** Writes the CR fields that `mask` selects (0x80 = CR0). */
export function writeCr(value: u32, mask: u32): void {
  for (let i: u32 = 0; i < 8; i++) {
    if (mask & (0x80 >> i)) store<u8>(CRF + i, <u8>((value >> (28 - (i << 2))) & 15));
  }
}

/** XER assembled from its parts. */
export function readXer(): u32 {
  return (
    (load<u32>(XER_SO) << 31) | (load<u32>(XER_OV) << 30) | (load<u32>(XER_CA) << 29) | (load<u32>(XER_REST) & 0xff7f)
  );
}

/** Sets XER; bits 3–15 and 24 do not exist. */
export function writeXer(value: u32): void {
  store<u32>(XER_SO, value >>> 31);
  store<u32>(XER_OV, (value >>> 30) & 1);
  store<u32>(XER_CA, (value >>> 29) & 1);
  store<u32>(XER_REST, value & 0xff7f);
}
