// Instructions that are rare or change more than registers: one word at a time, from the instruction image. The run loop
// does the rest itself. Semantics: hardware/core-instructions.md; every form with OE, system registers, strings, caches.

import { dcDrop, dcEnabled, dcFlush, dcVictimLost, dcZero, FILL_NO_WAY } from '../cache/dcache';
import { icDrop } from '../cache/icache';
import { BUS_FREE_AT, NOW } from '../layout';
import { DP_CACHED, DP_WRITE_THROUGH } from '../mmu/derived';
import { tlbInvalidate, tlbInvalidateAll } from '../mmu/mmu';
import { COUNT_SERIAL, COUNT_SPENT, Count } from '../observe/count';
import { tbRead } from '../soc/soc';
import {
  machineCheckData,
  raise,
  raiseAlignment,
  raiseEmulation,
  raisePrivileged,
  SRR1_FROM_MSR,
  SRR1_TRAP,
} from './exceptions';
import { dataAttributes, dataRead, dataTranslate, dataWrite } from './memory';
import { sprExists, sprRead, sprWrite, WRITE_NONE, WRITE_REFETCH } from './spr';
import {
  CRF,
  DATA_BUSY_UNTIL,
  DUE,
  FAULTED,
  gpr,
  MSR,
  MSR_LE,
  MSR_PR,
  PC,
  RESERVE,
  RESERVE_LINE,
  readCr,
  SRR0,
  SRR1,
  setGpr,
  traceJump,
  WRITE_BUFFER_UNTIL,
  writeCr,
  XER_CA,
  XER_OV,
  XER_REST,
  XER_SO,
} from './state';
import { VECTOR_PROGRAM, VECTOR_SYSTEM_CALL } from './vectors';

/** The next instruction follows. */
export const X_NEXT: u32 = 0;
/** An exception was taken; PC is at its vector. */
export const X_FAULT: u32 = 1;
/** The next instruction follows, but must be fetched anew. */
export const X_REFETCH: u32 = 2;
/** PC holds where to go on. */
export const X_JUMP: u32 = 3;

function user(): bool {
  return (load<u32>(MSR) & MSR_PR) != 0;
}

function done(): u32 {
  return load<u32>(FAULTED) ? X_FAULT : X_NEXT;
}

function spend(clocks: u32): void {
  store<u64>(NOW, load<u64>(NOW) + clocks);
  if (COUNTING) Count.add(COUNT_SPENT, clocks);
}

/** Records `value` in CR0. */
export function recordCr0(value: u32): void {
  store<u8>(CRF, <u8>((<i32>value < 0 ? 8 : value == 0 ? 2 : 4) | load<u32>(XER_SO)));
}

function emulation(): u32 {
  raiseEmulation();
  return X_FAULT;
}

function privileged(): u32 {
  raisePrivileged();
  return X_FAULT;
}

/** Executes `word`, whose address is in PC; NOW is up to date and advances by what the line's decode did not know. */
export function execute(word: u32): u32 {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const simm = <u32>(<i32>(word << 16) >> 16);
  const ea = (a ? gpr(a) : 0) + simm;
  switch (word >>> 26) {
    case 3: // twi
      return trap(d, gpr(a), simm);
    case 17: // sc
      raise(VECTOR_SYSTEM_CALL, load<u32>(PC) + 4, 0);
      return X_FAULT;
    case 19:
      return execute19(word);
    case 31:
      return execute31(word);
    case 32: // lwz and the others with rA = 0
      return loadTo(d, ea, 4, false, 0, false);
    case 34:
      return loadTo(d, ea, 1, false, 0, false);
    case 40:
      return loadTo(d, ea, 2, false, 0, false);
    case 42:
      return loadTo(d, ea, 2, true, 0, false);
    case 33: // the update forms use rA itself, even r0
      return loadTo(d, gpr(a) + simm, 4, false, a, true);
    case 35:
      return loadTo(d, gpr(a) + simm, 1, false, a, true);
    case 41:
      return loadTo(d, gpr(a) + simm, 2, false, a, true);
    case 43: // lhau
      return loadTo(d, gpr(a) + simm, 2, true, a, true);
    case 36:
      return storeFrom(gpr(d), ea, 4, 0, false);
    case 38:
      return storeFrom(gpr(d), ea, 1, 0, false);
    case 44:
      return storeFrom(gpr(d), ea, 2, 0, false);
    case 37:
      return storeFrom(gpr(d), gpr(a) + simm, 4, a, true);
    case 39:
      return storeFrom(gpr(d), gpr(a) + simm, 1, a, true);
    case 45:
      return storeFrom(gpr(d), gpr(a) + simm, 2, a, true);
    case 46: // lmw
      return loadMultiple(word, d, ea);
    case 47: // stmw
      return storeMultiple(word, d, ea);
    default:
      return emulation();
  }
}

