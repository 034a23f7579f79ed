import { describe, expect, it } from 'vitest';
import { crc32, fcsIsGood, withFcs } from '../../src/lan/crc32.js';
import { asciiBytes } from '../../src/lan/ftp-client.js';
import { Wire } from '../../src/lan/index.js';
import { parseMac } from '../../src/lan/packets.js';
import { PortLog } from './helpers.js';

const A = parseMac('02:00:00:00:00:0a');
const B = parseMac('02:00:00:00:00:0b');

function frame(dst: Uint8Array, src: Uint8Array, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(dst, 0);
  bytes.set(src, 6);
  return bytes;
}

describe('frame check sequence (IEEE 802.3 3.2.9)', () => {
  it('is the CRC-32 whose check value for "123456789" is CBF43926', () => {
    expect(crc32(asciiBytes('123456789'))).toBe(0xcbf43926);
  });

  it('verifies what it appended and notices a wrong bit', () => {
    const good = withFcs(frame(A, B));
    expect(fcsIsGood(good)).toBe(true);
    good[20] = 1;
    expect(fcsIsGood(good)).toBe(false);
  });
});

describe('wire timing (scc-ethernet.md §8)', () => {
  it('spaces minimum frames of one station 67.2 µs apart, maximum frames 1230.4 µs', () => {
    for (const [length, spacing] of [
      [20, 67_200],
      [1514, 1_230_400],
    ] as const) {
      const wire = new Wire();
      const a = wire.addStation('a', A);
      const times: number[] = [];
      wire.onFrame((f) => times.push(f.atNs));
      for (let i = 0; i < 3; i++) a.send(frame(B, A, length));
      wire.runEvents(10_000_000);
      expect(times.length).toBe(3);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(spacing);
      expect((times[2] ?? 0) - (times[1] ?? 0)).toBe(spacing);
    }
  });

  it('hands a frame to the board one propagation delay after its first bit, padded and with FCS', () => {
    const wire = new Wire({ propagationNs: 1000 });
    const port = new PortLog(wire);
    wire.runEvents(20_000);
    wire.addStation('a', A).send(frame(B, A, 30));
    wire.runEvents(1_000_000);
    expect(port.calls).toEqual(['rx 21000 64']);
    expect(fcsIsGood(port.frames[0] as Uint8Array)).toBe(true);
  });

  it('defers while the board sends and starts 9.6 µs after carrier drops', () => {
    const wire = new Wire({ propagationNs: 1000 });
    const port = new PortLog(wire);
    const a = wire.addStation('a', A);
    wire.runEvents(100_000);
    wire.boardTxStart(100_000);
    wire.runEvents(120_000);
    a.send(frame(B, A));
    wire.runEvents(150_000);
    wire.boardTxEnd(157_600, withFcs(frame(A, B)));
    wire.runEvents(1_000_000);
    // End of the board's frame 157.6 µs, 1 µs to the station, 9.6 µs gap, 1 µs back.
    expect(port.calls).toEqual(['rx 169200 64']);
  });
});

describe('collisions (802.3 4.2.3.2, 4.2.4)', () => {
  it('two stations that start together collide, back off and both get through', () => {
    const wire = new Wire({ seed: 3 });
    const a = wire.addStation('a', A);
    const b = wire.addStation('b', B);
    const from: string[] = [];
    wire.onFrame((f) => from.push(f.from));
    wire.runEvents(50_000);
    a.send(frame(B, A));
    b.send(frame(A, B));
    wire.runEvents(100_000_000);
    expect(wire.stats.collisions).toBeGreaterThan(0);
    expect(from.sort()).toEqual(['a', 'b']);
    expect([a.stats.sent, b.stats.sent]).toEqual([1, 1]);
  });

  it('tells the board of a collision when the other signal reaches it, and of the fragment as bare carrier', () => {
    const wire = new Wire({ seed: 1, propagationNs: 1000 });
    const port = new PortLog(wire);
    const a = wire.addStation('a', A);
    wire.runEvents(100_000);
    wire.boardTxStart(100_000);
    wire.runEvents(100_400);
    a.send(frame(B, A));
    wire.runEvents(100_400);
    wire.runEvents(120_000);
    // The station's first bit (100.4 µs) arrives at 101.4; both finish preambles, jam 3.2 µs:
    // its fragment ends at 100.4 + 6.4 + 3.2 = 110.0 and passes the board at 111.0.
    expect(port.calls.slice(0, 3).sort()).toEqual(['carrier down 111000', 'carrier up 101400', 'collision 101400']);
    wire.runEvents(10_000_000);
    expect(port.frames.length).toBe(1);
    expect(wire.stats.collisions).toBe(1);
  });

  it('a station that can no longer be heard in time is not collided with', () => {
    const wire = new Wire({ propagationNs: 1000 });
    const a = wire.addStation('a', A);
    const b = wire.addStation('b', B);
    wire.runEvents(100_000);
    a.send(frame(B, A));
    wire.runEvents(101_000);
    b.send(frame(A, B));
    wire.runEvents(1_000_000);
    expect(wire.stats.collisions).toBe(0);
    expect(wire.stats.frames).toBe(2);
  });

  it('gives a frame up after 16 attempts', () => {
    const wire = new Wire();
    new PortLog(wire);
    const a = wire.addStation('a', A);
    a.send(frame(B, A));
    // The board starts whenever the station does, 16 times.
    let attempts = 0;
    while (wire.stats.excessiveCollisions === 0) {
      const before = wire.stats.collisions;
      const next = wire.nextEventNs();
      if (next === Number.POSITIVE_INFINITY) throw new Error('the station stopped trying');
      wire.runEvents(next);
      if (a.queued > 0 && wire.stats.collisions === before && sending(wire)) {
        attempts++;
        wire.boardTxStart(wire.now);
      }
    }
    expect(attempts).toBe(16);
    expect(a.queued).toBe(0);
  });
});

