import { describe, expect, it } from 'vitest';
import { loadUpm, MBX_40MHZ } from '../support/upm.js';
import { BROADCAST, fcs, GROUP, OTHER, SocBench, STATION, STOP, withFcs } from './soc-bench.js';

// MPC860 UM, SCC Ethernet Mode; hardware/scc-ethernet.md
const GSMR_L = 0xa00;
const PSMR = 0xa08;
const TODR = 0xa0c;
const SCCE = 0xa10;
const PRAM = 0x3c00;
const CPCR = 0x9c0;
const RX_RING = 0x2000;
const TX_RING = 0x2200;
const RX_BUFFERS = 0x10000;
const TX_BUFFER = 0x40000;
const MRBLR = 1520;
const RX_BDS = 4;
const TX_BDS = 4;
const GRA = 0x80;
const TXE = 0x10;
const RXF = 0x08;
const BSY = 0x04;
const TXB = 0x02;
const RXB = 0x01;
const US = 40;

interface Setup {
  psmr?: number;
  mrblr?: number;
  diag?: number;
  seed?: number;
  enable?: number;
  coreHz?: number;
}

/** SCC1 as the RTEMS driver sets it up (scc-ethernet.md section 9), four BDs each way, receiver armed. */
function ethernet(setup: Setup = {}): SocBench {
  const bench = new SocBench({ seed: setup.seed ?? 1, coreHz: setup.coreHz ?? 40_000_000 });
  bench.w16(PRAM + 0x00, RX_RING);
  bench.w16(PRAM + 0x02, TX_RING);
  bench.w16(CPCR, 0x0001);
  bench.run(200);
  bench.w16(PRAM + 0x04, 0x1010);
  bench.w16(PRAM + 0x06, setup.mrblr ?? MRBLR);
  bench.w32(PRAM + 0x30, 0xffff_ffff);
  bench.w32(PRAM + 0x34, 0xdebb_20e3);
  for (const counter of [0x38, 0x3c, 0x40]) bench.w32(PRAM + counter, 0);
  bench.w16(PRAM + 0x44, 0x8888);
  bench.w16(PRAM + 0x46, 15);
  bench.w16(PRAM + 0x4a, 1518);
  bench.w16(PRAM + 0x4c, 64);
  bench.w16(PRAM + 0x4e, 1520);
  bench.w16(PRAM + 0x50, 1520);
  address(bench, 0x72, STATION);
  for (let i = 0; i < RX_BDS; i++) {
    bench.bd(RX_RING + 8 * i, 0x8000 | (i === RX_BDS - 1 ? 0x2000 : 0), 0, RX_BUFFERS + 0x800 * i);
  }
  for (let i = 0; i < TX_BDS; i++) bench.bd(TX_RING + 8 * i, i === TX_BDS - 1 ? 0x2000 : 0, 0, 0);
  bench.w16(SCCE, 0xffff);
  bench.w16(PSMR, setup.psmr ?? 0x080a);
  bench.w16(0xa0e, 0xd555);
  bench.w32(GSMR_L, 0x1088_000c | (setup.diag ?? 0));
  bench.w32(GSMR_L, 0x1088_000c | (setup.diag ?? 0) | (setup.enable ?? 0x30));
  return bench;
}

/** An address as the parameter RAM holds it: H at `offset`, then M, then L, low byte first on the wire. */
function address(bench: SocBench, offset: number, mac: number[]): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac;
  bench.w16(PRAM + offset, (f << 8) | e);
  bench.w16(PRAM + offset + 2, (d << 8) | c);
  bench.w16(PRAM + offset + 4, (b << 8) | a);
}

/** A frame to `to` of `length` bytes with FCS. */
function frame(to: number[], length: number): Uint8Array {
  const data = new Uint8Array(length - 4);
  data.set(to);
  data.set(OTHER, 6);
  for (let i = 12; i < data.length; i++) data[i] = (i * 7) & 0xff;
  return withFcs(data);
}

/** Cycles that a frame of `length` bytes occupies the wire, preamble included. */
const wireTime = (length: number): number => (64 + 8 * length) * 4;

