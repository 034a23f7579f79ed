import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';

const DSISR = 18;
const DAR = 19;
const SRR0 = 26;
const SRR1 = 27;
const MI_CTR = 784;
const MI_AP = 786;
const MI_EPN = 787;
const MI_TWC = 789;
const MI_RPN = 790;
const MD_CTR = 792;
const M_CASID = 793;
const MD_AP = 794;
const MD_EPN = 795;
const M_TWB = 796;
const MD_TWC = 797;
const MD_RPN = 798;

const DR = 0x10;
const IR = 0x20;
const EV = 0x200;
const TWC_V = 1;
/** RPN attributes: PP = 10, C, all subpages valid, shared, valid (a writable page for all). */
const RW_ALL = 0x9f5;

function vectors(core: BareCore): void {
  for (let vector = 0x100; vector < 0x2000; vector += 0x100) core.load(vector, [0x48000000]);
}

function dataEntry(core: BareCore, ea: number, rpn: number, twc = TWC_V, asid = 0): void {
  core.setSpr(MD_AP, 0x55555555);
  core.setSpr(MD_EPN, (ea & 0xfffff000) | EV | asid);
  core.setSpr(MD_TWC, twc);
  core.setSpr(MD_RPN, rpn);
}

function codeEntry(core: BareCore, ea: number, rpn: number, twc = TWC_V): void {
  core.setSpr(MI_AP, 0x55555555);
  core.setSpr(MI_EPN, (ea & 0xfffff000) | EV);
  core.setSpr(MI_TWC, twc);
  core.setSpr(MI_RPN, rpn);
}

/** Loads a word at `ea` with data translation on. */
function loadAt(core: BareCore, ea: number, msr = 0x1002): void {
  core.setGpr(3, ea);
  core.execute([asm.lwz(4, 0, 3)], { msr: msr | DR });
}

function storeAt(core: BareCore, ea: number, msr = 0x1002): void {
  core.setGpr(3, ea);
  core.execute([asm.stw(4, 0, 3)], { msr: msr | DR });
}

