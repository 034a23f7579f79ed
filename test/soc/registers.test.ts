import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

/** Reset values that hardware/immap.md gives, for registers the bench does not set up itself: offset, size, value. */
const RESET: readonly (readonly [name: string, offset: number, size: 1 | 2 | 4, value: number])[] = [
  ['SIMASK', 0x014, 4, 0],
  ['SIEL', 0x018, 4, 0],
  ['SIVEC', 0x01c, 4, 0x3c00_0000],
  ['TESR', 0x020, 4, 0],
  ['SDCR', 0x030, 4, 0],
  ['OR0', 0x104, 4, 0x0000_0ff4],
  ['MPTPR', 0x17a, 2, 0x0200],
  ['TBSCR', 0x200, 2, 0],
  ['PISCR', 0x240, 2, 0],
  ['RSR', 0x288, 4, 0xc000_0000],
  ['I2MOD', 0x860, 1, 0],
  ['I2BRG', 0x868, 1, 0xff],
  ['CICR', 0x940, 4, 0],
  ['PADIR', 0x950, 2, 0],
  ['TRR1', 0x994, 2, 0xffff],
  ['TRR4', 0x9a6, 2, 0xffff],
  ['CPCR', 0x9c0, 2, 0],
  ['BRGC1', 0x9f0, 4, 0],
  ['GSMR_L1', 0xa00, 4, 0],
  ['DSR1', 0xa0e, 2, 0x7e7e],
  ['DSR4', 0xa6e, 2, 0x7e7e],
  ['SMCMR1', 0xa82, 2, 0],
  ['SPMODE', 0xaa0, 2, 0],
  ['SIMODE', 0xae0, 4, 0],
  ['REV_NUM', 0x3cb0, 2, 4],
];

function read(bench: SocBench, offset: number, size: number): number {
  return bench.core.hostImmrRead(offset, size) >>> 0;
}

describe('internal memory map (hardware/immap.md)', () => {
  it.each(RESET)('%s resets to its value', (_name, offset, size, value) => {
    expect(read(new SocBench(), offset, size)).toBe(value);
  });

  it('takes byte and half-word accesses to word registers, and words over half-word pairs', () => {
    const bench = new SocBench();
    bench.w32(0x9f0, 0x0001_0206);
    expect(bench.r16(0x9f0)).toBe(0x0001);
    expect(bench.r8(0x9f2)).toBe(0x02);
    bench.w8(0x9f3, 0x0a);
    expect(bench.r32(0x9f0)).toBe(0x0001_020a);
    bench.w32(0x994, 0x1234_5678);
    expect(bench.r16(0x994)).toBe(0x1234);
    expect(bench.r16(0x996)).toBe(0x5678);
  });

  it('reads 0 where nothing is and ignores writes: reserved space, and the FEC of a part without one', () => {
    const bench = new SocBench();
    for (const offset of [0x040, 0x400, 0x800, 0xe00, 0xe80, 0xe40, 0x1000, 0x1ffc]) {
      bench.w32(offset, 0x1234_5678);
      expect(bench.r32(offset), offset.toString(16)).toBe(0);
    }
  });

  it('has 5 KB of dual-port RAM on a plain 860, 8 KB on an 860P', () => {
    const plain = new SocBench();
    const large = new SocBench({ dpram8k: true });
    for (const offset of [0x2000, 0x2200, 0x2400, 0x2800, 0x2e00, 0x2fff, 0x3c00, 0x3fff]) {
      plain.w8(offset, 0xaa);
      expect(plain.r8(offset)).toBe(0xaa);
    }
    plain.w32(0x3000, 0x55);
    large.w32(0x3000, 0x55);
    expect(plain.r32(0x3000)).toBe(0);
    expect(large.r32(0x3000)).toBe(0x55);
    plain.w32(0x2001, 0x0102_0304);
    expect(plain.r32(0x2001)).toBe(0x0102_0304);
    expect(plain.r8(0x2002)).toBe(0x02);
  });

  it('shows empty PCMCIA slots as empty (software-expectations.md)', () => {
    const pipr = new SocBench().r32(0x0f0);
    // CD2 and CD1 are the fourth and fifth pins of a slot.
    expect((pipr >>> 24) & 0x18).toBe(0x18);
    expect((pipr >>> 8) & 0x18).toBe(0x18);
  });

  it('keeps 64 words for each UPM behind MCR and MDR (siu.md 4.4)', () => {
    const bench = new SocBench();
    for (const [um, value] of [
      [0, 0x1111_0000],
      [0x0080_0000, 0x2222_0000],
    ] as const) {
      bench.w32(0x17c, value);
      bench.w32(0x168, um | 0x3c);
    }
    bench.w32(0x17c, 0);
    bench.w32(0x168, 0x4000_003c);
    expect(bench.r32(0x17c)).toBe(0x1111_0000);
    bench.w32(0x168, 0x4080_003c);
    expect(bench.r32(0x17c)).toBe(0x2222_0000);
  });
});