function receive(bench: SocBench, bytes: Uint8Array): void {
  bench.receive(bytes);
  bench.run(wireTime(bytes.length) + 20 * US);
}

function transmit(bench: SocBench, bd: number, status: number, data: Uint8Array, at = TX_BUFFER): void {
  bench.ram(at, data.length).set(data);
  bench.bd(TX_RING + 8 * bd, status, data.length, at);
}

describe('SCC Ethernet reception (scc-ethernet.md section 4)', () => {
  it('stores a frame with its CRC, closes the BD and sets RXF even with I = 0', () => {
    const bench = ethernet();
    const bytes = frame(STATION, 1000);
    bench.receive(bytes);
    bench.run(wireTime(1000) - 10);
    expect(bench.r16(SCCE)).toBe(0);
    expect(bench.r16(RX_RING)).toBe(0x8000);
    // Data reaches memory while the frame is still coming in.
    expect(bench.ram(RX_BUFFERS, 900)).toEqual(bytes.subarray(0, 900));
    bench.run(10 + 5 * US);
    expect(bench.r16(SCCE)).toBe(RXF);
    expect(bench.r16(RX_RING)).toBe(0x0c00);
    expect(bench.r16(RX_RING + 2)).toBe(1000);
    expect(bench.ram(RX_BUFFERS, 1000)).toEqual(bytes);
    expect(bench.r16(PRAM + 0x10)).toBe(RX_RING + 8);
  });

  it('wraps after the BD with W and keeps W and I', () => {
    const bench = ethernet();
    bench.w16(RX_RING + 24, 0xb000);
    for (let i = 0; i < 4; i++) receive(bench, frame(BROADCAST, 64));
    expect(bench.r16(RX_RING + 24)).toBe(0x3c00);
    expect(bench.r16(PRAM + 0x10)).toBe(RX_RING);
    // RXB belongs to BDs that do not end a frame.
    expect(bench.r16(SCCE)).toBe(RXF);
  });

  it('drops a frame with BSY and DISFC when the BD is not empty, and takes the next one without a command', () => {
    const bench = ethernet();
    bench.w16(RX_RING, 0);
    receive(bench, frame(STATION, 64));
    expect(bench.r16(SCCE)).toBe(BSY);
    expect(bench.r32(PRAM + 0x40)).toBe(1);
    expect(bench.r16(PRAM + 0x10)).toBe(RX_RING);
    receive(bench, frame(OTHER, 64));
    expect(bench.r32(PRAM + 0x40)).toBe(1);
    bench.w16(RX_RING, 0x8000);
    receive(bench, frame(STATION, 64));
    expect(bench.r16(RX_RING)).toBe(0x0c00);
    expect(bench.r32(PRAM + 0x40)).toBe(1);
  });

  it('filters by station address, broadcast and PSMR', () => {
    const cases: [psmr: number, to: number[], status: number | undefined][] = [
      [0x080a, STATION, 0x0c00],
      [0x080a, BROADCAST, 0x0c00],
      [0x080a, OTHER, undefined],
      [0x080a, GROUP, undefined],
      [0x090a, BROADCAST, undefined],
      [0x0a0a, OTHER, 0x0d00],
      [0x0a0a, STATION, 0x0c00],
    ];
    for (const [psmr, to, status] of cases) {
      const bench = ethernet({ psmr });
      receive(bench, frame(to, 64));
      expect(bench.r16(RX_RING), `PSMR ${psmr.toString(16)} to ${to.join(':')}`).toBe(status ?? 0x8000);
      expect(bench.r16(SCCE)).toBe(status === undefined ? 0 : RXF);
    }
  });

  it('finds group addresses that SET GROUP ADDRESS hashed, and individual ones with IAM', () => {
    const bench = ethernet();
    address(bench, 0x9e, GROUP);
    bench.w16(CPCR, 0x0801);
    bench.run(200);
    const bits = [0, 1, 2, 3].map((i) => bench.r16(PRAM + 0x58 + 2 * i));
    expect(bits.filter((b) => b !== 0)).toHaveLength(1);
    // scc-ethernet.md: register = crc >> 30, bit = crc >> 26 & 15 of the uninverted reflected CRC.
    const crc = ~fcs(Uint8Array.from(GROUP)) >>> 0;
    expect(bits[crc >>> 30]).toBe(1 << ((crc >>> 26) & 15));
    receive(bench, frame(GROUP, 64));
    expect(bench.r16(RX_RING)).toBe(0x0c00);

    const hashed = ethernet({ psmr: 0x180a });
    receive(hashed, frame(STATION, 64));
    expect(hashed.r16(RX_RING)).toBe(0x8000);
    address(hashed, 0x9e, OTHER);
    hashed.w16(CPCR, 0x0801);
    hashed.run(200);
    receive(hashed, frame(OTHER, 64));
    expect(hashed.r16(RX_RING)).toBe(0x0c00);
  });

  it('drops short frames and reuses the BD; with RSH it keeps them as SH', () => {
    const bench = ethernet();
    receive(bench, frame(STATION, 60));
    expect(bench.r16(RX_RING)).toBe(0x8000);
    expect(bench.r16(SCCE)).toBe(0);
    const short = ethernet({ psmr: 0x280a });
    receive(short, frame(STATION, 60));
    expect(short.r16(RX_RING)).toBe(0x0c08);
    expect(short.r16(RX_RING + 2)).toBe(60);
  });

  it('marks long frames LG and stores no more than MAXD1', () => {
    const bench = ethernet({ mrblr: 2048 });
    const bytes = frame(STATION, 1600);
    receive(bench, bytes);
    expect(bench.r16(RX_RING)).toBe(0x0c20);
    expect(bench.r16(RX_RING + 2)).toBe(1600);
    expect(bench.ram(RX_BUFFERS, 1520)).toEqual(bytes.subarray(0, 1520));
    expect([...bench.ram(RX_BUFFERS + 1520, 80)]).toEqual(new Array(80).fill(0));
  });

  it('counts and marks CRC errors, alignment errors as NO', () => {
    const bench = ethernet();
    const bad = frame(STATION, 100);
    bad[50] = (bad[50] ?? 0) ^ 1;
    receive(bench, bad);
    expect(bench.r16(RX_RING)).toBe(0x0c04);
    expect(bench.r32(PRAM + 0x38)).toBe(1);
    bench.core.ethRxDribble(3);
    receive(bench, bad);
    expect(bench.r16(RX_RING + 8)).toBe(0x0c10);
    expect(bench.r32(PRAM + 0x3c)).toBe(1);
    receive(bench, frame(STATION, 100));
    expect(bench.r16(RX_RING + 16)).toBe(0x0c00);
  });

  it('spreads a frame over buffers of MRBLR bytes; the last one has the total length', () => {
    const bench = ethernet({ mrblr: 64 });
    bench.w16(RX_RING, 0x9000);
    receive(bench, frame(STATION, 150));
    expect([0, 1, 2].map((i) => bench.r16(RX_RING + 8 * i))).toEqual([0x1400, 0x0000, 0x0800]);
    expect([0, 1, 2].map((i) => bench.r16(RX_RING + 8 * i + 2))).toEqual([64, 64, 150]);
    expect(bench.r16(SCCE)).toBe(RXF | RXB);
  });

  it('ignores what begins before ENR and aborts on ENTER HUNT MODE', () => {
    const bench = ethernet({ enable: 0x10 });
    bench.receive(frame(STATION, 64));
    bench.run(1000);
    bench.w32(GSMR_L, 0x1088_003c);
    bench.run(wireTime(64));
    expect(bench.r16(RX_RING)).toBe(0x8000);
    bench.run(20 * US);
    bench.receive(frame(STATION, 500));
    bench.run(5000);
    bench.w16(CPCR, 0x0301);
    bench.run(wireTime(500));
    expect(bench.r16(RX_RING)).toBe(0x8000);
    receive(bench, frame(STATION, 64));
    expect(bench.r16(RX_RING)).toBe(0x0c00);
  });

  it('forgets a fragment that collided before 64 bytes', () => {
    const bench = ethernet();
    bench.receive(frame(STATION, 500));
    bench.run(64 * 4 + 30 * 32);
    bench.core.ethCollision();
    bench.run(100 * US);
    expect(bench.r16(RX_RING)).toBe(0x8000);
    expect(bench.r16(SCCE)).toBe(0);
  });
});

