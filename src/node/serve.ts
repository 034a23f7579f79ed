import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { UsageError } from '../errors.js';

/** What `serve` needs to know. */
export interface ServeOptions {
  /** Directory that holds the built page. */
  directory: string;
  /** TCP port; 0 takes a free one [8600]. */
  port?: number;
  /** Address to listen at [127.0.0.1]. */
  host?: string;
}

/** A page server that runs. */
export interface PageServer {
  /** Where the page is. */
  url: string;
  /** Ends it, connections included. */
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.elf': 'application/octet-stream',
};

// The page loads nothing from elsewhere, and the browser holds it to that. xterm.js writes its own style elements.
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the built page.
 * @throws UsageError when there is no page in the directory or the port is taken
 */
export function serve(options: ServeOptions): Promise<PageServer> {
  const root = resolve(options.directory);
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? 8600;
  if (!isFile(join(root, 'index.html'))) {
    return Promise.reject(new UsageError(`there is no page in ${root}: build it with 'npm run build'`));
  }
  const server = createServer((request, response) => answer(root, request, response));
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const reason = taken ? `port ${port} is in use: choose another with --port` : `port ${port}: ${error.message}`;
      failed(new UsageError(reason));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      const name = host.includes(':') ? `[${host}]` : host;
      done({
        url: `http://${name}:${actual}/`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', POLICY);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response.setHeader('Allow', 'GET, HEAD'), 405);
    return;
  }
  const path = fileOf(root, request.url ?? '/');
  if (path === undefined) {
    refuse(response, 404);
    return;
  }
  // Names of assets carry a hash of their content; index.html names them and must always be fresh.
  const fresh = path.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.writeHead(200, {
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    'Content-Length': statSync(path).size,
    'Cache-Control': fresh,
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(status === 404 ? 'Not found\n' : 'Method not allowed\n');
}

/** The file that an address means; undefined when there is none or it lies outside the page's directory. */
function fileOf(root: string, url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  const file = normalize(join(root, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(root + sep) && isFile(file) ? file : undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
