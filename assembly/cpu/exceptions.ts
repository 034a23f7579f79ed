// Exception entry (MPC860 UM, Exceptions; hardware/core-exceptions.md).

import { busMonitor } from '../bus/cycle';
import { requestStop } from '../events';
import { IMMR_MEM, INSTRUCTIONS, NOW, PENDING, PENDING_RESET, STOP_CHECKSTOP, STOP_EXCEPTION_STORM } from '../layout';
import { COUNT_FETCH, COUNT_SERIAL, COUNT_UNCACHED, Count } from '../observe/count';
import { dataBreak, noteCause, uncount } from './debug';
import {
  CHECKSTOP,
  CHECKSTOP_ADDRESS,
  CHECKSTOP_DATA,
  CHECKSTOP_FETCH,
  DAR,
  DSISR,
  DUE,
  DUE_INSTRUCTION_BREAK,
  DUE_LW0,
  DUE_LW1,
  DUE_TRACE,
  FAULTED,
  FETCH_MODE,
  FETCH_NONE,
  MSR,
  MSR_BE,
  MSR_DR,
  MSR_EE,
  MSR_FE0,
  MSR_FE1,
  MSR_FP,
  MSR_ILE,
  MSR_IP,
  MSR_IR,
  MSR_LE,
  MSR_ME,
  MSR_POW,
  MSR_PR,
  MSR_RI,
  MSR_SE,
  PC,
  SRR0,
  SRR1,
  STORM_COUNT,
  STORM_MARK,
  TRACE_EXCEPTION,
  traceJump,
} from './state';
import {
  VECTOR_ALIGNMENT,
  VECTOR_DATA_BREAK,
  VECTOR_DTLB_MISS,
  VECTOR_INSTRUCTION_BREAK,
  VECTOR_ITLB_MISS,
  VECTOR_MACHINE_CHECK,
  VECTOR_PROGRAM,
  VECTOR_SOFTWARE_EMULATION,
  VECTOR_TRACE,
} from './vectors';

// SRR1 status
export const SRR1_PRIVILEGED: u32 = 0x00040000;
export const SRR1_TRAP: u32 = 0x00020000;
export const SRR1_INVALID: u32 = 0x40000000;
export const SRR1_GUARDED: u32 = 0x10000000;
export const SRR1_PROTECTED: u32 = 0x08000000;
const SRR1_FETCH_ERROR: u32 = 0x40000000;
const SRR1_ITLB_MISS: u32 = 0x08200000;
/** MSR bits that SRR1 keeps: 0, 5–9, 16–31. */
export const SRR1_FROM_MSR: u32 = 0x87c0ffff;
// DSISR of a DTLB error
export const DSISR_INVALID: u32 = 0x40000000;
export const DSISR_PROTECTED: u32 = 0x08000000;
export const DSISR_STORE: u32 = 0x02000000;

const CLEARED_ON_ENTRY: u32 =
  MSR_POW | MSR_EE | MSR_PR | MSR_FP | MSR_FE0 | MSR_SE | MSR_BE | MSR_FE1 | MSR_IR | MSR_DR | MSR_RI | MSR_LE;

/** Clocks from recognition to the vector's fetch (hardware/core-timing.md section 6, EXC_ENTRY). */
const EXC_ENTRY: u64 = 5;
/** Exceptions in a row, with no instruction completed, after which the run stops. */
const STORM_LIMIT: u32 = 65536;

// Internal memory map
const IMMR_TESR: u32 = 0x020;
const IMMR_PLPRCR: u32 = 0x284;
const IMMR_RSR: u32 = 0x288;
const RSR_CSRS: u32 = 0x08000000;
const TESR_ITMT: u32 = 0x1000;
const TESR_DTMT: u32 = 0x0010;
const PLPRCR_CSR: u32 = 0x0080;

/** Saves `srr0` and MSR with `status` in SRR1, and goes to `vector`. */
export function raise(vector: u32, srr0: u32, status: u32): void {
  const msr = load<u32>(MSR);
  store<u32>(SRR0, srr0);
  store<u32>(SRR1, (msr & SRR1_FROM_MSR) | status);
  let next = msr & ~CLEARED_ON_ENTRY;
  if (msr & MSR_ILE) next |= MSR_LE;
  if (vector == VECTOR_MACHINE_CHECK) next &= ~MSR_ME;
  store<u32>(MSR, next);
  const to: u32 = (next & MSR_IP ? <u32>0xfff00000 : 0) + vector;
  traceJump(load<u32>(PC) | TRACE_EXCEPTION, to);
  store<u32>(PC, to);
  store<u32>(FETCH_MODE, FETCH_NONE);
  store<u32>(FAULTED, 1);
  store<u32>(DUE, 0);
  uncount(srr0);
  noteCause(vector);
  if (COUNTING) {
    Count.exception(vector == VECTOR_ITLB_MISS || vector == VECTOR_DTLB_MISS);
    Count.add(COUNT_SERIAL, EXC_ENTRY);
  }
  store<u64>(NOW, load<u64>(NOW) + EXC_ENTRY);
}

