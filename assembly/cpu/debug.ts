// The debug facility as software can use it without a probe: instruction and load/store breakpoints from comparators,
// AND-OR logic and counters (MPC860 UM chapter 37; MPC823 UM chapter 20; the chapters on the same logic in the RCPU RM and the
// MPC561/563 RM say more; registers: hardware/core-registers.md section 7).
//
// Without a probe there is no debug mode: the DIWxEN and DLWxEN bits and DPDR are storage. ICR still notes the causes; with
// DER it would drive FREEZE (MPC566 RM 22.5.1), which is not modelled.
// While a comparator is in use the run loop steps and data accesses take the slow way; otherwise nothing here is called.

import {
  BAR,
  COUNTED,
  COUNTED_AT,
  DEBUG_SPR,
  DUE,
  DUE_LW0,
  DUE_LW1,
  ICR,
  ICTRL,
  INSTRUCTION_EVENTS,
  LCTRL1,
  LCTRL2,
  MSR,
  MSR_RI,
} from './state';
import {
  VECTOR_ALIGNMENT,
  VECTOR_DATA_BREAK,
  VECTOR_DECREMENTER,
  VECTOR_DTLB_ERROR,
  VECTOR_DTLB_MISS,
  VECTOR_EXTERNAL,
  VECTOR_INSTRUCTION_BREAK,
  VECTOR_ITLB_ERROR,
  VECTOR_ITLB_MISS,
  VECTOR_MACHINE_CHECK,
  VECTOR_PROGRAM,
  VECTOR_RESET,
  VECTOR_SOFTWARE_EMULATION,
  VECTOR_SYSTEM_CALL,
  VECTOR_TRACE,
} from './vectors';

const CMPA: u32 = DEBUG_SPR;
const COUNTA: u32 = DEBUG_SPR + 6 * 4;
const COUNTB: u32 = DEBUG_SPR + 7 * 4;
const CMPE: u32 = DEBUG_SPR + 8 * 4;
const CMPG: u32 = DEBUG_SPR + 10 * 4;

// ICTRL
/** IW0–IW3: any of them programmed. */
const ICTRL_IW: u32 = 0x000ff000;
const ICTRL_IFM: u32 = 0x00000008;
/** SIW0EN–SIW3EN; INSTRUCTION_EVENTS has its bits in the same places. */
const ICTRL_SIW0EN: u32 = 0x00000800;
const ICTRL_SIW1EN: u32 = 0x00000400;
const ICTRL_SIW2EN: u32 = 0x00000200;
const ICTRL_SIW3EN: u32 = 0x00000100;

// LCTRL1
const LCTRL1_SUSG: u32 = 0x00000800;
const LCTRL1_SUSH: u32 = 0x00000400;

// LCTRL2
const LCTRL2_LW0EN: u32 = 0x80000000;
const LCTRL2_LW1EN: u32 = 0x00200000;
const LCTRL2_BRKNOMSK: u32 = 0x00000800;
const LCTRL2_SLW0EN: u32 = 0x00000002;
const LCTRL2_SLW1EN: u32 = 0x00000001;
// LW0 and LW1 have the same ten bits, from bit 0 and from bit 10.
const LW_EN: u32 = 0x80000000;
const LW_IADC: u32 = 0x10000000;
const LW_LADC: u32 = 0x02000000;
const LW_LDDC: u32 = 0x00400000;

/** COUNTA, COUNTB: CNTC, what is counted. */
const CNTC: u32 = 3;
const CNTC_INSTRUCTION: u32 = 1;
const CNTC_DATA: u32 = 2;

// Compare types of all eight comparators; those below are inactive
const CT_EQUAL: u32 = 4;
const CT_LESS: u32 = 5;
const CT_GREATER: u32 = 6;
const CT_NOT_EQUAL: u32 = 7;

/** True if any watchpoint is programmed: every instruction must be looked at. */
export function debugArmed(): bool {
  return (load<u32>(ICTRL) & ICTRL_IW) != 0 || dataWatched();
}

