import { describe, expect, it } from 'vitest';
import { loadUpm, MBX_40MHZ } from '../support/upm.js';
import { BROADCAST, fcs, GROUP, OTHER, SocBench, STATION, withFcs } from './soc-bench.js';

// MPC860T (Rev. D) Fast Ethernet Controller Supplement, chapter 6; hardware/fec.md
const ADDR_LOW = 0xe00;
const ADDR_HIGH = 0xe04;
const HASH_TABLE_HIGH = 0xe08;
const HASH_TABLE_LOW = 0xe0c;
const R_DES_START = 0xe10;
const X_DES_START = 0xe14;
const R_BUFF_SIZE = 0xe18;
const ECNTRL = 0xe40;
const IEVENT = 0xe44;
const IMASK = 0xe48;
const IVEC = 0xe4c;
const R_DES_ACTIVE = 0xe50;
const X_DES_ACTIVE = 0xe54;
const MII_DATA = 0xe80;
const MII_SPEED = 0xe84;
const R_BOUND = 0xecc;
const R_FSTART = 0xed0;
const R_CNTRL = 0xf44;
const R_HASH = 0xf48;
const X_CNTRL = 0xf84;
const SIPEND = 0x010;
const SIVEC = 0x01c;
const SIMASK = 0x014;

const HBERR = 0x80000000;
const BABR = 0x40000000;
const BABT = 0x20000000;
const GRA = 0x10000000;
const TFINT = 0x08000000;
const TXB = 0x04000000;
const RFINT = 0x02000000;
const RXB = 0x01000000;
const MII = 0x00800000;
const EBERR = 0x00400000;

/** A burst pattern of 193 clocks: 16 rounds of a loop of 12 words, four of them with TA, and LAST. */
const BURST_OF_193 = [0x84, 0x00, 0x00, 0x00, 0x00, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x84, 0x05];

const MII_MODE = 0x4;
const FDEN = 0x4;
const HZ = 40_000_000;
const RX_RING = 0x8000;
const TX_RING = 0x9000;
const RX_BUFFERS = 0x10000;
const TX_BUFFER = 0x40000;
const RX_BDS = 4;
const TX_BDS = 4;
const PHY = { phyAddress: 16, phyId: 0x2000_5c00 };
/** Partners as register 5 shows them: a full-duplex port that negotiates; hubs that do not. */
const SWITCH_100 = 0x1_0180;
const HUB_100 = 0x0080;
const HUB_10 = 0x0020;

interface Setup {
  partner?: number;
  rcntrl?: number;
  xcntrl?: number;
  buffer?: number;
  enable?: boolean;
}

/** Memory of a bench whose PHY has had three seconds to find a link with a partner. */
const linked = new Map<number, Uint8Array>();

function linkedBench(partner: number): SocBench {
  const bench = new SocBench({ fec: PHY });
  const memory = new Uint8Array(bench.core.memory.buffer);
  const known = linked.get(partner);
  if (known !== undefined) memory.set(known);
  else {
    bench.core.fecPartner(partner);
    bench.run(3 * HZ);
    linked.set(partner, memory.slice());
  }
  return bench;
}

/** The FEC as drivers set it up (fec.md section 6), four BDs each way, link up, receiver armed. */
function fec(setup: Setup = {}): SocBench {
  const bench = linkedBench(setup.partner ?? SWITCH_100);
  bench.w32(ECNTRL, 1);
  bench.run(40);
  bench.w32(ADDR_LOW, 0x0800_3e26);
  bench.w32(ADDR_HIGH, 0x0010_0000);
  bench.w32(R_HASH, 1518);
  bench.w32(R_BUFF_SIZE, setup.buffer ?? 1520);
  bench.w32(R_DES_START, RX_RING);
  bench.w32(X_DES_START, TX_RING);
  bench.w32(0xf34, 0x7800_0000);
  for (let i = 0; i < RX_BDS; i++) {
    bd(bench, RX_RING + 8 * i, 0x8000 | (i === RX_BDS - 1 ? 0x2000 : 0), 0, RX_BUFFERS + 0x800 * i);
  }
  for (let i = 0; i < TX_BDS; i++) bd(bench, TX_RING + 8 * i, i === TX_BDS - 1 ? 0x2000 : 0, 0, 0);
  bench.w32(R_CNTRL, setup.rcntrl ?? MII_MODE);
  bench.w32(X_CNTRL, setup.xcntrl ?? FDEN);
  bench.w32(IEVENT, 0xffff_ffff);
  if (setup.enable !== false) {
    bench.w32(ECNTRL, 6);
    bench.w32(R_DES_ACTIVE, 0x0100_0000);
  }
  return bench;
}

