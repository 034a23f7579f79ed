import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

// MPC860 UM, System Timers; hardware/siu.md section 2
const TBSCR = 0x200;
const PISCR = 0x240;
const PITC = 0x244;
const PITR = 0x248;

function pendingDecrementer(bench: SocBench): boolean {
  return (new DataView(bench.core.memory.buffer).getUint32(bench.constant('PENDING'), true) & 2) !== 0;
}

describe('periodic interrupt timer', () => {
  it('has a period of PITC + 1 PITRTCLK clocks (siu.md 2.2)', () => {
    const bench = new SocBench();
    bench.w16(PITC, 99);
    bench.w16(PISCR, 0x0285);
    const start = bench.now;
    for (let i = 1; i <= 3; i++) {
      bench.run(start + i * 4000 - 40 - bench.now);
      expect(bench.r16(PISCR) & 0x80).toBe(0);
      bench.run(80);
      expect(bench.r16(PISCR) & 0x80).toBe(0x80);
      // Reading and writing back clears PS and keeps the rest.
      bench.w16(PISCR, bench.r16(PISCR));
      expect(bench.r16(PISCR)).toBe(0x0205);
    }
  });

  it('counts down in PITR and holds with PTE = 0', () => {
    const bench = new SocBench();
    bench.w32(PITC, 1000 << 16);
    bench.w16(PISCR, 0x0001);
    bench.runUs(400);
    const held = bench.r32(PITR) >>> 16;
    expect(held).toBeGreaterThanOrEqual(599);
    expect(held).toBeLessThanOrEqual(600);
    bench.w16(PISCR, 0x0000);
    bench.runUs(100);
    expect(bench.r32(PITR) >>> 16).toBe(held);
  });

  it('obeys the key registers (siu.md 2.5)', () => {
    const bench = new SocBench();
    bench.w32(0x344, 0);
    bench.w16(PITC, 5);
    expect(bench.r16(PITC)).toBe(0);
    bench.w32(0x344, 0x55cc_aa33);
    bench.w16(PITC, 5);
    expect(bench.r16(PITC)).toBe(5);
  });
});

describe('timebase', () => {
  it('sets REFA when TBL reaches TBREFA and requests on its level', () => {
    const bench = new SocBench();
    bench.w32(0x204, 250);
    bench.w16(TBSCR, 0x0109);
    bench.w32(0x014, 0x0001_0000);
    bench.run(249 * 16);
    expect(bench.r16(TBSCR) & 0x80).toBe(0);
    bench.run(32);
    expect(bench.r16(TBSCR) & 0x80).toBe(0x80);
    expect(bench.r8(0x01c)).toBe(0x3c);
    expect(bench.r32(0x010)).toBe(0x0001_0000);
  });

  it('requests the decrementer exception once DEC passed zero', () => {
    const bench = new SocBench();
    bench.w16(TBSCR, 0x0001);
    bench.run(8);
    expect(pendingDecrementer(bench)).toBe(false);
    bench.run(64);
    expect(pendingDecrementer(bench)).toBe(true);
  });
});

describe('real-time clock', () => {
  it('counts seconds and raises SEC and ALR', () => {
    const bench = new SocBench();
    bench.w32(0x22c, 2);
    bench.w16(0x220, 0x0001);
    bench.run(40_000_100);
    expect(bench.r32(0x224)).toBe(1);
    expect(bench.r16(0x220) & 0xc0).toBe(0x80);
    bench.run(40_000_000);
    expect(bench.r16(0x220) & 0xc0).toBe(0xc0);
  });
});

describe('general-purpose timers (cpm.md section 3)', () => {
  it('reaches its reference after TRR counts and restarts with FRR', () => {
    const bench = new SocBench();
    bench.w16(0x9a6, 99);
    bench.w16(0x9a2, (9 << 8) | 0x1a);
    bench.w16(0x980, 0x1000);
    bench.run(985);
    expect(bench.r16(0x9b6)).toBe(0);
    bench.run(20);
    expect(bench.r16(0x9b6)).toBe(2);
    bench.w16(0x9b6, 2);
    expect(bench.r16(0x9b6)).toBe(0);
    expect(bench.r16(0x9ae)).toBeLessThanOrEqual(2);
    bench.run(1000);
    expect(bench.r16(0x9b6)).toBe(2);
  });

  it('counts a 32-bit pair in cascade mode', () => {
    const bench = new SocBench();
    bench.w32(0x994, 0xffff_ffff);
    bench.w16(0x992, 0x0002);
    bench.w16(0x980, 0x0080);
    bench.w16(0x980, 0x0090);
    bench.run(100_000);
    const count = bench.r32(0x99c);
    expect(count).toBeGreaterThanOrEqual(100_000);
    expect(count).toBeLessThan(100_020);
  });

  it('measures the core clock against the PIT as U-Boot does (siu.md 3.2)', () => {
    const bench = new SocBench();
    bench.w16(0x992, ((177 - 1) << 8) | 0x02);
    bench.w16(0x980, 0x0010);
    bench.w32(PITC, 57_999 << 16);
    bench.w16(PISCR, 0x0081);
    while ((bench.r16(PISCR) & 0x80) === 0) bench.run(50);
    const expected = ((58_000 / 1e6) * 40e6) / 177;
    expect(Math.abs(bench.r16(0x99e) - expected)).toBeLessThanOrEqual(1);
  });
});
