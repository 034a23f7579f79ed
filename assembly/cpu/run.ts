// The interpreter: predecoded entries, one switch, registers at fixed addresses (DESIGN contract 8). Time is kept in `left`,
// the clocks until WINDOW_END, so that an instruction costs one subtraction; NOW = WINDOW_END - left is stored before any
// call that may look at it. Only what nearly every instruction needs is in locals (`ip`, `left`, `hits`): the compiler keeps
// those in machine registers, and the rest costs a load where it is used.
//
// INSTRUCTIONS needs no work per instruction. `base` is where `ip` would have been when RETIRED was counted had the entries
// executed since then been contiguous, so (ip - base) / 8 is the number of instructions since then; `mark` is the same for
// the last branch. A line is a multiple of its length in memory, so `ip` alone says where it begins.

import { BANK_BURST_BUSY, BANK_BURST_FIRST, BANK_BYTES, busBank, CLAIM_IMMR } from '../bus/physical';
import { busRounds, roundsSpan } from '../bus/rounds';
import { DC_CST_DEN, MISS_OVERHEAD } from '../cache/dcache';
import {
  DATA_HITS,
  DATA_HITS_EMPTY,
  forgetSet,
  HIT_BIAS,
  HIT_NOTHING,
  HIT_READ,
  HIT_TABLE_BYTES,
  HIT_WRITE,
} from '../cache/hits';
import { DC_SET_BITS, DC_TAGS, IC_SET_BITS, IC_TAGS, LINE_MODIFIED, PLACE, SECOND } from '../cache/layout';
import { swapWays } from '../cache/sets';
import { requestStop } from '../events';
import {
  BUS_FREE_AT,
  GPR,
  IDLE_CYCLES,
  IMMR_MEM,
  INSTRUCTIONS,
  NOW,
  PENDING,
  PENDING_DECREMENTER,
  PENDING_EXTERNAL,
  PENDING_NMI,
  PENDING_RESET,
  RUN_LIMIT,
  STOP_CHECKSTOP,
} from '../layout';
import {
  AT_ADDRESS,
  AT_IP,
  AT_LEFT,
  CODE_TABLE,
  COUNT_BASE,
  CP_DELTA,
  CP_INHIBITED,
  CP_PAGE,
  CURRENT_DELTA,
  CURRENT_PAGE,
  DATA_PAGES,
  DATA_TABLE_BYTES,
  DataSlot,
  DP_DELTA,
  DP_FAST_READ,
  DP_FAST_WRITE,
  HOT_ENTRY,
  LEAVE_AT,
  MARK,
  RETIRED,
  ROTATE_MASKS,
  STEPPING,
  WINDOW_END,
} from '../mmu/derived';
import { COUNT_FETCH, COUNT_IDLE_INSTRUCTIONS, COUNT_SERIAL, COUNT_SPENT, Count, Tally } from '../observe/count';
import { JUMP, JUMP_CALL, PROFILE_LOW, PROFILE_SIZE, profileJump } from '../observe/profile';
import { dataWatched, debugArmed, watchInstruction } from './debug';
import { raise, takeDue, watchForStorm } from './exceptions';
import { divideClocks, divideSigned, execute, recordCr0, serializes, X_FAULT, X_JUMP, X_NEXT } from './execute';
import { Burst, codeTable, fetchLine, resumeLine } from './fetch';
import { busCheck, dataRead, dataTable, dataWrite, Past } from './memory';
import {
  BR_NOT_TAKEN,
  BR_TAKEN,
  FLAG_AA,
  FLAG_FIRST,
  FLAG_HOT,
  FLAG_LIKELY,
  FLAG_LK,
  LINE_BYTES,
  LINE_END_ENTRY,
  LINE_HEAD,
  LINE_PA,
  MISPREDICT,
  OP_ADD,
  OP_ADD_RC,
  OP_ADDC,
  OP_ADDE,
  OP_ADDI,
  OP_ADDIC,
  OP_ADDIC_RC,
  OP_ADDME,
  OP_ADDZE,
  OP_AND,
  OP_ANDC,
  OP_ANDI,
  OP_ANDI_B,
  OP_B,
  OP_B_SELF,
  OP_BA,
  OP_BC,
  OP_BCCTR,
  OP_BCLR,
  OP_BCR,
  OP_BCTR,
  OP_BCTRL,
  OP_BDNZ,
  OP_BL,
  OP_BLR,
  OP_CMPLW,
  OP_CMPLW_B,
  OP_CMPLWI,
  OP_CMPLWI_B,
  OP_CMPW,
  OP_CMPW_B,
  OP_CMPWI,
  OP_CMPWI_B,
  OP_CNTLZW,
  OP_DIVW,
  OP_DIVWU,
  OP_EQV,
  OP_EXTSB,
  OP_EXTSH,
  OP_LBZ,
  OP_LBZU,
  OP_LBZX,
  OP_LHA,
  OP_LHAU,
  OP_LHAX,
  OP_LHZ,
  OP_LHZU,
  OP_LHZX,
  OP_LI,
  OP_LINE_END,
  OP_LWZ,
  OP_LWZU,
  OP_LWZX,
  OP_MFCTR,
  OP_MFLR,
  OP_MR,
  OP_MTCTR,
  OP_MTLR,
  OP_MULHW,
  OP_MULHWU,
  OP_MULLI,
  OP_MULLW,
  OP_NAND,
  OP_NEG,
  OP_NOP,
  OP_NOR,
  OP_OR,
  OP_OR_RC,
  OP_ORC,
  OP_ORI,
  OP_RLWIMI,
  OP_RLWIMI_RC,
  OP_RLWINM,
  OP_RLWINM_RC,
  OP_RLWINM_RC_B,
  OP_RLWNM,
  OP_RLWNM_RC,
  OP_SLOW,
  OP_SLW,
  OP_SRAW,
  OP_SRAWI,
  OP_SRW,
  OP_STB,
  OP_STBU,
  OP_STBX,
  OP_STH,
  OP_STHU,
  OP_STHX,
  OP_STW,
  OP_STWU,
  OP_STWX,
  OP_SUBF,
  OP_SUBF_RC,
  OP_SUBFC,
  OP_SUBFE,
  OP_SUBFIC,
  OP_SUBFME,
  OP_SUBFZE,
  OP_XOR,
  OP_XORI,
  SETS_BRANCH_INPUT,
} from './ops';
import { cpuReset } from './reset';
import {
  BRANCH_COUNT,
  BRANCH_TRACE,
  CHECKSTOP,
  COUNTED,
  CRF,
  CTR,
  DATA_BUSY_UNTIL,
  DC_CST,
  DUE,
  DUE_INSTRUCTION_BREAK,
  DUE_TRACE,
  FAULTED,
  FETCH_CACHED,
  FETCH_EA,
  FETCH_MODE,
  FETCH_NONE,
  FETCH_PA,
  HOT_INPUT,
  ICTRL,
  LR,
  MSR,
  MSR_BE,
  MSR_EE,
  MSR_LE,
  MSR_POW,
  MSR_SE,
  PC,
  SINCE_BRANCH,
  STREAM,
  STREAM_AT,
  STREAM_WORD,
  STREAM_WORDS,
  XER_CA,
  XER_SO,
} from './state';
import { VECTOR_DECREMENTER, VECTOR_EXTERNAL, VECTOR_RESET } from './vectors';

/**
 * Longest stretch that `left` counts, clocks; after it `runLines` returns and is called again. An engine that compiles in
 * stages (V8) goes over to its better code only where a function is entered: a guest without events would stay in the first.
 */
