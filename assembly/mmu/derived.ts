// Derived translations: which effective page leads where, filled on first use and dropped whenever anything they were
// computed from changes. Nothing here decides what the guest sees; a snapshot leaves it out.

import { forgetHits, forgetPage } from '../cache/hits';
import { rotateMask } from '../cpu/decode';
import { LINE_TAG } from '../cpu/ops';
import { DERIVED_BASE } from '../layout';

/**
 * Data side: CONTEXTS tables of 256 entries of 32 bytes, direct mapped by a hash of the EA page. Context 0: MSR[DR] = 0; 1: DR = 1 in
 * supervisor state; 2: DR = 1 in user state; 3: a table that stays empty, for times when every access must take the slow way.
 */
export const DATA_PAGES: u32 = DERIVED_BASE;
export const DATA_TABLE_BYTES: u32 = 256 * 32;
const DATA_TABLES: u32 = 4;
/** Tag that no access matches: the run loop compares page and alignment bits, never this one. */
export const DP_NOTHING: u32 = 4;
/** u32: EA page if loads from it may use the cache at once, else DP_NOTHING. */
export const DP_FAST_READ: u32 = 0;
/** u32: the same for stores (write allowed, copyback). */
export const DP_FAST_WRITE: u32 = 4;
/** u32: PA - EA. */
export const DP_DELTA: u32 = 8;
/** u32: EA page if loads are allowed, else DP_NOTHING. Every slot in use has it, for what may be stored may be loaded. */
export const DP_READ: u32 = 12;
/** u32: EA page if stores are allowed, else DP_NOTHING. */
export const DP_WRITE: u32 = 16;
/** u32: DP_* attribute bits. */
export const DP_ATTRIBUTES: u32 = 20;
/** i32: bank 0–7, CLAIM_IMMR or CLAIM_NONE. */
export const DP_BANK: u32 = 24;
/** u32: linear address - EA for RAM and ROM; meaningless if DP_MEMORY is not set. */
export const DP_HOST: u32 = 28;

export const DP_CACHED: u32 = 1;
export const DP_WRITE_THROUGH: u32 = 2;
export const DP_MEMORY: u32 = 4;
export const DP_WRITABLE_MEMORY: u32 = 8;

/** Where a data page is looked up. */
export class DataSlot {
  /**
   * Address of the slot for `ea` in `table`. Pages at the same place in two different megabytes get different slots, so that
   * copying between aligned buffers does not fall off a cliff.
   */
  @inline static of(table: u32, ea: u32): u32 {
    return table + (((ea >>> 7) ^ (ea >>> 15)) & 0x1fe0);
  }
}

/** Instruction side: 3 contexts as above (IR instead of DR) × 64 entries of 16 bytes. */
export const CODE_PAGES: u32 = DATA_PAGES + DATA_TABLES * DATA_TABLE_BYTES;
export const CODE_TABLE_BYTES: u32 = 64 * 16;
/** u32: EA page, 1 = none. */
export const CP_PAGE: u32 = 0;
/** u32: PA - EA. */
export const CP_DELTA: u32 = 4;
/** u32: 1 = cache-inhibited. */
export const CP_INHIBITED: u32 = 8;

/** u32: physical page from which the run loop may fetch through the cache with CURRENT_DELTA without asking, 1 = none. */
export const CURRENT_PAGE: u32 = CODE_PAGES + 3 * CODE_TABLE_BYTES;
/** u32: PA - EA of the line that is being executed. */
export const CURRENT_DELTA: u32 = CURRENT_PAGE + 4;
/** u32: BUS_GENERATION for which the tables hold. */
export const PAGES_GENERATION: u32 = CURRENT_PAGE + 8;
// The run loop's own notes (cpu/run.ts), meaningful only while it runs.
/** u32: where `ip` would have been behind the last branch, had the lines since then been contiguous. */
export const MARK: u32 = CURRENT_PAGE + 16;
/** u32: where `ip` would have been when RETIRED was counted, had the entries executed since then been contiguous. */
export const COUNT_BASE: u32 = MARK + 4;
/** u32: first entry of a line, a branch whose input was set right before it, in the line before; 0 = none. */
export const HOT_ENTRY: u32 = COUNT_BASE + 4;
/** u64: instructions completed when COUNT_BASE was last set anew. */
export const RETIRED: u32 = HOT_ENTRY + 4;
/** u64: cycle up to which `left` counts. */
export const WINDOW_END: u32 = RETIRED + 8;
/** u32: not 0 = every instruction passes the slow boundary: tracing or serialized fetch. */
export const STEPPING: u32 = WINDOW_END + 8;

