// The two MMUs: 32 fully associative entries each, loaded by software only (MPC860 UM, Memory Management Unit;
// hardware/core-mmu.md). Translations in use are kept in derived tables (mmu/derived.ts).

import { MMU_BASE } from '../cpu/state';
import { dropPages, dropTranslated } from './derived';

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

// --- the entries, instruction side then data side: what the CAM compares, what the RAM answers ---
const ENTRY_BYTES: u32 = 32;
const ENTRIES: u32 = 32;
export const ITLB: u32 = MMU_BASE + 0x100;
export const DTLB: u32 = ITLB + ENTRIES * ENTRY_BYTES;
/** u32: EPN down to the page size, EV, ASID: compared with `matchKey`. */
const E_EPN: u32 = 0;
/** u32: bits of E_EPN that are compared: EV always, those of the page size, ASID unless SH is set. */
const E_MASK: u32 = 4;
/** u32: Mx_TWC as it was. */
const E_TWC: u32 = 8;
/** u32: Mx_RPN as it was written. */
const E_RPN: u32 = 12;
/** u32: E_* nibbles, decoded when the entry is loaded, as in MI_RAM0, MI_RAM1 and MD_RAM1. */
const E_RIGHTS: u32 = 16;

// E_RIGHTS: in each nibble the first bit (8) stands for subpage 0
const SUPERVISOR_READ: u32 = 12;
const USER_READ: u32 = 8;
const SUPERVISOR_WRITE: u32 = 4;
const USER_WRITE: u32 = 0;
/** Shift of the nibble that decides a match: the subpages that are valid, or with PPCS: 8 supervisor, 4 user. */
const VALID: u32 = 16;
/** C = 1: stores need not fault first. */
const CHANGED: u32 = 0x00100000;

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
/** EPN with the two bits that count for 1 KB subpages. */
const EPN_PAGE: u32 = 0xfffffc00;
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

/** Bits of the registers that exist, as they read back. */
export const MX_EPN_BITS: u32 = EPN_PAGE | EPN_EV | EPN_ASID;
export const MI_TWC_BITS: u32 = TWC_APG | TWC_G | TWC_PS | TWC_V;
export const MD_TWC_BITS: u32 = 0xfffff000 | MI_TWC_BITS | TWC_WT;

/** Bit of E_MASK that only 4 KB pages compare (with 8 MB, 512 KB and 16 KB pages it is part of the offset). */
const SMALL_PAGE: u32 = 0x00001000;

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
/** The answer holds for the whole 4 KB page, not for one subpage only. */
export let xlateWholePage: bool = false;

function control(data: bool): u32 {
  return load<u32>(data ? MD_CTR : MI_CTR);
}

function entry(data: bool, index: u32): u32 {
  return (data ? DTLB : ITLB) + index * ENTRY_BYTES;
}

/** Power-on: no entry is valid. (A reset leaves the entries alone: MPC801 UM 11.8.3.) */
export function tlbPowerOn(): void {
  // ITLB and DTLB lie side by side
  for (let i: u32 = 0; i < 2 * ENTRIES; i++) store<u32>(entry(false, i), EPN_EV, E_MASK);
}

/** Bits of an address that name its page. PS = 10 is reserved and taken for a small page. */
function pageMask(twc: u32, rpn: u32): u32 {
  const ps = twc & TWC_PS;
  if (ps == TWC_PS_8M) return 0xff800000;
  if (ps == TWC_PS_512K) return 0xfff80000;
  return rpn & RPN_SPS ? 0xffffc000 : 0xfffff000;
}

/** What an address in the current address space is compared as. */
function matchKey(ea: u32): u32 {
  return (ea & 0xfffff000) | EPN_EV | (load<u32>(M_CASID) & EPN_ASID);
}

/** Bit of a nibble that stands for the 1 KB subpage of `ea`. */
function subpageBit(ea: u32): u32 {
  return <u32>8 >>> ((ea >>> 10) & 3);
}

/** True if the valid flags of entry `e` let `ea` match: those of its subpage, or with PPCS of the privilege state. */
function flagged(e: u32, ctr: u32, ea: u32, user: bool): bool {
  const flags = load<u32>(e, E_RIGHTS) >>> VALID;
  if (ctr & CTR_PPCS) return (flags & (user ? 4 : 8)) != 0;
  return !(load<u32>(e, E_MASK) & SMALL_PAGE) || (flags & subpageBit(ea)) != 0;
}

/**
 * Entry that matches, 0 if none (hardware/core-mmu.md section 4.1). Several can match only after Mx_CTR[PPCS] changed under
 * them, which the manual leaves open: here the lowest index wins.
 */