/** Whether a healthy transmission has just begun. */
function sending(wire: Wire): boolean {
  const air = (wire as unknown as { onAir: Array<{ start: number; damaged: boolean }> }).onAir;
  return air.some((tx) => tx.start === wire.now && !tx.damaged);
}

describe('sharing', () => {
  it('two stations that always have something to send both get a fair part of the wire', () => {
    const wire = new Wire({ seed: 9 });
    const a = wire.addStation('a', A);
    const b = wire.addStation('b', B);
    for (let i = 0; i < 900; i++) {
      a.send(frame(B, A, 1000));
      b.send(frame(A, B, 1000));
    }
    wire.runEvents(900_000_000);
    const total = a.stats.sent + b.stats.sent;
    expect(a.stats.sent / total).toBeGreaterThan(0.3);
    expect(b.stats.sent / total).toBeGreaterThan(0.3);
    // 828 µs per frame: at most 1086 in 0.9 s; contention costs less than a third.
    expect(total).toBeGreaterThan(760);
    // The capture effect of back-off: whoever has just won starts the next contest with a fresh counter.
    expect(wire.stats.excessiveCollisions).toBeLessThan(total / 100);
  });

  it('at a full-duplex port the board sends while it receives', () => {
    const wire = new Wire({ boardFullDuplex: true, propagationNs: 1000 });
    const port = new PortLog(wire);
    const got: number[] = [];
    const a = wire.addStation('a', A, { onFrame: (_frame, now) => got.push(now) });
    wire.runEvents(100_000);
    a.send(frame(B, A, 1000));
    wire.boardTxStart(100_000);
    wire.runEvents(150_000);
    wire.boardTxEnd(157_600, withFcs(frame(A, B)));
    wire.runEvents(2_000_000);
    expect(port.calls).toEqual(['rx 101000 1004']);
    expect(got).toEqual([158_600]);
    expect(wire.stats.collisions).toBe(0);
  });
});

describe('impairments', () => {
  it('a lost frame is carrier to the board, a corrupt one has a wrong FCS', () => {
    const wire = new Wire({ propagationNs: 1000 });
    const port = new PortLog(wire);
    const a = wire.addStation('a', A);
    wire.impairments.toBoard.loss = 1;
    a.send(frame(B, A));
    wire.runEvents(1_000_000);
    expect(port.calls).toEqual(['carrier up 10600', 'carrier down 68200']);
    wire.impairments.toBoard.loss = 0;
    wire.impairments.toBoard.corrupt = 1;
    a.send(frame(B, A));
    wire.runEvents(2_000_000);
    expect(port.frames.length).toBe(1);
    expect(fcsIsGood(port.frames[0] as Uint8Array)).toBe(false);
  });

  it('a jabbering board is cut off and the wire becomes free', () => {
    const wire = new Wire();
    const a = wire.addStation('a', A);
    wire.boardTxStart(1000);
    wire.runEvents(10_000);
    a.send(frame(B, A));
    wire.runEvents(200_000_000);
    expect(a.stats.sent).toBe(1);
  });
});