const WINDOW: u64 = COUNTING ? 0xffff : 0xfffff;
/** Extra clocks of every instruction while ICTRL[ISCT_SER] asks for serialized fetch. */
const SERIALIZED_FETCH: u64 = 4;
/** Two instructions that are not branches must lie between two folded ones: 16 bytes of entries. */
const FOLD_DISTANCE: u32 = 16;

const IMMR_PLPRCR_LPM: u32 = IMMR_MEM + 0x286;

/** STEPPING: the instruction at hand passed `boundary`. */
const STEP_GRANTED: u32 = 2;

// What `Loop` leaves to its caller.
const KIND_BRANCH: u32 = 0;
const KIND_DATA: u32 = 1;
const KIND_SLOW: u32 = 2;
/** The window is used up and there is a reason to look up. */
const KIND_BOUNDARY: u32 = 3;
/** The next line has to be fetched. */
const KIND_LINE: u32 = 4;
/** A branch to itself past the cache. */
const KIND_IDLE: u32 = 5;
/** `runPast` is needed: the clocks are used up. */
const KIND_LOOK: u32 = 6;
/** `runCached` can go on. */
const KIND_CACHED: u32 = 7;

/** The registers that the predecoded entry at `ip` names; `d` is rD or rS. */
class Reg {
  @inline static d(ip: u32): u32 {
    return load<u32>(load<u8>(ip, 2), GPR);
  }
  @inline static a(ip: u32): u32 {
    return load<u32>(load<u8>(ip, 3), GPR);
  }
  @inline static b(ip: u32): u32 {
    return load<u32>(load<u8>(ip, 4), GPR);
  }
  @inline static setD(ip: u32, value: u32): void {
    store<u32>(load<u8>(ip, 2), value, GPR);
  }
  @inline static setA(ip: u32, value: u32): void {
    store<u32>(load<u8>(ip, 3), value, GPR);
  }
  @inline static immediate(ip: u32): u32 {
    return load<u32>(ip, 4);
  }
  /** rS rotated by the count in the entry. */
  @inline static rotated(ip: u32): u32 {
    return rotl<u32>(Reg.d(ip), load<u8>(ip, 4));
  }
  /** rS rotated by the count in the register that the entry names. */
  @inline static rotatedBy(ip: u32): u32 {
    return rotl<u32>(Reg.d(ip), load<u32>((<u32>load<u8>(ip, 4)) << 2, GPR));
  }
  /** Mask of a rotate. */
  @inline static mask(ip: u32): u32 {
    return load<u32>(load<u16>(ip, 6), ROTATE_MASKS);
  }
  /** The end of an instruction that has a record form. */
  @inline static record(ip: u32, result: u32): void {
    if (load<u8>(ip, 5)) recordCr0(result);
  }
}

/** Hits of the data cache: address of the byte at `ea`, or 0 if the slow way must decide. */
class Data {
  /** `mask` keeps the line and the bits that alignment wants to be 0. */
  @inline static read(hits: u32, ea: u32, mask: u32): u32 {
    const h = hits + (ea & load<u32>(DC_SET_BITS));
    return load<u32>(h, HIT_READ) == (ea & mask) ? ea + load<u32>(h, HIT_BIAS) : 0;
  }

  @inline static write(hits: u32, ea: u32, mask: u32): u32 {
    const h = hits + (ea & load<u32>(DC_SET_BITS));
    return load<u32>(h, HIT_WRITE) == (ea & mask) ? ea + load<u32>(h, HIT_BIAS) : 0;
  }

  /** Slot of the page of `ea` that belongs to a table of hits. */
  @inline static slot(hits: u32, ea: u32): u32 {
    return DataSlot.of(DATA_PAGES + (hits - DATA_HITS) * (DATA_TABLE_BYTES / HIT_TABLE_BYTES), ea);
  }

  /** True if the store `op` may go to `ea` in one piece; words, bytes, half-words come three by three. */
  @inline static aligned(ea: u32, op: u32): bool {
    return !(ea & (0x103 >>> (((op - OP_STW) % 3) << 2)) & 3);
  }

  /**
   * Notes the line at `ea` as a hit if one of the two ways used last has it and the page allows what the operation `op` does:
   * then it is the way used last, and modified by a store. False if the slow way must decide.
   */
  @inline static found(hits: u32, ea: u32, op: u32): bool {
    const slot = Data.slot(hits, ea);
    const page = ea & 0xfffff000;
    const line = ea & ~15;
    const h = hits + (ea & load<u32>(DC_SET_BITS));
    let good = false;
    if (load<u32>(slot, DP_FAST_READ) == page) {
      const pa = line + load<u32>(slot, DP_DELTA);
      const record = DC_TAGS + (pa & load<u32>(DC_SET_BITS));
      if (load<u32>(record) != pa && load<u32>(record, SECOND) == pa) {
        forgetSet(record);
        swapWays(record);
      }
      if (load<u32>(record) == pa) {
        const data = load<u32>(record, PLACE);
        if (op < OP_STW) {
          // A line that is noted already is not what was missing.
          if (load<u32>(h, HIT_READ) != line) {
            store<u32>(h, HIT_NOTHING, HIT_WRITE);
            good = true;
          }
        } else if (load<u32>(slot, DP_FAST_WRITE) == page && load<u32>(h, HIT_WRITE) != line && Data.aligned(ea, op)) {
          store<u32>(data, 1, LINE_MODIFIED);
          store<u32>(h, line, HIT_WRITE);
          good = true;
        }
        if (good) {
          store<u32>(h, line, HIT_READ);
          store<u32>(h, data - line, HIT_BIAS);
        }
      }
    }
    return good;
  }
}

/** Clocks and conditions of branches. */
class Branch {
  /** Clocks that a branch with a distance of `distance` from the last one takes less than its entry says; it may be more. */
  @inline static saved(flags: u32, ip: u32, distance: u32, taken: bool): i32 {
    let clocks: i32 = distance >= FOLD_DISTANCE ? 1 : 0;
    if (flags & (FLAG_HOT | FLAG_FIRST)) {
      if (flags & FLAG_HOT) {
        clocks = 0;
      } else if (load<u32>(HOT_ENTRY) == ip) {
        store<u32>(HOT_ENTRY, 0);
        clocks = taken == ((flags & FLAG_LIKELY) != 0) ? -1 : -1 - MISPREDICT;
      }
    }
    return clocks;
  }

  /** Clocks of a branch whose entry says nothing. */
  @inline static clocks(flags: u32, ip: u32, distance: u32, taken: bool): i32 {
    const clocks = taken ? BR_TAKEN : BR_NOT_TAKEN;
    if (!(flags & FLAG_HOT)) return clocks - Branch.saved(flags, ip, distance, taken);
    return clocks + 1 + (taken == ((flags & FLAG_LIKELY) != 0) ? 0 : MISPREDICT);
  }

  /** The condition of the branch on one bit of CR at `ip`, if its field has `value`: not 0 = taken. */
  @inline static met(ip: u32, value: u32): u32 {
    const mask: u32 = load<u8>(ip, 3);
    return ((mask >>> 4) ^ value) & mask & 15;
  }

  /** BO against CTR, which it decrements, and CR, for the general forms. */
  static decide(ip: u32): bool {
    const d: u32 = load<u8>(ip, 2);
    const bo = d >>> 3;
    if (!(bo & 4)) {
      const ctr = load<u32>(CTR) - 1;
      store<u32>(CTR, ctr);
      if ((ctr != 0) == ((bo & 2) != 0)) return false;
    }
    return (bo & 16) != 0 || ((load<u8>(d & 7, CRF) & load<u8>(ip, 3)) != 0) == ((bo & 8) != 0);
  }
}

