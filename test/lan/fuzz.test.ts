import { describe, expect, it } from 'vitest';
import { withFcs } from '../../src/lan/crc32.js';
import { Chatter, FtpClient, Ping, Rng, UdpQuery, Wire } from '../../src/lan/index.js';
import { finishChecksum, pseudoSum, sumWords, viewOf } from '../../src/lan/packets.js';
import { host, pattern, SECOND, TinyFtpServer } from './helpers.js';

/** Makes the checksums right again, so that damage gets past them. */
function repair(frame: Uint8Array): void {
  const view = viewOf(frame);
  if (frame.length < 34 || view.getUint16(12) !== 0x0800) return;
  const header = (view.getUint8(14) & 15) * 4;
  const total = Math.min(view.getUint16(16), frame.length - 14);
  if (header < 20 || 14 + header > frame.length || total < header) return;
  view.setUint16(24, 0);
  view.setUint16(24, finishChecksum(sumWords(frame.subarray(14, 14 + header))));
  const body = frame.subarray(14 + header, 14 + total);
  const at = { 6: 16, 17: 6, 1: 2 }[frame[23] as number];
  if (at === undefined || body.length < at + 2) return;
  const bodyView = viewOf(body);
  bodyView.setUint16(at, 0);
  const pseudo =
    frame[23] === 1 ? 0 : pseudoSum(view.getUint32(26), view.getUint32(30), frame[23] as number, body.length);
  bodyView.setUint16(at, finishChecksum(sumWords(body, pseudo)));
}

describe('a wild board', () => {
  it.each([1, 2, 3])('cannot make the LAN throw or remember without bound (seed %i)', (seed) => {
    const wire = new Wire({ seed });
    const rng = new Rng(seed);
    const client = host(wire, 1);
    const server = host(wire, 2);
    new TinyFtpServer(server, pattern(60_000));
    const ftp = new FtpClient({
      host: client,
      server: '192.168.1.2',
      mode: (['pasv', 'epsv', 'port'] as const)[seed % 3] ?? 'pasv',
      sessions: 1000,
      pauseNs: SECOND / 10,
      idleTimeoutNs: 2 * SECOND,
      steps: [{ do: 'retr', path: 'file' }, { do: 'list' }, { do: 'stor', path: 'up', data: pattern(9000) }],
    });
    ftp.start();
    new Ping({ host: client, target: '192.168.1.2', intervalNs: SECOND / 50, size: 2000 }).start();
    new UdpQuery({ host: client, port: 9, rate: 20 }).start();
    new Chatter({ wire, rate: 50, seed }).start();
    const seen: Uint8Array[] = [];
    wire.onFrame((f) => {
      if (f.from !== 'board') seen[rng.below(200)] = f.frame;
    });
    for (let i = 0; i < 2500; i++) {
      wire.runEvents(wire.now + rng.below(3_000_000));
      const model = seen[rng.below(seen.length)];
      if (model === undefined) continue;
      const frame = model.slice(0, rng.chance(0.1) ? 14 + rng.below(model.length) : undefined);
      for (let k = rng.below(6); k > 0; k--) frame[6 + rng.below(Math.min(60, frame.length - 6))] = rng.next() & 255;
      if (rng.chance(0.8)) repair(frame);
      wire.boardTxStart(wire.now);
      const end = wire.now + 6400 + (frame.length + 4) * 800;
      wire.runEvents(end - 1);
      wire.boardTxEnd(end, withFcs(frame));
    }
    wire.runEvents(wire.now + 10 * SECOND);
    expect(ftp.sessionsDone).toBeGreaterThan(0);
    expect(client.openConnections.length + server.openConnections.length).toBeLessThan(4096);
    expect(JSON.stringify(wire.save()).length).toBeLessThan(30_000_000);
  });
});