describe('watchdog (siu.md 1.4)', () => {
  it('takes the reset vector as an NMI when SWRI = 0', () => {
    const bench = new SocBench({ sypcr: (5000 << 16) | 0xff84 });
    bench.ramW32(0x100, 0x4800_0000);
    bench.run(4900);
    expect(bench.core.getReg(bench.constant('REG_PC'))).toBe(0x1000);
    bench.run(200);
    expect(bench.core.getReg(bench.constant('REG_PC'))).toBe(0x100);
  });

  it('is satisfied by 556C, AA39 and by nothing else', () => {
    const bench = new SocBench({ sypcr: (5000 << 16) | 0xff84 });
    bench.ramW32(0x100, 0x4800_0000);
    for (let i = 0; i < 5; i++) {
      bench.run(4000);
      bench.w16(0x00e, 0x556c);
      bench.run(100);
      bench.w16(0x00e, 0xaa39);
    }
    expect(bench.core.getReg(bench.constant('REG_PC'))).toBe(0x1000);
    bench.run(4000);
    bench.w16(0x00e, 0x556c);
    bench.w16(0x00e, 0x1234);
    bench.w16(0x00e, 0xaa39);
    bench.run(1100);
    expect(bench.core.getReg(bench.constant('REG_PC'))).toBe(0x100);
  });

  it('resets the part with SWRI = 1 and says so in RSR', () => {
    const bench = new SocBench({ sypcr: (5000 << 16) | 0xff86 });
    bench.w16(0x200, 0x0001);
    bench.w16(0xa82, 0x4823);
    bench.step(bench.now + 5100);
    expect(bench.r32(0x288) & 0x1000_0000).toBe(0x1000_0000);
    expect(bench.r16(0xa82)).toBe(0);
    // Kept alive: the timebase goes on.
    expect(bench.r16(0x200) & 1).toBe(1);
  });
});

describe('parallel ports (cpm.md section 10)', () => {
  it('reads outputs from the latch and inputs from the pin, pulled up', () => {
    const bench = new SocBench();
    bench.w16(0x950, 0x00ff);
    bench.w16(0x956, 0x1234);
    expect(bench.r16(0x956)).toBe(0xff34);
    bench.core.portInput(0, 0x8000);
    expect(bench.r16(0x956)).toBe(0x7f34);
    bench.w32(0xab8, 0x0000_8000);
    bench.w32(0xac4, 0);
    expect(bench.r32(0xac4)).toBe(0x0003_7fff);
  });
});

describe('RISC timer table (cpm.md section 8)', () => {
  it('counts ticks of (TIMEP + 1) × 1024 clocks and reports expiry', () => {
    const bench = new SocBench();
    bench.w16(0x3db0, 0x0300);
    bench.w32(0x3db8, 0xc002_0003);
    bench.w16(0x9c0, 0x0851);
    bench.run(100);
    bench.w16(0x9c4, 0x8100);
    bench.run(2048 * 3 - 100);
    expect(bench.r16(0x9d6)).toBe(0);
    bench.run(200);
    expect(bench.r16(0x9d6)).toBe(0x0004);
    expect(bench.r32(0x3dbc)).toBe(3);
    bench.w16(0x9d6, 0x0004);
    bench.run(2048 * 3);
    expect(bench.r16(0x9d6)).toBe(0x0004);
  });
});

describe('IDMA (cpm.md section 7)', () => {
  it('copies the buffers of a chain and reports AD and DONE', () => {
    const bench = new SocBench();
    const data = Uint8Array.from({ length: 200 }, (_, i) => i ^ 0x5a);
    bench.ram(0x3001, 200).set(data);
    bench.w16(0x3cc0, 0x0200);
    bench.w16(0x3cc2, 0x0000);
    for (const [bd, status, length, from, to] of [
      [0x2200, 0x9000, 150, 0x3001, 0x5000],
      [0x2210, 0x8800, 50, 0x3001 + 150, 0x5000 + 150],
    ] as const) {
      bench.w32(bd + 4, length);
      bench.w32(bd + 8, from);
      bench.w32(bd + 12, to);
      bench.w16(bd, status);
    }
    bench.w16(0x960, 0x0001);
    bench.w16(0x964, 0x0001);
    bench.w16(0x9c0, 0x0511);
    bench.runUs(100);
    expect(bench.ram(0x5000, 200)).toEqual(data);
    expect(bench.r8(0x910)).toBe(0x06);
    expect(bench.r16(0x2200)).toBe(0x1000);
    expect(bench.r16(0x2210)).toBe(0x0800);
  });
});

describe('I2C (cpm.md section 14)', () => {
  it('reports NAK and TXE for a device that is not there', () => {
    const bench = new SocBench();
    bench.w16(0x3c82, 0x0200);
    bench.w16(0x9c0, 0x0011);
    bench.run(100);
    bench.bd(0x2200, 0xbc00, 2, 0x3000);
    bench.w8(0x868, 10);
    bench.w8(0x86c, 0x01);
    bench.w8(0x860, 0x01);
    bench.w8(0x86c, 0x81);
    bench.runUs(2000);
    expect(bench.r16(0x2200)).toBe(0x3c04);
    expect(bench.r8(0x870)).toBe(0x10);
  });
});
