import { execFile, execFileSync } from 'node:child_process';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { join } from '../../src/lan/ftp-client.js';
import { Gateway, sha256Hex, Wire } from '../../src/lan/index.js';
import { HostForward, parseForward } from '../../src/node/hostfwd.js';
import { host, MS, pattern, Talker, TinyFtpServer } from './helpers.js';

/** Runs a wire as a CLI would: slices of virtual time between the host's socket events. */
class Runner {
  running = true;
  readonly wire = new Wire();
  readonly gateway = new Gateway(this.wire, { ip: '192.168.1.3' });

  constructor() {
    const slice = (): void => {
      if (!this.running) return;
      this.wire.runEvents(this.wire.now + 5 * MS);
      setImmediate(slice);
    };
    setImmediate(slice);
  }
}

let cleanup: Array<() => unknown> = [];
afterEach(async () => {
  for (const f of cleanup.reverse()) await f();
  cleanup = [];
});

async function scene(
  file = pattern(300_000),
): Promise<{ runner: Runner; forward: HostForward; server: TinyFtpServer }> {
  const runner = new Runner();
  cleanup.push(() => {
    runner.running = false;
  });
  const server = new TinyFtpServer(host(runner.wire, 2), file);
  const forward = await HostForward.open(runner.gateway, 'tcp:127.0.0.1:0-:21', { boardAddress: '192.168.1.2' });
  cleanup.push(() => forward.close());
  return { runner, forward, server };
}

function run(command: string, args: string[], input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { encoding: 'buffer', maxBuffer: 1 << 26, timeout: 20_000 },
      (error, out, err) => (error === null ? resolve(out) : reject(new Error(`${error.message} ${err.toString()}`))),
    );
    child.stdin?.end(input ?? '');
  });
}

function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`SKIPPED: ${command} is not installed`);
    return false;
  }
}

describe('forward specifications', () => {
  it('reads both forms and refuses nonsense with one line', () => {
    expect(parseForward('tcp:127.0.0.1:2121-:21')).toEqual({
      hostAddress: '127.0.0.1',
      hostPort: 2121,
      boardAddress: '',
      boardPort: 21,
    });
    expect(parseForward('tcp::80-10.0.0.1:8080').hostAddress).toBe('127.0.0.1');
    for (const bad of ['', 'tcp:1', 'udp::1-:2', 'tcp::70000-:21', 'tcp::1-:0', 'tcp::1-1.2.3:4'])
      expect(() => parseForward(bad)).toThrow(/^[^\n]+$/);
  });

  it('a port in use is one clear line', async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanup.push(() => other.close());
    const port = (other.address() as net.AddressInfo).port;
    const gateway = new Gateway(new Wire());
    await expect(
      HostForward.open(gateway, `tcp:127.0.0.1:${port}-:21`, { boardAddress: '192.168.1.10' }),
    ).rejects.toThrow(`cannot forward 127.0.0.1:${port}: the port is in use`);
  });
});

describe('forwarded TCP', () => {
  it('carries 1 MB each way with back-pressure, and closes cleanly', async () => {
    const runner = new Runner();
    cleanup.push(() => {
      runner.running = false;
    });
    const data = pattern(1_000_000);
    const peer = new Talker(data, false);
    host(runner.wire, 2).listen(7, peer);
    const forward = await HostForward.open(runner.gateway, 'tcp:127.0.0.1:0-:7', { boardAddress: '192.168.1.2' });
    cleanup.push(() => forward.close());
    const chunks: Uint8Array[] = [];
    const socket = net.connect({ port: forward.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(data);
    await new Promise<void>((resolve, reject) => {
      let got = 0;
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        got += chunk.length;
        if (got === data.length) socket.end();
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    expect(sha256Hex(join(chunks))).toBe(sha256Hex(data));
    expect(sha256Hex(join(peer.chunks))).toBe(sha256Hex(data));
  }, 30_000);

  it('a refused virtual connection resets the real one', async () => {
    const runner = new Runner();
    cleanup.push(() => {
      runner.running = false;
    });
    host(runner.wire, 2);
    const forward = await HostForward.open(runner.gateway, 'tcp:127.0.0.1:0-:9', { boardAddress: '192.168.1.2' });
    cleanup.push(() => forward.close());
    const socket = net.connect(forward.port, '127.0.0.1');
    const code = await new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on('close', () => resolve('closed'));
    });
    expect(code).toBe('ECONNRESET');
  });
});

describe('real FTP clients through the forward', () => {
  it.skipIf(!has('curl'))(
    'curl: EPSV, PASV, active, upload',
    async () => {
      const { forward, server } = await scene();
      const url = `ftp://127.0.0.1:${forward.port}/file`;
      const want = sha256Hex(pattern(300_000));
      expect(sha256Hex(await run('curl', ['-sS', url]))).toBe(want);
      expect(sha256Hex(await run('curl', ['-sS', '--disable-epsv', url]))).toBe(want);
      expect(server.commands.some((line) => line === 'EPSV')).toBe(true);
      expect(server.commands.some((line) => line === 'PASV')).toBe(true);
      expect(sha256Hex(await run('curl', ['-sS', '-P', '-', url]))).toBe(want);
      expect(server.commands.some((line) => line.startsWith('PORT 192,168,1,3,'))).toBe(true);
      await run('curl', ['-sS', '-T', '-', `ftp://127.0.0.1:${forward.port}/up`], 'x'.repeat(100_000));
      expect(join(server.stored).length).toBe(100_000);
    },
    30_000,
  );

  it.skipIf(!has('python3'))(
    'ftplib',
    async () => {
      const { forward } = await scene();
      const script = `
import ftplib, hashlib
f = ftplib.FTP(); f.connect('127.0.0.1', ${forward.port}); f.login()
h = hashlib.sha256(); f.retrbinary('RETR file', h.update); print(h.hexdigest()); f.quit()`;
      const out = await run('python3', ['-c', script]);
      expect(out.toString().trim()).toBe(sha256Hex(pattern(300_000)));
    },
    30_000,
  );
});