/** CR field of a compare. */
class Compare {
  @inline static signed(x: i32, y: i32): u32 {
    return (x == y ? 2 : x < y ? 8 : 4) | load<u32>(XER_SO);
  }
  @inline static unsigned(x: u32, y: u32): u32 {
    return (x == y ? 2 : x < y ? 8 : 4) | load<u32>(XER_SO);
  }
}

/** The line that is being executed. */
class Current {
  @inline static line(ip: u32): u32 {
    return ip & ~(LINE_BYTES - 1);
  }

  /** Physical address of the entry `ip`. */
  @inline static physical(ip: u32): u32 {
    return load<u32>(Current.line(ip), LINE_PA) + ((ip & (LINE_BYTES - 1)) >>> 1);
  }

  /** Effective address of the entry `ip`. */
  @inline static address(ip: u32): u32 {
    return Current.physical(ip) - load<u32>(CURRENT_DELTA);
  }

  /** Predecoded line at the physical address `pa` if it is on the page that needs no translation and in the cache, else 0. */
  @inline static cachedLine(pa: u32): u32 {
    let line: u32 = 0;
    if ((pa & 0xfffff000) == load<u32>(CURRENT_PAGE)) {
      const record = pa & load<u32>(IC_SET_BITS);
      const tag = pa & ~15;
      if (load<u32>(record, IC_TAGS) == tag) {
        line = load<u32>(record, IC_TAGS + PLACE);
      } else if (load<u32>(record, IC_TAGS + SECOND) == tag) {
        swapWays(IC_TAGS + record);
        line = load<u32>(record, IC_TAGS + PLACE);
      }
    }
    return line;
  }

  /** The same at the effective address `ea` on another page whose translation is at hand; that page becomes the current one. */
  @inline static otherPage(ea: u32): u32 {
    let line: u32 = 0;
    const p = load<u32>(CODE_TABLE) + ((ea >>> 8) & 0x3f0);
    if (load<u32>(p, CP_PAGE) == (ea & 0xfffff000) && !load<u32>(p, CP_INHIBITED) && load<u32>(CURRENT_PAGE) != 1) {
      const delta = load<u32>(p, CP_DELTA);
      const pa = ea + delta;
      const record = pa & load<u32>(IC_SET_BITS);
      if (load<u32>(record, IC_TAGS) == (pa & ~15)) {
        store<u32>(CURRENT_PAGE, pa & 0xfffff000);
        store<u32>(CURRENT_DELTA, delta);
        line = load<u32>(record, IC_TAGS + PLACE);
      }
    }
    return line;
  }

  /** Clocks that the first instruction of the line `next` waits for the last one of the line whose end entry is `ip`. */
  @inline static stall(ip: u32, next: u32): i32 {
    const clash = load<u64>(next, LINE_HEAD) & load<u64>(ip);
    let clocks: i32 = 0;
    if (clash) {
      const needs = <u32>clash >>> 16;
      if (clash >>> 32) clocks++;
      if (needs & ~SETS_BRANCH_INPUT) clocks++;
      if (needs & SETS_BRANCH_INPUT) store<u32>(HOT_ENTRY, next);
    }
    return clocks;
  }

  /** Cycle from `now` on at which word `slot` of the line is there. They arrive one after the other, the critical one first. */
  @inline static arrival(slot: u32, now: u64): u64 {
    let there = now;
    if (load<u32>(STREAM)) {
      const words = load<u64>(STREAM_WORDS);
      const critical = load<u64>(STREAM_AT);
      there = max<u64>(now, critical + ((words >>> (((slot - load<u32>(STREAM_WORD)) & 3) << 4)) & 0xffff));
      if (there >= critical + (words >>> 48)) store<u32>(STREAM, 0);
    }
    return there;
  }

  /** Notes where `Loop` returns; the result is `kind`. */
  @inline static leave(ip: u32, left: i32, mark: u32, base: u32, ea: u32, kind: u32, tally: u64): u32 {
    if (COUNTING) Count.flush(tally);
    store<u32>(AT_IP, ip);
    store<i32>(AT_LEFT, left);
    store<u32>(MARK, mark);
    store<u32>(COUNT_BASE, base);
    store<u32>(AT_ADDRESS, ea);
    return kind;
  }

  /** NOW, with `left` clocks to the window's end. */
  @inline static time(left: i32): u64 {
    return load<u64>(WINDOW_END) - <u64>(<i64>left);
  }

  /** For the slow paths: on from `ip`, where everything is counted, to `next`. */
  static move(ip: u32, next: u32): void {
    store<u32>(MARK, load<u32>(MARK) + next - ip);
    store<u32>(COUNT_BASE, load<u32>(COUNT_BASE) + next - ip);
  }
}

/** Writes back what an instruction boundary at `ip` needs to be found again. */
function settle(ip: u32, now: u64): void {
  const line = load<u32>(Current.line(ip), LINE_PA);
  store<u32>(FETCH_PA, line);
  store<u32>(FETCH_EA, line - load<u32>(CURRENT_DELTA));
  store<u32>(PC, Current.address(ip));
  store<u64>(NOW, now);
  store<u32>(SINCE_BRANCH, (ip - load<u32>(MARK)) >>> 3);
  store<u64>(INSTRUCTIONS, load<u64>(RETIRED) + ((ip - load<u32>(COUNT_BASE)) >>> 3));
  store<u32>(HOT_INPUT, load<u32>(HOT_ENTRY) == ip ? 1 : 0);
}

/** After an exception: its first instruction is at PC. */
function afterException(): void {
  store<u32>(FAULTED, 0);
  store<u32>(SINCE_BRANCH, 0);
  store<u32>(HOT_INPUT, 0);
  watchForStorm();
  if (COUNTING) profileJump(load<u32>(PC), JUMP_CALL);
}

/**
 * The part of an instruction boundary that may leave the run loop, or holds when every instruction is watched: false if
 * the loop must be left, else `left` is 0.
 */
function boundary(ip: u32, left: i32): bool {
  let now = Current.time(left);
  const stepping = load<u32>(STEPPING) != 0;
  if (now >= min<u64>(load<u64>(RUN_LIMIT), load<u64>(LEAVE_AT)) || (stepping && load<u32>(DUE))) {
    settle(ip, now);
    return false;
  }
  const slot = (ip & (LINE_BYTES - 1)) >>> 3;
  if (slot < 4) {
    const before = now;
    now = Current.arrival(slot, now);
    if (COUNTING) Count.add(COUNT_FETCH, now - before);
    if (stepping) {
      if (serialized()) {
        now += SERIALIZED_FETCH;
        if (COUNTING) Count.add(COUNT_SERIAL, SERIALIZED_FETCH);
      }
      if (debugArmed() && watchInstruction(Current.address(ip))) {
        store<u32>(DUE, DUE_INSTRUCTION_BREAK);
        settle(ip, now);
        return false;
      }
      const op = load<u32>(ip) & 0xff;
      const msr = load<u32>(MSR);
      if (msr & MSR_SE || (msr & MSR_BE && ((op >= OP_B && op <= OP_BCCTR) || op == OP_BA))) store<u32>(DUE, DUE_TRACE);
    }
  }
  store<u64>(WINDOW_END, now);
  return true;
}

/** Takes the request of highest priority that MSR lets through; true if there was one. */
function takeRequest(): bool {
  const pending = load<u32>(PENDING);
  if (pending & PENDING_RESET) {
    cpuReset(false);
    return true;
  }
  if (pending & PENDING_NMI) {
    store<u32>(PENDING, pending & ~PENDING_NMI);
    raise(VECTOR_RESET, load<u32>(PC), 0);
    return true;
  }
  if (load<u32>(MSR) & MSR_EE) {
    if (pending & PENDING_EXTERNAL) {
      raise(VECTOR_EXTERNAL, load<u32>(PC), 0);
      return true;
    }
    if (pending & PENDING_DECREMENTER) {
      store<u32>(PENDING, pending & ~PENDING_DECREMENTER);
      raise(VECTOR_DECREMENTER, load<u32>(PC), 0);
      return true;
    }
  }
  return false;
}

