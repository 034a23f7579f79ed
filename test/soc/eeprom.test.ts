import { Board, ETH_COMM, UsageError } from 'quicc860';
import { describe, expect, it } from 'vitest';
import { SocBench } from './soc-bench.js';

// 25LC640 and 24LC02B, 24LC16B, 24LC256 data sheets; MPC860 UM, Serial Peripheral Interface, I2C Controller;
// hardware/cpm.md sections 13 and 14.

const OUT = 0x8000;
const IN = 0x9000;
const TX_BD = 0x2300;
const RX_BD = 0x2340;
const WRITE_CYCLE_US = 5000;

function content(bench: SocBench, name: string, at: number, length: number): number[] {
  return [...new Uint8Array(bench.core.memory.buffer, bench.constant(name) + at, length)];
}

describe('25xx on the SPI', () => {
  const PRAM = 0x3d80;
  const SPCOM = 0xaad;
  const PBDIR = 0xab8;
  const PBDAT = 0xac4;
  /** PB17, beside the data flash's PB16. */
  const SELECT = 0x4000;
  const BOTH = 0xc000;

  function spi(bytes: number, page: number): SocBench {
    const bench = new SocBench();
    bench.core.spiEeprom(bytes, page, SELECT);
    new Uint8Array(bench.core.memory.buffer, bench.constant('EEPROM_SPI'), bytes).fill(0xff);
    bench.w32(PBDAT, BOTH);
    bench.w32(PBDIR, BOTH | 0xf);
    bench.w16(PRAM + 0, RX_BD - 0x2000);
    bench.w16(PRAM + 2, TX_BD - 0x2000);
    bench.w16(PRAM + 6, 1024);
    bench.w16(0x9c0, 0x0051);
    bench.run(200);
    bench.w16(0xaa0, 0x0771);
    return bench;
  }

  /** One selected transfer of `out` and as many bytes in, of which those behind `out` are returned. */
  function transfer(bench: SocBench, out: number[], more = 0): number[] {
    const length = out.length + more;
    bench.ram(OUT, length).fill(0);
    bench.ram(OUT, out.length).set(out);
    bench.bd(RX_BD, 0xb000, 0, IN);
    bench.bd(TX_BD, 0xb800, length, OUT);
    bench.w32(PBDAT, BOTH & ~SELECT);
    bench.w8(SPCOM, 0x80);
    bench.run(length * 64 + 100);
    bench.w32(PBDAT, BOTH);
    return [...bench.ram(IN + out.length, more)];
  }

  it('writes after WREN within a page in 5 ms, and reads on over pages', () => {
    const bench = spi(8192, 32);
    transfer(bench, [0x02, 0x00, 0x1e, 1, 2, 3]);
    expect(transfer(bench, [0x03, 0x00, 0x1e], 2), 'without WREN').toEqual([0xff, 0xff]);
    transfer(bench, [0x06]);
    expect(transfer(bench, [0x05], 1)).toEqual([0x02]);
    transfer(bench, [0x02, 0x00, 0x1e, 1, 2, 3, 4]);
    expect(transfer(bench, [0x05], 1)[0]).toBe(0x01);
    expect(transfer(bench, [0x03, 0x00, 0x1e], 1), 'nothing is heard during the write cycle').toEqual([0xff]);
    bench.runUs(WRITE_CYCLE_US);
    expect(transfer(bench, [0x05], 1)).toEqual([0]);
    // 1E, 1F, then the page's first bytes.
    expect(transfer(bench, [0x03, 0x00, 0x1e], 4)).toEqual([1, 2, 0xff, 0xff]);
    expect(transfer(bench, [0x03, 0x00, 0x00], 2)).toEqual([3, 4]);
    expect(transfer(bench, [0x03, 0x1f, 0xff], 2), 'wraps at the end').toEqual([0xff, 3]);
  });

  it('protects by BP1 and BP0, and forgets WREN with WRDI', () => {
    const bench = spi(8192, 32);
    transfer(bench, [0x06]);
    transfer(bench, [0x01, 0x04]);
    bench.runUs(WRITE_CYCLE_US);
    for (const high of [0x17, 0x18]) {
      transfer(bench, [0x06]);
      transfer(bench, [0x02, high, 0, 0x55]);
      bench.runUs(WRITE_CYCLE_US);
    }
    expect(content(bench, 'EEPROM_SPI', 0x1700, 1)).toEqual([0x55]);
    expect(content(bench, 'EEPROM_SPI', 0x1800, 1)).toEqual([0xff]);
    transfer(bench, [0x06]);
    transfer(bench, [0x04]);
    transfer(bench, [0x02, 0, 0, 0x55]);
    expect(content(bench, 'EEPROM_SPI', 0, 1)).toEqual([0xff]);
  });

  it('a part of 512 bytes has its ninth address bit in the instruction', () => {
    const bench = spi(512, 16);
    transfer(bench, [0x06]);
    transfer(bench, [0x0a, 0x10, 0x77]);
    bench.runUs(WRITE_CYCLE_US);
    expect(content(bench, 'EEPROM_SPI', 0x110, 1)).toEqual([0x77]);
    expect(transfer(bench, [0x0b, 0x10], 1)).toEqual([0x77]);
    expect(transfer(bench, [0x03, 0x10], 1)).toEqual([0xff]);
  });
});