/** True if a load/store watchpoint is enabled: every data access must be looked at. */
export function dataWatched(): bool {
  return (load<u32>(LCTRL2) & (LCTRL2_LW0EN | LCTRL2_LW1EN)) != 0;
}

/** Masked mode: breakpoints are not recognised, and counters do not count, while MSR[RI] = 0. */
function masked(): bool {
  return !(load<u32>(LCTRL2) & LCTRL2_BRKNOMSK) && !(load<u32>(MSR) & MSR_RI);
}

function matches(type: u32, less: bool, equal: bool): bool {
  if (type == CT_EQUAL) return equal;
  if (type == CT_LESS) return less;
  if (type == CT_GREATER) return !less && !equal;
  return type == CT_NOT_EQUAL && !equal;
}

/** Instruction comparator A–D (`n` = 0–3) against `ea`. */
function instructionMatch(n: u32, ea: u32): bool {
  const type = (load<u32>(ICTRL) >>> (29 - 3 * n)) & 7;
  const against = load<u32>(CMPA + (n << 2)) & ~3;
  return matches(type, ea < against, ea == against);
}

/** A watchpoint programmed with `mode`: 2 its own comparator, 3 a combination with the other one of the pair. */
function selected(mode: u32, own: bool, combined: bool): bool {
  return mode == 2 ? own : mode == 3 && combined;
}

/** Counts down; true when that brings it to 0, where it rests (a choice: the manuals do not say what follows). */
function countDown(counter: u32): bool {
  const value = load<u32>(counter);
  if (value < 0x10000) return false;
  store<u32>(counter, value - 0x10000);
  return value < 0x20000;
}

/**
 * The instruction at `ea` is about to be executed: notes its watchpoints; true if a breakpoint comes before it.
 * Masked mode hides breakpoints only: an instruction watchpoint that qualifies a load/store watchpoint is always seen.
 */
export function watchInstruction(ea: u32): bool {
  const ictrl = load<u32>(ICTRL);
  const a = instructionMatch(0, ea);
  const b = instructionMatch(1, ea);
  const c = instructionMatch(2, ea);
  const d = instructionMatch(3, ea);
  let events: u32 = 0;
  if (selected((ictrl >>> 18) & 3, a, a && b)) events |= ICTRL_SIW0EN;
  if (selected((ictrl >>> 16) & 3, b, a || b)) events |= ICTRL_SIW1EN;
  if (selected((ictrl >>> 14) & 3, c, c && d)) events |= ICTRL_SIW2EN;
  if (selected((ictrl >>> 12) & 3, d, c || d)) events |= ICTRL_SIW3EN;
  store<u32>(INSTRUCTION_EVENTS, events);
  store<u32>(COUNTED, 0);
  if (!events || masked()) return false;
  if (events & ictrl) {
    if (!(ictrl & ICTRL_IFM)) return true;
    // The first match is let through, once. Breakpoints of counters are not affected.
    store<u32>(ICTRL, ictrl & ~ICTRL_IFM);
  }
  const first = events & ICTRL_SIW0EN && (load<u32>(COUNTA) & CNTC) == CNTC_INSTRUCTION;
  const second = events & ICTRL_SIW1EN && (load<u32>(COUNTB) & CNTC) == CNTC_INSTRUCTION;
  if (!first && !second) return false;
  let expired = false;
  let counted: u32 = 0;
  if (first) {
    if (load<u32>(COUNTA) >= 0x10000) counted |= 1;
    if (countDown(COUNTA)) expired = true;
  }
  if (second) {
    if (load<u32>(COUNTB) >= 0x10000) counted |= 2;
    if (countDown(COUNTB)) expired = true;
  }
  store<u32>(COUNTED, counted);
  store<u32>(COUNTED_AT, ea);
  return expired;
}