describe('SCC Ethernet transmission (scc-ethernet.md section 5)', () => {
  const body = Uint8Array.from([...OTHER, ...STATION, 8, 0, ...Array.from({ length: 86 }, (_, i) => i)]);

  it('starts at a poll within 12.8 µs, appends the CRC, takes wire time, then closes the BD', () => {
    const bench = ethernet();
    bench.runUs(31);
    transmit(bench, 0, 0x9c00, body);
    const ready = bench.now;
    bench.runUs(200);
    expect(bench.starts).toHaveLength(1);
    expect((bench.starts[0] ?? 0) - ready).toBeLessThanOrEqual(12.8 * US + 20);
    const sent = bench.sent[0];
    expect(sent?.bytes).toEqual(withFcs(body));
    expect(Math.abs((sent?.end ?? 0) - (sent?.start ?? 0) - wireTime(104))).toBeLessThan(20);
    expect(bench.r16(TX_RING)).toBe(0x1c00);
    expect(bench.r16(SCCE)).toBe(TXB);
    expect(bench.r16(PRAM + 0x20)).toBe(TX_RING + 8);
  });

  it('does not wait for a poll with TODR', () => {
    const bench = ethernet();
    bench.runUs(31);
    transmit(bench, 0, 0x9c00, body);
    bench.w16(TODR, 0x8000);
    const at = bench.now;
    bench.runUs(1);
    expect((bench.starts[0] ?? 0) - at).toBeLessThan(20);
    expect(bench.r16(TODR)).toBe(0);
  });

  it('pads with PADS up to MINFLR', () => {
    const bench = ethernet();
    transmit(bench, 0, 0xdc00, body.subarray(0, 14));
    bench.runUs(200);
    const padded = new Uint8Array(60).fill(0x88);
    padded.set(body.subarray(0, 14));
    expect(bench.sent[0]?.bytes).toEqual(withFcs(padded));
  });

  it('joins BDs up to L into one frame, and sends none without TC’s CRC when TC is 0', () => {
    const bench = ethernet();
    transmit(bench, 1, 0x9c00, body.subarray(40), TX_BUFFER + 0x1001);
    transmit(bench, 0, 0x9000, body.subarray(0, 40));
    bench.runUs(200);
    expect(bench.sent[0]?.bytes).toEqual(withFcs(body));
    expect(bench.r16(TX_RING)).toBe(0x1000);
    expect(bench.r16(TX_RING + 8)).toBe(0x1c00);
    transmit(bench, 2, 0x8800, withFcs(body));
    bench.runUs(200);
    expect(bench.sent[1]?.bytes).toEqual(withFcs(body));
  });

  it('sends the next frame 9.6 µs after the last without a poll, and DEF is not set', () => {
    const bench = ethernet();
    transmit(bench, 1, 0x9c00, body);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(400);
    const gap = (bench.sent[1]?.start ?? 0) - (bench.sent[0]?.end ?? 0);
    expect(gap).toBeGreaterThanOrEqual(9.6 * US);
    expect(gap).toBeLessThan(9.6 * US + 20);
    expect(bench.r16(TX_RING + 8)).toBe(0x1c00);
  });

  it('defers to a frame on the wire and reports DEF', () => {
    const bench = ethernet();
    bench.receive(frame(OTHER, 500));
    const end = bench.now + wireTime(500);
    bench.runUs(50);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(700);
    const gap = (bench.sent[0]?.start ?? 0) - end;
    expect(gap).toBeGreaterThanOrEqual(9.6 * US - 1);
    expect(gap).toBeLessThan(9.6 * US + 20);
    expect(bench.r16(TX_RING)).toBe(0x1e00);
  });

  it('waits for a bare carrier to go', () => {
    const bench = ethernet();
    bench.core.ethCarrier(1);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(500);
    expect(bench.starts).toHaveLength(0);
    bench.core.ethCarrier(0);
    const off = bench.now;
    bench.runUs(200);
    expect((bench.starts[0] ?? 0) - off).toBeGreaterThanOrEqual(9.6 * US);
    expect(bench.r16(TX_RING)).toBe(0x1e00);
  });

  it('backs off after a collision, sends the whole frame again and counts the retries', () => {
    const bench = ethernet({ seed: 7 });
    transmit(bench, 0, 0x9c00, body);
    for (let i = 0; i < 3; i++) {
      while (bench.step(bench.now + 100_000_000) !== STOP.txStart);
      bench.runUs(10);
      bench.core.ethCollision();
    }
    bench.runUs(2000);
    expect(bench.starts).toHaveLength(4);
    expect(bench.sent).toHaveLength(1);
    expect(bench.sent[0]?.bytes).toEqual(withFcs(body));
    expect(bench.r16(TX_RING) & 0x3c).toBe(3 << 2);
    expect(bench.r16(SCCE)).toBe(TXB);
    bench.starts.slice(1).forEach((start, i) => {
      // Slots of 51.2 µs are counted from the end of the jam, at most 2^n - 1 of them.
      expect(start - (bench.starts[i] ?? 0)).toBeLessThan((10 + 3.2 + 9.6 + 51.2 * (2 ** (i + 1) - 1)) * US + 40);
    });
  });

  it('gives up after RET_LIM retries with RL and TXE, and stops until RESTART TX', () => {
    const bench = ethernet();
    bench.w16(PRAM + 0x46, 2);
    transmit(bench, 1, 0x9c00, body);
    transmit(bench, 0, 0x9c00, body);
    for (let i = 0; i < 3; i++) {
      while (bench.step(bench.now + 100_000_000) !== STOP.txStart);
      bench.runUs(10);
      bench.core.ethCollision();
    }
    bench.runUs(2000);
    expect(bench.r16(TX_RING) & 0x8040).toBe(0x0040);
    expect(bench.r16(SCCE) & TXE).toBe(TXE);
    expect(bench.sent).toHaveLength(0);
    expect(bench.r16(TX_RING + 8)).toBe(0x9c00);
    bench.w16(CPCR, 0x0601);
    bench.runUs(500);
    expect(bench.sent).toHaveLength(1);
    expect(bench.r16(TX_RING + 8)).toBe(0x1c00);
  });

  it('collides by itself with PSMR[FC], for the loop-back test of the retry limit', () => {
    const bench = ethernet({ psmr: 0x480a });
    bench.w16(PRAM + 0x46, 1);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(1000);
    expect(bench.r16(TX_RING) & 0x8040).toBe(0x0040);
    expect(bench.sent).toHaveLength(0);
  });

  it('reports a late collision without a retry', () => {
    const bench = ethernet();
    transmit(bench, 0, 0x9c00, body);
    while (bench.step(bench.now + 100_000_000) !== STOP.txStart);
    bench.runUs(75);
    bench.core.ethCollision();
    bench.runUs(2000);
    expect(bench.starts).toHaveLength(1);
    expect(bench.r16(TX_RING) & 0x8080).toBe(0x0080);
    expect(bench.r16(SCCE) & TXE).toBe(TXE);
  });

  it('underruns when a frame’s next BD is not ready: UN, TXE, a spoilt CRC, stop', () => {
    const bench = ethernet();
    transmit(bench, 0, 0x9000, body);
    bench.runUs(300);
    expect(bench.r16(TX_RING) & 0x8002).toBe(0x0002);
    expect(bench.r16(SCCE) & TXE).toBe(TXE);
    expect(bench.sent[0]?.bytes.length).toBe(104);
    expect(bench.sent[0]?.bytes).not.toEqual(withFcs(body));
    transmit(bench, 1, 0x9c00, body);
    bench.runUs(300);
    expect(bench.sent).toHaveLength(1);
  });

  it('stops gracefully after the frame in progress and sets GRA', () => {
    const bench = ethernet();
    bench.w16(CPCR, 0x0501);
    expect(bench.r16(SCCE)).toBe(GRA);
    bench.run(200);
    bench.w16(CPCR, 0x0601);
    bench.run(200);
    bench.w16(SCCE, 0xffff);
    transmit(bench, 1, 0x9c00, body);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(30);
    bench.w16(CPCR, 0x0501);
    expect(bench.r16(SCCE)).toBe(0);
    bench.runUs(400);
    expect(bench.sent).toHaveLength(1);
    expect(bench.r16(SCCE)).toBe(GRA | TXB);
  });

  it('reports CSL and TXE when the cable is unplugged, and none with the link up', () => {
    const bench = ethernet();
    bench.core.ethLink(0);
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(200);
    expect(bench.r16(TX_RING)).toBe(0x1c01);
    expect(bench.r16(SCCE)).toBe(TXE | TXB);
    expect(bench.starts).toHaveLength(0);
  });

  it('receives its own frame in internal loopback, through the address filter', () => {
    const bench = ethernet({ diag: 0x40, psmr: 0x084b });
    const own = Uint8Array.from([...STATION, ...STATION, ...body.subarray(12)]);
    transmit(bench, 0, 0x9c00, own);
    bench.runUs(200);
    expect(bench.starts).toHaveLength(0);
    expect(bench.r16(RX_RING)).toBe(0x0c00);
    expect(bench.r16(RX_RING + 2)).toBe(104);
    expect(bench.ram(RX_BUFFERS, 104)).toEqual(withFcs(own));
    transmit(bench, 1, 0x9c00, body);
    bench.runUs(200);
    expect(bench.r16(RX_RING + 8)).toBe(0x8000);
  });

  it('misses the heartbeat with HBC where no transceiver answers', () => {
    const bench = ethernet({ diag: 0x40, psmr: 0x884b });
    transmit(bench, 0, 0x9c00, body);
    bench.runUs(200);
    expect(bench.r16(TX_RING)).toBe(0x1d00);
    expect(bench.r16(SCCE) & TXE).toBe(TXE);
    const wired = ethernet({ psmr: 0x880a });
    transmit(wired, 0, 0x9c00, body);
    wired.runUs(200);
    expect(wired.r16(TX_RING)).toBe(0x1c00);
  });

  it('works the same on SCC2, SCC3 and SCC4 in internal loopback', () => {
    for (const n of [1, 2, 3]) {
      const bench = new SocBench();
      const regs = 0xa00 + 0x20 * n;
      const pram = 0x3c00 + 0x100 * n;
      bench.w16(pram, RX_RING);
      bench.w16(pram + 2, TX_RING);
      bench.w16(pram + 6, MRBLR);
      bench.w16(pram + 0x4a, 1518);
      bench.w16(pram + 0x4c, 64);
      bench.w16(pram + 0x4e, 1520);
      bench.w16(CPCR, 0x0001 | (n << 6));
      bench.bd(RX_RING, 0xa000, 0, RX_BUFFERS);
      bench.w16(regs + 0x14, RXF);
      bench.w16(regs + 8, 0x084b);
      bench.w32(regs, 0x1088_007c);
      const data = Uint8Array.from([...BROADCAST, ...STATION, ...body.subarray(12)]);
      transmit(bench, 0, 0xac00, data);
      bench.runUs(300);
      expect(bench.r16(regs + 0x10), `SCC${n + 1}`).toBe(RXF);
      expect(bench.r32(0x944)).toBe((1 << (30 - n)) >>> 0);
      expect(bench.ram(RX_BUFFERS, 104)).toEqual(withFcs(data));
    }
  });

  it('sends from BD 0 with W set for ever, as U-Boot does', () => {
    const bench = ethernet();
    for (let i = 0; i < 3; i++) {
      transmit(bench, 0, 0xfc00, body);
      bench.runUs(300);
      expect(bench.r16(TX_RING) & 0x8000).toBe(0);
    }
    expect(bench.sent).toHaveLength(3);
  });

  it('survives a ring of nonsense: zero lengths, huge lengths, no memory behind a buffer', () => {
    const bench = ethernet();
    transmit(bench, 0, 0x9c00, new Uint8Array(0));
    bench.bd(TX_RING + 8, 0x9c00, 0xffff, TX_BUFFER);
    bench.bd(TX_RING + 16, 0x9c00, 100, 0x7000_0000);
    bench.runUs(100_000);
    expect(bench.r8(0x908)).toBe(0x80);
    expect(bench.r32(0x904)).toBe(0x7000_0000);
    for (const { bytes } of bench.sent) expect(bytes.length).toBeLessThanOrEqual(4096);
  });
});

