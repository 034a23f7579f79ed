// The FEC on a board: firmware-fixtures/fec drives it as real drivers do, hosts on the LAN are the peer.
import {
  Board,
  type BoardOptions,
  ETH_COMM,
  Host,
  Ping,
  parseIp,
  Switch,
  stateClass,
  type UdpApp,
  UdpQuery,
  type UdpSocket,
  UsageError,
  Wire,
} from 'quicc860';
import { describe, expect, it } from 'vitest';

const WITH_FEC: BoardOptions = { cpu: 'mpc860t', ethernet: 'fec' };

function pc(wire: Wire, n: number): Host {
  return new Host(wire, { name: `pc${n}`, mac: `02:00:00:00:00:0${n}`, ip: `192.168.1.${n}` });
}

/** Booted, with its link up. */
async function linked(dcache = true): Promise<Board> {
  const board = await Board.create(WITH_FEC);
  await board.boot('fec', { dcache });
  board.console.expect(/link \d+ (full|half)\r/, { seconds: 5 });
  return board;
}

class Count implements UdpApp {
  got = 0;
  bytes = 0;
  onDatagram(_socket: UdpSocket, _ip: number, _port: number, payload: Uint8Array): void {
    this.got++;
    this.bytes += payload.length;
  }
}
stateClass('test.fec.Count', Count);