/** A buffer descriptor in memory. */
function bd(bench: SocBench, at: number, status: number, length: number, address: number): void {
  bench.ramW32(at, ((status << 16) | length) >>> 0);
  bench.ramW32(at + 4, address);
}
function word(bench: SocBench, at: number): number {
  const bytes = bench.ram(at, 4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
const status = (bench: SocBench, at: number): number => word(bench, at) >>> 16;
const length = (bench: SocBench, at: number): number => word(bench, at) & 0xffff;

/** A frame to `to` of `size` bytes with FCS. */
function frame(to: number[], size: number): Uint8Array {
  const data = new Uint8Array(size - 4);
  data.set(to);
  data.set(OTHER, 6);
  for (let i = 12; i < data.length; i++) data[i] = (i * 7) & 0xff;
  return withFcs(data);
}

/** Cycles that a frame of `size` bytes occupies the wire, preamble included. */
const wireTime = (size: number, mbits = 100): number => Math.ceil(((64 + 8 * size) * HZ) / (mbits * 1e6));

function receive(bench: SocBench, bytes: Uint8Array, mbits = 100): void {
  bench.fecReceive(bytes);
  bench.run(wireTime(bytes.length, mbits) + 100);
}

function transmit(bench: SocBench, n: number, flags: number, data: Uint8Array, at = TX_BUFFER): void {
  bench.ram(at, data.length).set(data);
  bd(bench, TX_RING + 8 * n, flags, data.length, at);
}
function go(bench: SocBench): void {
  bench.w32(X_DES_ACTIVE, 0x0100_0000);
}

/** One management frame; what MII_DATA holds when the MII event comes. */
function mii(bench: SocBench, data: number): number {
  bench.w32(IEVENT, MII);
  bench.w32(MII_DATA, data);
  for (let i = 0; i < 100 && !(bench.r32(IEVENT) & MII); i++) bench.run(40);
  expect(bench.r32(IEVENT) & MII).toBe(MII);
  return bench.r32(MII_DATA);
}
const phyRead = (bench: SocBench, register: number, address = 16): number =>
  mii(bench, 0x6002_0000 | (address << 23) | (register << 18)) & 0xffff;
function phyWrite(bench: SocBench, register: number, value: number): void {
  mii(bench, 0x5002_0000 | (16 << 23) | (register << 18) | value);
}

const body = Uint8Array.from([...OTHER, ...STATION, 8, 0, ...Array.from({ length: 86 }, (_, i) => i)]);

describe('a part without FEC (immap.md E00; software-expectations.md FEC)', () => {
  it('stores nothing and reads 0 over the whole range', () => {
    const bench = new SocBench();
    for (let offset = 0xe00; offset < 0x1000; offset += 4) {
      bench.w32(offset, 0x1234_5678);
      expect(bench.r32(offset), offset.toString(16)).toBe(0);
    }
    // RTEMS eth_comm takes xxxx2000 here for an FEC.
    bench.w32(MII_SPEED, 0x0a);
    bench.w32(MII_DATA, 0x680a_0000);
    bench.run(10_000);
    expect(bench.r32(MII_DATA)).toBe(0);
    expect(bench.r32(SIPEND) & 0x5555_0000).toBe(0);
  });
});

describe('FEC registers (fec.md section 1)', () => {
  it('keep the bits they have, by word and by half-word, and reserved space keeps none', () => {
    const bench = new SocBench({ fec: PHY });
    const bits: [number, number, number][] = [
      [ADDR_LOW, 0xffff_ffff, 0xffff_ffff],
      [ADDR_HIGH, 0xffff_ffff, 0xffff_0000],
      [HASH_TABLE_HIGH, 0xffff_ffff, 0xffff_ffff],
      [R_DES_START, 0xffff_ffff, 0xffff_fffc],
      [R_BUFF_SIZE, 0xffff_ffff, 0x0000_07f0],
      [IMASK, 0xffff_ffff, 0xffc0_0000],
      [IVEC, 0x6000_0000, 0x6000_0000],
      [MII_SPEED, 0xffff_ffff, 0x0000_00fe],
      [R_BOUND, 0, 0x0000_0600],
      [R_CNTRL, 0x0000_001e, 0x0000_001e],
      [R_HASH, 1518, 1518],
      [X_CNTRL, 0xffff_fffe, 6],
      [0xe20, 0xffff_ffff, 0],
      [0xf00, 0xffff_ffff, 0],
    ];
    for (const [offset, written, read] of bits) {
      bench.w32(offset, written);
      expect(bench.r32(offset), offset.toString(16)).toBe(read);
    }
    bench.w16(ADDR_HIGH, 0x0010);
    expect(bench.r32(ADDR_HIGH)).toBe(0x0010_0000);
    expect(bench.r8(ADDR_HIGH + 1)).toBe(0x10);
  });

  it('RESET clears itself within 50 µs and takes control, events and masks back', () => {
    const bench = fec();
    bench.w32(IMASK, RFINT);
    receive(bench, frame(STATION, 64));
    bench.w32(ECNTRL, 1);
    expect(bench.r32(ECNTRL) & 1).toBe(1);
    bench.runUs(50);
    expect(bench.r32(ECNTRL)).toBe(0);
    expect(bench.r32(IEVENT)).toBe(0);
    expect(bench.r32(IMASK)).toBe(0);
    expect(bench.r32(R_DES_ACTIVE)).toBe(0);
    expect(bench.r32(ADDR_LOW)).toBe(0x0800_3e26);
  });

  it('the interrupt is a level on LVL = ILEVEL that goes when IEVENT or IMASK does', () => {
    const bench = fec();
    bench.w32(SIMASK, 0xffff_0000);
    for (const level of [0, 1, 3, 7]) {
      bench.w32(IVEC, level << 29);
      bench.w32(IMASK, TFINT);
      receive(bench, frame(STATION, 64));
      bench.w32(R_DES_ACTIVE, 0);
      expect(bench.r32(SIPEND) & 0x5555_0000).toBe(0);
      bench.w32(IMASK, RFINT | TFINT);
      expect(bench.r32(SIPEND) & 0x5555_0000).toBe(0x4000_0000 >>> (2 * level));
      expect(bench.r8(SIVEC)).toBe(4 + 8 * level);
      bench.w32(SIPEND, 0xffff_0000);
      expect(bench.r32(SIPEND) & 0x5555_0000).toBe(0x4000_0000 >>> (2 * level));
      bench.w32(IEVENT, RFINT);
      expect(bench.r32(SIPEND) & 0x5555_0000).toBe(0);
    }
  });
});

describe('FEC reception (Supplement: FEC Frame Reception; table 6-27)', () => {
  it('stores a frame with its CRC while it comes in, closes the BD and sets RFINT', () => {
    const bench = fec();
    const bytes = frame(STATION, 1000);
    bench.fecReceive(bytes);
    bench.run(wireTime(1000) - 4);
    expect(bench.r32(IEVENT)).toBe(0);
    expect(status(bench, RX_RING)).toBe(0x8000);
    expect(bench.ram(RX_BUFFERS, 900)).toEqual(bytes.subarray(0, 900));
    bench.run(40);
    expect(bench.r32(IEVENT)).toBe(RFINT);
    expect(status(bench, RX_RING)).toBe(0x0800);
    expect(length(bench, RX_RING)).toBe(1000);
    expect(bench.ram(RX_BUFFERS, 1000)).toEqual(bytes);
  });

  it('keeps W, RO1 and RO2, wraps at W, and stops at a BD that is not empty', () => {
    const bench = fec({ enable: false });
    bd(bench, RX_RING + 8, 0xf000, 0, RX_BUFFERS);
    bench.w32(ECNTRL, 6);
    bench.w32(R_DES_ACTIVE, 0);
    expect(bench.r32(R_DES_ACTIVE)).toBe(0x0100_0000);
    receive(bench, frame(STATION, 64));
    expect(bench.r32(R_DES_ACTIVE)).toBe(0x0100_0000);
    receive(bench, frame(STATION, 64));
    expect(status(bench, RX_RING + 8)).toBe(0x7800);
    // It wrapped to the first BD, which software has not emptied.
    expect(bench.r32(R_DES_ACTIVE)).toBe(0);
    receive(bench, frame(OTHER, 64));
    bd(bench, RX_RING, 0x8000, 0, RX_BUFFERS + 0x1000);
    receive(bench, frame(STATION, 100));
    expect(status(bench, RX_RING), 'nobody wrote R_DES_ACTIVE').toBe(0x8000);
    bench.w32(R_DES_ACTIVE, 0x0100_0000);
    bench.run(4000);
    // The frame that waited in the FIFO.
    expect(word(bench, RX_RING)).toBe(0x0800_0064);
  });

  it('marks OV alone on a frame that waited for a BD longer than the FIFO lasts, and loses what follows without an event', () => {
    const bench = fec();
    for (let i = 0; i < RX_BDS; i++) receive(bench, frame(STATION, 64));
    expect(bench.r32(R_DES_ACTIVE)).toBe(0);
    bench.w32(IEVENT, 0xffff_ffff);
    receive(bench, frame(BROADCAST, 1518));
    receive(bench, frame(STATION, 64));
    expect(bench.r32(IEVENT)).toBe(0);
    for (let i = 0; i < RX_BDS; i++) bd(bench, RX_RING + 8 * i, 0x8000 | (i === 3 ? 0x2000 : 0), 0, RX_BUFFERS);
    bench.w32(R_DES_ACTIVE, 0);
    bench.run(4000);
    expect(status(bench, RX_RING)).toBe(0x0802);
    expect(length(bench, RX_RING)).toBeLessThanOrEqual(448);
    expect(bench.r32(IEVENT)).toBe(RFINT);
    expect(status(bench, RX_RING + 8)).toBe(0x8000);
    receive(bench, frame(STATION, 64));
    expect(status(bench, RX_RING + 8)).toBe(0x0800);
  });

  it('marks OV when the bus is so slow that the DMA falls behind by a FIFO', () => {
    const bench = fec();
    // 16 bytes take 51 clocks to come in at 100 Mbit/s.
    loadUpm(bench.core, 0, { ...MBX_40MHZ, writeBurst: BURST_OF_193 });
    receive(bench, frame(STATION, 1518));
    bench.run(20_000);
    expect(status(bench, RX_RING)).toBe(0x0802);
    loadUpm(bench.core, 0, MBX_40MHZ);
    receive(bench, frame(STATION, 1518));
    expect(status(bench, RX_RING + 8)).toBe(0x0800);
  });

  it('filters by address, broadcast, hash and R_CNTRL, and says BC, MC and M', () => {
    const cases: [rcntrl: number, to: number[], hashed: boolean, status: number | undefined][] = [
      [0x04, STATION, false, 0x0800],
      [0x04, BROADCAST, false, 0x0880],
      [0x04, OTHER, false, undefined],
      [0x04, GROUP, false, undefined],
      [0x04, GROUP, true, 0x0840],
      [0x14, BROADCAST, false, undefined],
      [0x0c, OTHER, false, 0x0900],
      [0x0c, STATION, false, 0x0800],
      [0x0c, GROUP, false, 0x0940],
      [0x1c, BROADCAST, false, 0x0980],
    ];
    // fec.md section 4: the uninverted reflected CRC's top bit selects the table, the five below it the bit.
    const crc = ~fcs(Uint8Array.from(GROUP)) >>> 0;
    for (const [rcntrl, to, hashed, expected] of cases) {
      const bench = fec({ rcntrl });
      if (hashed) bench.w32(crc >>> 31 ? HASH_TABLE_HIGH : HASH_TABLE_LOW, (1 << ((crc >>> 26) & 31)) >>> 0);
      receive(bench, frame(to, 64));
      expect(status(bench, RX_RING), `R_CNTRL ${rcntrl.toString(16)} to ${to.join(':')}`).toBe(expected ?? 0x8000);
      expect(bench.r32(IEVENT)).toBe(expected === undefined ? 0 : RFINT);
    }
  });

  it('the hash agrees with the bit-reversed CRC that Linux computes (fec.md section 4)', () => {
    // crc32_be-style loop over bits from the lowest of each byte, as drivers do it; hash = its low six bits, reversed.
    for (const mac of [GROUP, [0x33, 0x33, 0, 0, 0, 1], [0x01, 0x80, 0xc2, 0, 0, 0x0e]]) {
      let crc = 0xffff_ffff;
      for (const byte of mac) {
        for (let bit = 0, data = byte; bit < 8; bit++, data >>= 1) {
          const high = crc >>> 31;
          crc = (crc << 1) >>> 0;
          if ((high ^ data) & 1) crc = (crc ^ 0x04c1_1db7) >>> 0;
        }
      }
      const reversed = [1, 2, 3, 4, 5].reduce((sum, bit) => (sum << 1) | ((crc >>> bit) & 1), 0);
      const bench = fec();
      bench.w32(crc & 1 ? HASH_TABLE_HIGH : HASH_TABLE_LOW, (1 << reversed) >>> 0);
      receive(bench, frame(mac, 64));
      expect(status(bench, RX_RING)).toBe(0x0840);
    }
  });

  it('reports CR, NO, SH, LG with BABR, and TR (table 3-4)', () => {
    const bench = fec();
    const bad = frame(STATION, 100);
    bad[50] = (bad[50] ?? 0) ^ 1;
    receive(bench, bad);
    expect(status(bench, RX_RING)).toBe(0x0804);
    bench.core.fecRxDribble(3);
    receive(bench, bad);
    expect(status(bench, RX_RING + 8)).toBe(0x0810);
    // Dribble bits with a good CRC at the last byte are no error.
    receive(bench, frame(STATION, 100));
    expect(status(bench, RX_RING + 16)).toBe(0x0800);
    bench.core.fecRxDribble(0);
    receive(bench, frame(STATION, 60));
    expect(status(bench, RX_RING + 24)).toBe(0x2808);
    expect(bench.r32(IEVENT)).toBe(RFINT);

    const long = fec({ buffer: 2032 });
    receive(long, frame(STATION, 1519));
    expect(status(long, RX_RING)).toBe(0x0820);
    expect(length(long, RX_RING)).toBe(1519);
    expect(long.r32(IEVENT)).toBe((RFINT | BABR) >>> 0);
    receive(long, frame(STATION, 2500));
    // 2047 bytes in two buffers of 2032.
    expect(status(long, RX_RING + 8)).toBe(0);
    expect(status(long, RX_RING + 16)).toBe(0x0821);
    expect(length(long, RX_RING + 16)).toBe(2047);
  });

  it('spreads a frame over buffers of R_BUFF_SIZE; RXB for each but the last, which has the total length', () => {
    const bench = fec({ buffer: 64 });
    const bytes = frame(STATION, 150);
    receive(bench, bytes);
    expect([0, 1, 2].map((i) => word(bench, RX_RING + 8 * i))).toEqual([0x0000_0040, 0x0000_0040, 0x0800_0096]);
    expect(bench.r32(IEVENT)).toBe(RFINT | RXB);
    expect(bench.ram(RX_BUFFERS + 0x1000, 22)).toEqual(bytes.subarray(128));
  });

  it('works with rings and buffers in the dual-port RAM, as U-Boot has its rings', () => {
    const bench = fec({ enable: false });
    bench.bd(0x2860, 0xa000, 0, 0xff00_2400);
    bench.w32(R_DES_START, 0xff00_2860);
    bench.w32(ECNTRL, 6);
    bench.w32(R_DES_ACTIVE, 1);
    const bytes = frame(STATION, 64);
    receive(bench, bytes);
    expect(bench.r16(0x2860)).toBe(0x2800);
    expect(bench.r32(0x2400)).toBe(0x0800_3e26);
    expect(bench.r32(IEVENT)).toBe(RFINT);
  });

  it('EBERR and ETHER_EN = 0 when nothing answers at a buffer or a ring', () => {
    const bench = fec({ enable: false });
    bd(bench, RX_RING, 0x8000, 0, 0x7000_0000);
    bench.w32(ECNTRL, 6);
    bench.w32(R_DES_ACTIVE, 1);
    receive(bench, frame(STATION, 64));
    expect(bench.r32(IEVENT)).toBe(EBERR);
    expect(bench.r32(ECNTRL)).toBe(4);
    bench.w32(X_DES_START, 0x7000_0000);
    bench.w32(IEVENT, EBERR);
    bench.w32(ECNTRL, 6);
    go(bench);
    bench.run(100);
    expect(bench.r32(IEVENT)).toBe(EBERR);
  });

  it('ETHER_EN = 0 loses the frame in progress; enabling begins at R_DES_START again, and events stay', () => {
    const bench = fec();
    receive(bench, frame(STATION, 64));
    bench.fecReceive(frame(STATION, 500));
    bench.run(400);
    bench.w32(ECNTRL, 4);
    bench.run(wireTime(500));
    expect(status(bench, RX_RING + 8)).toBe(0x8000);
    expect(bench.r32(IEVENT)).toBe(RFINT);
    expect(bench.r32(R_DES_ACTIVE)).toBe(0);
    bench.w32(R_DES_ACTIVE, 1);
    expect(bench.r32(R_DES_ACTIVE)).toBe(0);
    bd(bench, RX_RING, 0x8000, 0, RX_BUFFERS);
    bench.w32(ECNTRL, 6);
    bench.w32(R_DES_ACTIVE, 1);
    receive(bench, frame(STATION, 80));
    expect(word(bench, RX_RING)).toBe(0x0800_0050);
  });

  it('a fragment that collided before 64 bytes leaves its BD empty', () => {
    const bench = fec({ partner: HUB_100, xcntrl: 0 });
    bench.fecReceive(frame(STATION, 500));
    bench.run(wireTime(50));
    bench.core.fecCollision();
    bench.run(4000);
    expect(status(bench, RX_RING)).toBe(0x8000);
    expect(bench.r32(IEVENT)).toBe(0);
    const bytes = frame(STATION, 90);
    receive(bench, bytes);
    expect(word(bench, RX_RING)).toBe(0x0800_005a);
    expect(bench.ram(RX_BUFFERS, 90)).toEqual(bytes);
  });
});

describe('FEC transmission (Supplement: FEC Frame Transmission; table 6-29)', () => {
  it('starts as soon as the DMA has the first 64 bytes when X_DES_ACTIVE is written, appends the CRC, takes wire time, closes the BD and X_DES_ACTIVE', () => {
    const bench = fec();
    transmit(bench, 0, 0x8c00, body);
    bench.run(1000);
    expect(bench.fecStarts).toHaveLength(0);
    const at = bench.now;
    go(bench);
    expect(bench.r32(X_DES_ACTIVE)).toBe(0x0100_0000);
    bench.run(2000);
    // A BD of two words, four bursts of 11 clocks.
    expect((bench.fecStarts[0] ?? 0) - at).toBeGreaterThanOrEqual(10 + 44);
    expect((bench.fecStarts[0] ?? 0) - at).toBeLessThan(80);
    const sent = bench.fecSent[0];
    expect(sent?.bytes).toEqual(withFcs(body));
    expect(Math.abs((sent?.end ?? 0) - (sent?.start ?? 0) - wireTime(104))).toBeLessThan(3);
    expect(word(bench, TX_RING)).toBe(0x0c00_0064);
    expect(bench.r32(IEVENT)).toBe(TFINT);
    expect(bench.r32(X_DES_ACTIVE)).toBe(0);
  });

  it('pads to 64 bytes with TC, sends the bare data without', () => {
    const bench = fec();
    transmit(bench, 0, 0x8c00, body.subarray(0, 20));
    transmit(bench, 1, 0x8800, withFcs(body), TX_BUFFER + 0x1000);
    go(bench);
    bench.run(2000);
    const padded = new Uint8Array(60);
    padded.set(body.subarray(0, 20));
    expect(bench.fecSent.map((f) => f.bytes)).toEqual([withFcs(padded), withFcs(body)]);
  });

  it('joins BDs of any alignment up to L, keeps TO1, TO2 and W; TXB for each but the last', () => {
    const bench = fec();
    transmit(bench, 0, 0xd000, body.subarray(0, 33), TX_BUFFER + 0x1001);
    transmit(bench, 1, 0x8000, body.subarray(33, 34), TX_BUFFER + 0x2003);
    transmit(bench, 2, 0x8c00, body.subarray(34), TX_BUFFER + 0x3002);
    go(bench);
    bench.run(2000);
    expect(bench.fecSent[0]?.bytes).toEqual(withFcs(body));
    expect([0, 1, 2].map((i) => status(bench, TX_RING + 8 * i))).toEqual([0x5000, 0x0000, 0x0c00]);
    expect(bench.r32(IEVENT)).toBe(TFINT | TXB);
  });

  it('sends the ring back to back, 96 bit times apart', () => {
    const bench = fec();
    const long = new Uint8Array(1514).fill(0x5a);
    for (let i = 0; i < TX_BDS; i++) transmit(bench, i, 0x8c00 | (i === 3 ? 0x2000 : 0), long, TX_BUFFER + 0x800 * i);
    go(bench);
    bench.run(4 * (wireTime(1518) + 39) + 40);
    expect(bench.fecSent.map((f) => f.bytes.length)).toEqual([1518, 1518, 1518, 1518]);
    for (let i = 1; i < 4; i++) {
      const gap = (bench.fecSent[i]?.start ?? 0) - (bench.fecSent[i - 1]?.end ?? 0);
      expect(gap).toBeGreaterThanOrEqual(38.4);
      expect(gap).toBeLessThan(42);
    }
    expect(status(bench, TX_RING + 24)).toBe(0x2c00);
    // It wrapped: the next demand looks at the first BD.
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    bench.run(1000);
    expect(bench.fecSent).toHaveLength(5);
  });

  it('reports UN with a wrong CRC when the next BD of a frame is not ready, and goes on with the next frame', () => {
    const bench = fec();
    transmit(bench, 0, 0x8000, body);
    go(bench);
    bench.run(2000);
    expect(bench.fecSent[0]?.bytes.subarray(0, 100)).toEqual(body);
    expect(bench.fecSent[0]?.bytes).not.toEqual(withFcs(body));
    expect(status(bench, TX_RING)).toBe(0x0002);
    expect(bench.r32(IEVENT)).toBe(TFINT);
    transmit(bench, 1, 0x8c00, body);
    go(bench);
    bench.run(2000);
    expect(bench.fecSent[1]?.bytes).toEqual(withFcs(body));
    expect(status(bench, TX_RING + 8)).toBe(0x0c00);
  });

  it('reports UN when the DMA is slower than the wire, in the last BD of the frame, all of whose BDs are closed', () => {
    const bench = fec();
    loadUpm(bench.core, 0, { ...MBX_40MHZ, readBurst: BURST_OF_193 });
    const long = new Uint8Array(1400).fill(0x5a);
    transmit(bench, 0, 0x8000, long);
    transmit(bench, 1, 0x8c00, body, TX_BUFFER + 0x1000);
    go(bench);
    bench.run(40_000);
    expect(bench.fecSent).toHaveLength(1);
    expect(bench.fecSent[0]?.bytes.length).toBeLessThan(1400);
    expect(status(bench, TX_RING)).toBe(0);
    expect(status(bench, TX_RING + 8)).toBe(0x0c02);
  });

  it('BABT for a frame longer than MAX_FRAME_LENGTH, which is sent whole', () => {
    const bench = fec();
    transmit(bench, 0, 0x8c00, new Uint8Array(1600));
    go(bench);
    bench.run(6000);
    expect(bench.fecSent[0]?.bytes.length).toBe(1604);
    expect(bench.r32(IEVENT)).toBe(TFINT | BABT);
  });

  it('GTS: at once without a frame, else GRA behind it; the ring goes on when GTS goes', () => {
    const bench = fec();
    bench.w32(X_CNTRL, FDEN | 1);
    expect(bench.r32(IEVENT)).toBe(GRA);
    bench.w32(IEVENT, GRA);
    transmit(bench, 0, 0x8c00, body);
    transmit(bench, 1, 0x8c00, body, TX_BUFFER + 0x1000);
    go(bench);
    bench.run(2000);
    expect(bench.fecStarts).toHaveLength(0);
    bench.w32(X_CNTRL, FDEN);
    bench.run(100);
    bench.w32(X_CNTRL, FDEN | 1);
    expect(bench.r32(IEVENT)).toBe(0);
    bench.run(2000);
    expect(bench.fecSent).toHaveLength(1);
    expect(bench.r32(IEVENT)).toBe(GRA | TFINT);
    bench.w32(X_CNTRL, FDEN);
    bench.run(2000);
    expect(bench.fecSent).toHaveLength(2);
  });

  it('ETHER_EN = 0 cuts the frame on the wire; its BD stays ready', () => {
    const bench = fec();
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    bench.run(250);
    bench.w32(ECNTRL, 4);
    bench.run(1000);
    const cut = bench.fecSent[0]?.bytes ?? new Uint8Array();
    expect(cut.length).toBeGreaterThan(20);
    expect(cut).toEqual(body.subarray(0, cut.length));
    expect(status(bench, TX_RING)).toBe(0x8c00);
    bench.w32(ECNTRL, 6);
    go(bench);
    bench.run(1000);
    expect(bench.fecSent[1]?.bytes).toEqual(withFcs(body));
  });

  it('takes the bus: bursts where alignment permits', () => {
    const cost = (at: number): number => {
      const bench = fec();
      transmit(bench, 0, 0x8c00, new Uint8Array(1024), at);
      const view = new DataView(bench.core.memory.buffer);
      const busy = bench.constant('BUS_FREE_AT');
      let taken = 0;
      let last = Number(view.getBigUint64(busy, true));
      go(bench);
      for (let i = 0; i < 6000; i++) {
        const before = Math.max(last, bench.now);
        bench.run(1);
        const after = Number(view.getBigUint64(busy, true));
        if (after > last) taken += after - before;
        last = after;
      }
      return taken;
    };
    // 64 lines in bursts of 11 clocks, and the BDs; the bench's own fetches come from a burst buffer or not at all.
    const aligned = cost(TX_BUFFER);
    expect(cost(TX_BUFFER + 4)).toBeGreaterThan(aligned);
  });
});

describe('half duplex (Supplement: Collision Handling, Transmission Errors)', () => {
  it('defers to a frame on the wire and reports DEF', () => {
    const bench = fec({ partner: HUB_100, xcntrl: 0 });
    bench.fecReceive(frame(OTHER, 500));
    const end = bench.now + wireTime(500);
    bench.run(50);
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    bench.run(4000);
    const gap = (bench.fecSent[0]?.start ?? 0) - end;
    expect(gap).toBeGreaterThanOrEqual(38);
    expect(gap).toBeLessThan(44);
    expect(status(bench, TX_RING)).toBe(0x0e00);
  });

  it('defers to a carrier that the wire announces, and to none in full duplex', () => {
    for (const full of [false, true]) {
      const bench = fec({ partner: full ? SWITCH_100 : HUB_100, xcntrl: full ? FDEN : 0 });
      bench.core.fecCarrier(1);
      transmit(bench, 0, 0x8c00, body);
      go(bench);
      bench.run(4000);
      expect(bench.fecStarts).toHaveLength(full ? 1 : 0);
      bench.core.fecCarrier(0);
      bench.run(4000);
      expect(bench.fecSent).toHaveLength(1);
    }
  });

  it('retries after a collision in the slot time and counts RC; the frame is sent whole', () => {
    const bench = fec({ partner: HUB_100, xcntrl: 0 });
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    for (let i = 0; i < 3; i++) {
      while (bench.fecStarts.length <= i) bench.run(20);
      bench.run(20);
      bench.core.fecCollision();
    }
    bench.run(20_000);
    expect(bench.fecSent[0]?.bytes).toEqual(withFcs(body));
    expect(status(bench, TX_RING)).toBe(0x0c00 | (3 << 2));
    expect(bench.r32(IEVENT)).toBe(TFINT);
    // Back-off in slots of 512 bit times = 204.8 cycles, from the end of the jam.
    const jam = Math.ceil(96 * 0.4);
    const slots = ((bench.fecStarts[1] ?? 0) - (bench.fecStarts[0] ?? 0) - jam) / 204.8;
    expect(slots).toBeLessThan(2.3);
  });

  it('gives up with RL after 16 attempts and goes on with the next frame', () => {
    const bench = fec({ partner: HUB_100, xcntrl: 0 });
    transmit(bench, 0, 0x8c00, body);
    transmit(bench, 1, 0x8c00, body.subarray(0, 70), TX_BUFFER + 0x1000);
    go(bench);
    for (let i = 0; i < 16; i++) {
      while (bench.fecStarts.length <= i) bench.run(20);
      bench.core.fecCollision();
    }
    bench.run(1000);
    expect(status(bench, TX_RING) & 0x00c2).toBe(0x0040);
    bench.run(3000);
    expect(bench.fecSent).toHaveLength(1);
    expect(status(bench, TX_RING + 8)).toBe(0x0c00);
  });

  it('LC after 512 bit times: no retry, all BDs of the frame closed', () => {
    const bench = fec({ partner: HUB_100, xcntrl: 0 });
    const long = new Uint8Array(1000).fill(1);
    transmit(bench, 0, 0x8000, long);
    transmit(bench, 1, 0x8c00, body, TX_BUFFER + 0x1000);
    go(bench);
    while (bench.fecStarts.length === 0) bench.run(10);
    bench.run(wireTime(57));
    bench.core.fecCollision();
    bench.run(20_000);
    expect(bench.fecStarts).toHaveLength(1);
    expect(status(bench, TX_RING)).toBe(0);
    expect(status(bench, TX_RING + 8)).toBe(0x0c80);
  });

  it('heartbeat: HBERR and HB with HBC at 100 Mbit/s, where no PHY gives one; none at 10', () => {
    for (const [partner, beat] of [
      [HUB_100, false],
      [HUB_10, true],
    ] as const) {
      const bench = fec({ partner, xcntrl: 2 });
      transmit(bench, 0, 0x8c00, body);
      go(bench);
      bench.run(10_000);
      expect(bench.fecSent).toHaveLength(1);
      expect(status(bench, TX_RING)).toBe(beat ? 0x0c00 : 0x0d00);
      expect(bench.r32(IEVENT)).toBe(beat ? TFINT : (TFINT | HBERR) >>> 0);
    }
  });

  it('CSL without a link, and nothing on the wire', () => {
    const bench = fec({ partner: 0, xcntrl: 0 });
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    bench.run(4000);
    expect(bench.fecStarts).toHaveLength(0);
    expect(status(bench, TX_RING)).toBe(0x0c01);
  });

  it('works at 10 Mbit/s when the PHY found a 10BASE-T hub', () => {
    const bench = fec({ partner: HUB_10, xcntrl: 0 });
    transmit(bench, 0, 0x8c00, body);
    go(bench);
    bench.run(10_000);
    const sent = bench.fecSent[0];
    expect(Math.abs((sent?.end ?? 0) - (sent?.start ?? 0) - wireTime(104, 10))).toBeLessThan(5);
    receive(bench, frame(STATION, 200), 10);
    expect(word(bench, RX_RING)).toBe(0x0800_00c8);
  });
});

describe('loopback', () => {
  it('R_CNTRL[LOOP]: what is sent comes back, nothing goes out, no link needed', () => {
    const bench = fec({ partner: 0, rcntrl: 5, xcntrl: FDEN });
    const data = Uint8Array.from([...STATION, ...OTHER, 8, 0, ...new Array(1400).fill(0x33)]);
    for (let i = 0; i < 3; i++) transmit(bench, i, 0x8c00, data.subarray(0, 1400 - 500 * i), TX_BUFFER + 0x800 * i);
    go(bench);
    bench.run(20_000);
    expect(bench.fecStarts).toHaveLength(0);
    expect([0, 1, 2].map((i) => word(bench, RX_RING + 8 * i))).toEqual([0x0800_057c, 0x0800_0388, 0x0800_0194]);
    expect(bench.ram(RX_BUFFERS, 1404)).toEqual(withFcs(data.subarray(0, 1400)));
    expect(bench.r32(IEVENT)).toBe(TFINT | RFINT);
  });

  it('the PHY’s loopback (register 0 bit 14), unless DRT forbids to listen', () => {
    for (const [rcntrl, xcntrl, heard] of [
      [4, FDEN, true],
      [4, 0, true],
      [6, 0, false],
    ] as const) {
      const bench = fec({ rcntrl, xcntrl });
      bench.w32(MII_SPEED, 0x10);
      phyWrite(bench, 0, 0x7100);
      bench.w32(IEVENT, 0xffff_ffff);
      transmit(bench, 0, 0x8c00, Uint8Array.from([...STATION, ...body.subarray(6)]));
      go(bench);
      bench.run(4000);
      expect(bench.fecStarts).toHaveLength(0);
      expect(status(bench, RX_RING)).toBe(heard ? 0x0800 : 0x8000);
    }
  });
});

describe('MII management (fec.md section 5)', () => {
  it('a frame takes 64 MDC cycles, 32 without preamble; MDC is the system clock over twice the field', () => {
    for (const [speed, cycles] of [
      [0x10, 64 * 16],
      [0x90, 32 * 16],
      [0x0a, 64 * 10],
    ] as const) {
      const bench = new SocBench({ fec: PHY });
      bench.w32(MII_SPEED, speed);
      bench.w32(MII_DATA, 0x680a_0000);
      bench.run(cycles - 8);
      expect(bench.r32(IEVENT)).toBe(0);
      bench.run(16);
      expect(bench.r32(IEVENT)).toBe(MII);
      // What RTEMS eth_comm tells the two boards apart by.
      expect(bench.r32(MII_DATA)).toBe(0x680a_2000);
    }
  });

  it('with MII_SPEED = 0 nothing happens until the clock starts', () => {
    const bench = new SocBench({ fec: PHY });
    bench.w32(MII_DATA, 0x680a_0000);
    bench.run(100_000);
    expect(bench.r32(IEVENT)).toBe(0);
    bench.w32(MII_SPEED, 0x10);
    bench.run(1100);
    expect(bench.r32(MII_DATA)).toBe(0x680a_2000);
  });

  it('reads ones where no PHY is, on every address but its own', () => {
    const bench = new SocBench({ fec: PHY });
    bench.w32(MII_SPEED, 0x10);
    for (let address = 0; address < 32; address++) {
      expect(phyRead(bench, 3, address)).toBe(address === 16 ? 0x5c00 : 0xffff);
    }
  });

  it('the PHY negotiates full duplex with a partner that does, and takes its time (802.3 clause 28)', () => {
    const bench = new SocBench({ fec: PHY });
    bench.w32(MII_SPEED, 0x10);
    expect(phyRead(bench, 0)).toBe(0x3100);
    expect(phyRead(bench, 4)).toBe(0x01e1);
    bench.core.fecPartner(SWITCH_100);
    bench.run(HZ);
    expect(phyRead(bench, 1)).toBe(0x7849);
    expect(phyRead(bench, 5)).toBe(0);
    expect(bench.core.fecPartnerFullDuplex()).toBe(0);
    bench.run(HZ);
    // The link bit latches low: the first read still tells of the time without.
    expect(phyRead(bench, 1)).toBe(0x7869);
    expect(phyRead(bench, 1)).toBe(0x786d);
    expect(phyRead(bench, 5)).toBe(0x4181);
    expect(phyRead(bench, 6) & 1).toBe(1);
    expect(bench.core.fecPartnerFullDuplex()).toBe(1);
    bench.core.fecPartner(0);
    expect(phyRead(bench, 1)).toBe(0x7849);
    bench.core.fecPartner(SWITCH_100);
    phyWrite(bench, 4, 0x00a1);
    phyWrite(bench, 0, 0x1200);
    bench.run(2 * HZ);
    phyRead(bench, 1);
    expect(phyRead(bench, 1)).toBe(0x786d);
    expect(bench.core.fecPartnerFullDuplex(), 'only half duplex was offered').toBe(0);
  });

  it('finds the speed of a hub that does not negotiate', () => {
    const bench = new SocBench({ fec: PHY });
    bench.w32(MII_SPEED, 0x10);
    bench.core.fecPartner(HUB_10);
    bench.run(3 * HZ);
    phyRead(bench, 1);
    expect(phyRead(bench, 1)).toBe(0x786d);
    expect(phyRead(bench, 5)).toBe(0x0020);
    expect(phyRead(bench, 6)).toBe(0);
  });

  it('a forced speed that the partner has not gives no link; the right one does, in half duplex at the far end', () => {
    const bench = new SocBench({ fec: PHY });
    bench.w32(MII_SPEED, 0x10);
    bench.core.fecPartner(HUB_100);
    phyWrite(bench, 0, 0x0000);
    bench.run(4 * HZ);
    phyRead(bench, 1);
    expect(phyRead(bench, 1) & 0x24).toBe(0);
    phyWrite(bench, 0, 0x2100);
    bench.run(4 * HZ);
    phyRead(bench, 1);
    expect(phyRead(bench, 1) & 0x24).toBe(0x04);
    expect(bench.core.fecPartnerFullDuplex()).toBe(0);
  });

  it('register 0: reset clears itself, power-down and isolate take the link from the MAC', () => {
    const bench = fec();
    bench.w32(MII_SPEED, 0x10);
    phyWrite(bench, 0, 0x8000);
    expect(phyRead(bench, 0)).toBe(0xb100);
    bench.runUs(600);
    expect(phyRead(bench, 0)).toBe(0x3100);
    bench.run(2 * HZ);
    phyWrite(bench, 0, 0x3500);
    receive(bench, frame(STATION, 64));
    expect(status(bench, RX_RING)).toBe(0x8000);
    phyWrite(bench, 0, 0x3100);
    receive(bench, frame(STATION, 64));
    expect(status(bench, RX_RING)).toBe(0x0800);
    phyWrite(bench, 0, 0x3900);
    phyRead(bench, 1);
    expect(phyRead(bench, 1) & 0x24).toBe(0);
  });
});

describe('a FIFO and registers set to nonsense', () => {
  it('cannot stop the machine', () => {
    const bench = fec();
    for (const [rstart, xstart] of [
      [0, 0x3fc],
      [0x3fc, 0],
      [0x100, 0x100],
    ] as const) {
      bench.w32(R_FSTART, rstart);
      bench.w32(0xeec, xstart);
      bench.w32(R_BUFF_SIZE, 0);
      bench.w32(X_DES_START, TX_RING);
      transmit(bench, 0, 0xac00, body);
      go(bench);
      bench.w32(R_DES_ACTIVE, 1);
      receive(bench, frame(STATION, 1518));
      bench.run(20_000);
    }
    expect(bench.fecSent.length).toBeGreaterThan(0);
  });
});
