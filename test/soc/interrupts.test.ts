import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

// MPC860 UM, System Interface Unit: Interrupt Controller; hardware/siu.md section 1
const SIPEND = 0x010;
const SIMASK = 0x014;
const SIEL = 0x018;
const SIVEC = 0x01c;
// MPC860 UM, CPM Interrupt Controller; hardware/cpm.md section 2
const CIVR = 0x930;
const CICR = 0x940;
const CIPR = 0x944;
const CIMR = 0x948;
const CISR = 0x94c;
const PENDING_EXTERNAL = 1;

const SCC1_VECTOR = 30;
const SMC1_VECTOR = 4;

function pending(bench: SocBench): number {
  return new DataView(bench.core.memory.buffer).getUint32(bench.constant('PENDING'), true);
}

/** CICR as RTEMS has it on the eth_comm board: level 2, PC15 highest, enabled. */
const CICR_RTEMS = 0x00e4_0000 | (2 << 13) | 0x1f00 | 0x80;
const bit = (v: number): number => (1 << v) >>> 0;

/** Makes SCC1 request: BSY latched in SCCE by an Ethernet frame is long-winded, so unmask an event that GRA latches. */
function scc1Event(bench: SocBench): void {
  bench.w32(0xa00, 0x1088_000c);
  bench.w16(0xa14, 0x0080);
  bench.w16(0x9c0, 0x0501);
  bench.run(100);
}

/** Makes SMC1 request: a received character without an empty BD latches BSY. */
function smc1Event(bench: SocBench): void {
  bench.w32(0x9f0, 0x0001_0000);
  bench.w16(0xa82, 0x4823);
  bench.w8(0xa8a, 0x04);
  bench.type('x');
  bench.run(400);
}

describe('SIU interrupt controller', () => {
  it('reads SIVEC as the highest enabled request, at every width (siu.md 1.2)', () => {
    const bench = new SocBench();
    expect(bench.r32(SIVEC)).toBe(0x3c00_0000);
    bench.core.irqInput(7, 1);
    bench.core.irqInput(2, 1);
    expect(bench.r32(SIPEND)).toBe(0x0802_0000);
    expect(bench.r32(SIVEC)).toBe(0x3c00_0000);
    bench.w32(SIMASK, 0x0002_0000);
    expect(bench.r8(SIVEC)).toBe(0x38);
    bench.w32(SIMASK, 0x0802_0000);
    expect(bench.r8(SIVEC)).toBe(0x10);
    expect(bench.r16(SIVEC)).toBe(4 * 1024);
    expect(bench.r32(SIVEC) >>> 26).toBe(4);
    expect(pending(bench) & PENDING_EXTERNAL).toBe(PENDING_EXTERNAL);
    bench.core.irqInput(2, 0);
    bench.core.irqInput(7, 0);
    expect(pending(bench) & PENDING_EXTERNAL).toBe(0);
  });

  it('latches falling edges where SIEL says so, until a 1 is written', () => {
    const bench = new SocBench();
    bench.w32(SIEL, 0xaaaa_0000);
    bench.w32(SIMASK, 0x2000_0000);
    bench.core.irqInput(1, 1);
    bench.core.irqInput(1, 0);
    expect(bench.r32(SIPEND)).toBe(0x2000_0000);
    bench.w32(SIPEND, 0x2000_0000);
    expect(bench.r32(SIPEND)).toBe(0);
    expect(pending(bench) & PENDING_EXTERNAL).toBe(0);
  });

  it('takes a write of 1 to a LVL bit without effect', () => {
    const bench = new SocBench();
    bench.w32(0x244, 9 << 16);
    bench.w16(0x240, 0x0205);
    bench.runUs(11);
    expect(bench.r32(SIPEND)).toBe(0x0004_0000);
    bench.w32(SIPEND, 0xffff_0000);
    expect(bench.r32(SIPEND)).toBe(0x0004_0000);
    bench.w16(0x240, bench.r16(0x240));
    expect(bench.r32(SIPEND)).toBe(0);
  });

  it('takes IRQ0 as a non-maskable interrupt at 0x100 (siu.md 1.1)', () => {
    const bench = new SocBench();
    bench.ramW32(0x100, 0x4800_0000);
    bench.core.irqInput(0, 1);
    bench.run(100);
    expect(bench.core.getReg(bench.constant('REG_PC'))).toBe(0x100);
  });

  it('lets only the first write of SYPCR count (siu.md 1.4)', () => {
    const bench = new SocBench();
    bench.w32(0x004, 0xffff_ff07);
    expect(bench.r32(0x004)).toBe(0xffff_ff88);
  });
});

