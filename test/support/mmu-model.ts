// The 860's address translation as its manual tells it, for tests to compare the core with: no tables, no shortcuts, nothing
// taken from assembly/. Sections are those of hardware/core-mmu.md (MPC860 UM chapter 9, MPC801 and MPC823 UM section 11).

/** A register field: `width` bits of `word` from bit `first`, bit 0 being the most significant, as the manual counts. */
export function bits(word: number, first: number, width = 1): number {
  return (word >>> (32 - first - width)) & (2 ** width - 1);
}

export type Access = 'load' | 'store' | 'fetch';

/** What became of an access: an address and its attributes, or the exception's vector and status bits. */
export type Outcome = { pa: number; inhibited: boolean; writeThrough: boolean } | { vector: number; status: number };

// Protection bits PP 0–3 as 'supervisor/user' (section 3.1 and 3.2): r read, w write, x execute, - nothing
const DATA = ['rw/-', 'rw/r', 'rw/rw', 'r/r'];
const DATA_EXTENDED = ['-/-', 'r/-', '-/-', 'r/-'];
const DATA_SUBPAGE = ['-/-', 'rw/-', 'rw/r', 'rw/rw'];
const CODE = ['x/-', 'x/x', 'x/x', 'x/x'];
const CODE_EXTENDED = ['-/-', 'x/-', '-/-', 'x/-'];
const CODE_SUBPAGE = ['-/-', 'x/-', 'x/x', 'x/x'];

interface Entry {
  ev: boolean;
  epn: number;
  asid: number;
  shared: boolean;
  /** Leading address bits that name the page: 20, 18, 13 or 9. */
  pageBits: number;
  group: number;
  guarded: boolean;
  writeThrough: boolean;
  inhibited: boolean;
  valid: boolean;
  rpn: number;
  /** RPN bits 24–27. */
  flags: string;
  /** 'supervisor/user' for each of the four subpages. */
  rights: string[];
  changed: boolean;
  /** 4 KB page with protection for each subpage. */
  subpages: boolean;
}

/** One of the two TLBs with its registers. */
class Side {
  readonly data: boolean;
  ctr = 0;
  ap = 0;
  epn = 0;
  twc = 0;
  rpn = 0;
  readonly entries: (Entry | undefined)[] = Array(32).fill(undefined);

  constructor(data: boolean) {
    this.data = data;
  }

  get domains(): boolean {
    return bits(this.ctr, 0) === 1;
  }

  get subpages(): boolean {
    return bits(this.ctr, 1) === 1;
  }

  get privilegeFlags(): boolean {
    return bits(this.ctr, 6) === 1;
  }

  get index(): number {
    return bits(this.ctr, 19, 5);
  }

  set index(value: number) {
    this.ctr = ((this.ctr & ~0x1f00) | (value << 8)) >>> 0;
  }

  get reserve(): boolean {
    return bits(this.ctr, 4) === 1;
  }
}

const leading = (address: number, count: number): number => Math.floor(address / 2 ** (32 - count));

/** Both MMUs. */
export class MmuModel {
  readonly code = new Side(false);
  readonly data = new Side(true);
  casid = 0;
  twb = 0;

  /** mtspr to one of the MMU's registers. */
  write(spr: number, value: number): void {
    const { code, data } = this;
    if (spr === 784) code.ctr = (value & 0xea001f00) >>> 0;
    else if (spr === 792) data.ctr = (value & 0xfe001f00) >>> 0;
    else if (spr === 786) code.ap = value;
    else if (spr === 794) data.ap = value;
    else if (spr === 787) code.epn = (value & 0xfffffe0f) >>> 0;
    else if (spr === 795) data.epn = (value & 0xfffffe0f) >>> 0;
    else if (spr === 789) code.twc = value & 0x1fd;
    else if (spr === 797) data.twc = (value & 0xfffff1ff) >>> 0;
    else if (spr === 790) this.#reload(code, value);
    else if (spr === 798) this.#reload(data, value);
    else if (spr === 793) this.casid = value & 15;
    else if (spr === 796) this.twb = (value & 0xfffff000) >>> 0;
  }

  /** mfspr. */
  read(spr: number): number {
    const { code, data } = this;
    const registers: Record<number, number> = {
      784: code.ctr,
      786: code.ap,
      787: code.epn,
      789: code.twc,
      790: code.rpn,
      792: data.ctr,
      793: this.casid,
      794: data.ap,
      795: data.epn,
      796: this.#levelOnePointer(),
      797: this.#levelTwoPointer(),
      798: data.rpn,
    };
    return registers[spr] ?? 0;
  }