/** An exception with this SRR0: an instruction that did not complete is counted back. */
export function uncount(srr0: u32): void {
  const counted = load<u32>(COUNTED);
  if (!counted) return;
  store<u32>(COUNTED, 0);
  if (load<u32>(COUNTED_AT) != srr0) return;
  if (counted & 1) store<u32>(COUNTA, load<u32>(COUNTA) + 0x10000);
  if (counted & 2) store<u32>(COUNTB, load<u32>(COUNTB) + 0x10000);
}

/** Address comparator E or F (`n` = 0, 1); the low bits that the access size implies do not count on either side. */
function addressMatch(n: u32, ea: u32, size: u32, write: bool): bool {
  const control = load<u32>(LCTRL1);
  // CRWE, CRWF: 0x any access, 10 loads, 11 stores. Linux takes 01 for loads; the manuals have only these three.
  const access = (control >>> (18 - 2 * n)) & 3;
  if (access == (write ? 2 : 3)) return false;
  const against = load<u32>(CMPE + (n << 2)) & ~(size - 1);
  const at = ea & ~(size - 1);
  return matches((control >>> (29 - 3 * n)) & 7, at < against, at == against);
}

/** Bytes of a 32-bit word that the four bits of `lanes` (8 = first byte) select. */
function laneMask(lanes: u32): u32 {
  return (
    (lanes & 8 ? <u32>0xff000000 : 0) |
    (lanes & 4 ? <u32>0x00ff0000 : 0) |
    (lanes & 2 ? <u32>0x0000ff00 : 0) |
    (lanes & 1 ? <u32>0x000000ff : 0)
  );
}

/**
 * Data comparator G or H (`n` = 0, 1) against the bus word `data` of which the bytes `valid` are transferred: the lanes that
 * match. Each unit of the compare size (CSG, CSH: 01 word, 10 half-word, 11 byte) is compared for itself, without its masked
 * bytes; one that is not wholly transferred, or wholly masked, does not match.
 */
function dataMatch(n: u32, data: u32, valid: u32): u32 {
  const control = load<u32>(LCTRL1);
  const type = (control >>> (23 - 3 * n)) & 7;
  const size = (control >>> (14 - 2 * n)) & 3;
  if (type < CT_EQUAL || size == 0) return 0;
  const signed = (control & (n ? LCTRL1_SUSH : LCTRL1_SUSG)) != 0;
  const care = ~(control >>> (6 - 4 * n)) & 15;
  const against = load<u32>(CMPG + (n << 2));
  const bytes: u32 = size == 1 ? 4 : size == 2 ? 2 : 1;
  let lanes: u32 = 0;
  for (let at: u32 = 0; at < 4; at += bytes) {
    const unit = ((<u32>15 >>> (4 - bytes)) << (4 - bytes)) >>> at;
    if ((valid & unit) != unit || !(care & unit)) continue;
    const mask = laneMask(care & unit);
    // Moved up so that the unit's first bit is the sign.
    const x = (data & mask) << (at << 3);
    const y = (against & mask) << (at << 3);
    const less = signed ? <i32>x < <i32>y : x < y;
    if (matches(type, less, x == y)) lanes |= unit;
  }
  return lanes;
}

/** Two conditions as LW0LA and LW0LD combine them: the first, the second, both, either. */
function combined(how: u32, first: u32, second: u32): bool {
  if (how == 0) return first != 0;
  if (how == 1) return second != 0;
  return how == 2 ? (first & second) != 0 : (first | second) != 0;
}

