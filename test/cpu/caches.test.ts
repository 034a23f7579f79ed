import { PARTS } from 'quicc860';
import { describe, expect, it } from 'vitest';
import { asm, type BareCore, type BarePart, bareCore } from '../support/core.js';

const IC_CST = 560;
const IC_ADR = 561;
const IC_DAT = 562;
const DC_CST = 568;
const DC_ADR = 569;
const DC_DAT = 570;
const ENABLE_I = 0x02000000;
const ENABLE_D = 0x02000000;

/** The word in memory itself, whatever the caches hold: what a DMA would read. */
function inMemory(core: BareCore, address: number): number {
  return new DataView(core.ram().buffer, core.ram().byteOffset).getUint32(address);
}

function putMemory(core: BareCore, address: number, value: number): void {
  new DataView(core.ram().buffer, core.ram().byteOffset).setUint32(address, value);
}

function withCaches(part?: BarePart): BareCore {
  const core = bareCore(part);
  core.setSpr(IC_CST, ENABLE_I);
  core.setSpr(DC_CST, ENABLE_D);
  return core;
}

describe('data cache carries data (core-caches.md sections 7–9)', () => {
  it('copyback: a store stays in the line until dcbst', () => {
    const core = withCaches();
    core.load(0x8000, [1, 2, 3, 4]);
    core.setGpr(3, 0x8000);
    core.setGpr(4, 0xaaaa5555);
    core.execute([asm.stw(4, 4, 3)]);
    expect(inMemory(core, 0x8004)).toBe(2);
    expect(core.fn.hostRead32(0x8004) >>> 0).toBe(0xaaaa5555);
    core.execute([asm.dcbst(0, 3)]);
    expect(inMemory(core, 0x8004)).toBe(0xaaaa5555);
  });

  it('a DMA write under a valid line is not seen until dcbi', () => {
    const core = withCaches();
    core.load(0x8000, [1, 2, 3, 4]);
    core.setGpr(3, 0x8000);
    core.execute([asm.lwz(5, 0, 3)]);
    putMemory(core, 0x8000, 99);
    core.execute([asm.lwz(6, 0, 3)]);
    core.execute([asm.dcbi(0, 3), asm.lwz(7, 0, 3)]);
    expect([core.gpr(5), core.gpr(6), core.gpr(7)]).toEqual([1, 1, 99]);
  });

  it('dcbi loses a modified line, dcbf writes it', () => {
    const core = withCaches();
    core.load(0x8000, [1, 0, 0, 0, 1, 0, 0, 0]);
    core.setGpr(3, 0x8000);
    core.setGpr(8, 0x8010);
    core.setGpr(4, 7);
    core.execute([asm.stw(4, 0, 3), asm.stw(4, 0, 8), asm.dcbi(0, 3), asm.dcbf(0, 8)]);
    expect([inMemory(core, 0x8000), inMemory(core, 0x8010)]).toEqual([1, 7]);
  });

  it('replaces the way used least recently and writes it back', () => {
    const core = withCaches();
    core.setGpr(3, 0x8000); // three lines of one set
    core.setGpr(4, 0x8800);
    core.setGpr(5, 0x9000);
    core.setGpr(6, 0x11);
    core.execute([asm.stw(6, 0, 3), asm.stw(6, 0, 4), asm.lwz(7, 0, 3), asm.stw(6, 0, 5)]);
    expect([inMemory(core, 0x8000), inMemory(core, 0x8800), inMemory(core, 0x9000)]).toEqual([0, 0x11, 0]);
  });

  it('dcbz makes a line of zeros without reading memory; with the cache off it stores', () => {
    const core = withCaches();
    core.load(0x8000, [1, 2, 3, 4]);
    core.setGpr(3, 0x8008);
    core.execute([asm.dcbz(0, 3), asm.lwz(4, 4, 3)]);
    expect([core.gpr(4), inMemory(core, 0x800c)]).toEqual([0, 4]);
    const off = bareCore();
    off.load(0x8000, [1, 2, 3, 4, 5]);
    off.setGpr(3, 0x8008);
    off.execute([asm.dcbz(0, 3)]);
    expect([0, 4, 8, 12, 16].map((i) => inMemory(off, 0x8000 + i))).toEqual([0, 0, 0, 0, 5]);
  });

  it('forced write-through keeps memory current and does not allocate on a store', () => {
    const core = withCaches();
    core.setSpr(DC_CST, 0x01000000);
    core.load(0x8000, [1, 2, 3, 4]);
    core.setGpr(3, 0x8000);
    core.setGpr(4, 9);
    core.execute([asm.stw(4, 0, 3)]);
    putMemory(core, 0x8000, 10);
    core.execute([asm.lwz(5, 0, 3), asm.stw(4, 0, 3)]);
    expect([core.gpr(5), inMemory(core, 0x8000)]).toEqual([10, 9]);
  });

  it('DC_CST: invalidate all drops modified data; flush line takes set and way; the tag port shows V, L, LRU, M', () => {
    const core = withCaches();
    core.setGpr(3, 0x8120);
    core.setGpr(4, 5);
    core.execute([asm.stw(4, 0, 3)]);
    core.setSpr(DC_ADR, 0x120); // way 0 of the set
    // Valid, modified, and way 1 is the next to be replaced.
    expect(core.spr(DC_DAT)).toBe(0x8000 | 0x200 | 0x80 | 0x40);
    core.setSpr(DC_CST, 0x0e000000);
    expect([inMemory(core, 0x8120), core.spr(DC_DAT) & 0x200]).toEqual([5, 0]);
    core.setGpr(4, 6);
    core.execute([asm.stw(4, 0, 3)]);
    core.setSpr(DC_CST, 0x0c000000);
    expect(inMemory(core, 0x8120)).toBe(5);
    core.execute([asm.lwz(5, 0, 3)]);
    expect(core.gpr(5)).toBe(5);
  });

  // Sizes from hardware/core-caches.md section 1.
  it.each([
    ['mpc860', 4, 4],
    ['mpc860t', 4, 4],
    ['mpc860p', 16, 8],
    ['mpc862p', 16, 8],
    ['mpc866', 16, 8],
    ['mpc885', 8, 8],
  ] as const)('load & lock until CCER2 finds the size of the caches of the %s (U-Boot does so)', (cpu, code, data) => {
    const core = withCaches(PARTS[cpu]);
    let locked = 0;
    for (let address = 0x10000; ; address += 16) {
      core.setSpr(DC_ADR, address);
      core.setSpr(DC_CST, 0x06000000);
      if (core.spr(DC_CST) & 0x00100000) break;
      locked++;
    }
    expect(locked * 16).toBe(data * 1024);
    core.setSpr(IC_CST, 0x0a000000);
    let codeLocked = 0;
    for (let address = 0x10000; ; address += 16) {
      core.setSpr(IC_ADR, address);
      core.setSpr(IC_CST, 0x06000000);
      if (core.spr(IC_CST) & 0x00100000) break;
      codeLocked++;
    }
    expect(codeLocked * 16).toBe(code * 1024);
  });
});