describe('a CPM or a bus that is too slow (cpm.md section 6: 22 Mbit/s at 25 MHz; scc-ethernet.md: OV, UN)', () => {
  const OV = 0x0002;
  const UN = 0x0002;
  /** A single-beat pattern of `16 n + 1` clocks: 16 rounds of a loop, the first word of which has TA. */
  const slow = (n: number): number[] => [0x80, ...new Array<number>(n - 2).fill(0x04), 0x84, 0x05];

  it.each([
    // clock, bytes, overrun
    [25, 1518, false],
    [12, 1518, false],
    [8, 64, false],
    [8, 1518, true],
    [6, 256, true],
  ] as const)('at %i MHz a frame of %i bytes overruns: %s', (mhz, length, over) => {
    const bench = ethernet({ coreHz: mhz * 1e6 });
    receive(bench, frame(STATION, length));
    expect(bench.r16(SCCE)).toBe(RXF);
    const status = bench.r16(RX_RING);
    if (over) {
      expect(status & 0x0fff).toBe(0x0c00 | OV);
      expect(bench.r16(RX_RING + 2)).toBeLessThan(length);
    } else {
      expect(status & 0x0fff).toBe(0x0c00);
      expect(bench.r16(RX_RING + 2)).toBe(length);
    }
    // The receiver goes on with the next frame.
    receive(bench, frame(STATION, 64));
    expect(bench.r16(RX_RING + 8) & 0x8fff).toBe(0x0c00);
  });

  it('loads add: a CP at 12 MHz that also serves an SCC in internal loopback loses what it had time for alone', () => {
    const bench = ethernet({ coreHz: 12e6, psmr: 0x080b, diag: 0x40 });
    transmit(bench, 0, 0xcc00, new Uint8Array([...STATION, ...OTHER, ...new Uint8Array(1400)]));
    bench.w16(TODR, 0x8000);
    bench.run(40_000);
    expect((bench.r16(RX_RING) & OV) | (bench.r16(TX_RING) & UN)).not.toBe(0);
  });

  it('memory that takes longer for a word than the wire does: OV, and UN for what is sent', () => {
    const bench = ethernet();
    // A word comes every 3.2 µs, 128 clocks.
    loadUpm(bench.core, 0, { ...MBX_40MHZ, writeSingle: slow(7) });
    receive(bench, frame(STATION, 1518));
    expect(bench.r16(RX_RING) & 0x8fff).toBe(0x0c00);
    loadUpm(bench.core, 0, { ...MBX_40MHZ, writeSingle: slow(8), readSingle: slow(8) });
    receive(bench, frame(STATION, 1518));
    expect(bench.r16(RX_RING + 8) & 0x8fff).toBe(0x0c00 | OV);
    transmit(bench, 0, 0x8c00, new Uint8Array([...BROADCAST, ...STATION, ...new Uint8Array(1200)]));
    bench.w16(TODR, 0x8000);
    bench.run(100_000);
    expect(bench.r16(TX_RING) & 0x8fff).toBe(0x0c00 | UN);
    expect(bench.sent.at(-1)?.bytes.length).toBeLessThan(1200);
  });
});
