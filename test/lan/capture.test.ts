import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { describe, expect, it } from 'vitest';
import { join } from '../../src/lan/ftp-client.js';
import { Chatter, capture, FtpClient, type Json, Ping, Wire } from '../../src/lan/index.js';
import { host, pattern, SECOND, TinyFtpServer } from './helpers.js';

function tshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('SKIPPED: tshark is not installed, the captures are not checked against it');
    return false;
  }
}

describe('chatter', () => {
  it('keeps its average rate, follows changes, and stops', () => {
    const wire = new Wire();
    const office = new Chatter({ wire, rate: 50, seed: 5 });
    office.start();
    wire.runEvents(100 * SECOND);
    expect(wire.stats.frames / 100).toBeGreaterThan(45);
    expect(wire.stats.frames / 100).toBeLessThan(55);
    let before = wire.stats.frames;
    office.setRate(200);
    wire.runEvents(200 * SECOND);
    expect((wire.stats.frames - before) / 100).toBeGreaterThan(185);
    office.stop();
    wire.runEvents(202 * SECOND);
    before = wire.stats.frames;
    wire.runEvents(300 * SECOND);
    expect(wire.stats.frames).toBe(before);
  });

  it('is the same for the same seed, different for another, and continues from a snapshot', () => {
    const run = (seed: number, cut: boolean): string => {
      let wire = new Wire();
      new Chatter({ wire, rate: 30, seed }).start();
      wire.runEvents(7 * SECOND);
      if (cut) wire = Wire.load(JSON.parse(JSON.stringify(wire.save())) as Json);
      const log: string[] = [];
      wire.onFrame((f) => log.push(`${f.atNs} ${f.frame.length}`));
      wire.runEvents(20 * SECOND);
      return log.join('\n');
    };
    expect(run(1, true)).toBe(run(1, false));
    expect(run(2, false)).not.toBe(run(1, false));
  });

  it('its PCs answer ARP and ping', () => {
    const wire = new Wire();
    new Chatter({ wire, rate: 0 });
    const ping = new Ping({ host: host(wire, 1), target: '192.168.1.103', count: 2 });
    ping.start();
    wire.runEvents(3 * SECOND);
    expect(ping.answered).toBe(2);
  });
});

describe.skipIf(!tshark())('pcapng as tshark reads it', () => {
  it('has no malformed frame, every checksum right, virtual time stamps', () => {
    const wire = new Wire();
    const chunks: Uint8Array[] = [];
    capture(wire, (chunk) => chunks.push(chunk));
    new TinyFtpServer(host(wire, 2), pattern(20_000));
    const client = new FtpClient({ host: host(wire, 1), server: '192.168.1.2', steps: [{ do: 'retr', path: 'file' }] });
    client.start();
    new Ping({ host: host(wire, 3), target: '192.168.1.2', size: 3000 }).start();
    new Chatter({ wire, rate: 100 }).start();
    wire.runEvents(10 * SECOND);
    expect(client.results.at(-1)?.outcome).toBe('complete');

    const dir = mkdtempSync(joinPath(tmpdir(), 'quicc860-'));
    try {
      const file = joinPath(dir, 'wire.pcapng');
      writeFileSync(file, join(chunks));
      const read = (...args: string[]): string[] =>
        execFileSync('tshark', ['-n', '-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
          .split('\n')
          .filter((line) => line !== '');
      const check = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'];
      const times = read('-T', 'fields', '-e', 'frame.time_epoch');
      expect(times.length).toBe(wire.stats.frames);
      expect(Number(times[0])).toBeLessThan(1);
      expect(read('-Y', '_ws.malformed')).toEqual([]);
      expect(read(...check, '-Y', '_ws.expert.severity >= error or _ws.expert.severity == warning')).toEqual([]);
      for (const protocol of ['arp', 'nbns', 'browser', 'ftp', 'icmp'])
        expect(read('-Y', protocol).length, protocol).toBeGreaterThan(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