describe('CPIC', () => {
  it('acknowledges the highest request and blocks equal and lower ones until CISR is written (cpm.md 2.2)', () => {
    const bench = new SocBench();
    bench.w32(CICR, CICR_RTEMS);
    bench.w32(CIMR, bit(SCC1_VECTOR) | bit(SMC1_VECTOR));
    bench.w32(SIMASK, 0x0400_0000);
    smc1Event(bench);
    expect(bench.r32(SIPEND)).toBe(0x0400_0000);
    expect(bench.r32(CIPR)).toBe(bit(SMC1_VECTOR));
    bench.w16(CIVR, 1);
    expect(bench.r16(CIVR)).toBe(SMC1_VECTOR << 11);
    expect(bench.r32(CISR)).toBe(bit(SMC1_VECTOR));
    // The event still stands, but its own service blocks it.
    expect(bench.r32(SIPEND)).toBe(0);
    // A higher source nests.
    scc1Event(bench);
    expect(bench.r32(SIPEND)).toBe(0x0400_0000);
    bench.w16(CIVR, 1);
    expect(bench.r16(CIVR) >>> 11).toBe(SCC1_VECTOR);
    expect(bench.r32(CISR)).toBe((bit(SCC1_VECTOR) | bit(SMC1_VECTOR)) >>> 0);
    bench.w16(0xa10, 0x0080);
    bench.w32(CISR, bit(SCC1_VECTOR));
    expect(bench.r32(SIPEND)).toBe(0);
    bench.w32(CISR, bit(SMC1_VECTOR));
    expect(bench.r32(SIPEND)).toBe(0x0400_0000);
    bench.w8(0xa86, 0x04);
    expect(bench.r32(CIPR)).toBe(0);
    expect(bench.r32(SIPEND)).toBe(0);
  });

  it('returns the error vector 0 when the request went away, and puts nothing into service', () => {
    const bench = new SocBench();
    bench.w32(CICR, CICR_RTEMS);
    bench.w32(CIMR, bit(SMC1_VECTOR));
    smc1Event(bench);
    bench.w32(CIMR, 0);
    bench.w16(CIVR, 1);
    expect(bench.r16(CIVR)).toBe(0);
    expect(bench.r32(CISR)).toBe(0);
  });

  it('moves the vector in CICR[HP] to the top', () => {
    const bench = new SocBench();
    bench.w32(CICR, (CICR_RTEMS & ~0x1f00) | (SMC1_VECTOR << 8));
    bench.w32(CIMR, bit(SCC1_VECTOR) | bit(SMC1_VECTOR));
    scc1Event(bench);
    smc1Event(bench);
    bench.w16(CIVR, 1);
    expect(bench.r16(CIVR) >>> 11).toBe(SMC1_VECTOR);
  });

  it('requests on the level that CICR[IRL] names, only with IEN', () => {
    const bench = new SocBench();
    bench.w32(CIMR, bit(SMC1_VECTOR));
    bench.w32(CICR, (5 << 13) | 0x1f00);
    smc1Event(bench);
    expect(bench.r32(SIPEND)).toBe(0);
    bench.w32(CICR, (5 << 13) | 0x1f80);
    expect(bench.r32(SIPEND)).toBe(0x0010_0000);
  });

  it('latches an edge of a port C input and drops it at the acknowledge', () => {
    const bench = new SocBench();
    bench.w32(CICR, CICR_RTEMS);
    bench.w32(CIMR, bit(31));
    bench.core.portInput(2, 0x0001);
    expect(bench.r32(CIPR)).toBe(bit(31));
    bench.w16(CIVR, 1);
    expect(bench.r16(CIVR) >>> 11).toBe(31);
    expect(bench.r32(CIPR)).toBe(0);
  });
});