/** Load with optional sign extension and update of rA after success; the loaded value wins if rA = rD. */
function loadTo(d: u32, ea: u32, size: u32, signed: bool, a: u32, update: bool): u32 {
  const value = dataRead(ea, size);
  if (load<u32>(FAULTED)) return X_FAULT;
  if (update) setGpr(a, ea);
  setGpr(d, signed ? <u32>(<i32>(value << 16) >> 16) : value);
  return X_NEXT;
}

function storeFrom(value: u32, ea: u32, size: u32, a: u32, update: bool): u32 {
  dataWrite(ea, size, value);
  if (load<u32>(FAULTED)) return X_FAULT;
  if (update) setGpr(a, ea);
  return X_NEXT;
}

function alignmentNeeded(word: u32, ea: u32): bool {
  if (!(ea & 3) && !(load<u32>(MSR) & MSR_LE)) return false;
  raiseAlignment(ea, word);
  return true;
}

function loadMultiple(word: u32, d: u32, ea: u32): u32 {
  if (alignmentNeeded(word, ea)) return X_FAULT;
  let at = ea;
  for (let r = d; r < 32; r++) {
    const value = dataRead(at, 4);
    if (load<u32>(FAULTED)) return X_FAULT;
    setGpr(r, value);
    spend(1);
    at += 4;
  }
  return X_NEXT;
}

function storeMultiple(word: u32, d: u32, ea: u32): u32 {
  if (alignmentNeeded(word, ea)) return X_FAULT;
  let at = ea;
  for (let r = d; r < 32; r++) {
    dataWrite(at, 4, gpr(r));
    if (load<u32>(FAULTED)) return X_FAULT;
    spend(1);
    at += 4;
  }
  return X_NEXT;
}

function stringLoad(word: u32, d: u32, ea: u32, count: u32): u32 {
  if (load<u32>(MSR) & MSR_LE) {
    raiseAlignment(ea, word);
    return X_FAULT;
  }
  let at = ea;
  let left = count;
  let r = d;
  while (left) {
    let value: u32;
    let bytes: u32 = 4;
    if (left >= 4) {
      value = dataRead(at, 4);
      if (load<u32>(FAULTED)) return X_FAULT;
    } else {
      value = 0;
      bytes = left;
      for (let i: u32 = 0; i < left; i++) {
        value |= dataRead(at + i, 1) << (24 - (i << 3));
        if (load<u32>(FAULTED)) return X_FAULT;
      }
    }
    setGpr(r, value);
    spend(1);
    r = (r + 1) & 31;
    at += bytes;
    left -= bytes;
  }
  return X_NEXT;
}