  /** Section 2.7. */
  #levelOnePointer(): number {
    const epn = this.data.epn;
    if (bits(this.data.ctr, 5)) return this.twb + bits(epn, 0, 10) * 4;
    return bits(this.twb, 0, 18) * 2 ** 14 + bits(epn, 0, 12) * 4;
  }

  /** Section 2.6; for 8 MB index 0 (software-expectations.md), for 512 KB only the bits above the page. */
  #levelTwoPointer(): number {
    const { epn, twc, ctr } = this.data;
    const assist4K = bits(ctr, 5) === 1;
    const size = bits(twc, 28, 2);
    let index = assist4K ? bits(epn, 10, 10) : bits(epn, 12, 10);
    if (size === 3) index = 0;
    if (size === 1) index = assist4K ? bits(epn, 10, 3) * 128 : bits(epn, 12) * 512;
    return bits(twc, 0, 20) * 4096 + index * 4;
  }

  /** Writing Mx_RPN (sections 4.2 and 4.3). */
  #reload(side: Side, rpn: number): void {
    side.rpn = rpn >>> 0;
    const size = bits(side.twc, 28, 2);
    const pageBits = size === 3 ? 9 : size === 1 ? 13 : bits(rpn, 28) ? 18 : 20;
    const subpages = side.subpages && pageBits === 20;
    const table = side.data
      ? subpages
        ? DATA_SUBPAGE
        : bits(rpn, 22)
          ? DATA_EXTENDED
          : DATA
      : subpages
        ? CODE_SUBPAGE
        : bits(rpn, 22)
          ? CODE_EXTENDED
          : CODE;
    const entry: Entry = {
      ev: bits(side.epn, 22) === 1,
      epn: leading(side.epn, pageBits) * 2 ** (32 - pageBits),
      asid: bits(side.epn, 28, 4),
      shared: bits(rpn, 29) === 1,
      pageBits,
      group: bits(side.twc, 23, 4),
      guarded: bits(side.twc, 27) === 1,
      writeThrough: bits(side.twc, 30) === 1,
      inhibited: bits(rpn, 30) === 1,
      valid: bits(side.twc, 31) === 1 && bits(rpn, 31) === 1,
      rpn: bits(rpn, 0, 20) * 4096,
      flags:
        side.privilegeFlags || (pageBits === 20 && !subpages) ? bits(rpn, 24, 4).toString(2).padStart(4, '0') : '1111',
      rights: [0, 1, 2, 3].map((n) => table[bits(rpn, 20 + (subpages ? 2 * n : 0), 2)] ?? ''),
      changed: subpages || bits(rpn, 23) === 1,
      subpages,
    };
    side.entries.forEach((other, i) => {
      if (other && entry.ev && this.#overlap(side, entry, other)) side.entries[i] = undefined;
    });
    side.entries[side.index] = entry;
    const top = side.reserve ? 27 : 31;
    side.index = side.index === 0 ? top : Math.min(side.index - 1, top);
  }

  /** True if there is an access that both would match. */
  #overlap(side: Side, a: Entry, b: Entry): boolean {
    const common = Math.min(a.pageBits, b.pageBits);
    if (leading(a.epn, common) !== leading(b.epn, common)) return false;
    if (!a.shared && !b.shared && a.asid !== b.asid) return false;
    const places = side.privilegeFlags ? [0, 1] : [0, 1, 2, 3];
    return places.some((n) => a.flags[n] === '1' && b.flags[n] === '1');
  }

  /** Section 4.1. */
  #matches(side: Side, entry: Entry | undefined, ea: number, user: boolean): entry is Entry {
    if (!entry?.ev || leading(ea, entry.pageBits) !== leading(entry.epn, entry.pageBits)) return false;
    if (!entry.shared && entry.asid !== this.casid) return false;
    if (side.privilegeFlags) return entry.flags[user ? 1 : 0] === '1';
    return entry.pageBits !== 20 || entry.flags[bits(ea, 20, 2)] === '1';
  }

  /** An access while translation is on. */
  access(kind: Access, ea: number, user: boolean): Outcome {
    const fetch = kind === 'fetch';
    const side = fetch ? this.code : this.data;
    const at = side.entries.findIndex((e) => this.#matches(side, e, ea, user));
    const entry = side.entries[at];
    if (!entry) {
      // With 1 KB resolution the two EA bits that the level-two index needs are kept too
      const kept = bits(this.data.ctr, 5) ? 20 : 22;
      side.epn = leading(ea, kept) * 2 ** (32 - kept) + 0x200 + this.casid;
      return { vector: fetch ? 0x1100 : 0x1200, status: 0 };
    }
    const error = (status: number): Outcome => ({
      vector: fetch ? 0x1300 : 0x1400,
      status: status + (kind === 'store' ? 0x02000000 : 0),
    });
    if (!entry.valid) return error(0x40000000);
    if (fetch && entry.guarded) return error(0x10000000);
    if (!this.#permitted(side, entry, kind, ea, user)) return error(0x08000000);
    if (kind === 'store' && !entry.changed) {
      side.entries[at] = undefined;
      return error(0x08000000);
    }
    const offsetBits = 32 - entry.pageBits;
    return {
      pa: leading(entry.rpn, entry.pageBits) * 2 ** offsetBits + (ea % 2 ** offsetBits),
      inhibited: entry.inhibited,
      writeThrough: entry.writeThrough,
    };
  }

  /** Sections 2.2 and 3. */
  #permitted(side: Side, entry: Entry, kind: Access, ea: number, user: boolean): boolean {
    const group = bits(side.ap, 2 * entry.group, 2);
    if (side.domains && group !== 1) return group === 3;
    let asUser = user;
    if (!side.domains && group === 0) asUser = false;
    if (!side.domains && group === 2) asUser = !user;
    if (!side.domains && group === 3) asUser = true;
    const rights = (entry.rights[bits(ea, 20, 2)] ?? '').split('/')[asUser ? 1 : 0] ?? '';
    return rights.includes(kind === 'fetch' ? 'x' : kind === 'store' ? 'w' : 'r');
  }

  /** tlbie (section 4.5): 22 address bits for 4 KB pages, so that the subpage must be valid; ASID and privilege ignored. */
  invalidate(ea: number): void {
    for (const side of [this.code, this.data]) {
      side.entries.forEach((entry, i) => {
        if (!entry || leading(ea, entry.pageBits) !== leading(entry.epn, entry.pageBits)) return;
        if (entry.pageBits === 20 && !side.privilegeFlags && entry.flags[bits(ea, 20, 2)] === '0') return;
        side.entries[i] = undefined;
      });
    }
  }

  /** tlbia. */
  invalidateAll(): void {
    for (const side of [this.code, this.data]) {
      side.entries.forEach((_, i) => {
        if (i < 28 || !side.reserve) side.entries[i] = undefined;
      });
      side.index = 0;
    }
  }
}