/** Predecoded copies of the I-cache's lines, 64 bytes each, index = way × 256 + set as in cache/layout.ts. */
export const CODE_LINES: u32 = (CURRENT_PAGE + 16 + 63) & ~63;
export const CODE_LINE_BYTES: u32 = 64;

/** Decoded lines by physical address (cpu/ops.ts), and the 16 bytes that each was decoded from. */
export const DECODED: u32 = CODE_LINES + 1024 * CODE_LINE_BYTES;
export const DECODED_ENTRIES: u32 = 8192;
export const DECODED_RAW: u32 = DECODED + DECODED_ENTRIES * CODE_LINE_BYTES;

// More notes of the run loop.
/** u64: cycle at which `runLines` returns to its caller even if nothing asks for it. */
export const LEAVE_AT: u32 = DECODED_RAW + DECODED_ENTRIES * 16;
/** u32: effective page from which the run loop may burst lines past the cache without asking, 1 = none. */
export const BURST_PAGE: u32 = LEAVE_AT + 8;
/** u32: linear address - EA for it. */
export const BURST_HOST: u32 = BURST_PAGE + 4;
/** u32: offset of its bank's description. */
export const BURST_BANK: u32 = BURST_PAGE + 8;
/** u32: entry at which `runFast` returned. */
export const AT_IP: u32 = BURST_PAGE + 12;
/** i32: clocks left then. */
export const AT_LEFT: u32 = BURST_PAGE + 16;
/** u32: effective address of the access, or target of the branch. */
export const AT_ADDRESS: u32 = BURST_PAGE + 20;

// Slots of the page tables that may hold something: to forget everything costs what was filled, not the tables' size.
/** u32: how many. */
const FILLED: u32 = AT_ADDRESS + 4;
/** u32 × FILLED_MAX: their addresses. A slot that is not empty is here, at least once. */
const FILLED_SLOTS: u32 = FILLED + 4;
const FILLED_MAX: u32 = 512;

/** u32: table of CODE_PAGES for the MSR that the run loop works with. */
export const CODE_TABLE: u32 = FILLED_SLOTS + FILLED_MAX * 4;
/** u32 × 1024: masks of the rotate instructions, index = MB << 5 | ME. */
export const ROTATE_MASKS: u32 = CODE_TABLE + 4;

/** The next line fetched must ask for its translation. */
export function leaveCodePage(): void {
  store<u32>(CURRENT_PAGE, 1);
  store<u32>(BURST_PAGE, 1);
}

/** Forgets every derived translation. */
export function dropTranslations(): void {
  leaveCodePage();
  const used = load<u32>(FILLED);
  if (!used) return;
  forgetHits();
  for (let i: u32 = 0; i < used; i++) emptySlot(load<u32>(FILLED_SLOTS + (i << 2)));
  store<u32>(FILLED, 0);
}

/** Forgets everything that was derived from the TLB of one side. */
export function dropTranslated(data: bool): void {
  dropPages(data, 0, 0);
}

