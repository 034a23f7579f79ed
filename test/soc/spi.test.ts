import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

// MPC860 UM, Serial Peripheral Interface; hardware/cpm.md section 13
const PRAM = 0x3d80;
const SPMODE = 0xaa0;
const SPIE = 0xaa6;
const SPCOM = 0xaad;
const PBDIR = 0xab8;
const PBDAT = 0xac4;
const TX_BD = 0x2300;
const RX_BD = 0x2340;
const OUT = 0x8000;
const IN = 0x9000;
/** PB16. */
const SELECT = 0x8000;
/** EN, master, REV, 8 bits, PM = 1: 40 MHz / 8 = 5 MHz. */
const MODE = 0x0771;
const CHARACTER = 64;

function spi(): SocBench {
  const bench = new SocBench();
  bench.w32(PBDAT, SELECT);
  bench.w32(PBDIR, SELECT | 0xf);
  bench.w16(PRAM + 0, RX_BD - 0x2000);
  bench.w16(PRAM + 2, TX_BD - 0x2000);
  bench.w16(PRAM + 6, 1024);
  bench.w16(0x9c0, 0x0051);
  bench.run(200);
  bench.w16(SPMODE, MODE);
  return bench;
}

/** One selected transfer of `out`, the answer's bytes back. */
function transfer(bench: SocBench, out: number[], length = out.length): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(out);
  bench.ram(OUT, length).set(bytes);
  bench.bd(RX_BD, 0xb000, 0, IN);
  bench.bd(TX_BD, 0xb800, length, OUT);
  bench.w32(PBDAT, 0);
  bench.w8(SPCOM, 0x80);
  for (let i = 0; i < 1000 && (bench.r16(TX_BD) & 0x8000) !== 0; i++) bench.run(length * CHARACTER);
  bench.w32(PBDAT, SELECT);
  return bench.ram(IN, length).slice();
}

describe('SPI master', () => {
  it('clocks a BD at BRGCLK / 4(PM + 1) and closes both BDs with the last character', () => {
    const bench = spi();
    bench.bd(RX_BD, 0xb000, 0, IN);
    bench.bd(TX_BD, 0xb800, 100, OUT);
    bench.w32(PBDAT, 0);
    bench.w8(SPCOM, 0x80);
    bench.run(100 * CHARACTER - 40);
    expect(bench.r16(TX_BD) & 0x8000).toBe(0x8000);
    expect(bench.r16(SPIE)).toBe(0);
    bench.run(80);
    expect(bench.r16(TX_BD)).toBe(0x3800);
    expect(bench.r16(RX_BD)).toBe(0x3800);
    expect(bench.r16(RX_BD + 2)).toBe(100);
    expect(bench.r8(SPIE)).toBe(0x03);
  });

  it('reports BSY without an empty receive BD and still sends', () => {
    const bench = spi();
    bench.bd(RX_BD, 0x3000, 0, IN);
    bench.bd(TX_BD, 0xb800, 4, OUT);
    bench.w8(SPCOM, 0x80);
    bench.run(5 * CHARACTER);
    expect(bench.r8(SPIE)).toBe(0x06);
  });

  it('returns what it sends in LOOP mode', () => {
    const bench = spi();
    bench.w16(SPMODE, MODE | 0x4000);
    expect([...transfer(bench, [1, 2, 3])]).toEqual([1, 2, 3]);
  });
});

describe('data flash on the SPI', () => {
  it('identifies itself and reports ready (device data sheet, contract)', () => {
    const bench = spi();
    expect([...transfer(bench, [0x9f, 0, 0, 0])]).toEqual([0xff, 0x1f, 0x26, 0x00]);
    expect(transfer(bench, [0xd7, 0])[1]).toBe(0xad);
  });

  it('reads continuously across pages with 03, 0B and E8, inside a page with D2', () => {
    const bench = spi();
    bench.dataFlash().set([1, 2, 3, 4], 510);
    bench.dataFlash().set([9], 0);
    const at = [0x00, 0x01, 0xfe];
    expect([...transfer(bench, [0x03, ...at], 8)].slice(4)).toEqual([1, 2, 3, 4]);
    expect([...transfer(bench, [0x0b, ...at], 9)].slice(5)).toEqual([1, 2, 3, 4]);
    expect([...transfer(bench, [0xe8, ...at], 12)].slice(8)).toEqual([1, 2, 3, 4]);
    expect([...transfer(bench, [0xd2, ...at], 11)].slice(8)).toEqual([1, 2, 9]);
  });

  it('answers nothing while it is not selected', () => {
    const bench = spi();
    bench.bd(RX_BD, 0xb000, 0, IN);
    bench.bd(TX_BD, 0xb800, 4, OUT);
    bench.ram(OUT, 4).set([0x9f, 0, 0, 0]);
    bench.w8(SPCOM, 0x80);
    bench.run(10 * CHARACTER);
    expect([...bench.ram(IN, 4)]).toEqual([0xff, 0xff, 0xff, 0xff]);
  });

  it('programs a page through a buffer and is busy meanwhile', () => {
    const bench = spi();
    transfer(bench, [0x82, 0x00, 0x04, 0x10, 0xaa, 0x55]);
    expect(transfer(bench, [0xd7, 0])[1]).toBe(0x2d);
    bench.runUs(20_000);
    expect(transfer(bench, [0xd7, 0])[1]).toBe(0xad);
    expect([...bench.dataFlash().subarray(0x410, 0x412)]).toEqual([0xaa, 0x55]);
    transfer(bench, [0x81, 0x00, 0x04, 0x00]);
    bench.runUs(20_000);
    expect(bench.dataFlash()[0x410]).toBe(0xff);
  });
});