function find(data: bool, ea: u32, user: bool): u32 {
  const ctr = control(data);
  const key = matchKey(ea);
  const end = entry(data, ENTRIES);
  for (let e = entry(data, 0); e < end; e += ENTRY_BYTES) {
    if ((key ^ load<u32>(e, E_EPN)) & load<u32>(e, E_MASK)) continue;
    if (flagged(e, ctr, ea, user)) return e;
  }
  return 0;
}

/** What two protection bits allow to one of the two privilege states: 0 nothing, 1 read (or execute), 2 write too. */
function permission(data: bool, subpage: bool, extended: bool, pp: u32, user: bool): u32 {
  if (subpage) {
    if (pp == 0) return 0;
    if (pp == 1) return user ? 0 : 2;
    if (pp == 2) return user && data ? 1 : 2;
    return 2;
  }
  // PP = 11 is reserved there; Linux 6.1 writes it for read-only pages of 512 KB and 8 MB, its own page-size bit being PP's first.
  if (extended) return pp & 1 && !user ? 1 : 0;
  if (!data) return pp == 0 && user ? 0 : 1;
  if (pp == 0) return user ? 0 : 2;
  if (pp == 1) return user ? 1 : 2;
  return pp == 2 ? 2 : 1;
}

/**
 * E_RIGHTS of an entry that is loaded while Mx_CTR is `ctr` (hardware/core-mmu.md section 3). The part keeps the decoded
 * rights (see MI_RAM0, MI_RAM1, MD_RAM1), so that PPM counts when an entry is loaded, not when it is used.
 */
function rightsOf(data: bool, ctr: u32, rpn: u32, mask: u32): u32 {
  const small = mask == 0xfffff000;
  const subpages = small && (ctr & CTR_PPM) != 0;
  const extended = !subpages && (rpn & RPN_E) != 0;
  let rights: u32 = 0;
  const parts: u32 = subpages ? 4 : 1;
  for (let subpage: u32 = 0; subpage < parts; subpage++) {
    const pp = (rpn >>> (10 - (subpage << 1))) & 3;
    const supervisor = permission(data, subpages, extended, pp, false);
    const user = permission(data, subpages, extended, pp, true);
    const bit = subpages ? <u32>8 >>> subpage : 15;
    if (supervisor >= 1) rights |= bit << SUPERVISOR_READ;
    if (supervisor >= 2) rights |= bit << SUPERVISOR_WRITE;
    if (user >= 1) rights |= bit << USER_READ;
    if (user >= 2) rights |= bit << USER_WRITE;
  }
  const flags: u32 = ctr & CTR_PPCS || (small && !subpages) ? (rpn >>> 4) & 15 : 15;
  return rights | (flags << VALID) | (subpages || rpn & RPN_C ? CHANGED : 0);
}

/**
 * Translates `ea` through the data (or instruction) TLB in the privilege state `user`; returns XLATE_*. `effects`: a store
 * that hits an entry with C = 0 drops the entry, as the hardware does. The order of the checks: hardware/core-mmu.md 3.3.
 */
export function translate(data: bool, ea: u32, user: bool, write: bool, effects: bool): u32 {
  const e = find(data, ea, user);
  if (!e) return XLATE_MISS;
  const ctr = control(data);
  const twc = load<u32>(e, E_TWC);
  const rpn = load<u32>(e, E_RPN);
  const mask = load<u32>(e, E_MASK) & 0xfffff000;
  const rights = load<u32>(e, E_RIGHTS);
  if (!(twc & TWC_V) || !(rpn & RPN_V)) return XLATE_INVALID;
  if (!data && twc & TWC_G) return XLATE_GUARDED;
  const group = (load<u32>(data ? MD_AP : MI_AP) >>> (30 - ((twc & TWC_APG) >>> 4))) & 3;
  let view = user;
  let manager = false;
  if (ctr & CTR_GPM) {
    // 10 is reserved; nothing is allowed then
    if (group == 0 || group == 2) return XLATE_PROTECTED;
    manager = group == 3;
  } else if (group == 0) {
    view = false;
  } else if (group == 2) {
    view = !user;
  } else if (group == 3) {
    view = true;
  }
  if (!manager) {
    const nibble = view ? (write ? USER_WRITE : USER_READ) : write ? SUPERVISOR_WRITE : SUPERVISOR_READ;
    if (!((rights >>> nibble) & subpageBit(ea))) return XLATE_PROTECTED;
  }
  if (write && !(rights & CHANGED)) {
    if (effects) invalidate(data, e);
    return XLATE_PROTECTED;
  }
  xlatePa = (rpn & mask) | (ea & ~mask);
  xlateInhibited = (rpn & RPN_CI) != 0;
  xlateWriteThrough = (twc & TWC_WT) != 0;
  // Four equal nibbles of rights and, where they count, of valid flags
  xlateWholePage =
    mask != 0xfffff000 ||
    (alike(rights >>> SUPERVISOR_READ) &&
      alike(rights >>> USER_READ) &&
      alike(rights >>> SUPERVISOR_WRITE) &&
      alike(rights >>> USER_WRITE) &&
      (ctr & CTR_PPCS || alike(rights >>> VALID)));
  return XLATE_OK;
}