function stringStore(word: u32, d: u32, ea: u32, count: u32): u32 {
  if (load<u32>(MSR) & MSR_LE) {
    raiseAlignment(ea, word);
    return X_FAULT;
  }
  let at = ea;
  let left = count;
  let r = d;
  while (left) {
    const value = gpr(r);
    let bytes: u32 = 4;
    if (left >= 4) {
      dataWrite(at, 4, value);
      if (load<u32>(FAULTED)) return X_FAULT;
    } else {
      bytes = left;
      for (let i: u32 = 0; i < left; i++) {
        dataWrite(at + i, 1, value >>> (24 - (i << 3)));
        if (load<u32>(FAULTED)) return X_FAULT;
      }
    }
    spend(1);
    r = (r + 1) & 31;
    at += bytes;
    left -= bytes;
  }
  return X_NEXT;
}

function trap(to: u32, a: u32, b: u32): u32 {
  const hit =
    (to & 16 && <i32>a < <i32>b) ||
    (to & 8 && <i32>a > <i32>b) ||
    (to & 4 && a == b) ||
    (to & 2 && a < b) ||
    (to & 1 && a > b);
  if (!hit) return X_NEXT;
  spend(3);
  raise(VECTOR_PROGRAM, load<u32>(PC), SRR1_TRAP);
  return X_FAULT;
}

function crBit(n: u32): u32 {
  return (load<u8>(CRF + (n >>> 2)) >> <u8>(3 - (n & 3))) & 1;
}

function execute19(word: u32): u32 {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  const xo = (word >>> 1) & 0x3ff;
  switch (xo) {
    case 0: // mcrf
      store<u8>(CRF + (d >>> 2), load<u8>(CRF + (a >>> 2)));
      return X_NEXT;
    case 50: {
      // rfi
      if (user()) return privileged();
      // MSR bits 0, 5–9 and 16–31 come back; the others stay
      store<u32>(MSR, (load<u32>(MSR) & ~SRR1_FROM_MSR) | (load<u32>(SRR1) & SRR1_FROM_MSR));
      const back = load<u32>(SRR0) & ~3;
      traceJump(load<u32>(PC), back);
      store<u32>(PC, back);
      store<u32>(DUE, 0);
      return X_JUMP;
    }
    case 150: // isync
      return X_REFETCH;
    case 33: // crnor
    case 129: // crandc
    case 193: // crxor
    case 225: // crnand
    case 257: // crand
    case 289: // creqv
    case 417: // crorc
    case 449: {
      // cror
      const x = crBit(a);
      const y = crBit(b);
      let r: u32 = 0;
      if (xo == 33) r = ~(x | y);
      else if (xo == 129) r = x & ~y;
      else if (xo == 193) r = x ^ y;
      else if (xo == 225) r = ~(x & y);
      else if (xo == 257) r = x & y;
      else if (xo == 289) r = ~(x ^ y);
      else if (xo == 417) r = x | ~y;
      else r = x | y;
      const at = CRF + (d >>> 2);
      const mask = <u32>8 >>> (d & 3);
      store<u8>(at, <u8>((load<u8>(at) & ~mask) | (r & 1 ? mask : 0)));
      return X_NEXT;
    }
    default:
      return emulation();
  }
}

/** rD <- value, OV if `overflow`, CR0 if Rc. */
function arithmeticResult(word: u32, value: u32, overflow: bool): u32 {
  setGpr((word >>> 21) & 31, value);
  if (word & 0x400) {
    store<u32>(XER_OV, overflow ? 1 : 0);
    if (overflow) store<u32>(XER_SO, 1);
  }
  if (word & 1) recordCr0(value);
  return X_NEXT;
}

/** a + b + carry; CA written if `carries`. */
function add(word: u32, a: u32, b: u32, carry: u32, carries: bool): u32 {
  const sum = <u64>a + <u64>b + <u64>carry;
  const value = <u32>sum;
  if (carries) store<u32>(XER_CA, <u32>(sum >>> 32));
  return arithmeticResult(word, value, (~(a ^ b) & (a ^ value)) >>> 31 != 0);
}

/** Clocks of a divide by `b` (hardware/core-timing.md section 2). */
export function divideClocks(b: u32, signed: bool): u32 {
  const magnitude = signed && <i32>b < 0 ? 0 - b : b;
  return 3 + ((34 - (32 - clz<u32>(magnitude))) >>> 2);
}

