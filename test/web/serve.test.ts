import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { type PageServer, serve } from '../../src/node/serve.js';

describe('the page server', () => {
  let directory: string;
  let server: PageServer;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'quicc860-page-'));
    mkdirSync(join(directory, 'page', 'assets'), { recursive: true });
    writeFileSync(join(directory, 'secret'), 'no');
    writeFileSync(join(directory, 'page', 'index.html'), '<!doctype html>');
    writeFileSync(join(directory, 'page', 'assets', 'core.wasm'), new Uint8Array([0, 0x61, 0x73, 0x6d]));
    server = await serve({ directory: join(directory, 'page'), port: 0 });
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  /** A request whose path goes out as it is, dots included. */
  const get = (path: string, method = 'GET') =>
    new Promise<{ status: number | undefined; type: string | undefined; body: string }>((done, failed) => {
      const { hostname, port } = new URL(server.url);
      const asked = request({ hostname, port, path, method }, (response) => {
        let body = '';
        response.on('data', (piece: Buffer) => {
          body += piece.toString('latin1');
        });
        response.on('end', () => done({ status: response.statusCode, type: response.headers['content-type'], body }));
      });
      asked.on('error', failed);
      asked.end();
    });

  test('serves the page and its parts with their types', async () => {
    expect(await get('/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html>' });
    // WebAssembly streaming insists on this type (WebAssembly Web API).
    expect(await get('/assets/core.wasm?x=1')).toMatchObject({ status: 200, type: 'application/wasm' });
    expect(await get('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('leaves nothing else to be had', async () => {
    for (const path of ['/../secret', '/%2e%2e/secret', '/assets/..%2f..%2fsecret', '/%00', '/%', '/assets', '/none']) {
      expect(await get(path)).toMatchObject({ status: 404 });
    }
    expect(await get('/', 'POST')).toMatchObject({ status: 405 });
  });

  test('says in one line what is wrong', async () => {
    const port = Number(new URL(server.url).port);
    await expect(serve({ directory: join(directory, 'page'), port })).rejects.toThrow(`port ${port} is in use`);
    await expect(serve({ directory })).rejects.toThrow(UsageError);
  });
});
