import { readFile } from 'node:fs/promises';
import type { Resources } from '../board/core.js';
import { UsageError } from '../errors.js';

const CORE = new URL('../core.wasm', import.meta.url);
const FIRMWARE = new URL('../../firmware-fixtures/elf/', import.meta.url);
/** Firmware that comes with the package. */
export const FIRMWARE_NAMES = ['ftpd', 'hello', 'mix', 'fec'] as const;

let compiled: Promise<WebAssembly.Module> | undefined;

/** core.wasm and the built-in firmware, from the package's own folder. */
export const packageResources: Resources = {
  core() {
    compiled ??= readFile(CORE).then(
      (bytes) => WebAssembly.compile(bytes),
      () => {
        throw new UsageError('core.wasm is not built: run `npm run build` in the package folder');
      },
    );
    return compiled;
  },
  async firmware(name) {
    try {
      if (!/^[\w-]+$/.test(name)) throw new Error('a path');
      return await readFile(new URL(`${name}.elf`, FIRMWARE));
    } catch {
      throw new UsageError(
        `no built-in firmware '${name}' (there are ${FIRMWARE_NAMES.join(', ')}); or give an ELF file`,
      );
    }
  },
};
