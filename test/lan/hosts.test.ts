import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { join } from '../../src/lan/ftp-client.js';
import { Host, type Json, Ping, parseIp, sha256Hex, Wire } from '../../src/lan/index.js';
import { buildTcp, finishChecksum, parseTcp, sumWords } from '../../src/lan/packets.js';
import { host, MS, pattern, runUntil, SECOND, Talker } from './helpers.js';

describe('checksums', () => {
  it('follow the worked example of RFC 1071 §3', () => {
    expect(finishChecksum(sumWords(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7)))).toBe(~0xddf2 & 0xffff);
  });

  it('SHA-256 agrees with FIPS 180-4 "abc" and with OpenSSL on longer input', () => {
    expect(sha256Hex(Uint8Array.of(97, 98, 99))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    for (const n of [0, 55, 56, 63, 64, 65, 1000])
      expect(sha256Hex(pattern(n))).toBe(createHash('sha256').update(pattern(n)).digest('hex'));
  });

  it('a TCP segment survives building and parsing, and a wrong bit is noticed', () => {
    const segment = {
      srcPort: 1,
      dstPort: 2,
      seq: 0xfffffff0,
      ack: 5,
      flags: 0x18,
      window: 100,
      mss: 1460,
      data: pattern(7),
    };
    const bytes = buildTcp(0x01020304, 0x05060708, segment);
    expect(parseTcp(0x01020304, 0x05060708, bytes)).toEqual(segment);
    bytes[5] = (bytes[5] as number) ^ 1;
    expect(parseTcp(0x01020304, 0x05060708, bytes)).toBeNull();
  });
});

describe('ARP and ping', () => {
  it('resolves the neighbour once and measures round trips', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    const b = host(wire, 2);
    const ping = new Ping({ host: a, target: '192.168.1.2', count: 3 });
    ping.start();
    wire.runEvents(5 * SECOND);
    expect(ping.answered).toBe(3);
    expect(b.stats.echoRequests).toBe(3);
    // Echo of 98 + 4 bytes with preamble is 88 µs each way, 50 µs in the peer and in us, 2 × 1 µs of cable.
    expect(ping.results[1]?.rttNs).toBe(2 * 88_000 + 2 * 50_000 + 2 * 1000);
    // One request and one reply, then six frames of echo.
    expect(wire.stats.frames).toBe(8);
  });

  it('fragments and reassembles a large echo', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    host(wire, 2);
    const ping = new Ping({ host: a, target: '192.168.1.2', count: 1, size: 4000 });
    ping.start();
    wire.runEvents(SECOND);
    expect(ping.answered).toBe(1);
  });

  it('an absent neighbour is asked for three times', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    new Ping({ host: a, target: '192.168.1.9', count: 1 }).start();
    wire.runEvents(10 * SECOND);
    expect(wire.stats.frames).toBe(3);
    expect(a.stats.unreachable).toBe(1);
  });
});

function transfer(wire: Wire, bytes: number): { sender: Talker; receiver: Talker; a: Host; b: Host } {
  const a = host(wire, 1);
  const b = host(wire, 2);
  const sender = new Talker(pattern(bytes));
  const receiver = new Talker();
  wire.roots['sender'] = sender;
  wire.roots['receiver'] = receiver;
  (receiver as unknown as { closeAtEnd: boolean }).closeAtEnd = false;
  b.listen(80, receiver);
  a.connect(b.ip, 80, sender);
  return { sender, receiver, a, b };
}

