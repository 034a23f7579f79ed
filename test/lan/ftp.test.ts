import { describe, expect, it } from 'vitest';
import { join } from '../../src/lan/ftp-client.js';
import { FtpClient, type FtpDataMode, type Json, sha256Hex, Wire } from '../../src/lan/index.js';
import { host, pattern, runUntil, SECOND, TinyFtpServer } from './helpers.js';

function scene(mode: FtpDataMode, sessions = 1): { wire: Wire; client: FtpClient; server: TinyFtpServer } {
  const wire = new Wire();
  const server = new TinyFtpServer(host(wire, 2), pattern(100_000));
  wire.roots['server'] = server;
  const client = new FtpClient({
    host: host(wire, 1),
    server: '192.168.1.2',
    mode,
    sessions,
    steps: [
      { do: 'size', path: 'file' },
      { do: 'retr', path: 'file' },
      { do: 'retr', path: 'nothing' },
      { do: 'retr', path: 'file', offset: 90_000, collect: true },
      { do: 'list' },
      { do: 'wait', ns: SECOND },
      { do: 'stor', path: 'up', data: pattern(50_000) },
    ],
  });
  return { wire, client, server };
}

describe('FTP client (RFC 959, RFC 2428)', () => {
  it.each(['pasv', 'epsv', 'port'] as const)('works through its steps with %s', (mode) => {
    const { wire, client, server } = scene(mode);
    client.start();
    runUntil(wire, 60 * SECOND, () => client.done);
    expect(client.results.map((r) => `${r.command} ${r.outcome} ${r.bytes}`)).toEqual([
      'login complete 0',
      'size complete 0',
      'retr complete 100000',
      'retr failed 0',
      'retr complete 10000',
      'list complete 31',
      'wait complete 0',
      'stor complete 50000',
    ]);
    expect(client.results[2]?.sha256).toBe(sha256Hex(pattern(100_000)));
    expect(client.results[4]?.content).toEqual(pattern(100_000).slice(90_000));
    expect(client.results[3]?.reason).toMatch(/^550/);
    expect(sha256Hex(join(server.stored))).toBe(sha256Hex(pattern(50_000)));
    expect(client.sessionsFailed).toBe(0);
    const retr = client.results[2];
    expect(retr && retr.startNs < retr.connectNs && retr.connectNs <= retr.firstByteNs).toBe(true);
    expect(retr && retr.firstByteNs < retr.lastByteNs && retr.lastByteNs <= retr.endNs).toBe(true);
  });

  it('fails with a reason when the server is not there, goes away, or makes no progress', () => {
    const lonely = new Wire();
    const nobody = new FtpClient({ host: host(lonely, 1), server: '192.168.1.2', steps: [] });
    nobody.start();
    runUntil(lonely, 300 * SECOND, () => nobody.done);
    expect(nobody.results[0]?.reason).toBe('control connection: timeout');

    const { wire, client, server } = scene('pasv', 2);
    (client.options as { idleTimeoutNs?: number }).idleTimeoutNs = 30 * SECOND;
    client.start();
    runUntil(wire, 60 * SECOND, () => (client.current?.bytes ?? 0) > 10_000);
    server.host.station.setPower(false);
    runUntil(wire, 60 * SECOND, () => client.sessionsDone === 1);
    expect(client.results.at(-1)?.reason).toBe('no progress');
    expect(client.sessionsFailed).toBe(1);
  });

  it('continues identically from a snapshot in the middle of a transfer', () => {
    const { wire, client } = scene('pasv');
    client.start();
    runUntil(wire, 60 * SECOND, () => (client.current?.bytes ?? 0) > 40_000);
    const twin = Wire.load(JSON.parse(JSON.stringify(wire.save())) as Json);
    wire.runEvents(200 * SECOND);
    twin.runEvents(200 * SECOND);
    expect(FtpClient.find(twin).results[2]?.sha256).toBe(sha256Hex(pattern(100_000)));
    expect(JSON.stringify(twin.save()) === JSON.stringify(wire.save()), 'same end state').toBe(true);
  });
});
