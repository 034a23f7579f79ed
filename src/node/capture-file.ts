import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { capture } from '../lan/pcapng.js';
import type { Wire } from '../lan/wire.js';

/** One line that says why a file cannot be written. */
export function cannotWrite(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const why: Record<string, string> = {
    ENOENT: 'its directory does not exist',
    EISDIR: 'it is a directory',
    ENOTDIR: 'its path leads through a file',
    EACCES: 'no permission',
    ENOSPC: 'the disk is full',
  };
  return `${path === '' ? "''" : path}: cannot be written, ${why[code] ?? code}; name another file`;
}

/** Bytes gathered before they are written. */
const BUFFER = 1 << 16;

/** A pcapng file that records a wire from now until `close`, with virtual time stamps. */
export class PcapngFile {
  readonly #file: number;
  readonly #path: string;
  readonly #end: () => void;
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** @throws UsageError when the file cannot be written */
  constructor(path: string, wire: Wire) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(cannotWrite(path, error));
    }
    this.#end = capture(wire, (chunk) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= BUFFER) this.#flush();
    });
  }

  /** Ends the recording; the file is whole. */
  close(): void {
    this.#end();
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#size = 0;
    try {
      for (const chunk of chunks) writeSync(this.#file, chunk);
    } catch (error) {
      throw new UsageError(cannotWrite(this.#path, error));
    }
  }
}
