import coreUrl from '../dist/core.wasm?url';
import countingUrl from '../dist/core-counting.wasm?url';
import { type Resources, UsageError } from '../src/index.js';

/** The firmware images that the page carries: file name to address. */
const IMAGES: Record<string, string> = import.meta.glob('../firmware-fixtures/elf/ftpd.elf', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Fetches the core and the firmware from where the page came from. */
export const pageResources: Resources = {
  async core() {
    return WebAssembly.compile(await fetchBytes(coreUrl));
  },
  async counting() {
    return WebAssembly.compile(await fetchBytes(countingUrl));
  },
  async firmware(name) {
    const url = IMAGES[`../firmware-fixtures/elf/${name}.elf`];
    if (url === undefined) throw new UsageError(`the page has no firmware called '${name}'`);
    return new Uint8Array(await fetchBytes(url));
  },
};

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}