/** divw: 0x80000000 for the two cases without a quotient (MPC860 UM 4.5.2). */
export function divideSigned(a: u32, b: u32): u32 {
  if (b == 0 || (a == 0x80000000 && b == 0xffffffff)) return 0x80000000;
  return <u32>(<i32>a / <i32>b);
}

function execute31(word: u32): u32 {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  const xo = (word >>> 1) & 0x3ff;
  const ea = (a ? gpr(a) : 0) + gpr(b);
  switch (xo) {
    case 4: // tw
      return trap(d, gpr(a), gpr(b));
    case 8: // subfc, subfco
    case 520:
      return add(word, ~gpr(a), gpr(b), 1, true);
    case 10: // addc
    case 522:
      return add(word, gpr(a), gpr(b), 0, true);
    case 40: // subf
    case 552:
      return add(word, ~gpr(a), gpr(b), 1, false);
    case 104: // neg
    case 616:
      return arithmeticResult(word, 0 - gpr(a), gpr(a) == 0x80000000);
    case 136: // subfe
    case 648:
      return add(word, ~gpr(a), gpr(b), load<u32>(XER_CA), true);
    case 138: // adde
    case 650:
      return add(word, gpr(a), gpr(b), load<u32>(XER_CA), true);
    case 200: // subfze
    case 712:
      return add(word, ~gpr(a), 0, load<u32>(XER_CA), true);
    case 202: // addze
    case 714:
      return add(word, gpr(a), 0, load<u32>(XER_CA), true);
    case 232: // subfme
    case 744:
      return add(word, ~gpr(a), 0xffffffff, load<u32>(XER_CA), true);
    case 234: // addme
    case 746:
      return add(word, gpr(a), 0xffffffff, load<u32>(XER_CA), true);
    case 235: // mullw
    case 747: {
      const product = <i64>(<i32>gpr(a)) * <i64>(<i32>gpr(b));
      return arithmeticResult(word, <u32>product, product != <i64>(<i32>product));
    }
    case 266: // add
    case 778:
      return add(word, gpr(a), gpr(b), 0, false);
    case 459: // divwu
    case 971: {
      const by = gpr(b);
      if (by == 0) {
        spend(1);
        return arithmeticResult(word, 0x80000000, true);
      }
      spend(divideClocks(by, false) - 1);
      return arithmeticResult(word, gpr(a) / by, false);
    }
    case 491: // divw
    case 1003: {
      const by = gpr(b);
      const none = by == 0 || (gpr(a) == 0x80000000 && by == 0xffffffff);
      spend(none ? 1 : divideClocks(by, true) - 1);
      return arithmeticResult(word, divideSigned(gpr(a), by), none);
    }
    case 20: // lwarx
      if (ea & 3) {
        raiseAlignment(ea, word);
        return X_FAULT;
      }
      return loadReserve(d, ea);
    case 150: // stwcx.
      if (ea & 3) {
        raiseAlignment(ea, word);
        return X_FAULT;
      }
      return storeConditional(d, ea);
    case 55: // lwzux
      return loadTo(d, gpr(a) + gpr(b), 4, false, a, true);
    case 119: // lbzux
      return loadTo(d, gpr(a) + gpr(b), 1, false, a, true);
    case 311: // lhzux
      return loadTo(d, gpr(a) + gpr(b), 2, false, a, true);
    case 375: // lhaux
      return loadTo(d, gpr(a) + gpr(b), 2, true, a, true);
    case 183: // stwux
      return storeFrom(gpr(d), gpr(a) + gpr(b), 4, a, true);
    case 247: // stbux
      return storeFrom(gpr(d), gpr(a) + gpr(b), 1, a, true);
    case 439: // sthux
      return storeFrom(gpr(d), gpr(a) + gpr(b), 2, a, true);
    case 534: {
      // lwbrx
      const value = dataRead(ea, 4);
      if (!load<u32>(FAULTED)) setGpr(d, bswap<u32>(value));
      return done();
    }
    case 790: {
      // lhbrx
      const value = dataRead(ea, 2);
      if (!load<u32>(FAULTED)) setGpr(d, bswap<u32>(value) >>> 16);
      return done();
    }
    case 662: // stwbrx
      dataWrite(ea, 4, bswap<u32>(gpr(d)));
      return done();
    case 918: // sthbrx
      dataWrite(ea, 2, bswap<u32>(gpr(d)) >>> 16);
      return done();
    case 533: // lswx
      return stringLoad(word, d, ea, load<u32>(XER_REST) & 0x7f);
    case 597: // lswi
      return stringLoad(word, d, a ? gpr(a) : 0, b ? b : 32);
    case 661: // stswx
      return stringStore(word, d, ea, load<u32>(XER_REST) & 0x7f);
    case 725: // stswi
      return stringStore(word, d, a ? gpr(a) : 0, b ? b : 32);
    case 144: // mtcrf
      writeCr(gpr(d), (word >>> 12) & 0xff);
      return X_NEXT;
    case 512: // mcrxr
      store<u8>(CRF + (d >>> 2), <u8>((load<u32>(XER_SO) << 3) | (load<u32>(XER_OV) << 2) | (load<u32>(XER_CA) << 1)));
      store<u32>(XER_SO, 0);
      store<u32>(XER_OV, 0);
      store<u32>(XER_CA, 0);
      return X_NEXT;
    case 19: // mfcr
      setGpr(d, readCr());
      return X_NEXT;
    case 83: // mfmsr
      if (user()) return privileged();
      setGpr(d, load<u32>(MSR));
      return X_NEXT;
    case 146: // mtmsr
      if (user()) return privileged();
      store<u32>(MSR, gpr(d));
      return X_REFETCH;
    case 339: // mfspr
      return moveFrom(d, (b << 5) | a);
    case 467: // mtspr
      return moveTo((b << 5) | a, gpr(d));
    case 371: {
      // mftb
      const n = (b << 5) | a;
      if (n != 268 && n != 269) return emulation();
      const tb = tbRead();
      setGpr(d, n == 268 ? <u32>tb : <u32>(tb >>> 32));
      return X_NEXT;
    }
    case 598: // sync: everything earlier has reached memory
      drain();
      return X_NEXT;
    case 854: // eieio
    case 278: // dcbt, dcbtst: hints
    case 246:
      return X_NEXT;
    case 306: // tlbie
      if (user()) return privileged();
      tlbInvalidate(gpr(b));
      return X_NEXT;
    case 370: // tlbia
      if (user()) return privileged();
      tlbInvalidateAll();
      return X_NEXT;
    case 566: // tlbsync
      return user() ? privileged() : X_NEXT;
    case 54: // dcbst
      return flushBlock(word, ea, false);
    case 86: // dcbf
      return flushBlock(word, ea, true);
    case 470: {
      // dcbi
      if (user()) return privileged();
      const pa = dataTranslate(ea, true);
      if (load<u32>(FAULTED)) return X_FAULT;
      if (dcEnabled()) dcDrop(pa & ~15);
      return X_NEXT;
    }
    case 982: {
      // icbi
      const pa = dataTranslate(ea, false);
      if (load<u32>(FAULTED)) return X_FAULT;
      icDrop(pa & ~15);
      return X_REFETCH;
    }
    case 1014:
      return zeroBlock(word, ea);
    default:
      return emulation();
  }
}