/** One completed bus access of a load or store: `value` as it was on the bus. */
export function watchData(ea: u32, size: u32, value: u32, write: bool): void {
  if (masked()) return;
  if (ea & (size - 1)) {
    // As the load/store unit splits it
    if (size == 2 || !(ea & 1)) {
      const half = size >>> 1;
      watchData(ea, half, value >>> (half << 3), write);
      watchData(ea + half, half, value & (0xffffffff >>> (32 - (half << 3))), write);
    } else {
      watchData(ea, 1, value >>> 24, write);
      watchData(ea + 1, 2, (value >>> 8) & 0xffff, write);
      watchData(ea + 3, 1, value & 0xff, write);
    }
    return;
  }
  const e: u32 = addressMatch(0, ea, size, write) ? 1 : 0;
  const f: u32 = addressMatch(1, ea, size, write) ? 1 : 0;
  const behind = 4 - size - (ea & 3);
  const data = value << (behind << 3);
  const valid = (<u32>15 >>> (4 - size)) << behind;
  const g = dataMatch(0, data, valid);
  const h = dataMatch(1, data, valid);
  const control = load<u32>(LCTRL2);
  let breaking: u32 = 0;
  for (let n: u32 = 0; n < 2; n++) {
    const w = control << (10 * n);
    if (!(w & LW_EN)) continue;
    if (w & LW_IADC && !(load<u32>(INSTRUCTION_EVENTS) & (ICTRL_SIW0EN >>> ((w >>> 29) & 3)))) continue;
    if (w & LW_LADC && !combined((w >>> 26) & 3, e, f)) continue;
    if (w & LW_LDDC && !combined((w >>> 23) & 3, g, h)) continue;
    const counts = (load<u32>(n ? COUNTB : COUNTA) & CNTC) == CNTC_DATA;
    if (control & (LCTRL2_SLW0EN >>> n) || counts) breaking |= DUE_LW0 << n;
  }
  const due = load<u32>(DUE);
  if (breaking && !(due & (DUE_LW0 | DUE_LW1))) store<u32>(BAR, ea);
  // Several hits of one instruction are one event.
  store<u32>(DUE, due | breaking);
}

/** An instruction with the load/store watchpoints `due` (DUE_*) has completed: true if that is a breakpoint. */
export function dataBreak(due: u32): bool {
  const control = load<u32>(LCTRL2);
  let stop = false;
  if (due & DUE_LW0) {
    if (control & LCTRL2_SLW0EN) stop = true;
    if ((load<u32>(COUNTA) & CNTC) == CNTC_DATA && countDown(COUNTA)) stop = true;
  }
  if (due & DUE_LW1) {
    if (control & LCTRL2_SLW1EN) stop = true;
    if ((load<u32>(COUNTB) & CNTC) == CNTC_DATA && countDown(COUNTB)) stop = true;
  }
  return stop;
}

/** ICR bit of the exception at `vector`; 0 if it has none. */
function cause(vector: u32): u32 {
  switch (vector) {
    case VECTOR_RESET:
      return 0x40000000; // RST
    case VECTOR_MACHINE_CHECK:
      return 0x10000000; // MCI
    case VECTOR_EXTERNAL:
      return 0x02000000; // EXTI
    case VECTOR_ALIGNMENT:
      return 0x01000000; // ALI
    case VECTOR_PROGRAM:
      return 0x00800000; // PRI
    case VECTOR_DECREMENTER:
      return 0x00200000; // DECI
    case VECTOR_SYSTEM_CALL:
      return 0x00040000; // SYSI
    case VECTOR_TRACE:
      return 0x00020000; // TR
    case VECTOR_SOFTWARE_EMULATION:
      return 0x00004000; // SEI
    case VECTOR_ITLB_MISS:
      return 0x00002000; // ITLBMS
    case VECTOR_DTLB_MISS:
      return 0x00000800; // DTLBMS
    case VECTOR_ITLB_ERROR:
      return 0x00001000; // ITLBER
    case VECTOR_DTLB_ERROR:
      return 0x00000400; // DTLBER
    case VECTOR_DATA_BREAK:
      return 0x00000008; // LBRK
    case VECTOR_INSTRUCTION_BREAK:
      return 0x00000004; // IBRK
    default:
      return 0;
  }
}

/**
 * Notes the exception at `vector` in ICR, which the hardware does whether or not debug mode is enabled (MPC566 RM 22.5: without
 * debug mode the register, there ECR, and DER drive FREEZE only).
 */
export function noteCause(vector: u32): void {
  store<u32>(ICR, load<u32>(ICR) | cause(vector));
}