/** True if a nibble holds for all four subpages or for none. */
function alike(nibble: u32): bool {
  return (nibble & 15) == 0 || (nibble & 15) == 15;
}

/**
 * What the hardware records on a miss: effective page, EV, current ASID. With MD_CTR[TWAM] = 0 a level-two table has an
 * entry for each 1 KB, so EA bits 20–21, which its index needs, are recorded too.
 */
export function recordMiss(data: bool, ea: u32): void {
  const page: u32 = load<u32>(MD_CTR) & CTR_TWAM ? 0xfffff000 : EPN_PAGE;
  store<u32>(data ? MD_EPN : MI_EPN, (ea & page) | EPN_EV | (load<u32>(M_CASID) & EPN_ASID));
}

/** Writing Mx_RPN loads the entry that Mx_CTR[INDX] names and steps the index down. */
export function loadEntry(data: bool, rpn: u32): void {
  const ctr = control(data);
  const index = (ctr & CTR_INDX) >>> 8;
  const epn = load<u32>(data ? MD_EPN : MI_EPN);
  const twc = load<u32>(data ? MD_TWC : MI_TWC);
  const page = pageMask(twc, rpn);
  const key = (epn & page) | (epn & (EPN_EV | EPN_ASID));
  const mask = page | EPN_EV | (rpn & RPN_SH ? 0 : EPN_ASID);
  const rights = rightsOf(data, ctr, rpn, page);
  const e = entry(data, index);
  store<u32>(data ? MD_RPN : MI_RPN, rpn);
  if (epn & EPN_EV) dropOverlaps(data, key, mask, rights, ctr);
  invalidate(data, e);
  store<u32>(e, key, E_EPN);
  store<u32>(e, mask, E_MASK);
  store<u32>(e, twc, E_TWC);
  store<u32>(e, rpn, E_RPN);
  store<u32>(e, rights, E_RIGHTS);
  // With entries 28–31 reserved the counter itself never comes to rest on them; only an explicit write points there.
  const last: u32 = ctr & CTR_RSV4 ? 27 : 31;
  const next = index == 0 ? last : min<u32>(index - 1, last);
  store<u32>(data ? MD_CTR : MI_CTR, (ctr & ~CTR_INDX) | (next << 8));
}

/** Makes an entry invalid and forgets what was derived from it. */
function invalidate(data: bool, e: u32): void {
  const epn = load<u32>(e, E_EPN);
  if (!(epn & EPN_EV)) return;
  store<u32>(e, epn & ~EPN_EV, E_EPN);
  dropPages(data, epn, load<u32>(e, E_MASK) & 0xfffff000);
}

/** Two entries may never match the same access: the older one goes (hardware/core-mmu.md section 4.2). */
function dropOverlaps(data: bool, key: u32, mask: u32, rights: u32, ctr: u32): void {
  // With PPCS two of the flags count, supervisor and user; otherwise all four subpages do.
  const flags = (rights >>> VALID) & (ctr & CTR_PPCS ? 12 : 15);
  const end = entry(data, ENTRIES);
  for (let e = entry(data, 0); e < end; e += ENTRY_BYTES) {
    if ((key ^ load<u32>(e, E_EPN)) & mask & load<u32>(e, E_MASK)) continue;
    if (flags & (load<u32>(e, E_RIGHTS) >>> VALID)) invalidate(data, e);
  }
}

/**
 * tlbie: drops every entry of both TLBs that `ea` hits, whatever its ASID and for whichever privilege state, reserved ones
 * too. For 4 KB pages 22 bits of `ea` are compared (MPC823 UM 11.8.3): an entry goes if the subpage of `ea` is valid in it.
 */
export function tlbInvalidate(ea: u32): void {
  for (let side = 0; side < 2; side++) {
    const data = side == 1;
    const privileges = (control(data) & CTR_PPCS) != 0;
    for (let i: u32 = 0; i < ENTRIES; i++) {
      const e = entry(data, i);
      const mask = load<u32>(e, E_MASK);
      if ((ea ^ load<u32>(e, E_EPN)) & mask & 0xfffff000) continue;
      const subpages = (load<u32>(e, E_RIGHTS) >>> VALID) & 15;
      if (mask & SMALL_PAGE && !privileges && !(subpages & subpageBit(ea))) continue;
      invalidate(data, e);
    }
  }
}