/** True if a request is waiting that MSR lets through. */
function requestWaiting(): bool {
  const pending = load<u32>(PENDING);
  if (!pending) return false;
  return (pending & (PENDING_RESET | PENDING_NMI)) != 0 || (load<u32>(MSR) & MSR_EE) != 0;
}

/** The data access of the predecoded entry at `ip`, with everything that can happen to it. */
function accessData(ip: u32, ea: u32): void {
  const op: u32 = load<u8>(ip);
  switch (op) {
    case OP_LWZ:
    case OP_LWZX:
    case OP_LWZU: {
      const v = dataRead(ea, 4);
      if (load<u32>(FAULTED)) return;
      if (op == OP_LWZU) Reg.setA(ip, ea);
      Reg.setD(ip, v);
      return;
    }
    case OP_LBZ:
    case OP_LBZX:
    case OP_LBZU: {
      const v = dataRead(ea, 1);
      if (load<u32>(FAULTED)) return;
      if (op == OP_LBZU) Reg.setA(ip, ea);
      Reg.setD(ip, v);
      return;
    }
    case OP_LHZ:
    case OP_LHZX:
    case OP_LHZU: {
      const v = dataRead(ea, 2);
      if (load<u32>(FAULTED)) return;
      if (op == OP_LHZU) Reg.setA(ip, ea);
      Reg.setD(ip, v);
      return;
    }
    case OP_LHA:
    case OP_LHAX:
    case OP_LHAU: {
      const v = dataRead(ea, 2);
      if (load<u32>(FAULTED)) return;
      if (op == OP_LHAU) Reg.setA(ip, ea);
      Reg.setD(ip, <u32>(<i32>(v << 16) >> 16));
      return;
    }
    case OP_STW:
    case OP_STWX:
    case OP_STWU:
      dataWrite(ea, 4, Reg.d(ip));
      break;
    case OP_STB:
    case OP_STBX:
    case OP_STBU:
      dataWrite(ea, 1, Reg.d(ip));
      break;
    default:
      dataWrite(ea, 2, Reg.d(ip));
      break;
  }
  if (load<u32>(FAULTED)) return;
  if (op == OP_STWU || op == OP_STBU || op == OP_STHU) Reg.setA(ip, ea);
}

/** True if the branch at `ip` leaves its return address in LR, as a call does. */
function links(ip: u32): bool {
  const op: u32 = load<u8>(ip);
  if (op == OP_BL || op == OP_BCTRL) return true;
  if (op == OP_BA) return load<u8>(ip, 3) != 0;
  return (op == OP_BC || op == OP_BCLR || op == OP_BCCTR) && (load<u8>(ip, 4) & FLAG_LK) != 0;
}

/** True if every instruction must pass the slow check: tracing, serialized fetch, or breakpoints. */
function mustStep(): bool {
  return (load<u32>(MSR) & (MSR_SE | MSR_BE)) != 0 || serialized() || debugArmed();
}

/** ICTRL[ISCT_SER] 0–3: serialized (and 4, which is illegal). */
function serialized(): bool {
  return (load<u32>(ICTRL) & 7) < 5;
}

/** The data lines that the fast way may use now. */
function fastHits(): u32 {
  const slow = (load<u32>(MSR) & MSR_LE) != 0 || load<u64>(NOW) < load<u64>(DATA_BUSY_UNTIL) || dataWatched();
  if (slow) return DATA_HITS_EMPTY;
  return DATA_HITS + ((dataTable() - DATA_PAGES) / DATA_TABLE_BYTES) * HIT_TABLE_BYTES;
}

/**
 * A branch to itself past the cache: skips the whole rounds up to RUN_LIMIT once a round's cost is steady. Returns their
 * number, 0 if none; NOW, BUS_FREE_AT and STREAM_AT are then those after them.
 */
function skipUncachedIdle(): u64 {
  const bank = busBank(load<u32>(FETCH_PA));
  if (bank < 0 || bank == CLAIM_IMMR) return 0;
  const b = <u32>bank * BANK_BYTES;
  const now = load<u64>(NOW);
  const until = load<u64>(RUN_LIMIT);
  const free = load<u64>(BUS_FREE_AT);
  if (until <= now || load<u64>(STREAM_AT) != now) return 0;
  const start = max<u64>(now + BR_TAKEN + MISS_OVERHEAD, free);
  const next = start + load<u32>(b, BANK_BURST_FIRST);
  if (start + load<u32>(b, BANK_BURST_BUSY) - next != free - now) return 0;
  const rounds = busRounds(start, next - now, until - now);
  const span = roundsSpan;
  store<u64>(NOW, now + span);
  store<u64>(STREAM_AT, now + span);
  store<u64>(IDLE_CYCLES, load<u64>(IDLE_CYCLES) + span);
  return rounds;
}

/** Runs instructions until RUN_LIMIT. */
export function cpuRun(): void {
  busCheck();
  // Here everything is in memory: PC, NOW, INSTRUCTIONS, and the fetch state.
  while (load<u64>(NOW) < load<u64>(RUN_LIMIT)) {
    if (load<u32>(CHECKSTOP)) {
      requestStop(STOP_CHECKSTOP);
      return;
    }
    store<u32>(COUNTED, 0);
    if ((load<u32>(DUE) && takeDue()) || (load<u32>(PENDING) && takeRequest())) {
      afterException();
      continue;
    }
    if (load<u32>(MSR) & MSR_POW && load<u8>(IMMR_PLPRCR_LPM) & 3) {
      // Doze and deeper: nothing happens until a request comes (POW is cleared by taking it).
      const until = load<u64>(RUN_LIMIT);
      store<u64>(IDLE_CYCLES, load<u64>(IDLE_CYCLES) + (until - load<u64>(NOW)));
      store<u64>(NOW, until);
      return;
    }
    runLines();
  }
}