/**
 * What the last instruction left in DUE; true if that was an exception. Its own breakpoint comes before its trace, which
 * is then not taken any more, as after any exception.
 */
export function takeDue(): bool {
  const due = load<u32>(DUE);
  store<u32>(DUE, 0);
  let vector: u32 = 0;
  if (due & (DUE_LW0 | DUE_LW1) && dataBreak(due)) vector = VECTOR_DATA_BREAK;
  else if (due & DUE_TRACE) vector = VECTOR_TRACE;
  else if (due & DUE_INSTRUCTION_BREAK) vector = VECTOR_INSTRUCTION_BREAK;
  if (!vector) return false;
  raise(vector, load<u32>(PC), 0);
  return true;
}

/** Called by the run loop after an exception, INSTRUCTIONS being up to date: stops a guest that only takes exceptions. */
export function watchForStorm(): void {
  const done = load<u64>(INSTRUCTIONS);
  if (done != load<u64>(STORM_MARK)) {
    store<u64>(STORM_MARK, done);
    store<u32>(STORM_COUNT, 0);
    return;
  }
  const count = load<u32>(STORM_COUNT) + 1;
  store<u32>(STORM_COUNT, count);
  if (count >= STORM_LIMIT) {
    store<u32>(STORM_COUNT, 0);
    requestStop(STOP_EXCEPTION_STORM);
  }
}

/** Privileged instruction in user state. */
export function raisePrivileged(): void {
  raise(VECTOR_PROGRAM, load<u32>(PC), SRR1_PRIVILEGED);
}

/** Opcode or register that the part does not have. */
export function raiseEmulation(): void {
  raise(VECTOR_SOFTWARE_EMULATION, load<u32>(PC), 0);
}

/** Alignment exception of the instruction `word` at PC for address `ea`. */
export function raiseAlignment(ea: u32, word: u32): void {
  store<u32>(DAR, ea);
  store<u32>(DSISR, instructionImage(word));
  raise(VECTOR_ALIGNMENT, load<u32>(PC), 0);
}

/** DSISR as alignment and machine check leave it (hardware/core-exceptions.md section 3.3). */
export function instructionImage(word: u32): u32 {
  const registers = (word >>> 16) & 0x3ff;
  if (word >>> 26 == 31) {
    // X form: bits 29–30 to 15–16, bit 25 to 17, bits 21–24 to 18–21
    return (((word >>> 1) & 3) << 15) | (((word >>> 6) & 1) << 14) | (((word >>> 7) & 15) << 10) | registers;
  }
  // D form: bit 5 to 17, bits 1–4 to 18–21
  return (((word >>> 26) & 1) << 14) | (((word >>> 27) & 15) << 10) | registers;
}

/** Missing instruction translation at `ea`. */
export function raiseItlbMiss(ea: u32): void {
  raise(VECTOR_ITLB_MISS, ea, SRR1_ITLB_MISS);
}

function setTesr(bits: u32): void {
  store<u32>(IMMR_MEM + IMMR_TESR, load<u32>(IMMR_MEM + IMMR_TESR) | bswap<u32>(bits));
}

/** A fetch at `ea` ended with TEA. */
export function machineCheckFetch(ea: u32): void {
  const before = load<u64>(NOW);
  busMonitor();
  if (COUNTING) Count.since(COUNT_FETCH, before);
  setTesr(TESR_ITMT);
  if (!(load<u32>(MSR) & MSR_ME)) {
    checkstop(CHECKSTOP_FETCH, ea);
    return;
  }
  raise(VECTOR_MACHINE_CHECK, ea, SRR1_FETCH_ERROR);
}

/** A data access at `ea` by the instruction `word` ended with TEA. */
export function machineCheckData(ea: u32, word: u32): void {
  const before = load<u64>(NOW);
  busMonitor();
  if (COUNTING) Count.since(COUNT_UNCACHED, before);
  setTesr(TESR_DTMT);
  if (!(load<u32>(MSR) & MSR_ME)) {
    checkstop(CHECKSTOP_DATA, ea);
    return;
  }
  store<u32>(DAR, ea);
  store<u32>(DSISR, instructionImage(word));
  raise(VECTOR_MACHINE_CHECK, load<u32>(PC), 0);
}

/** Machine check with MSR[ME] = 0: the CPU stops for good, or PLPRCR[CSR] has the chip reset itself. */
function checkstop(cause: u32, ea: u32): void {
  store<u32>(FAULTED, 1);
  store<u32>(FETCH_MODE, FETCH_NONE);
  if (load<u8>(IMMR_MEM + IMMR_PLPRCR + 3) & PLPRCR_CSR) {
    store<u32>(IMMR_MEM + IMMR_RSR, load<u32>(IMMR_MEM + IMMR_RSR) | bswap<u32>(RSR_CSRS));
    store<u32>(PENDING, load<u32>(PENDING) | PENDING_RESET);
    return;
  }
  store<u32>(CHECKSTOP, cause);
  store<u32>(CHECKSTOP_ADDRESS, ea);
  requestStop(STOP_CHECKSTOP);
}
