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

  it('extended encoding (RPN bit 22): PP = 01 is read only for the supervisor', () => {
    const core = bareCore();
    vectors(core);
    dataEntry(core, 0x40000000, 0x00008000 | 0x7f5);
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