/** Forgets what was derived from a TLB entry of one side that covers `ea` under `mask`. */
export function dropPages(data: bool, ea: u32, mask: u32): void {
  if (!data) {
    const current = load<u32>(CURRENT_PAGE) - load<u32>(CURRENT_DELTA);
    if (!((current ^ ea) & mask) || !((load<u32>(BURST_PAGE) ^ ea) & mask)) leaveCodePage();
  }
  // Contexts 1 and 2: translation is on
  const first = data ? DATA_PAGES + DATA_TABLE_BYTES : CODE_PAGES + CODE_TABLE_BYTES;
  const tableBytes = data ? DATA_TABLE_BYTES : CODE_TABLE_BYTES;
  if (mask < 0xffffc000) {
    dropFilled(first, first + 2 * tableBytes, ea, mask);
    return;
  }
  const last = (ea & mask) | (~mask & 0xfffff000);
  for (let page = ea & mask; ; page += 0x1000) {
    const p = data ? DataSlot.of(first, page) : first + ((page >>> 8) & 0x3f0);
    if (slotPage(p) == page) dropSlot(p);
    if (slotPage(p + tableBytes) == page) dropSlot(p + tableBytes);
    if (page == last) return;
  }
}

/** Forgets those slots in [from, to) that hold a page which agrees with `ea` under `mask`. */
function dropFilled(from: u32, to: u32, ea: u32, mask: u32): void {
  const used = load<u32>(FILLED);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < used; i++) {
    const p = load<u32>(FILLED_SLOTS + (i << 2));
    const page = slotPage(p);
    if (page & 0xfff) continue;
    if (p >= from && p < to && !((page ^ ea) & mask)) {
      dropSlot(p);
    } else {
      store<u32>(FILLED_SLOTS + (kept << 2), p);
      kept++;
    }
  }
  store<u32>(FILLED, kept);
}

/** Page that slot `p` holds; DP_NOTHING or 1 if it holds none. */
function slotPage(p: u32): u32 {
  return load<u32>(p + (p < CODE_PAGES ? DP_READ : 0));
}

function dropSlot(p: u32): void {
  if (p < CODE_PAGES) {
    forgetPage((p - DATA_PAGES) / DATA_TABLE_BYTES, load<u32>(p, DP_READ));
    dropDataPage(p);
  } else {
    store<u32>(p, 1);
  }
}

/** As `dropSlot` when no hits are left. */
function emptySlot(p: u32): void {
  if (p < CODE_PAGES) dropDataPage(p);
  else store<u32>(p, 1);
}

function dropDataPage(p: u32): void {
  store<u32>(p, DP_NOTHING, DP_FAST_READ);
  store<u32>(p, DP_NOTHING, DP_FAST_WRITE);
  store<u32>(p, DP_NOTHING, DP_READ);
  store<u32>(p, DP_NOTHING, DP_WRITE);
}

/** To be called before slot `p` is filled. */
export function fillSlot(p: u32): void {
  const page = slotPage(p);
  if (!(page & 0xfff)) {
    if (p < CODE_PAGES) forgetPage((p - DATA_PAGES) / DATA_TABLE_BYTES, page);
    return;
  }
  let used = load<u32>(FILLED);
  if (used == FILLED_MAX) {
    dropTranslations();
    used = 0;
  }
  store<u32>(FILLED_SLOTS + (used << 2), p);
  store<u32>(FILLED, used + 1);
}

/** Empties everything derived, decoded lines included. */
export function derivedReset(): void {
  forgetHits();
  for (let i: u32 = 0; i < 1024; i++) store<u32>(ROTATE_MASKS + (i << 2), rotateMask(i >>> 5, i & 31));
  leaveCodePage();
  store<u32>(FILLED, 0);
  for (let t: u32 = 0; t < DATA_TABLES * DATA_TABLE_BYTES; t += 32) dropDataPage(DATA_PAGES + t);
  for (let t: u32 = 0; t < 3 * CODE_TABLE_BYTES; t += 16) store<u32>(CODE_PAGES + t, 1);
  for (let i: u32 = 0; i < DECODED_ENTRIES; i++) store<u32>(DECODED + i * CODE_LINE_BYTES, 0, LINE_TAG);
}
