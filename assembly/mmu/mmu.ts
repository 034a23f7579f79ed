// The two MMUs: 32 fully associative entries each, loaded by software only (MPC860 UM, Memory Management Unit;
// hardware/core-mmu.md). Translations in use are kept in derived tables (mmu/derived.ts).

import { MMU_BASE, MSR, MSR_PR } from '../cpu/state';
import { dropPages, dropTranslations } from './derived';

// --- registers, one word each ---
export const MI_CTR: u32 = MMU_BASE;
export const MI_AP: u32 = MMU_BASE + 4;
export const MI_EPN: u32 = MMU_BASE + 8;
export const MI_TWC: u32 = MMU_BASE + 12;
export const MI_RPN: u32 = MMU_BASE + 16;
export const MD_CTR: u32 = MMU_BASE + 20;
export const M_CASID: u32 = MMU_BASE + 24;
export const MD_AP: u32 = MMU_BASE + 28;
export const MD_EPN: u32 = MMU_BASE + 32;
export const M_TWB: u32 = MMU_BASE + 36;
export const MD_TWC: u32 = MMU_BASE + 40;
export const MD_RPN: u32 = MMU_BASE + 44;
export const M_TW: u32 = MMU_BASE + 48;
/** u32 × 3: MI_CAM, MI_RAM0, MI_RAM1 as the last write to MI_CAM latched them. */
export const MI_CAM: u32 = MMU_BASE + 52;
/** u32 × 3: MD_CAM, MD_RAM0, MD_RAM1. */
export const MD_CAM: u32 = MMU_BASE + 64;

// --- the entries: { EPN word, TWC word, RPN word, EA mask } × 32, instruction side then data side ---
const ENTRY_BYTES: u32 = 16;
const ENTRIES: u32 = 32;
export const ITLB: u32 = MMU_BASE + 0x100;
export const DTLB: u32 = ITLB + ENTRIES * ENTRY_BYTES;
const E_EPN: u32 = 0;
const E_TWC: u32 = 4;
const E_RPN: u32 = 8;
const E_MASK: u32 = 12;

// Mx_CTR
export const CTR_GPM: u32 = 0x80000000;
export const CTR_PPM: u32 = 0x40000000;
export const CTR_CIDEF: u32 = 0x20000000;
export const CTR_WTDEF: u32 = 0x10000000;
export const CTR_RSV4: u32 = 0x08000000;
export const CTR_TWAM: u32 = 0x04000000;
export const CTR_PPCS: u32 = 0x02000000;
export const CTR_INDX: u32 = 0x00001f00;
// Mx_EPN
export const EPN_EV: u32 = 0x00000200;
export const EPN_ASID: u32 = 0x0000000f;
// Mx_TWC
const TWC_APG: u32 = 0x000001e0;
const TWC_G: u32 = 0x00000010;
const TWC_PS: u32 = 0x0000000c;
const TWC_PS_512K: u32 = 0x00000004;
const TWC_PS_8M: u32 = 0x0000000c;
const TWC_WT: u32 = 0x00000002;
const TWC_V: u32 = 0x00000001;
// Mx_RPN
const RPN_E: u32 = 0x00000200;
const RPN_C: u32 = 0x00000100;
const RPN_SPS: u32 = 0x00000008;
const RPN_SH: u32 = 0x00000004;
const RPN_CI: u32 = 0x00000002;
const RPN_V: u32 = 0x00000001;

export const XLATE_OK: u32 = 0;
export const XLATE_MISS: u32 = 1;
/** Matching entry with TWC[V] or RPN[V] = 0. */
export const XLATE_INVALID: u32 = 2;
export const XLATE_GUARDED: u32 = 3;
export const XLATE_PROTECTED: u32 = 4;

// Results of `translate`, valid until its next call.
/** Physical address. */
export let xlatePa: u32 = 0;
export let xlateInhibited: bool = false;
export let xlateWriteThrough: bool = false;
export let xlateGuarded: bool = false;
/** The answer holds for the whole 4 KB page, not for one subpage only. */
export let xlateWholePage: bool = false;

function entry(data: bool, index: u32): u32 {
  return (data ? DTLB : ITLB) + index * ENTRY_BYTES;
}

