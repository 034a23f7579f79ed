import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

// MPC860 UM, SMC: UART Mode; hardware/cpm.md section 11
const SMC1_PRAM = 0x3e80;
const SMCMR = 0xa82;
const SMCE = 0xa86;
const CPCR = 0x9c0;
const RX_BD = 0x2100;
const TX_BD = 0x2180;
const RX_BUFFER = 0x2000;
const TX_BUFFER = 0x3000;
const CHAR = 40_000_000 / 115_200; // one bit; BRG below rounds to 22 × 16 clocks
const BIT = 22 * 16;
const CHARACTER = 10 * BIT;

/** SMC1 at 115200 8N1 from BRG1, two receive BDs, one transmit BD, both directions on. */
function uart(options: { mrblr?: number; maxIdl?: number; mode?: number } = {}): SocBench {
  const bench = new SocBench();
  bench.w32(0x9f0, 0x0001_0000 | ((22 - 1) << 1));
  bench.w16(SMC1_PRAM + 0x00, 0x2000 + (RX_BD - 0x2000));
  bench.w16(SMC1_PRAM + 0x02, TX_BD - 0x2000);
  bench.w16(SMC1_PRAM + 0x06, options.mrblr ?? 16);
  bench.w16(SMC1_PRAM + 0x28, options.maxIdl ?? 10);
  bench.w16(CPCR, 0x0091);
  bench.bd(RX_BD, 0x9000, 0, RX_BUFFER);
  bench.bd(RX_BD + 8, 0xb000, 0, RX_BUFFER + 0x100);
  bench.bd(TX_BD, 0x3000, 0, TX_BUFFER);
  bench.w16(SMCMR, options.mode ?? 0x4823);
  return bench;
}

function send(bench: SocBench, text: string): void {
  bench.ram(TX_BUFFER, text.length).set(new TextEncoder().encode(text));
  bench.w16(TX_BD + 2, text.length);
  bench.w16(TX_BD, 0xb000);
}

describe('SMC UART', () => {
  it('rounds to the rate the table in cpm.md section 4 gives', () => {
    expect(Math.abs(BIT / CHAR - 1)).toBeLessThan(0.02);
  });

  it('clears FLG by itself and within microseconds (cpm.md section 1)', () => {
    const bench = uart();
    expect(bench.r16(CPCR)).toBe(0x0091);
    bench.run(130);
    expect(bench.r16(CPCR) & 1).toBe(0);
  });

  it('sends a ready BD at line speed, clears R and sets TX', () => {
    const bench = uart();
    bench.run(5 * CHARACTER + 17);
    send(bench, 'hello');
    expect(bench.r16(TX_BD) & 0x8000).toBe(0x8000);
    bench.run(4 * CHARACTER);
    expect(bench.r16(TX_BD) & 0x8000).toBe(0x8000);
    bench.run(CHARACTER + 40);
    expect(bench.r16(TX_BD)).toBe(0x3000);
    expect(bench.r8(SMCE)).toBe(0x02);
    bench.run(CHARACTER);
    expect(bench.consoleOutput()).toBe('hello');
  });

  it('notices a BD that software hands over by moving TBPTR, without any command (software-expectations.md)', () => {
    const bench = uart();
    bench.run(1000);
    bench.ram(TX_BUFFER, 1).set([0x41]);
    bench.bd(TX_BD + 8, 0xa000, 1, TX_BUFFER);
    bench.w16(SMC1_PRAM + 0x20, TX_BD + 8);
    bench.run(3 * CHARACTER);
    expect(bench.consoleOutput()).toBe('A');
  });

  it('closes a receive BD after MAX_IDL idle characters with ID and the length', () => {
    const bench = uart();
    bench.type('abc');
    bench.run(3 * CHARACTER + 40);
    expect(bench.r16(RX_BD)).toBe(0x9000);
    bench.run(9 * CHARACTER);
    expect(bench.r16(RX_BD)).toBe(0x9000);
    bench.run(CHARACTER + 40);
    expect(bench.r16(RX_BD)).toBe(0x1100);
    expect(bench.r16(RX_BD + 2)).toBe(3);
    expect(new TextDecoder().decode(bench.ram(RX_BUFFER, 3))).toBe('abc');
    expect(bench.r8(SMCE)).toBe(0x01);
  });

  it('closes at MRBLR, wraps, and loses characters with BSY when no BD is empty', () => {
    const bench = uart({ mrblr: 1, maxIdl: 0 });
    bench.type('xyz');
    bench.run(3 * CHARACTER + 60);
    expect(bench.r16(RX_BD)).toBe(0x1000);
    expect(bench.r16(RX_BD + 8)).toBe(0x3000);
    expect(bench.r16(SMC1_PRAM + 0x10) & 0x1fff).toBe(RX_BD - 0x2000);
    expect(bench.r8(SMCE)).toBe(0x05);
    bench.w16(RX_BD, 0x9000);
    bench.type('w');
    bench.run(CHARACTER + 60);
    expect(bench.ram(RX_BUFFER, 1)[0]).toBe('w'.charCodeAt(0));
  });

  it('counts a break and reports BRK', () => {
    const bench = uart();
    bench.core.consoleBreak();
    bench.run(CHARACTER + 60);
    expect(bench.r16(SMC1_PRAM + 0x2e)).toBe(1);
    expect(bench.r16(RX_BD) & 0x8020).toBe(0x0020);
    expect(bench.r8(SMCE) & 0x50).toBe(0x50);
  });

  it('hears itself in local loopback', () => {
    const bench = uart({ mode: 0x4827 });
    send(bench, 'loop');
    bench.run(20 * CHARACTER);
    expect(bench.r16(RX_BD + 2)).toBe(4);
    expect(new TextDecoder().decode(bench.ram(RX_BUFFER, 4))).toBe('loop');
    expect(bench.consoleOutput()).toBe('');
  });

  it('stops on STOP TX and goes on with RESTART TX', () => {
    const bench = uart();
    bench.w16(CPCR, 0x0491);
    bench.run(200);
    send(bench, 'no');
    bench.run(5 * CHARACTER);
    expect(bench.consoleOutput()).toBe('');
    bench.w16(CPCR, 0x0691);
    bench.run(5 * CHARACTER);
    expect(bench.consoleOutput()).toBe('no');
  });

  it('takes buffers in dual-port RAM (software-expectations.md)', () => {
    const bench = uart();
    bench.w8(0x2200, 0x5a);
    bench.w32(TX_BD + 4, 0xff00_2200);
    bench.w16(TX_BD + 2, 1);
    bench.w16(TX_BD, 0xb000);
    bench.run(3 * CHARACTER);
    expect(bench.consoleOutput()).toBe('Z');
  });
});

