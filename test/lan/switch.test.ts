import { describe, expect, it } from 'vitest';
import { withFcs } from '../../src/lan/crc32.js';
import { Ping, Switch, Wire } from '../../src/lan/index.js';
import { parseMac } from '../../src/lan/packets.js';
import { host, MS, PortLog, pattern, runUntil, SECOND, Talker } from './helpers.js';

const A = parseMac('02:00:00:00:00:0a');
const B = parseMac('02:00:00:00:00:0b');

function frame(dst: Uint8Array, src: Uint8Array, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(dst, 0);
  bytes.set(src, 6);
  return bytes;
}

describe('a segment of 100 Mbit/s (802.3 table 4-2)', () => {
  it('has a tenth of every time of 10 Mbit/s', () => {
    expect(new Wire().timing).toEqual({ byteNs: 800, preambleNs: 6400, gapNs: 9600, slotNs: 51_200, jamNs: 3200 });
    expect(new Wire({ bitRate: 100_000_000 }).timing).toEqual({
      byteNs: 80,
      preambleNs: 640,
      gapNs: 960,
      slotNs: 5120,
      jamNs: 320,
    });
  });

  it('spaces minimum frames 6.72 µs apart and hands them to the board after its delay', () => {
    const wire = new Wire({ bitRate: 100_000_000 });
    const port = new PortLog(wire);
    wire.runEvents(10_000);
    const a = wire.addStation('a', A);
    for (let i = 0; i < 3; i++) a.send(frame(B, A));
    wire.runEvents(MS);
    expect(port.calls).toEqual(['rx 10500 64', 'rx 17220 64', 'rx 23940 64']);
  });

  it('refuses other rates, and a delay that no gap covers', () => {
    expect(() => new Wire({ bitRate: 1_000_000_000 as 100_000_000 })).toThrow(/bit rate/);
    expect(() => new Wire({ bitRate: 100_000_000, propagationNs: 1000 })).toThrow(/propagation/);
  });

  it('collides like the slow one, in its own slot times', () => {
    const wire = new Wire({ bitRate: 100_000_000, seed: 3 });
    const a = wire.addStation('a', A);
    const b = wire.addStation('b', B);
    wire.runEvents(50_000);
    a.send(frame(B, A));
    b.send(frame(A, B));
    wire.runEvents(20 * MS);
    expect(wire.stats.collisions).toBeGreaterThan(0);
    expect([a.stats.sent, b.stats.sent]).toEqual([1, 1]);
  });
});

describe('a full-duplex port', () => {
  it('is one only as long as the board agreed on full duplex', () => {
    for (const full of [true, false]) {
      const wire = new Wire({ bitRate: 100_000_000, boardFullDuplex: true });
      const port = new PortLog(wire);
      Object.assign(port, { fullDuplex: () => full });
      const a = wire.addStation('a', A);
      wire.runEvents(100_000);
      a.send(frame(B, A, 1000));
      wire.boardTxStart(100_000);
      wire.runEvents(102_000);
      wire.boardTxEnd(105_760, withFcs(frame(A, B)));
      wire.runEvents(MS);
      expect(wire.stats.collisions).toBe(full ? 0 : 1);
    }
  });
});

describe('a switch', () => {
  /** Hosts 1 and 2 on a 10 Mbit/s hub, 3 on a 100 Mbit/s segment. */
  function lan(): { slow: Wire; fast: Wire; bridge: Switch } {
    const slow = new Wire({ seed: 1 });
    const fast = slow.segment({ bitRate: 100_000_000, seed: 2 });
    return { slow, fast, bridge: new Switch([slow, fast]) };
  }

  it('lets hosts of both segments ping one another, and keeps local frames local', () => {
    const { slow, fast, bridge } = lan();
    const [one, two] = [host(slow, 1), host(slow, 2)];
    const three = host(fast, 3);
    const pings = [
      new Ping({ host: one, target: '192.168.1.3', count: 5, intervalNs: 10 * MS }),
      new Ping({ host: three, target: '192.168.1.2', count: 5, intervalNs: 10 * MS }),
    ];
    for (const ping of pings) ping.start();
    slow.runEvents(SECOND);
    expect(pings.map((ping) => ping.answered)).toEqual([5, 5]);
    const across = fast.stats.frames;
    const local = new Ping({ host: one, target: '192.168.1.2', count: 5, intervalNs: 10 * MS });
    local.start();
    slow.runEvents(2 * SECOND);
    expect(local.answered).toBe(5);
    // One ARP request is for everybody.
    expect(fast.stats.frames - across).toBeLessThanOrEqual(1);
    expect(bridge.stats.filtered).toBeGreaterThanOrEqual(10);
    expect(two.stats.echoRequests).toBeGreaterThan(0);
  });

  it('carries a TCP transfer from fast to slow without loss of data', () => {
    const { slow, fast } = lan();
    const [one, three] = [host(slow, 1), host(fast, 3)];
    const receiver = new Talker(new Uint8Array(0), false);
    one.listen(9, receiver);
    const data = pattern(200_000);
    const sender = new Talker(data);
    three.connect(one.ip, 9, sender);
    runUntil(slow, 20 * SECOND, () => receiver.received === data.length);
    const got = new Uint8Array(data.length);
    let at = 0;
    for (const chunk of receiver.chunks) {
      got.set(chunk, at);
      at += chunk.length;
    }
    expect(got).toEqual(data);
    // 10 Mbit/s is the bottleneck: 200 kB take at least 160 ms.
    expect(slow.now).toBeGreaterThan(160 * MS);
  });

  it('is saved with its segments and goes on', () => {
    const run = (save: boolean): string => {
      const { slow, fast } = lan();
      const ping = new Ping({ host: host(slow, 1), target: '192.168.1.3', count: 20, intervalNs: 10 * MS });
      host(fast, 3);
      ping.start();
      slow.runEvents(55_123_456);
      const wire = save ? Wire.load(JSON.parse(JSON.stringify(slow.save()))) : slow;
      wire.runEvents(SECOND);
      return JSON.stringify(wire.save());
    };
    expect(run(true)).toBe(run(false));
  });

  it('drops what a port cannot hold, and refuses segments with different times', () => {
    const slow = new Wire();
    const fast = slow.segment({ bitRate: 100_000_000 });
    const bridge = new Switch([slow, fast], { queueLimit: 4 });
    const a = fast.addStation('a', A);
    for (let i = 0; i < 100; i++) a.send(frame(B, A, 1514));
    slow.runEvents(SECOND);
    expect(bridge.stats.dropped).toBeGreaterThan(50);
    expect(slow.stats.frames).toBe(100 - bridge.stats.dropped);
    expect(() => new Switch([slow, new Wire()], { name: 'other' })).toThrow(/share one time/);
    expect(() => new Switch([slow, fast])).toThrow(/already/);
  });
});