/** The interpreter itself; two functions below are stamped from it. */
class Loop {
  /**
   * Runs instructions as long as it can without calling anything: so the compiler keeps its state in machine registers.
   * Returns what is needed next, a KIND_*; AT_IP, AT_LEFT and AT_ADDRESS say where, how and with which address. With `cached`
   * it leaves whenever a cache or a translation does not have what is wanted at once, or the clocks are used up.
   */
  @inline static run(cached: boolean, start: u32, clocks: i32, hits: u32): u32 {
    let ip = start;
    let left = clocks;
    let mark = load<u32>(MARK);
    let base = load<u32>(COUNT_BASE);
    let tally: u64 = 0;
    while (true) {
      if (left <= 0) {
        if (cached) return Current.leave(ip, left, mark, base, 0, KIND_LOOK, tally);
        const stepping = load<u32>(STEPPING);
        if (stepping) {
          if (stepping != STEP_GRANTED) return Current.leave(ip, left, mark, base, 0, KIND_BOUNDARY, tally);
          store<u32>(STEPPING, 1);
        } else {
          let now = Current.time(left);
          if (now >= load<u64>(RUN_LIMIT)) return Current.leave(ip, left, mark, base, 0, KIND_BOUNDARY, tally);
          let stream = load<u32>(STREAM);
          if (stream) {
            // Words of the line are still to come, the critical one first.
            const slot = (ip & (LINE_BYTES - 1)) >>> 3;
            if (slot < 4) {
              const before = now;
              now = Current.arrival(slot, now);
              if (COUNTING) Count.add(COUNT_FETCH, now - before);
              stream = load<u32>(STREAM);
            }
          } else if (now >= load<u64>(LEAVE_AT)) {
            return Current.leave(ip, left, mark, base, 0, KIND_BOUNDARY, tally);
          }
          if (stream) {
            store<u64>(WINDOW_END, now);
            left = 0;
          } else {
            const end = max<u64>(min<u64>(load<u64>(RUN_LIMIT), now + WINDOW), now);
            store<u64>(WINDOW_END, end);
            left = <i32>(end - now);
            if (left > 0 && load<u32>(FETCH_MODE) == FETCH_CACHED && load<u32>(DC_CST) & DC_CST_DEN) {
              return Current.leave(ip, left, mark, base, 0, KIND_CACHED, tally);
            }
          }
        }
      }
      left -= load<u8>(ip, 1);
      if (COUNTING) tally += <u64>load<u8>(ip, 1);
      let kind = KIND_BRANCH;
      let ea: u32 = 0;
      switch (<u32>load<u8>(ip)) {
        case OP_LINE_END: {
          // On to the next line: the same checks between its first instruction and our last as within a line.
          ea = load<u32>(ip, LINE_PA - LINE_END_ENTRY) + 16;
          const next = Current.cachedLine(ea);
          if (!next) {
            kind = KIND_LINE;
            break;
          }
          if (left <= 0) store<u32>(STREAM, 0);
          const stall = Current.stall(ip, next);
          left -= stall;
          if (COUNTING) tally += <u64>stall;
          mark += next - ip;
          base += next - ip;
          ip = next;
          continue;
        }
        case OP_SLOW:
          kind = KIND_SLOW;
          break;
        case OP_B_SELF: {
          // The idle loop. Its rounds are not in the branch trace, so that skipping them changes nothing.
          ea = Current.physical(ip);
          if ((cached || !load<u32>(STEPPING)) && ip == mark) {
            if (!cached && load<u32>(FETCH_MODE) != FETCH_CACHED) {
              ea -= load<u32>(CURRENT_DELTA);
              kind = KIND_IDLE;
              break;
            }
            if (left > 0) {
              const rounds = (left + BR_TAKEN - 1) / BR_TAKEN;
              left -= rounds * BR_TAKEN;
              store<u64>(RETIRED, load<u64>(RETIRED) + <u64>rounds);
              store<u64>(IDLE_CYCLES, load<u64>(IDLE_CYCLES) + <u64>(rounds * BR_TAKEN));
              if (COUNTING) Count.add(COUNT_IDLE_INSTRUCTIONS, rounds);
              continue;
            }
          }
          const clocks = Branch.clocks(0, ip, ip - mark, true);
          left -= clocks;
          if (COUNTING) tally += Tally.branch(0, clocks, true);
          kind = KIND_BRANCH;
          break;
        }
        case OP_NOP: {
          ip += 8;
          continue;
        }
        case OP_LI: {
          Reg.setD(ip, Reg.immediate(ip));
          ip += 8;
          continue;
        }
        case OP_ADDI: {
          Reg.setD(ip, Reg.a(ip) + Reg.immediate(ip));
          ip += 8;
          continue;
        }
        case OP_MR: {
          Reg.setA(ip, Reg.d(ip));
          ip += 8;
          continue;
        }
        case OP_ADD: {
          Reg.setD(ip, Reg.a(ip) + Reg.b(ip));
          ip += 8;
          continue;
        }
        case OP_SUBF: {
          Reg.setD(ip, Reg.b(ip) - Reg.a(ip));
          ip += 8;
          continue;
        }
        case OP_OR: {
          Reg.setA(ip, Reg.d(ip) | Reg.b(ip));
          ip += 8;
          continue;
        }
        case OP_RLWINM: {
          Reg.setA(ip, Reg.rotated(ip) & Reg.mask(ip));
          ip += 8;
          continue;
        }
        case OP_RLWINM_RC: {
          const r: u32 = Reg.rotated(ip) & Reg.mask(ip);
          Reg.setA(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_ADD_RC: {
          const r: u32 = Reg.a(ip) + Reg.b(ip);
          Reg.setD(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_SUBF_RC: {
          const r: u32 = Reg.b(ip) - Reg.a(ip);
          Reg.setD(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_OR_RC: {
          const r: u32 = Reg.d(ip) | Reg.b(ip);
          Reg.setA(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_ANDI: {
          const r: u32 = Reg.d(ip) & Reg.immediate(ip);
          Reg.setA(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_AND: {
          const r: u32 = Reg.d(ip) & Reg.b(ip);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ANDC: {
          const r: u32 = Reg.d(ip) & ~Reg.b(ip);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_XOR: {
          const r: u32 = Reg.d(ip) ^ Reg.b(ip);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_NOR: {
          const r: u32 = ~(Reg.d(ip) | Reg.b(ip));
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_NAND: {
          const r: u32 = ~(Reg.d(ip) & Reg.b(ip));
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_EQV: {
          const r: u32 = ~(Reg.d(ip) ^ Reg.b(ip));
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ORC: {
          const r: u32 = Reg.d(ip) | ~Reg.b(ip);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ORI: {
          Reg.setA(ip, Reg.d(ip) | Reg.immediate(ip));
          ip += 8;
          continue;
        }
        case OP_XORI: {
          Reg.setA(ip, Reg.d(ip) ^ Reg.immediate(ip));
          ip += 8;
          continue;
        }
        case OP_RLWIMI: {
          Reg.setA(ip, (Reg.rotated(ip) & Reg.mask(ip)) | (Reg.a(ip) & ~Reg.mask(ip)));
          ip += 8;
          continue;
        }
        case OP_RLWIMI_RC: {
          const r: u32 = (Reg.rotated(ip) & Reg.mask(ip)) | (Reg.a(ip) & ~Reg.mask(ip));
          Reg.setA(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_RLWNM: {
          Reg.setA(ip, Reg.rotatedBy(ip) & Reg.mask(ip));
          ip += 8;
          continue;
        }
        case OP_RLWNM_RC: {
          const r: u32 = Reg.rotatedBy(ip) & Reg.mask(ip);
          Reg.setA(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_SLW: {
          const n = Reg.b(ip) & 63;
          const r: u32 = n < 32 ? Reg.d(ip) << n : 0;
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SRW: {
          const n = Reg.b(ip) & 63;
          const r: u32 = n < 32 ? Reg.d(ip) >>> n : 0;
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SRAW: {
          const n = Reg.b(ip) & 63;
          const s = Reg.d(ip);
          const k: u32 = n < 32 ? n : 31;
          const r = <u32>(<i32>s >> k);
          const lost: u32 = n < 32 ? (r << k != s ? 1 : 0) : s != 0 ? 1 : 0;
          store<u32>(XER_CA, (s >>> 31) & lost);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SRAWI: {
          const k: u32 = load<u8>(ip, 4) >>> 2;
          const s = Reg.d(ip);
          const r = <u32>(<i32>s >> k);
          store<u32>(XER_CA, (s >>> 31) & (r << k != s ? 1 : 0));
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_EXTSB: {
          const r: u32 = <u32>(<i32>(Reg.d(ip) << 24) >> 24);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_EXTSH: {
          const r: u32 = <u32>(<i32>(Reg.d(ip) << 16) >> 16);
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_CNTLZW: {
          const r: u32 = clz<u32>(Reg.d(ip));
          Reg.setA(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_NEG: {
          const r: u32 = 0 - Reg.a(ip);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ADDIC: {
          const a = Reg.a(ip);
          const r = a + Reg.immediate(ip);
          store<u32>(XER_CA, r < a ? 1 : 0);
          Reg.setD(ip, r);
          ip += 8;
          continue;
        }
        case OP_ADDIC_RC: {
          const a = Reg.a(ip);
          const r = a + Reg.immediate(ip);
          store<u32>(XER_CA, r < a ? 1 : 0);
          Reg.setD(ip, r);
          recordCr0(r);
          ip += 8;
          continue;
        }
        case OP_SUBFIC: {
          const a = Reg.a(ip);
          store<u32>(XER_CA, a <= Reg.immediate(ip) ? 1 : 0);
          Reg.setD(ip, Reg.immediate(ip) - a);
          ip += 8;
          continue;
        }
        case OP_ADDC: {
          const a = Reg.a(ip);
          const r = a + Reg.b(ip);
          store<u32>(XER_CA, r < a ? 1 : 0);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SUBFC: {
          const a = Reg.a(ip);
          const b = Reg.b(ip);
          const r = b - a;
          store<u32>(XER_CA, a <= b ? 1 : 0);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ADDE: {
          const sum = <u64>Reg.a(ip) + <u64>Reg.b(ip) + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SUBFE: {
          const sum = <u64>(Reg.a(ip) ^ 0xffffffff) + <u64>Reg.b(ip) + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ADDZE: {
          const sum = <u64>Reg.a(ip) + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_ADDME: {
          const sum = <u64>Reg.a(ip) + <u64>0xffffffff + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SUBFZE: {
          const sum = <u64>(Reg.a(ip) ^ 0xffffffff) + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_SUBFME: {
          const sum = <u64>(Reg.a(ip) ^ 0xffffffff) + <u64>0xffffffff + <u64>load<u32>(XER_CA);
          const r = <u32>sum;
          store<u32>(XER_CA, <u32>(sum >>> 32));
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_MULLI: {
          Reg.setD(ip, Reg.a(ip) * Reg.immediate(ip));
          ip += 8;
          continue;
        }
        case OP_MULLW: {
          const r: u32 = Reg.a(ip) * Reg.b(ip);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_MULHW: {
          const r: u32 = <u32>((<i64>(<i32>Reg.a(ip)) * <i64>(<i32>Reg.b(ip))) >> 32);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_MULHWU: {
          const r: u32 = <u32>((<u64>Reg.a(ip) * <u64>Reg.b(ip)) >>> 32);
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_DIVW: {
          const a = Reg.a(ip);
          const b = Reg.b(ip);
          const r = divideSigned(a, b);
          const more = b == 0 || (a == 0x80000000 && b == 0xffffffff) ? 1 : divideClocks(b, true) - 1;
          left -= more;
          if (COUNTING) tally += <u64>more;
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_DIVWU: {
          const b = Reg.b(ip);
          const r: u32 = b == 0 ? 0x80000000 : Reg.a(ip) / b;
          const more = b == 0 ? 1 : divideClocks(b, false) - 1;
          left -= more;
          if (COUNTING) tally += <u64>more;
          Reg.setD(ip, r);
          Reg.record(ip, r);
          ip += 8;
          continue;
        }
        case OP_CMPWI: {
          store<u8>(load<u8>(ip, 2), <u8>Compare.signed(Reg.a(ip), Reg.immediate(ip)), CRF);
          ip += 8;
          continue;
        }
        case OP_CMPLWI: {
          store<u8>(load<u8>(ip, 2), <u8>Compare.unsigned(Reg.a(ip), Reg.immediate(ip)), CRF);
          ip += 8;
          continue;
        }
        case OP_CMPW: {
          store<u8>(load<u8>(ip, 2), <u8>Compare.signed(Reg.a(ip), Reg.b(ip)), CRF);
          ip += 8;
          continue;
        }
        case OP_CMPLW: {
          store<u8>(load<u8>(ip, 2), <u8>Compare.unsigned(Reg.a(ip), Reg.b(ip)), CRF);
          ip += 8;
          continue;
        }
        case OP_MFLR: {
          Reg.setD(ip, load<u32>(LR));
          ip += 8;
          continue;
        }
        case OP_MTLR: {
          store<u32>(LR, Reg.d(ip));
          ip += 8;
          continue;
        }
        case OP_MFCTR: {
          Reg.setD(ip, load<u32>(CTR));
          ip += 8;
          continue;
        }
        case OP_MTCTR: {
          store<u32>(CTR, Reg.d(ip));
          ip += 8;
          continue;
        }
        case OP_CMPWI_B: {
          const v = Compare.signed(Reg.a(ip), Reg.immediate(ip));
          store<u8>(load<u8>(ip, 2), <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_CMPLWI_B: {
          const v = Compare.unsigned(Reg.a(ip), Reg.immediate(ip));
          store<u8>(load<u8>(ip, 2), <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_CMPW_B: {
          const v = Compare.signed(Reg.a(ip), Reg.b(ip));
          store<u8>(load<u8>(ip, 2), <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_CMPLW_B: {
          const v = Compare.unsigned(Reg.a(ip), Reg.b(ip));
          store<u8>(load<u8>(ip, 2), <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_RLWINM_RC_B: {
          const r: u32 = Reg.rotated(ip) & Reg.mask(ip);
          Reg.setA(ip, r);
          const v = Compare.signed(r, 0);
          store<u8>(0, <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_ANDI_B: {
          const r: u32 = Reg.d(ip) & Reg.immediate(ip);
          Reg.setA(ip, r);
          const v = Compare.signed(r, 0);
          store<u8>(0, <u8>v, CRF);
          if (left <= 0) {
            ip += 8;
            continue;
          }
          left -= load<u8>(ip, 9);
          ip += 8;
          if (Branch.met(ip, v)) {
            left -= load<i8>(ip, 4);
            if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1) + load<i8>(ip, 4), true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          if (COUNTING) tally += Tally.branch(0, load<u8>(ip, 1), false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_LWZ: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff3);
          if (p) {
            Reg.setD(ip, bswap<u32>(load<u32>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LWZX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.read(hits, ea, 0xfffffff3);
          if (p) {
            Reg.setD(ip, bswap<u32>(load<u32>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LBZ: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff0);
          if (p) {
            Reg.setD(ip, load<u8>(p));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LBZX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.read(hits, ea, 0xfffffff0);
          if (p) {
            Reg.setD(ip, load<u8>(p));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHZ: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setD(ip, <u32>bswap<u16>(load<u16>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHZX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setD(ip, <u32>bswap<u16>(load<u16>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHA: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setD(ip, <u32>(<i32>(<i16>bswap<u16>(load<u16>(p)))));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHAU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setA(ip, ea);
            Reg.setD(ip, <u32>(<i32>(<i16>bswap<u16>(load<u16>(p)))));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHAX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setD(ip, <u32>(<i32>(<i16>bswap<u16>(load<u16>(p)))));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LWZU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff3);
          if (p) {
            Reg.setA(ip, ea);
            Reg.setD(ip, bswap<u32>(load<u32>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LBZU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff0);
          if (p) {
            Reg.setA(ip, ea);
            Reg.setD(ip, load<u8>(p));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_LHZU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.read(hits, ea, 0xfffffff1);
          if (p) {
            Reg.setA(ip, ea);
            Reg.setD(ip, <u32>bswap<u16>(load<u16>(p)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STW: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff3);
          if (p) {
            store<u32>(p, bswap<u32>(Reg.d(ip)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STWX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.write(hits, ea, 0xfffffff3);
          if (p) {
            store<u32>(p, bswap<u32>(Reg.d(ip)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STWU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff3);
          if (p) {
            store<u32>(p, bswap<u32>(Reg.d(ip)));
            Reg.setA(ip, ea);
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STB: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff0);
          if (p) {
            store<u8>(p, <u8>Reg.d(ip));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STBX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.write(hits, ea, 0xfffffff0);
          if (p) {
            store<u8>(p, <u8>Reg.d(ip));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STBU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff0);
          if (p) {
            store<u8>(p, <u8>Reg.d(ip));
            Reg.setA(ip, ea);
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STH: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff1);
          if (p) {
            store<u16>(p, bswap<u16>(<u16>Reg.d(ip)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STHX: {
          ea = Reg.a(ip) + Reg.b(ip);
          const p = Data.write(hits, ea, 0xfffffff1);
          if (p) {
            store<u16>(p, bswap<u16>(<u16>Reg.d(ip)));
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_STHU: {
          ea = Reg.a(ip) + Reg.immediate(ip);
          const p = Data.write(hits, ea, 0xfffffff1);
          if (p) {
            store<u16>(p, bswap<u16>(<u16>Reg.d(ip)));
            Reg.setA(ip, ea);
            ip += 8;
            continue;
          }
          kind = KIND_DATA;
          break;
        }
        case OP_B: {
          if (ip - mark >= FOLD_DISTANCE) left++;
          if (COUNTING) tally += Tally.fixed(ip - mark >= FOLD_DISTANCE);
          ea = load<u32>(Current.line(ip), LINE_PA) + Reg.immediate(ip);
          break;
        }
        case OP_BL: {
          if (ip - mark >= FOLD_DISTANCE) left++;
          if (COUNTING) tally += Tally.fixed(ip - mark >= FOLD_DISTANCE);
          store<u32>(LR, Current.address(ip) + 4);
          ea = load<u32>(Current.line(ip), LINE_PA) + Reg.immediate(ip);
          break;
        }
        case OP_BCR: {
          if (Branch.met(ip, load<u8>(load<u8>(ip, 2) & 7, CRF))) {
            const saved = Branch.saved(load<u8>(ip, 2), ip, ip - mark, true) - load<i8>(ip, 4);
            left += saved;
            if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          const saved = Branch.saved(load<u8>(ip, 2), ip, ip - mark, false);
          left += saved;
          if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_BDNZ: {
          const ctr = load<u32>(CTR) - 1;
          store<u32>(CTR, ctr);
          if (ctr) {
            const saved = Branch.saved(load<u8>(ip, 2), ip, ip - mark, true) - load<i8>(ip, 4);
            left += saved;
            if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, true);
            ea = load<u32>(Current.line(ip), LINE_PA) + (load<i32>(ip, 4) >> 8);
            break;
          }
          const saved = Branch.saved(load<u8>(ip, 2), ip, ip - mark, false);
          left += saved;
          if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, false);
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_BLR: {
          const saved = Branch.saved(load<u8>(ip, 2) | FLAG_LIKELY, ip, ip - mark, true);
          left += saved;
          if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, true);
          ea = (load<u32>(LR) & ~3) + load<u32>(CURRENT_DELTA);
          break;
        }
        case OP_BCTR: {
          const saved = Branch.saved(load<u8>(ip, 2) | FLAG_LIKELY, ip, ip - mark, true);
          left += saved;
          if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, true);
          ea = (load<u32>(CTR) & ~3) + load<u32>(CURRENT_DELTA);
          break;
        }
        case OP_BCTRL: {
          const saved = Branch.saved(load<u8>(ip, 2) | FLAG_LIKELY, ip, ip - mark, true);
          left += saved;
          if (COUNTING) tally += Tally.branch(load<u8>(ip, 1), load<u8>(ip, 1) - saved, true);
          ea = (load<u32>(CTR) & ~3) + load<u32>(CURRENT_DELTA);
          store<u32>(LR, Current.address(ip) + 4);
          break;
        }
        case OP_BA: {
          if (ip - mark >= FOLD_DISTANCE) left++;
          if (COUNTING) tally += Tally.fixed(ip - mark >= FOLD_DISTANCE);
          if (load<u8>(ip, 3)) store<u32>(LR, Current.address(ip) + 4);
          ea = Reg.immediate(ip) + load<u32>(CURRENT_DELTA);
          break;
        }
        case OP_BC: {
          const flags: u32 = load<u8>(ip, 4);
          const taken = Branch.decide(ip);
          ea =
            (load<i32>(ip, 4) >> 8) +
            (flags & FLAG_AA ? load<u32>(CURRENT_DELTA) : load<u32>(Current.line(ip), LINE_PA));
          if (flags & FLAG_LK) store<u32>(LR, Current.address(ip) + 4);
          const clocks = Branch.clocks(flags, ip, ip - mark, taken);
          left -= clocks;
          if (COUNTING) tally += Tally.branch(0, clocks, taken);
          if (taken) break;
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_BCLR: {
          const flags: u32 = load<u8>(ip, 4);
          const taken = Branch.decide(ip);
          ea = (load<u32>(LR) & ~3) + load<u32>(CURRENT_DELTA);
          if (flags & FLAG_LK) store<u32>(LR, Current.address(ip) + 4);
          const clocks = Branch.clocks(flags, ip, ip - mark, taken);
          left -= clocks;
          if (COUNTING) tally += Tally.branch(0, clocks, taken);
          if (taken) break;
          ip += 8;
          mark = ip;
          continue;
        }
        case OP_BCCTR: {
          // The decremented CTR is the target too (invalid form, MPC823 UM 7.1.7.1).
          const flags: u32 = load<u8>(ip, 4);
          const taken = Branch.decide(ip);
          ea = (load<u32>(CTR) & ~3) + load<u32>(CURRENT_DELTA);
          if (flags & FLAG_LK) store<u32>(LR, Current.address(ip) + 4);
          const clocks = Branch.clocks(flags, ip, ip - mark, taken);
          left -= clocks;
          if (COUNTING) tally += Tally.branch(0, clocks, taken);
          if (taken) break;
          ip += 8;
          mark = ip;
          continue;
        }
        default:
          kind = KIND_SLOW;
          break;
      }

      if (kind == KIND_BRANCH) {
        // `ea` is the physical address as long as the page is the same.
        const at = Current.physical(ip);
        const delta = load<u32>(CURRENT_DELTA);
        if (at != ea) {
          const n = load<u32>(BRANCH_COUNT);
          store<u32>(BRANCH_COUNT, n + 1);
          store<u32>((n & 31) << 3, at - delta, BRANCH_TRACE);
          store<u32>((n & 31) << 3, ea - delta, BRANCH_TRACE + 4);
        }
        // A jump to another function is the profile's business, which is not inside this loop.
        if (COUNTING && ea - delta - load<u32>(PROFILE_LOW) >= load<u32>(PROFILE_SIZE)) {
          return Current.leave(ip, left, mark, base, ea - delta, KIND_BRANCH, tally);
        }
        // Without clocks left there is more to look at: a line that was still arriving, or stepping.
        if (left > 0) {
          let next = Current.cachedLine(ea);
          if (cached && !next) next = Current.otherPage(ea - delta);
          if (next) {
            next += (ea & 12) << 1;
            base += next - ip - 8;
            mark = next;
            ip = next;
            continue;
          }
        }
        ea -= delta;
      } else if (kind == KIND_LINE) {
        const delta = load<u32>(CURRENT_DELTA);
        ea -= delta;
        if (cached) {
          const next = Current.otherPage(ea);
          if (next) {
            const stall = Current.stall(ip, next);
            left -= stall;
            if (COUNTING) tally += <u64>stall;
            mark += next - ip;
            base += next - ip;
            ip = next;
            continue;
          }
        }
      }
      if (kind == KIND_DATA && (cached || !load<u32>(STEPPING))) {
        // Run again only with clocks left: an instruction whose arrival took time behind RUN_LIMIT has passed its boundary.
        const before = left + load<u8>(ip, 1);
        if (before > 0 && Data.found(hits, ea, load<u8>(ip))) {
          left = before;
          if (COUNTING) tally -= <u64>load<u8>(ip, 1);
          continue;
        }
      }
      if (!cached && !load<u32>(STEPPING)) {
        if (kind == KIND_LINE || kind == KIND_BRANCH) {
          let next = Burst.line(ea, Current.time(left));
          if (next) {
            store<u64>(WINDOW_END, load<u64>(NOW));
            left = 0;
            if (kind == KIND_LINE) {
              const stall = Current.stall(ip, next);
              left -= stall;
              if (COUNTING) tally += <u64>stall;
              mark += next - ip;
              base += next - ip;
            } else {
              next += (ea & 12) << 1;
              base += next - ip - 8;
              mark = next;
            }
            ip = next;
            continue;
          }
        } else if (kind == KIND_DATA) {
          const now = Current.time(left);
          const then = Past.access(Data.slot(hits, ea), ip, ea, now);
          if (then) {
            if (then - now < <u64>max<i32>(left, 0)) {
              left -= <i32>(then - now);
            } else {
              store<u64>(WINDOW_END, then);
              left = 0;
            }
            ip += 8;
            continue;
          }
        }
      }
      return Current.leave(ip, left, mark, base, ea, kind, tally);
    }
  }
}

/** `Loop` for code and data that the caches mostly have. */
function runCached(ip: u32, left: i32, hits: u32): u32 {
  return Loop.run(true, ip, left, hits);
}

/** `Loop` for everything else: past the caches, while a line is still arriving, one instruction at a time. */
function runPast(ip: u32, left: i32, hits: u32): u32 {
  return Loop.run(false, ip, left, hits);
}

/** Runs from PC until something needs `cpuRun`'s attention. */
function runLines(): void {
  let line: u32 = 0;
  const pc = load<u32>(PC);
  if (load<u32>(FETCH_MODE) != FETCH_NONE && pc - load<u32>(FETCH_EA) <= 16) {
    line = resumeLine();
    store<u32>(CURRENT_DELTA, load<u32>(FETCH_PA) - load<u32>(FETCH_EA));
  }
  if (!line) {
    store<u32>(HOT_INPUT, 0);
    line = fetchLine(pc);
    if (!line) {
      afterException();
      return;
    }
  }
  let ip = line + ((pc - load<u32>(FETCH_EA)) << 1);
  store<u32>(MARK, ip - (load<u32>(SINCE_BRANCH) << 3));
  store<u32>(HOT_ENTRY, load<u32>(HOT_INPUT) ? ip : 0);
  store<u32>(COUNT_BASE, ip);
  store<u64>(RETIRED, load<u64>(INSTRUCTIONS));
  store<u32>(STEPPING, mustStep() ? 1 : 0);
  store<u32>(CODE_TABLE, codeTable());
  let hits = fastHits();
  // No clocks left: the first thing the loop does is to look where it stands.
  store<u64>(WINDOW_END, load<u64>(NOW));
  store<u64>(LEAVE_AT, load<u64>(NOW) + WINDOW);
  let left: i32 = 0;

  let cached = false;
  while (true) {
    const kind = cached ? runCached(ip, left, hits) : runPast(ip, left, hits);
    ip = load<u32>(AT_IP);
    left = load<i32>(AT_LEFT);
    cached = kind == KIND_CACHED;
    if (kind == KIND_CACHED || kind == KIND_LOOK) continue;
    const ea = load<u32>(AT_ADDRESS);
    if (kind == KIND_BOUNDARY) {
      if (!boundary(ip, left)) return;
      // Not left: every instruction is watched, and this one may go.
      store<u32>(STEPPING, STEP_GRANTED);
      left = 0;
      continue;
    }
    if (kind == KIND_LINE) {
      settle(ip, Current.time(left));
      const next = fetchLine(ea);
      if (!next) {
        afterException();
        return;
      }
      store<u64>(WINDOW_END, load<u64>(NOW));
      const stall = Current.stall(ip, next);
      left = 0 - stall;
      if (COUNTING) Count.add(COUNT_SPENT, stall);
      Current.move(ip, next);
      ip = next;
      continue;
    }
    if (kind == KIND_IDLE) {
      store<u64>(NOW, Current.time(left));
      const rounds = skipUncachedIdle();
      if (rounds) {
        store<u64>(RETIRED, load<u64>(RETIRED) + rounds);
        if (COUNTING) Count.add(COUNT_IDLE_INSTRUCTIONS, rounds);
        store<u64>(WINDOW_END, load<u64>(NOW));
        left = 0;
        continue;
      }
      const clocks = Branch.clocks(0, ip, ip - load<u32>(MARK), true);
      left -= clocks;
      if (COUNTING) Count.flush(Tally.branch(0, clocks, true));
    }
    if (kind == KIND_BRANCH || kind == KIND_IDLE) {
      let next = Current.cachedLine(ea + load<u32>(CURRENT_DELTA));
      store<u32>(MARK, ip + 8);
      settle(ip + 8, Current.time(left));
      store<u32>(SINCE_BRANCH, 0);
      store<u32>(PC, ea);
      if (COUNTING) profileJump(ea, links(ip) ? JUMP_CALL : JUMP);
      if (load<u32>(STEPPING)) {
        store<u32>(FETCH_MODE, FETCH_NONE);
        return;
      }
      if (next) {
        store<u32>(STREAM, 0);
      } else {
        next = fetchLine(ea);
        if (!next) {
          afterException();
          return;
        }
        store<u64>(WINDOW_END, load<u64>(NOW));
        left = 0;
      }
      next += (ea & 12) << 1;
      Current.move(ip + 8, next);
      ip = next;
      continue;
    }

    // The slow way: everything into memory, the work, time back.
    settle(ip, Current.time(left));
    let result = X_NEXT;
    const cost: u64 = load<u8>(ip, 1);
    if (kind == KIND_DATA) {
      accessData(ip, ea);
      if (load<u32>(FAULTED)) result = X_FAULT;
    } else {
      result = execute(load<u32>(ip, 4));
    }
    if (COUNTING) {
      if (result == X_FAULT) Count.attempt(cost);
      else if (kind == KIND_SLOW && serializes(load<u32>(ip, 4))) Count.serial(cost);
      // The end of a handler: rfi itself is part of it.
      if (result == X_JUMP) Count.handlerEnds(1);
    }
    // A line written back may have gone to the memory controller too.
    busCheck();
    if (result == X_NEXT) {
      ip += 8;
      store<u64>(WINDOW_END, load<u64>(NOW));
      left = 0;
      hits = fastHits();
      if (!requestWaiting()) continue;
      settle(ip, load<u64>(NOW));
      return;
    }
    if (result == X_FAULT) {
      afterException();
      return;
    }
    // Refetch or jump: the instruction is done, the line is left.
    const next = load<u32>(PC);
    settle(ip + 8, load<u64>(NOW));
    store<u32>(FETCH_MODE, FETCH_NONE);
    store<u32>(HOT_INPUT, 0);
    if (result == X_JUMP) {
      store<u32>(PC, next);
      store<u32>(SINCE_BRANCH, 0);
      if (COUNTING) profileJump(next, JUMP);
    } else {
      // A line loaded and locked may be where the current one was, so that `ip` says nothing about its address any more.
      store<u32>(PC, next + 4);
    }
    return;
  }
}