describe('24Cxx on the I2C bus', () => {
  const PRAM = 0x3c80;
  const NAK = 0x0004;
  const TXE = 0x10;

  function i2c(bytes: number, page: number, pram = PRAM): SocBench {
    const bench = new SocBench();
    bench.core.i2cEeprom(bytes, page, 0x50);
    new Uint8Array(bench.core.memory.buffer, bench.constant('EEPROM_I2C'), bytes).fill(0xff);
    if (pram !== PRAM) bench.w16(PRAM + 0x2c, pram - 0x2000);
    bench.w16(pram + 0, RX_BD);
    bench.w16(pram + 2, TX_BD);
    bench.w16(pram + 6, 256);
    bench.w8(0x868, 10);
    bench.w8(0x86c, 0x01);
    bench.w8(0x860, 0x07);
    return bench;
  }

  /** The transfers one behind the other, each with a start condition, the last with the stop; returns I2CER. */
  function transfer(bench: SocBench, ...parts: number[][]): number {
    bench.w16(0x9c0, 0x0011);
    bench.run(200);
    bench.w8(0x870, 0xff);
    parts.forEach((part, i) => {
      bench.ram(OUT + 0x100 * i, part.length).set(part);
      const last = i === parts.length - 1;
      bench.bd(TX_BD + 8 * i, 0x9400 | (last ? 0x2800 : 0), part.length, OUT + 0x100 * i);
    });
    bench.bd(RX_BD, 0xb000, 0, IN);
    bench.w8(0x86c, 0x81);
    for (let i = 0; i < 100 && bench.r16(TX_BD + 8 * (parts.length - 1)) & 0x8000; i++) bench.runUs(100);
    return bench.r8(0x870);
  }
  function read(bench: SocBench, address: number[], n: number, device = 0xa0): number[] {
    const events = transfer(bench, [device, ...address], [device | 1, ...new Array(n).fill(0)]);
    expect(events & TXE).toBe(0);
    expect(bench.r16(RX_BD)).toBe(0x3800);
    expect(bench.r16(RX_BD + 2)).toBe(n);
    return [...bench.ram(IN, n)];
  }

  it('writes a page in 5 ms, during which it does not acknowledge, and reads at random and in sequence', () => {
    const bench = i2c(256, 8);
    expect(transfer(bench, [0xa0, 0x06, 1, 2, 3])).toBe(0x02);
    expect(bench.r16(TX_BD)).toBe(0x3c00);
    expect(transfer(bench, [0xa0, 0x00]) & TXE).toBe(TXE);
    expect(bench.r16(TX_BD) & NAK).toBe(NAK);
    bench.runUs(WRITE_CYCLE_US);
    // 06, 07, then the page's first byte.
    expect(read(bench, [0x06], 2)).toEqual([1, 2]);
    expect(read(bench, [0x00], 3)).toEqual([3, 0xff, 0xff]);
    // The address counter goes on.
    transfer(bench, [0xa0, 0x05]);
    transfer(bench, [0xa1, 0, 0, 0]);
    expect([...bench.ram(IN, 3)]).toEqual([0xff, 1, 2]);
  });

  it('takes its time on the bus', () => {
    const bench = i2c(256, 8);
    const begin = bench.now;
    transfer(bench, [0xa0, 0x00, ...new Array(8).fill(0)]);
    // 10 bits of start and address, 9 of each byte; BRGCLK / 4 / (2 · 13) with PDIV = 3.
    const bits = (10 + 9 * 9) * 4 * 2 * 13;
    expect(bench.now - begin).toBeGreaterThanOrEqual(bits);
    expect(bench.now - begin).toBeLessThan(bits + 8000);
  });

  it('larger parts take address bits from the device address, or two address bytes', () => {
    const k2 = i2c(2048, 16);
    transfer(k2, [0xa6, 0x10, 0x33]);
    expect(content(k2, 'EEPROM_I2C', 0x310, 1)).toEqual([0x33]);
    k2.runUs(WRITE_CYCLE_US);
    expect(read(k2, [0x10], 1, 0xa6)).toEqual([0x33]);
    const k32 = i2c(32768, 64);
    transfer(k32, [0xa0, 0x12, 0x34, 0x99]);
    k32.runUs(WRITE_CYCLE_US);
    expect(content(k32, 'EEPROM_I2C', 0x1234, 1)).toEqual([0x99]);
    expect(read(k32, [0x12, 0x34], 1)).toEqual([0x99]);
  });

  it('nobody answers at another address', () => {
    const bench = i2c(256, 8);
    expect(transfer(bench, [0xa2, 0])).toBe(TXE);
    expect(transfer(bench, [0x90, 0])).toBe(TXE);
  });

  it('the parameters may lie elsewhere by RPBASE, where SCC1’s Ethernet does not need the room', () => {
    const bench = i2c(256, 8, 0x2700);
    transfer(bench, [0xa0, 0x00, 0x42]);
    expect(content(bench, 'EEPROM_I2C', 0, 1)).toEqual([0x42]);
  });
});