/** tlbia: drops all entries, except 28–31 of a TLB whose RSV4 bit is set; both indices become 0. */
export function tlbInvalidateAll(): void {
  for (let side = 0; side < 2; side++) {
    const data = side == 1;
    const ctr = control(data);
    const last: u32 = ctr & CTR_RSV4 ? 28 : 32;
    for (let i: u32 = 0; i < last; i++) {
      const e = entry(data, i);
      store<u32>(e, load<u32>(e, E_EPN) & ~EPN_EV, E_EPN);
    }
    store<u32>(data ? MD_CTR : MI_CTR, ctr & ~CTR_INDX);
    dropTranslated(data);
  }
}

/** M_TWB as read: the level-one pointer for the address in MD_EPN. */
export function readTwb(): u32 {
  const base = load<u32>(M_TWB);
  const epn = load<u32>(MD_EPN);
  if (load<u32>(MD_CTR) & CTR_TWAM) return (base & 0xfffff000) | ((epn >>> 20) & 0xffc);
  return (base & 0xffffc000) | ((epn >>> 18) & 0x3ffc);
}

/**
 * MD_TWC as read: the level-two pointer. The index has no more bits than the page size leaves: none for 8 MB
 * (software-expectations.md), EA[10–12] for 512 KB. The latter is a choice: hardware/core-mmu.md has no such case, MPC885 RM
 * 8.7 lets a 512 KB level-one descriptor point straight at its only level-two descriptor, and Linux before 5.8 found one
 * descriptor for each 512 KB at that index, so that this serves both, and tables with 128 copies of each descriptor too.
 */
export function readDataTwc(): u32 {
  const twc = load<u32>(MD_TWC);
  const page = pageMask(twc, 0);
  const epn = load<u32>(MD_EPN) & (page == 0xfffff000 ? EPN_PAGE : page);
  return (twc & 0xfffff000) | ((load<u32>(MD_CTR) & CTR_TWAM ? epn >>> 10 : epn >>> 8) & 0xffc);
}

/** Latches the entry at Mx_CTR[INDX] into CAM, RAM0 and RAM1 for a debugger (layouts: hardware/core-mmu.md 2.10). */
export function latchEntry(data: bool): void {
  const e = entry(data, (control(data) & CTR_INDX) >>> 8);
  const epn = load<u32>(e, E_EPN);
  const twc = load<u32>(e, E_TWC);
  const rpn = load<u32>(e, E_RPN);
  const rights = load<u32>(e, E_RIGHTS);
  const page = load<u32>(e, E_MASK) & 0xfffff000;
  const size: u32 = page == 0xff800000 ? 7 : page == 0xfff80000 ? 3 : page == 0xffffc000 ? 1 : 0;
  const valid = (rights >>> VALID) & 15;
  const shared = (rpn & RPN_SH) >>> 2;
  const group = ~(twc >>> 5) & 15;
  const asid = epn & EPN_ASID;
  const supervisorRead = (rights >>> SUPERVISOR_READ) & 15;
  const userRead = (rights >>> USER_READ) & 15;
  if (data) {
    // EPN, SPVF, PS, SH, ASID
    store<u32>(MD_CAM, (epn & 0xfffff000) | (valid << 8) | (size << 5) | (shared << 4) | asid);
    // RPN, PS, APGI, G, WT, CI
    store<u32>(
      MD_CAM + 4,
      (rpn & 0xfffff000) | (size << 9) | (group << 5) | (twc & TWC_G) | ((twc & TWC_WT) << 2) | ((rpn & RPN_CI) << 1),
    );
    // C, EVF, SA, SAT (supervisor may write), URP0, UWP0 … URP3, UWP3
    let user: u32 = 0;
    for (let bit: u32 = 8; bit; bit >>>= 1) {
      user = (user << 2) | (userRead & bit ? 2 : 0) | ((rights >>> USER_WRITE) & bit ? 1 : 0);
    }
    store<u32>(
      MD_CAM + 8,
      (rights & CHANGED ? 0x4000 : 0) |
        (epn & EPN_EV ? 0x2000 : 0) |
        (supervisorRead << 9) |
        ((rights >>> SUPERVISOR_WRITE) & 15 ? 0x100 : 0) |
        user,
    );
  } else {
    // EPN, PS, ASID, SH, SPV
    store<u32>(MI_CAM, (epn & 0xfffff000) | (size << 9) | (asid << 5) | (shared << 4) | valid);
    // RPN, PS_B, CI, APG, SFP
    store<u32>(
      MI_CAM + 4,
      (rpn & 0xfffff000) | ((~size & 7) << 9) | ((rpn & RPN_CI) << 7) | (group << 4) | supervisorRead,
    );
    // UFP, PV, G
    const pv = rpn & twc & RPN_V & TWC_V;
    store<u32>(MI_CAM + 8, (userRead << 2) | (pv << 1) | ((twc & TWC_G) >>> 4));
  }
}