describe('instruction cache (core-caches.md section 6)', () => {
  it('does not see new code until icbi', () => {
    const core = withCaches();
    core.setGpr(3, 0x5000);
    const call = [asm.mtspr(9, 3), asm.xl(528, 20, 0, 0, 1)];
    core.load(0x5000, [asm.li(4, 1), asm.bclr(20, 0)]);
    core.execute(call);
    expect(core.gpr(4)).toBe(1);
    putMemory(core, 0x5000, asm.li(4, 2));
    core.execute(call, { at: 0x4100 });
    expect(core.gpr(4)).toBe(1);
    core.execute([asm.icbi(0, 3), asm.isync(), ...call], { at: 0x4200 });
    expect(core.gpr(4)).toBe(2);
    core.setSpr(IC_ADR, 0x2000);
    expect(core.spr(IC_DAT) & 3).toBe(asm.li(4, 2) & 3);
  });

  it('without the cache, code that changes itself is seen after a branch', () => {
    const core = bareCore();
    core.load(0x5000, [asm.li(4, 1), asm.bclr(20, 0)]);
    core.setGpr(3, 0x5000);
    core.setGpr(5, asm.li(4, 2));
    core.execute([asm.stw(5, 0, 3), asm.mtspr(9, 3), asm.xl(528, 20, 0, 0, 1)]);
    expect(core.gpr(4)).toBe(2);
  });
});