/**
 * True if what `word` takes beyond its issue slot is serialization: it waits until everything earlier is done
 * (hardware/core-timing.md section 2). Loads, stores and arithmetic that come here as well are not among them, lmw, stmw, strings and
 * divides are long instructions.
 */
export function serializes(word: u32): bool {
  const primary = word >>> 26;
  if (primary == 17 || primary == 19) return true;
  if (primary != 31) return false;
  switch ((word >>> 1) & 0x3ff) {
    case 19: // mfcr, mfmsr, mtcrf, mtmsr, mfspr, mtspr, mcrxr, mftb
    case 83:
    case 144:
    case 146:
    case 339:
    case 467:
    case 512:
    case 371:
    case 598: // sync, tlbie, tlbia, tlbsync
    case 306:
    case 370:
    case 566:
    case 20: // lwarx, stwcx.
    case 150:
    case 54: // the cache instructions
    case 86:
    case 470:
    case 982:
    case 1014:
      return true;
    default:
      return false;
  }
}

/** Waits for the write buffer, a store's line fill and the bus. */
function drain(): void {
  const now = load<u64>(NOW);
  const memory = max<u64>(load<u64>(WRITE_BUFFER_UNTIL), load<u64>(DATA_BUSY_UNTIL));
  if (memory <= now) return;
  store<u64>(NOW, max<u64>(memory, load<u64>(BUS_FREE_AT)));
  if (COUNTING) Count.since(COUNT_SERIAL, now);
}

