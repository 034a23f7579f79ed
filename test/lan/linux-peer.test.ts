import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from '../../src/lan/ftp-client.js';
import { parseIp, sha256Hex, Wire } from '../../src/lan/index.js';
import { host, MS, pattern, Talker } from './helpers.js';

/*
 * The TCP endpoint against a real one: Linux, through a TAP interface. It needs root, /dev/net/tun and real time, so it
 * runs only when asked for: QUICC860_TAP=1 npx vitest run test/lan/linux-peer.test.ts
 */
const wanted = process.env['QUICC860_TAP'] === '1';
if (!wanted) console.warn('SKIPPED: TCP against the Linux stack; set QUICC860_TAP=1 to run it (needs root)');

const SIZE = 1_500_000;
const LINUX = '10.86.0.1';
const OURS = '10.86.0.2';

describe.skipIf(!wanted).each([0, 0.02])('TCP against Linux, loss %f', (loss) => {
  let tap: ChildProcess;
  let running = true;
  const wire = new Wire();
  wire.impairments.betweenHosts.loss = loss;
  const ours = host(wire, 2, { ip: OURS });
  const data = pattern(SIZE);

  beforeAll(async () => {
    tap = spawn('python3', [fileURLToPath(new URL('./tools/tap.py', import.meta.url))]);
    const bridge = wire.addStation('bridge', Uint8Array.of(2, 0, 0, 0, 0, 99), {
      onFrame(frame: Uint8Array) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(frame.length);
        tap.stdin?.write(Buffer.concat([length, frame]));
      },
    });
    bridge.promiscuous = true;
    let pending = Buffer.alloc(0);
    tap.stdout?.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
        const end = 2 + pending.readUInt16BE();
        bridge.send(new Uint8Array(pending.subarray(2, end)));
        pending = pending.subarray(end);
      }
    });
    await new Promise((resolve) => tap.stderr?.once('data', resolve));
    const start = performance.now();
    const slice = (): void => {
      if (!running) return;
      wire.runEvents(Math.floor((performance.now() - start) * MS));
      setImmediate(slice);
    };
    slice();
  });

  afterAll(async () => {
    running = false;
    const gone = new Promise((resolve) => tap.once('close', resolve));
    tap.stdin?.end();
    await gone;
  });

  it('Linux connects; both send at once and close', async () => {
    const app = new Talker(data, false);
    ours.listen(7, app);
    const socket = net.connect({ port: 7, host: OURS, allowHalfOpen: true });
    socket.write(data);
    const chunks: Uint8Array[] = [];
    await new Promise<void>((resolve, reject) => {
      let got = 0;
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        got += chunk.length;
        if (got === SIZE) socket.end();
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    expect(sha256Hex(join(chunks))).toBe(sha256Hex(data));
    expect(sha256Hex(join(app.chunks))).toBe(sha256Hex(data));
  }, 60_000);

  it('we connect to an echo server; a closed port refuses', async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, LINUX, resolve));
    const port = (server.address() as net.AddressInfo).port;
    const app = new Talker(data);
    ours.connect(parseIp(LINUX), port, app);
    await expect.poll(() => app.events.includes('end'), { timeout: 50_000 }).toBe(true);
    expect(sha256Hex(join(app.chunks))).toBe(sha256Hex(data));
    await new Promise((resolve) => server.close(resolve));
    const refused = new Talker();
    ours.connect(parseIp(LINUX), port, refused);
    await expect.poll(() => refused.events, { timeout: 5000 }).toEqual(['refused']);
  }, 60_000);
});