describe('a board with an MPC860T', () => {
  it('finds its PHY, negotiates 100 Mbit/s full duplex in about 1.6 s, and is pinged', async () => {
    const board = await Board.create(WITH_FEC);
    await board.boot('fec', {});
    expect(board.lan.bitRate).toBe(100_000_000);
    board.console.expect('phy 16 id 20005c00\r\n', { seconds: 1 });
    board.console.expect('link 100 full\r\n', { seconds: 5 });
    expect(board.seconds).toBeGreaterThan(1);
    expect(board.seconds).toBeLessThan(3);
    const ping = new Ping({
      host: pc(board.lan, 2),
      target: '192.168.1.10',
      count: 20,
      intervalNs: 5_000_000,
      size: 1400,
    });
    ping.start();
    board.run({ seconds: 0.5 });
    expect(ping.answered).toBe(20);
    // 1446 bytes each way take 116 µs each; at 10 Mbit/s they would take 1.2 ms.
    expect(ping.results.at(-1)?.rttNs).toBeGreaterThan(2 * 116_000);
    expect(ping.results.at(-1)?.rttNs).toBeLessThan(1_000_000);
    expect(board.lan.stats.collisions).toBe(0);
  });

  it.each([true, false])('answers a stream of datagrams in both directions at once, data cache %s', async (dcache) => {
    const board = await linked(dcache);
    const host = pc(board.lan, 3);
    const count = new Count();
    const socket = host.bindUdp(2000, count);
    for (let i = 0; i < 100; i++) {
      socket.sendTo(parseIp('192.168.1.10'), 7, new Uint8Array(100 + 10 * i).fill(i));
      board.run({ seconds: 0.001 });
    }
    board.run({ seconds: 0.01 });
    expect(count.got).toBe(100);
    expect(count.bytes).toBe(100 * 100 + 10 * 4950);
  });

  it('tests itself through the internal loopback, without a cable', async () => {
    const board = await Board.create(WITH_FEC);
    board.lan.boardLink = false;
    await board.boot('fec', { extra: 'loop=1' });
    board.console.expect('loopback ok\r\n', { seconds: 1 });
    expect(board.lan.stats.frames).toBe(0);
  });

  it('on a 10 Mbit/s hub it takes part in half duplex, collisions included', async () => {
    const board = await Board.create(WITH_FEC);
    await board.boot('fec', {});
    const hub = board.lan.segment({ seed: 5 });
    board.plug('fec', hub);
    board.console.expect('link 10 half\r', { seconds: 5 });
    const queries = [2, 3].map(
      (n) => new UdpQuery({ host: pc(hub, n), target: '192.168.1.10', port: 7, rate: 300, size: 400 }),
    );
    for (const query of queries) query.start();
    board.run({ seconds: 1 });
    for (const query of queries) query.stop();
    board.run({ seconds: 0.1 });
    expect(hub.stats.collisions).toBeGreaterThan(0);
    expect(hub.stats.lateCollisions).toBe(0);
    expect(queries.map(({ stats }) => stats.sent - stats.answered)).toEqual([0, 0]);
    expect(queries.every(({ stats }) => stats.sent >= 300)).toBe(true);
  });

  it('a pulled cable is a lost link, and a plugged one is found again', async () => {
    const board = await linked();
    const host = pc(board.lan, 2);
    const query = (): number => {
      const ping = new Ping({ host, target: '192.168.1.10', count: 3, intervalNs: 10_000_000 });
      ping.start();
      board.run({ seconds: 0.1 });
      return ping.answered;
    };
    expect(query()).toBe(3);
    board.lan.boardLink = false;
    expect(query()).toBe(0);
    board.lan.boardLink = true;
    expect(query()).toBe(0);
    board.run({ seconds: 3 });
    expect(query()).toBe(3);
  });

  it('without an FEC the program says so, and the port cannot be had', async () => {
    const board = await Board.create();
    await board.boot('fec', {});
    board.console.expect('no FEC\r\n', { seconds: 1 });
    await expect(Board.create({ ethernet: 'fec' })).rejects.toThrow(/mpc860t/);
    expect(() => board.plug('fec', board.lan)).toThrow(UsageError);
    expect(() => board.plug('scc1', new Wire())).toThrow(/segment\(\)/);
    expect(() => board.plug('scc2' as 'scc1', board.lan)).toThrow(/scc1, fec/);
    const { phy: _phy, ...noPhy } = ETH_COMM;
    await expect(Board.create({ board: noPhy, ...WITH_FEC })).rejects.toThrow(/phy/);
    const bare = await Board.create({ board: noPhy, cpu: 'mpc860t' });
    await bare.boot('fec', {});
    bare.console.expect('no PHY\r\n', { seconds: 1 });
  });

  it('talks to hosts of a 10 Mbit/s segment through a switch', async () => {
    const board = await linked();
    const slow = board.lan.segment();
    new Switch([board.lan, slow]);
    const ping = new Ping({ host: pc(slow, 4), target: '192.168.1.10', count: 10, intervalNs: 20_000_000, size: 1000 });
    ping.start();
    board.run({ seconds: 0.5 });
    expect(ping.answered).toBe(10);
  });

  it('has both ports: SCC1 with the network firmware, the FEC idle on another segment', async () => {
    const board = await Board.create({ cpu: 'mpc860t' });
    await board.boot('ftpd', { responder: 7001 });
    board.plug('fec', board.lan.segment({ bitRate: 100_000_000 }));
    board.console.expect('quicc> ', { seconds: 5 });
    const query = new UdpQuery({ host: pc(board.lan, 2), target: '192.168.1.10', port: 7001, rate: 20 });
    query.start();
    board.run({ seconds: 1 });
    expect(query.stats.answered).toBeGreaterThanOrEqual(19);
  });

  it('a snapshot in the middle of the traffic goes on to the same state, ports and segments included', async () => {
    const board = await linked();
    const slow = board.lan.segment();
    new Switch([board.lan, slow]);
    board.plug('scc1', slow);
    const query = new UdpQuery({ host: pc(slow, 5), target: '192.168.1.10', port: 7, rate: 900, size: 700 });
    query.start();
    board.run({ seconds: 0.123_456 });
    const twin = await Board.restore(board.snapshot());
    expect(twin.stateHash()).toBe(board.stateHash());
    const end = board.now + 8_000_000;
    board.runUntilCycle(end);
    while (twin.now < end) twin.runUntilCycle(Math.min(end, twin.now + 77_777));
    expect(twin.stateHash()).toBe(board.stateHash());
    expect(query.stats.answered).toBeGreaterThan(100);
  });
});