function pageMask(twc: u32, rpn: u32): u32 {
  const ps = twc & TWC_PS;
  if (ps == TWC_PS_8M) return 0xff800000;
  if (ps == TWC_PS_512K) return 0xfff80000;
  return rpn & RPN_SPS ? 0xffffc000 : 0xfffff000;
}

/** Bit that the subpage or the privilege state selects in RPN bits 24–27, 0 if these bits do not take part. */
function validityBit(ctr: u32, mask: u32, ea: u32, user: bool): u32 {
  if (ctr & CTR_PPCS) return user ? 0x40 : 0x80;
  if (mask == 0xfffff000 && !(ctr & CTR_PPM)) return <u32>0x80 >>> ((ea >>> 10) & 3);
  return 0;
}

/** Entry that matches, 0 if none (hardware/core-mmu.md section 4.1). */
function find(data: bool, ea: u32, user: bool): u32 {
  const ctr = load<u32>(data ? MD_CTR : MI_CTR);
  const asid = load<u32>(M_CASID) & EPN_ASID;
  for (let i: u32 = 0; i < ENTRIES; i++) {
    const e = entry(data, i);
    const epn = load<u32>(e, E_EPN);
    if (!(epn & EPN_EV)) continue;
    const mask = load<u32>(e, E_MASK);
    if ((ea ^ epn) & mask) continue;
    const rpn = load<u32>(e, E_RPN);
    if (!(rpn & RPN_SH) && (epn & EPN_ASID) != asid) continue;
    const needed = validityBit(ctr, mask, ea, user);
    if (needed && !(rpn & needed)) continue;
    return e;
  }
  return 0;
}

/** What the two protection bits allow: 0 nothing, 1 read (or execute), 2 write too. */
function permission(data: bool, subpage: bool, extended: bool, pp: u32, user: bool): u32 {
  if (subpage) {
    if (pp == 0) return 0;
    if (pp == 1) return user ? 0 : 2;
    if (pp == 2) return user && data ? 1 : 2;
    return 2;
  }
  if (extended) return pp == 1 && !user ? 1 : 0;
  if (!data) return pp == 0 && user ? 0 : 1;
  if (pp == 0) return user ? 0 : 2;
  if (pp == 1) return user ? 1 : 2;
  return pp == 2 ? 2 : 1;
}

/**
 * Translates `ea` through the data (or instruction) TLB in the privilege state `user`; returns XLATE_*. `effects`: a store
 * that hits an entry with C = 0 drops the entry, as the hardware does.
 */
export function translate(data: bool, ea: u32, user: bool, write: bool, effects: bool): u32 {
  const e = find(data, ea, user);
  if (!e) return XLATE_MISS;
  const ctr = load<u32>(data ? MD_CTR : MI_CTR);
  const twc = load<u32>(e, E_TWC);
  const rpn = load<u32>(e, E_RPN);
  const mask = load<u32>(e, E_MASK);
  if (!(twc & TWC_V) || !(rpn & RPN_V)) return XLATE_INVALID;
  if (!data && twc & TWC_G) return XLATE_GUARDED;
  const ap = (load<u32>(data ? MD_AP : MI_AP) >>> (30 - ((twc & TWC_APG) >>> 4))) & 3;
  let view = user;
  let manager = false;
  if (ctr & CTR_GPM) {
    if (ap == 0 || ap == 2) return XLATE_PROTECTED;
    manager = ap == 3;
  } else if (ap == 0) {
    view = false;
  } else if (ap == 2) {
    view = !user;
  } else if (ap == 3) {
    view = true;
  }
  const small = mask == 0xfffff000;
  const subpage = small && (ctr & CTR_PPM) != 0;
  if (!manager) {
    const pp = subpage ? (rpn >>> (10 - (((ea >>> 10) & 3) << 1))) & 3 : (rpn >>> 10) & 3;
    const allowed = permission(data, subpage, !subpage && (rpn & RPN_E) != 0, pp, view);
    const wanted: u32 = write ? 2 : 1;
    if (allowed < wanted) return XLATE_PROTECTED;
  }
  if (write && !subpage && !(rpn & RPN_C)) {
    if (effects) {
      invalidate(data, e);
    }
    return XLATE_PROTECTED;
  }
  xlatePa = (rpn & mask) | (ea & ~mask);
  xlateInhibited = (rpn & RPN_CI) != 0;
  xlateWriteThrough = (twc & TWC_WT) != 0;
  xlateGuarded = (twc & TWC_G) != 0;
  xlateWholePage = !small || (!subpage && (ctr & CTR_PPCS ? true : (rpn & 0xf0) == 0xf0));
  return XLATE_OK;
}