describe('a board with EEPROMs', () => {
  const board = {
    ...ETH_COMM,
    spiEeprom: { bytes: 8192, page: 32, select: 0x4000 },
    i2cEeprom: { bytes: 256, page: 8, address: 0x50 },
  };

  it('has their content from the start, and keeps it in a snapshot', async () => {
    const made = await Board.create({ board, eeprom: { spi: Uint8Array.of(1, 2), i2c: Uint8Array.of(3) } });
    await made.boot('hello');
    const twin = await Board.restore(made.snapshot());
    for (const each of [made, twin]) {
      expect([...each.eeprom('spi').subarray(0, 3)]).toEqual([1, 2, 255]);
      expect([...each.eeprom('i2c').subarray(0, 2)]).toEqual([3, 255]);
    }
    expect((await Board.create()).eeprom('i2c').length).toBe(0);
  });

  it('refuses what cannot be', async () => {
    const wrong = (change: object): Promise<Board> => Board.create({ board: { ...board, ...change } });
    await expect(wrong({ i2cEeprom: { bytes: 300, page: 8, address: 0x50 } })).rejects.toThrow(/power of 2/);
    await expect(wrong({ i2cEeprom: { bytes: 256, page: 512, address: 0x50 } })).rejects.toThrow(/page/);
    await expect(wrong({ i2cEeprom: { bytes: 256, page: 8, address: 200 } })).rejects.toThrow(/address/);
    await expect(wrong({ spiEeprom: { bytes: 8192, page: 32, select: 0 } })).rejects.toThrow(UsageError);
    await expect(Board.create({ board, eeprom: { i2c: new Uint8Array(300) } })).rejects.toThrow(/I2C EEPROM holds 256/);
  });
});