function loadReserve(d: u32, ea: u32): u32 {
  const pa = dataTranslate(ea, false);
  if (load<u32>(FAULTED)) return X_FAULT;
  const value = dataRead(ea, 4);
  if (load<u32>(FAULTED)) return X_FAULT;
  setGpr(d, value);
  store<u32>(RESERVE, 1);
  store<u32>(RESERVE_LINE, pa & ~15);
  return X_NEXT;
}

/** Stores only under a reservation of the same line; the reservation is gone either way. */
function storeConditional(d: u32, ea: u32): u32 {
  const pa = dataTranslate(ea, true);
  if (load<u32>(FAULTED)) return X_FAULT;
  const held = load<u32>(RESERVE) != 0 && load<u32>(RESERVE_LINE) == (pa & ~15);
  if (held) {
    dataWrite(ea, 4, gpr(d));
    if (load<u32>(FAULTED)) return X_FAULT;
  }
  store<u32>(RESERVE, 0);
  store<u8>(CRF, <u8>((held ? 2 : 0) | load<u32>(XER_SO)));
  return X_NEXT;
}

function flushBlock(word: u32, ea: u32, drop: bool): u32 {
  const pa = dataTranslate(ea, false);
  if (load<u32>(FAULTED)) return X_FAULT;
  if (!dcEnabled() || dcFlush(pa & ~15, drop)) return X_NEXT;
  machineCheckData(ea, word);
  return X_FAULT;
}

/** dcbz: inhibited or write-through storage gives an alignment exception; with the cache off, 16 bytes are stored. */
function zeroBlock(word: u32, ea: u32): u32 {
  const attributes = dataAttributes(ea, true);
  if (load<u32>(FAULTED)) return X_FAULT;
  const line = ea & ~15;
  if (dcEnabled()) {
    if (!(attributes & DP_CACHED) || attributes & DP_WRITE_THROUGH) {
      raiseAlignment(ea, word);
      return X_FAULT;
    }
    const zeroed = dcZero(dataTranslate(line, true));
    if (dcVictimLost) {
      machineCheckData(ea, word);
      return X_FAULT;
    }
    if (zeroed != FILL_NO_WAY) return X_NEXT;
  }
  for (let i: u32 = 0; i < 16; i += 4) {
    dataWrite(line + i, 4, 0);
    if (load<u32>(FAULTED)) return X_FAULT;
  }
  return X_NEXT;
}

function moveFrom(d: u32, n: u32): u32 {
  if (n & 16 && user()) return privileged();
  const value = sprRead(n, true);
  if (!sprExists) return emulation();
  setGpr(d, value);
  return X_NEXT;
}

function moveTo(n: u32, value: u32): u32 {
  if (n & 16 && user()) return privileged();
  const result = sprWrite(n, value);
  if (result == WRITE_NONE) return emulation();
  return result == WRITE_REFETCH ? X_REFETCH : X_NEXT;
}