describe('data MMU (core-mmu.md)', () => {
  it.each([
    ['4 KB', TWC_V, 0, 0xfff],
    ['16 KB', TWC_V, 8, 0x3fff],
    ['512 KB', TWC_V | 4, 0, 0x7ffff],
    ['8 MB', TWC_V | 12, 0, 0x7fffff],
  ])('page of %s: the offset stays, bits below the page in RPN are ignored', (_, twc, sps, offset) => {
    const core = bareCore();
    dataEntry(core, 0x40000000, 0x00008000 | RW_ALL | sps, twc);
    core.fn.setReg(33, 0x1012);
    const at = 0x40000000 + (offset & 0xabcdc);
    expect(core.fn.translateForDebug(at)).toBe(((0x8000 & ~offset) | (at & offset)) >>> 0);
    expect(core.fn.translateForDebug(0x40000000 + offset + 1)).toBe(-1);
  });

  it('miss: 0x1200, MD_EPN with EV and ASID, M_TWB and MD_TWC give table pointers (sections 2.6, 2.7)', () => {
    const core = bareCore();
    vectors(core);
    core.setSpr(M_CASID, 5);
    core.setSpr(M_TWB, 0x00012000);
    loadAt(core, 0x40c45678);
    expect([core.pc, core.spr(SRR0), core.spr(MD_EPN), core.spr(DAR)]).toEqual([
      0x1200, 0x4000, 0x40c45205, 0x40c45678,
    ]);
    expect(core.spr(M_TWB)).toBe(0x00012000 | ((0x40c45678 >>> 22) << 2));
    core.setSpr(MD_TWC, 0x00034001);
    expect(core.spr(MD_TWC)).toBe(0x00034000 | (((0x40c45678 >>> 12) & 0x3ff) << 2));
    core.setSpr(MD_TWC, 0x0003400d);
    expect(core.spr(MD_TWC)).toBe(0x00034000);
  });

  it('TWAM = 0: 1 KB resolution in both pointers, MD_EPN keeps EA bits 20 and 21 (sections 2.3, 2.6, 2.7)', () => {
    const core = bareCore();
    vectors(core);
    core.setSpr(MD_CTR, 0);
    core.setSpr(M_TWB, 0x00017000);
    loadAt(core, 0x40c45678);
    expect(core.spr(MD_EPN)).toBe(0x40c45600);
    expect(core.spr(M_TWB)).toBe(0x00014000 | ((0x40c45678 >>> 20) << 2));
    core.setSpr(MD_TWC, 0x00034001);
    expect(core.spr(MD_TWC)).toBe(0x00034000 | (((0x40c45678 >>> 10) & 0x3ff) << 2));
  });

  it('MD_TWC with PS = 512 KB: the index has the bits above the page (readDataTwc says why)', () => {
    const core = bareCore();
    core.setSpr(MD_EPN, 0x40fff200);
    core.setSpr(MD_TWC, 0x00034005);
    expect(core.spr(MD_TWC)).toBe(0x00034000 | (0x380 << 2));
    core.setSpr(MD_CTR, 0);
    expect(core.spr(MD_TWC)).toBe(0x00034000 | (0x200 << 2));
  });

  it('reserved bits read as 0 (sections 2.1 to 2.7)', () => {
    const core = bareCore();
    for (const spr of [MI_CTR, MI_AP, MI_EPN, MI_TWC, MD_CTR, M_CASID, MD_AP, MD_EPN]) core.setSpr(spr, 0xffffffff);
    expect([MI_CTR, MI_AP, MI_EPN, MI_TWC].map((spr) => core.spr(spr))).toEqual([
      0xea001f00, 0xffffffff, 0xfffffe0f, 0x000001fd,
    ]);
    expect([MD_CTR, M_CASID, MD_AP, MD_EPN].map((spr) => core.spr(spr))).toEqual([
      0xfe001f00, 0xf, 0xffffffff, 0xfffffe0f,
    ]);
    core.setSpr(MI_RPN, 0x12345fff);
    core.setSpr(MD_RPN, 0x12345fff);
    expect([core.spr(MI_RPN), core.spr(MD_RPN)]).toEqual([0x12345fff, 0x12345fff]);
  });

  it('tlbie compares 22 bits: the subpage must be valid in the entry (MPC823 UM 11.8.3)', () => {
    const core = bareCore();
    dataEntry(core, 0x40000000, 0x00008000 | (RW_ALL & ~0x40));
    core.setGpr(5, 0x40000400);
    core.execute([asm.tlbie(5)]);
    core.fn.setReg(33, 0x1012);
    expect(core.fn.translateForDebug(0x40000000)).toBe(0x8000);
    core.setGpr(5, 0x40000c00);
    core.execute([asm.tlbie(5)]);
    core.fn.setReg(33, 0x1012);
    expect(core.fn.translateForDebug(0x40000000)).toBe(-1);
  });

  it('four entries with one valid subpage each live side by side (MPC885 RM 8.5, mode 3)', () => {
    const core = bareCore();
    for (let subpage = 0; subpage < 4; subpage++) {
      dataEntry(core, 0x40000000, ((8 + subpage) << 12) | (RW_ALL & ~0xf0) | (0x80 >> subpage));
    }
    core.fn.setReg(33, 0x1012);
    for (let subpage = 0; subpage < 4; subpage++) {
      const offset = (subpage << 10) | 0x24;
      expect(core.fn.translateForDebug(0x40000000 + offset)).toBe(((8 + subpage) << 12) | offset);
    }
  });

  it('a misaligned store across subpages stores nothing if one of them forbids it', () => {
    const core = bareCore();
    vectors(core);
    core.setSpr(MD_CTR, 0x44000000);
    // Subpage 0: supervisor read/write; subpage 1: nothing
    dataEntry(core, 0x40000000, 0x00008000 | 0x4f5);
    core.load(0x83fc, [0x11111111, 0x22222222]);
    core.setGpr(4, 0xaabbccdd);
    storeAt(core, 0x400003fe);
    expect([core.pc, core.spr(DSISR), core.spr(DAR)]).toEqual([0x1400, 0x0a000000, 0x40000400]);
    expect(core.fn.hostRead32(0x83fc) >>> 0).toBe(0x11111111);
  });

  it('MD_CAM, MD_RAM0, MD_RAM1 show the entry that MD_CTR points to (section 2.10)', () => {
    const core = bareCore();
    // Entry 9: 4 KB, APG 5, write-through, PP 01 (supervisor rw, user r), C, flags 1011, not shared, inhibited, ASID 6
    core.setSpr(MD_CTR, 0x04000900);
    dataEntry(core, 0x40003000, 0x12345000 | 0x5b0 | 3, (5 << 5) | 2 | TWC_V, 6);
    core.setSpr(MD_CTR, 0x04000900);
    core.setSpr(824, 0);
    expect(core.spr(824)).toBe(0x40003000 | (0xb << 8) | 6);
    expect(core.spr(825)).toBe(0x12345000 | (0xa << 5) | 8 | 4);
    // C, EVF, SA 1111, SAT, URP 1 and UWP 0 four times
    expect(core.spr(826)).toBe(0x4000 | 0x2000 | 0x1e00 | 0x100 | 0b10101010);
    // Entry 8: 8 MB, shared, guarded, PP 11 (read only), C = 0
    core.setSpr(MD_CTR, 0x04000800);
    dataEntry(core, 0x42800000, 0x00800000 | 0xcf5, 0x1d);
    core.setSpr(MD_CTR, 0x04000800);
    core.setSpr(824, 0);
    expect(core.spr(824)).toBe(0x42800000 | (0xf << 8) | (7 << 5) | 0x10);
    expect(core.spr(825)).toBe(0x00800000 | (7 << 9) | (0xf << 5) | 0x10);
    expect(core.spr(826)).toBe(0x2000 | 0x1e00 | 0b10101010);
    // Subpage protection 00, 01, 10, 11
    core.setSpr(MD_CTR, 0x44000700);
    dataEntry(core, 0x40007000, 0x00007000 | 0x1b0 | 5);
    core.setSpr(MD_CTR, 0x44000700);
    core.setSpr(824, 0);
    expect(core.spr(826)).toBe(0x4000 | 0x2000 | (0b0111 << 9) | 0x100 | 0b00001011);
    // They are read only
    core.setSpr(825, 0);
    core.setSpr(826, 0);
    expect([core.spr(825), core.spr(826)]).toEqual([0x00007000 | (0xf << 5), 0x6f0b]);
  });

  it('V = 0 hits and is an error, not a miss (section 4.1; Linux relies on it)', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | (RW_ALL & ~1));
    loadAt(core, 0x40000010);
    expect([core.pc, core.spr(DSISR), core.spr(DAR)]).toEqual([0x1400, 0x40000000, 0x40000010]);
  });

  it('protection: user store to PP = 01 is an error with the store bit', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | 0x5f5);
    storeAt(core, 0x40000010, 0x5002);
    expect([core.pc, core.spr(DSISR)]).toEqual([0x1400, 0x0a000000]);
    loadAt(core, 0x40000010, 0x5002);
    expect(core.pc).toBe(0x4004);
  });

  it('a store with C = 0 is an error and drops the entry; a load before it works', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | (RW_ALL & ~0x100));
    loadAt(core, 0x40000010);
    expect(core.pc).toBe(0x4004);
    storeAt(core, 0x40000010);
    expect([core.pc, core.spr(DSISR)]).toEqual([0x1400, 0x0a000000]);
    loadAt(core, 0x40000010);
    expect(core.pc).toBe(0x1200);
  });

  it.each([
    ['01', 0x7f5],
    // Reserved in the manual; Linux 6.1 has its read-only 512 KB and 8 MB pages so.
    ['11', 0xff5],
  ])('extended encoding (RPN bit 22): PP = %s is read only for the supervisor', (_, rpn) => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | rpn);
    loadAt(core, 0x40000000);
    expect(core.pc).toBe(0x4004);
    storeAt(core, 0x40000000);
    expect(core.pc).toBe(0x1400);
    loadAt(core, 0x40000000, 0x5002);
    expect(core.pc).toBe(0x1400);
  });

  it('ASID takes part in the match unless SH is set', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | (RW_ALL & ~4), TWC_V, 3);
    loadAt(core, 0x40000000);
    expect(core.pc).toBe(0x1200);
    core.setSpr(M_CASID, 3);
    loadAt(core, 0x40000000);
    expect(core.pc).toBe(0x4004);
  });

  it('subpage valid flags: an access to an invalid 1 KB subpage misses', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | (RW_ALL & ~0x40));
    loadAt(core, 0x40000000);
    expect(core.pc).toBe(0x4004);
    loadAt(core, 0x40000400);
    expect(core.pc).toBe(0x1200);
    loadAt(core, 0x40000800);
    expect(core.pc).toBe(0x4004);
  });

  it('domain manager mode: group 00 no access, 11 everything (section 2.2)', () => {
    const core = bareCore();
    vectors(core);
    core.setSpr(MD_CTR, 0x84000000);
    dataEntry(core, 0x40000000, 0x00008000 | 0xdf5);
    core.setSpr(MD_AP, 0);
    loadAt(core, 0x40000000);
    expect(core.pc).toBe(0x1400);
    core.setSpr(MD_AP, 0xffffffff);
    storeAt(core, 0x40000000, 0x5002);
    expect(core.pc).toBe(0x4004);
  });

  it('the index counts down and wraps to 27 with RSV4; tlbia keeps 28–31 then (sections 4.3, 4.5)', () => {
    const core = bareCore();
    core.setSpr(MD_CTR, 0x04001f00);
    dataEntry(core, 0x40000000, 0x00008000 | RW_ALL);
    expect(core.spr(MD_CTR)).toBe(0x04001e00);
    core.setSpr(MD_CTR, 0x0c000000);
    dataEntry(core, 0x50000000, 0x00009000 | RW_ALL);
    expect(core.spr(MD_CTR)).toBe(0x0c001b00);
    core.execute([asm.tlbia()]);
    expect(core.spr(MD_CTR)).toBe(0x0c000000);
    core.fn.setReg(33, 0x1012);
    expect([core.fn.translateForDebug(0x40000000), core.fn.translateForDebug(0x50000000)]).toEqual([0x8000, -1]);
    core.setGpr(5, 0x40000123);
    core.execute([asm.tlbie(5)]);
    core.fn.setReg(33, 0x1012);
    expect(core.fn.translateForDebug(0x40000000)).toBe(-1);
  });

  it('a new entry drops those it overlaps (section 4.2)', () => {
    const core = bareCore();
    dataEntry(core, 0x40000000, 0x00008000 | RW_ALL);
    dataEntry(core, 0x40000000, 0x00000000 | RW_ALL, TWC_V | 12);
    core.fn.setReg(33, 0x1012);
    expect(core.fn.translateForDebug(0x40000000)).toBe(0);
  });
});