/** What the hardware records on a miss: effective page, EV, current ASID. */
export function recordMiss(data: bool, ea: u32): void {
  store<u32>(data ? MD_EPN : MI_EPN, (ea & 0xfffff000) | EPN_EV | (load<u32>(M_CASID) & EPN_ASID));
}

/** Writing Mx_RPN loads the entry that Mx_CTR[INDX] names and steps the index down. */
export function loadEntry(data: bool, rpn: u32): void {
  const ctrAt = data ? MD_CTR : MI_CTR;
  const ctr = load<u32>(ctrAt);
  const index = (ctr & CTR_INDX) >>> 8;
  const epn = load<u32>(data ? MD_EPN : MI_EPN);
  const twc = load<u32>(data ? MD_TWC : MI_TWC);
  const mask = pageMask(twc, rpn);
  const e = entry(data, index);
  store<u32>(data ? MD_RPN : MI_RPN, rpn);
  if (epn & EPN_EV) dropOverlaps(data, epn, rpn, mask, ctr);
  invalidate(data, e);
  store<u32>(e, (epn & 0xfffff000 & mask) | (epn & (EPN_EV | EPN_ASID)), E_EPN);
  store<u32>(e, twc, E_TWC);
  store<u32>(e, rpn, E_RPN);
  store<u32>(e, mask, E_MASK);
  // With entries 28–31 reserved the counter itself never comes to rest on them; only an explicit write points there.
  const last: u32 = ctr & CTR_RSV4 ? 27 : 31;
  const next = index == 0 ? last : min<u32>(index - 1, last);
  store<u32>(ctrAt, (ctr & ~CTR_INDX) | (next << 8));
}

/** Makes an entry invalid and forgets what was derived from it. */
function invalidate(data: bool, e: u32): void {
  const epn = load<u32>(e, E_EPN);
  if (!(epn & EPN_EV)) return;
  store<u32>(e, epn & ~EPN_EV, E_EPN);
  dropPages(data, epn, load<u32>(e, E_MASK));
}

/** Two entries may never match the same access: the older one goes (hardware/core-mmu.md section 4.2). */
function dropOverlaps(data: bool, epn: u32, rpn: u32, mask: u32, ctr: u32): void {
  for (let i: u32 = 0; i < ENTRIES; i++) {
    const e = entry(data, i);
    const other = load<u32>(e, E_EPN);
    if (!(other & EPN_EV)) continue;
    const otherMask = load<u32>(e, E_MASK);
    if ((epn ^ other) & mask & otherMask) continue;
    const otherRpn = load<u32>(e, E_RPN);
    if (!((rpn | otherRpn) & RPN_SH) && (epn ^ other) & EPN_ASID) continue;
    if (ctr & CTR_PPCS) {
      if (!(rpn & otherRpn & 0xc0)) continue;
    } else if (mask == 0xfffff000 && otherMask == 0xfffff000 && !(ctr & CTR_PPM)) {
      if (!(rpn & otherRpn & 0xf0)) continue;
    }
    invalidate(data, e);
  }
}

/** tlbie: drops every entry of both TLBs that covers `ea`, whatever its ASID, reserved ones too. */
export function tlbInvalidate(ea: u32): void {
  for (let side = 0; side < 2; side++) {
    for (let i: u32 = 0; i < ENTRIES; i++) {
      const e = entry(side == 1, i);
      if (!((ea ^ load<u32>(e, E_EPN)) & load<u32>(e, E_MASK))) invalidate(side == 1, e);
    }
  }
}

