import { readFile } from 'node:fs/promises';
import type { Resources } from '../board/core.js';
import { UsageError } from '../errors.js';

const CORE = new URL('../core.wasm', import.meta.url);
const COUNTING = new URL('../core-counting.wasm', import.meta.url);
const FIRMWARE = new URL('../../firmware-fixtures/elf/', import.meta.url);
/** Firmware that comes with the package. */
export const FIRMWARE_NAMES = ['ftpd', 'hello', 'mix', 'fec'] as const;

let compiled: Promise<WebAssembly.Module> | undefined;
let counting: Promise<WebAssembly.Module> | undefined;

function compile(file: URL): Promise<WebAssembly.Module> {
  return readFile(file).then(
    (bytes) => WebAssembly.compile(bytes),
    () => {
      const name = file.pathname.slice(file.pathname.lastIndexOf('/') + 1);
      throw new UsageError(`${name} is not built: run \`npm run build\` in the package folder`);
    },
  );
}

/** core.wasm and the built-in firmware, from the package's own folder. */
export const packageResources: Resources = {
  core() {
    compiled ??= compile(CORE);
    return compiled;
  },
  counting() {
    counting ??= compile(COUNTING);
    return counting;
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