describe('instruction MMU', () => {
  it('miss: 0x1100 with SRR1 bits 4 and 10, MI_EPN; error for guarded and no-execute pages (sections 3.9, 3.11)', () => {
    const core = bareCore();
    vectors(core);
    core.execute([asm.nop()], { msr: 0x1002 | IR });
    expect([core.pc, core.spr(SRR0), core.spr(SRR1), core.spr(MI_EPN)]).toEqual([0x1100, 0x4000, 0x08201022, 0x4200]);
    codeEntry(core, 0x4000, 0x4000 | RW_ALL, TWC_V | 0x10);
    core.execute([asm.nop()], { msr: 0x1002 | IR });
    expect([core.pc, core.spr(SRR1)]).toEqual([0x1300, 0x10001022]);
    codeEntry(core, 0x4000, 0x4000 | 0x1f5);
    core.execute([asm.nop()], { msr: 0x5002 | IR });
    expect([core.pc, core.spr(SRR1)]).toEqual([0x1300, 0x08005022]);
    core.execute([asm.nop()], { msr: 0x1002 | IR });
    expect(core.pc).toBe(0x4004);
  });

  it('MI_CAM, MI_RAM0, MI_RAM1 show the entry that MI_CTR points to (section 2.10)', () => {
    const core = bareCore();
    core.setSpr(MI_CTR, 0x400);
    // 16 KB, APG 3, PP 00 (supervisor only), shared, guarded; ASID does not count but is kept
    codeEntry(core, 0x10004000, 0x00020000 | 0x0fd, (3 << 5) | 0x10 | TWC_V);
    core.setSpr(MI_CTR, 0x400);
    core.setSpr(816, 0);
    expect(core.spr(816)).toBe(0x10004000 | (1 << 9) | 0x10 | 0xf);
    expect(core.spr(817)).toBe(0x00020000 | (6 << 9) | (0xc << 4) | 0xf);
    expect(core.spr(818)).toBe(3);
    core.setSpr(MI_CTR, 0x40000300);
    // Subpages 00, 01, 10, 11; inhibited
    codeEntry(core, 0x10009000, 0x00009000 | 0x1b0 | 7);
    core.setSpr(MI_CTR, 0x40000300);
    core.setSpr(816, 0);
    expect(core.spr(817)).toBe(0x00009000 | (7 << 9) | 0x100 | (0xf << 4) | 0b0111);
    expect(core.spr(818)).toBe((0b0011 << 2) | 2);
  });

  it('running off a page takes the miss at the next page, and IC_CST and CIDEF decide about caching', () => {
    const core = bareCore();
    vectors(core);
    codeEntry(core, 0x4000, 0x4000 | RW_ALL);
    core.setSpr(MI_CTR, 0x1f00);
    core.load(0x5000, [asm.nop()]);
    core.execute([asm.nop(), asm.nop()], { at: 0x4ff8, msr: 0x1002 | IR });
    core.load(0x5000, [asm.nop()]);
    core.execute([asm.nop(), asm.nop(), asm.nop()], { at: 0x4ff4, msr: 0x1002 | IR });
    expect([core.pc, core.spr(SRR0)]).toEqual([0x1100, 0x5000]);
  });
});