describe('TCP', () => {
  it('moves 1 MB over a clean wire at wire speed and closes both ends', () => {
    const wire = new Wire();
    const { sender, receiver, b } = transfer(wire, 1_000_000);
    runUntil(wire, 10 * SECOND, () => receiver.events.includes('closed'));
    expect(sha256Hex(join(receiver.chunks))).toBe(sha256Hex(pattern(1_000_000)));
    expect(sender.connection?.stats.retransmitted).toBe(0);
    // 685 segments of 1538 byte times and their ACKs: at least 0.85 s; more than 1.2 s would be a stall.
    expect(wire.now).toBeGreaterThan(0.8 * SECOND);
    expect(wire.now).toBeLessThan(1.2 * SECOND);
    runUntil(wire, 100 * SECOND, () => sender.events.includes('closed'));
    expect(b.openConnections.length).toBe(0);
  });

  it('moves 1 MB through 3 % loss and 1 % corruption', () => {
    const wire = new Wire({ seed: 7 });
    wire.impairments.betweenHosts.loss = 0.03;
    wire.impairments.betweenHosts.corrupt = 0.01;
    const { sender, receiver } = transfer(wire, 1_000_000);
    runUntil(wire, 600 * SECOND, () => receiver.events.includes('end'));
    expect(sha256Hex(join(receiver.chunks))).toBe(sha256Hex(pattern(1_000_000)));
    expect(sender.connection?.stats.fastRetransmits).toBeGreaterThan(3);
  });

  it('survives 30 % loss (time-outs with back-off, lost SYN and FIN)', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const wire = new Wire({ seed });
      wire.impairments.betweenHosts.loss = 0.3;
      const { receiver } = transfer(wire, 30_000);
      runUntil(wire, 3600 * SECOND, () => receiver.events.includes('end'));
      expect(sha256Hex(join(receiver.chunks))).toBe(sha256Hex(pattern(30_000)));
    }
  });

  it('acknowledges every second segment, a single one after 200 ms (RFC 1122 4.2.3.2)', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    const b = host(wire, 2);
    const sender = new Talker(pattern(100), false);
    b.listen(80, new Talker(new Uint8Array(0), false));
    a.connect(b.ip, 80, sender);
    runUntil(wire, SECOND, () => sender.events.includes('connected'));
    const start = wire.now;
    runUntil(wire, SECOND, () => sender.connection?.stats.acked === 100);
    expect(wire.now - start).toBeGreaterThan(200 * MS);
    expect(wire.now - start).toBeLessThan(202 * MS);
  });

  it('a closed window is probed and opens again (RFC 9293 3.8.6.1)', () => {
    const wire = new Wire();
    const { sender, receiver } = transfer(wire, 200_000);
    receiver.deaf = true;
    wire.runEvents(30 * SECOND);
    expect(receiver.connection?.available).toBe(65_535);
    expect(sender.events).toEqual(['connected']);
    receiver.deaf = false;
    if (receiver.connection !== null) receiver.read(receiver.connection);
    runUntil(wire, 100 * SECOND, () => receiver.events.includes('end'));
    expect(sha256Hex(join(receiver.chunks))).toBe(sha256Hex(pattern(200_000)));
  });

  it('refuses connections to closed ports with RST', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    const b = host(wire, 2);
    const app = new Talker();
    a.connect(b.ip, 81, app);
    wire.runEvents(SECOND);
    expect(app.events).toEqual(['refused']);
  });

  it('gives up a vanished peer after its retransmissions, and an idle one by keepalive', () => {
    const wire = new Wire();
    const { sender, b } = transfer(wire, 1_000_000);
    runUntil(wire, SECOND, () => (sender.connection?.stats.acked ?? 0) > 100_000);
    b.station.setPower(false);
    // 15 doublings from 0.2 s bounded by 120 s: about 15 minutes.
    runUntil(wire, 1200 * SECOND, () => sender.events.includes('timeout'));
    expect(wire.now).toBeGreaterThan(900 * SECOND);

    const wire2 = new Wire();
    const a2 = host(wire2, 1, { tcp: { keepIdleNs: 30 * SECOND, keepIntervalNs: 10 * SECOND, keepCount: 8 } });
    const b2 = host(wire2, 2);
    b2.listen(80, new Talker(new Uint8Array(0), false));
    const idle = new Talker(new Uint8Array(0), false);
    a2.connect(b2.ip, 80, idle);
    wire2.runEvents(100 * SECOND);
    expect(idle.events).toEqual(['connected']);
    b2.station.setPower(false);
    wire2.runEvents(300 * SECOND);
    expect(idle.events).toEqual(['connected', 'timeout']);
  });

  it('abort resets the peer', () => {
    const wire = new Wire();
    const { sender, receiver } = transfer(wire, 1_000_000);
    runUntil(wire, SECOND, () => receiver.received > 100_000);
    sender.connection?.abort();
    wire.runEvents(wire.now + SECOND);
    expect(receiver.events).toContain('reset');
  });

  it('a half-closed connection still carries data the other way', () => {
    const wire = new Wire();
    const a = host(wire, 1);
    const b = host(wire, 2);
    const client = new Talker();
    const server = new Talker(pattern(300_000));
    b.listen(80, server);
    a.connect(b.ip, 80, client);
    runUntil(wire, 20 * SECOND, () => client.events.includes('end'));
    expect(client.received).toBe(300_000);
  });
});

describe('saved state', () => {
  it('a transfer saved in the middle ends exactly as the uninterrupted one', () => {
    const wire = new Wire({ seed: 11 });
    wire.impairments.betweenHosts.loss = 0.02;
    const { receiver } = transfer(wire, 400_000);
    runUntil(wire, 60 * SECOND, () => receiver.received > 150_000);
    const saved = JSON.parse(JSON.stringify(wire.save())) as Json;
    const twin = Wire.load(saved);
    expect(JSON.stringify(twin.save()) === JSON.stringify(saved), 'same state after loading').toBe(true);
    wire.runEvents(120 * SECOND);
    // The twin runs in other slices.
    for (let t = twin.now; t < 120 * SECOND; t += 37 * MS) twin.runEvents(t);
    twin.runEvents(120 * SECOND);
    expect(JSON.stringify(twin.save()) === JSON.stringify(wire.save()), 'same end state').toBe(true);
    const other = twin.roots['receiver'] as Talker;
    expect(sha256Hex(join(other.chunks))).toBe(sha256Hex(pattern(400_000)));
    expect(Host.find(twin, 'pc1').ip).toBe(parseIp('192.168.1.1'));
  });

  it('refuses what is not a saved LAN', () => {
    expect(() => Wire.load({ a: 1 })).toThrow('not a saved LAN');
    expect(() => Wire.load(null)).toThrow('not a saved LAN');
  });
});
