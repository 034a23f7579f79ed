import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PageServer, serve } from '../../src/node/serve.js';

const CANDIDATES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = CANDIDATES.find((path) => path !== undefined && existsSync(path));
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

if (executablePath === undefined) {
  console.error(
    'SKIPPED: no Chromium found (apt-get install chromium, or set CHROMIUM to its path); the page is NOT tested.',
  );
}

describe.skipIf(executablePath === undefined)('the page in Chromium', () => {
  let server: PageServer;
  let browser: Browser;
  const foreign: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    server = await serve({ directory: fileURLToPath(new URL('../../dist-web', import.meta.url)), port: 0 });
    if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: QUIET });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(hash = ''): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) foreign.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(server.url + hash);
    return page;
  }

  const mirror = (page: Page) => page.evaluate(() => ({ ...document.getElementById('mirror')?.dataset }));
  const consoleSays = (page: Page, text: string) =>
    page.waitForFunction(
      (wanted) => document.querySelector('#console .xterm-rows')?.textContent?.includes(wanted),
      text,
    );
  /** The prompt is there, and so is a reading of the pool, which comes by another message. */
  const booted = async (page: Page): Promise<void> => {
    await consoleSays(page, 'quicc>');
    await page.waitForFunction(() => Number(document.getElementById('mirror')?.dataset['clusters']) > 0);
  };
  const bytesAbove = (page: Page, count: number) =>
    page.waitForFunction((n) => Number(document.getElementById('mirror')?.dataset['bytes']) > n, count, {
      timeout: 90_000,
    });

  test('boots to the prompt, answers to typing, and shows the pool while the log is fetched', async () => {
    // With the caches on and twice the clusters the transfer keeps going, which is all this test wants of it.
    const page = await open('#icache=on&dcache=on&clusters=128');
    await booted(page);

    await page.keyboard.press('c');
    await page.keyboard.type('help\r');
    await consoleSays(page, 'netstat');
    await page.keyboard.press('Control+]');

    const before = await mirror(page);
    expect(before['state']).toBe('running');
    expect(before['clusters']).toBe('128');
    expect(before['cells']).toHaveLength(128);
    // The receive ring holds one cluster per descriptor from the first minute on: 32 (rtems-legacy-networking.md, driver).
    expect(before['cells']?.match(/R/g)?.length).toBeGreaterThanOrEqual(30);
    expect(before['transfer']).toBe('idle');

    await page.keyboard.press('f');
    await bytesAbove(page, 0);
    const early = Number((await mirror(page))['bytes']);
    await bytesAbove(page, early + 5000);
    const during = await mirror(page);
    // Data on its way lies in the socket's send buffer.
    expect(Number(during['free'])).toBeLessThan(Number(before['free']) + 1);
    const drawn = await page.evaluate(() => document.querySelector('#pool .xterm-rows')?.textContent ?? '');
    expect(drawn).toContain('CLUSTERS 128 of 2 KiB');
    expect(drawn).toContain('FREE CLUSTERS');
    expect(drawn).toContain('socket send');
    expect(drawn).toMatch(/FTP\s+running/);
    await page.context().close();
  });

  test('pauses and runs on, and a boot setting reboots with it', async () => {
    const page = await open();
    await booted(page);
    await page.keyboard.press('p');
    // The last reading before the pause may still be on its way: take the one that stays.
    await page.waitForFunction(
      () => {
        const { state, seconds, seen } = document.getElementById('mirror')?.dataset ?? {};
        const mirror = document.getElementById('mirror');
        if (mirror !== null) mirror.dataset['seen'] = seconds;
        return state === 'paused' && seconds === seen && Number(seconds) > 0;
      },
      undefined,
      { polling: 200 },
    );
    const at = (await mirror(page))['seconds'];
    await page.keyboard.press('3');
    expect((await mirror(page))['seconds']).toBe(at);
    await page.keyboard.press('p');
    await page.waitForFunction((s) => Number(document.getElementById('mirror')?.dataset['seconds']) > Number(s), at);

    await page.keyboard.press('d');
    await page.waitForFunction(() => document.getElementById('mirror')?.dataset['boot'] === '2');
    expect(await page.getAttribute('#dcache', 'aria-pressed')).toBe('true');
    expect(await page.evaluate(() => location.hash)).toContain('dcache=on');

    await page.selectOption('#cpu', 'mpc866');
    await page.waitForFunction(() => document.getElementById('mirror')?.dataset['boot'] === '3');
    expect(await page.textContent('#member')).toBe('MPC866');
    expect(await page.evaluate(() => location.hash)).toContain('cpu=mpc866');
    await booted(page);
    await consoleSays(page, 'D-cache on');
    await page.context().close();
  });

  test('refuses a pool that cannot work and keeps the board that runs', async () => {
    const page = await open();
    await booted(page);
    await page.fill('#clusters', '8');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#facts li.alarm');
    expect(await page.inputValue('#clusters')).toBe('64');
    const now = await mirror(page);
    expect(now['boot']).toBe('1');
    expect(now['state']).toBe('running');
    await page.context().close();
  });

  test('two pages hold two boards', async () => {
    const [one, two] = [await open('#clusters=96'), await open('#clusters=128')];
    await booted(one);
    await booted(two);
    await one.keyboard.press('p');
    expect((await mirror(one))['clusters']).toBe('96');
    expect((await mirror(two))['clusters']).toBe('128');
    expect((await mirror(two))['state']).toBe('running');
    await one.context().close();
    await two.context().close();
  });

  test('asks nobody else for anything, and reports no error', () => {
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });
});