/** tlbia: drops all entries, except 28–31 of a TLB whose RSV4 bit is set; both indices become 0. */
export function tlbInvalidateAll(): void {
  for (let side = 0; side < 2; side++) {
    const data = side == 1;
    const ctrAt = data ? MD_CTR : MI_CTR;
    const ctr = load<u32>(ctrAt);
    const last: u32 = ctr & CTR_RSV4 ? 28 : 32;
    for (let i: u32 = 0; i < last; i++) {
      const e = entry(data, i);
      store<u32>(e, load<u32>(e, E_EPN) & ~EPN_EV, E_EPN);
    }
    store<u32>(ctrAt, ctr & ~CTR_INDX);
  }
  dropTranslations();
}

/** M_TWB as read: the level-one pointer for the address in MD_EPN. */
export function readTwb(): u32 {
  const base = load<u32>(M_TWB);
  const epn = load<u32>(MD_EPN);
  if (load<u32>(MD_CTR) & CTR_TWAM) return (base & 0xfffff000) | ((epn >>> 20) & 0xffc);
  return (base & 0xffffc000) | ((epn >>> 18) & 0x3ffc);
}

/** MD_TWC as read: the level-two pointer. For an 8 MB page the level-two index is 0 (software-expectations.md). */
export function readDataTwc(): u32 {
  const twc = load<u32>(MD_TWC);
  const base = twc & 0xfffff000;
  if ((twc & TWC_PS) == TWC_PS_8M) return base;
  const epn = load<u32>(MD_EPN);
  if (load<u32>(MD_CTR) & CTR_TWAM) return base | ((epn >>> 10) & 0xffc);
  return base | ((epn >>> 8) & 0xffc);
}

/** Latches the entry at Mx_CTR[INDX] into CAM, RAM0 and RAM1 for a debugger (layouts: hardware/core-mmu.md 2.10). */
export function latchEntry(data: bool): void {
  const index = (load<u32>(data ? MD_CTR : MI_CTR) & CTR_INDX) >>> 8;
  const e = entry(data, index);
  const epn = load<u32>(e, E_EPN);
  const twc = load<u32>(e, E_TWC);
  const rpn = load<u32>(e, E_RPN);
  const mask = load<u32>(e, E_MASK);
  const size: u32 = mask == 0xff800000 ? 7 : mask == 0xfff80000 ? 3 : mask == 0xffffc000 ? 1 : 0;
  const valid = (rpn >>> 4) & 15;
  const shared = (rpn & RPN_SH) >>> 2;
  const apg = ~(twc >>> 5) & 15;
  if (data) {
    store<u32>(MD_CAM, (epn & 0xfffff000) | (valid << 8) | (size << 5) | (shared << 4) | (epn & EPN_ASID));
    store<u32>(
      MD_CAM + 4,
      (rpn & 0xfffff000) | (size << 9) | (apg << 5) | (twc & TWC_G) | ((twc & TWC_WT) << 2) | ((rpn & RPN_CI) << 1),
    );
    let rights: u32 = 0;
    for (let s: u32 = 0; s < 4; s++) {
      const pp = mask == 0xfffff000 && load<u32>(MD_CTR) & CTR_PPM ? (rpn >>> (10 - (s << 1))) & 3 : (rpn >>> 10) & 3;
      rights = (rights << 2) | (pp & 3);
    }
    const c = (rpn & RPN_C) << 6;
    const ev = (epn & EPN_EV) << 4;
    store<u32>(MD_CAM + 8, c | ev | (15 << 9) | rights);
  } else {
    store<u32>(MI_CAM, (epn & 0xfffff000) | (size << 9) | ((epn & EPN_ASID) << 5) | (shared << 4) | valid);
    store<u32>(
      MI_CAM + 4,
      (rpn & 0xfffff000) | (~size & 7 ? (~size & 7) << 9 : 0) | ((rpn & RPN_CI) << 7) | (apg << 4),
    );
    store<u32>(MI_CAM + 8, ((rpn & RPN_V) << 1) | ((twc & TWC_G) >>> 4));
  }
}

/** True if the CPU is in user state. */
export function userState(): bool {
  return (load<u32>(MSR) & MSR_PR) != 0;
}