describe('SCC UART (cpm.md section 12)', () => {
  it('prints on SCC2 as the eth_comm console does: one-byte BDs, R polled', () => {
    const bench = new SocBench({ consolePort: 3 });
    const pram = 0x3d00;
    bench.w32(0x9f4, 0x0001_0000 | ((260 - 1) << 1));
    bench.w32(0xaec, 0x0000_0900);
    bench.w16(pram, 0x2100);
    bench.w16(pram + 2, 0x2180);
    bench.w16(pram + 6, 1);
    bench.w16(0xa28, 0x3000);
    bench.w32(0xa24, 0x20);
    bench.w32(0xa20, 0x0002_8004);
    bench.w16(CPCR, 0x0041);
    bench.w32(0xa20, 0x0002_8034);
    for (const letter of 'ok') {
      bench.ram(TX_BUFFER, 1).set([letter.charCodeAt(0)]);
      bench.bd(0x2180, 0xa000, 1, TX_BUFFER);
      const before = bench.now;
      while ((bench.r16(0x2180) & 0x8000) !== 0) bench.run(1000);
      expect(bench.now - before).toBeLessThan(2 * 41_600 + 2000);
    }
    bench.run(100_000);
    expect(bench.consoleOutput()).toBe('ok');
  });

  it('closes a BD at a control character, and keeps a rejected one out of the buffer', () => {
    const bench = new SocBench({ consolePort: 3 });
    const pram = 0x3d00;
    bench.w32(0x9f4, 0x0001_0000 | ((22 - 1) << 1));
    bench.w32(0xaec, 0x0000_0900);
    bench.w16(pram, 0x2100);
    bench.w16(pram + 6, 16);
    bench.w16(pram + 0x50, 0x000a);
    bench.w16(pram + 0x52, 0x4011);
    bench.w16(pram + 0x54, 0x8000);
    bench.w16(pram + 0x60, 0xc0ff);
    bench.w16(0xa28, 0x3000);
    bench.w16(CPCR, 0x0041);
    bench.bd(0x2100, 0xb000, 0, RX_BUFFER);
    bench.w32(0xa20, 0x0002_8034);
    bench.type('a\u0011b\n');
    bench.run(4 * CHARACTER + 100);
    expect(bench.r16(0x2100)).toBe(0x3800);
    expect(bench.r16(0x2102)).toBe(3);
    expect(new TextDecoder().decode(bench.ram(RX_BUFFER, 3))).toBe('ab\n');
    expect(bench.r16(pram + 0x62)).toBe(0x11);
    expect(bench.r16(0xa30)).toBe(0x0009);
  });
});
