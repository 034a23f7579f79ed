import type { Core } from './core.js';

/** The guest's physical memory as its CPU sees it: dirty lines of the data cache included. No side effects on reading. */
export class BoardMemory {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** One byte at a physical address. */
  read8(address: number): number {
    return this.#core.fn.hostRead8(address) & 0xff;
  }

  /** A big-endian half-word. */
  read16(address: number): number {
    return this.#core.fn.hostRead16(address) & 0xffff;
  }

  /** A big-endian word, unsigned. */
  read32(address: number): number {
    return this.#core.fn.hostRead32(address) >>> 0;
  }

  /** `length` bytes from `address` on. */
  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.read8(address + i);
    return out;
  }

  /** A NUL-terminated string of at most `limit` characters. */
  readString(address: number, limit = 256): string {
    let text = '';
    for (let i = 0; i < limit; i++) {
      const byte = this.read8(address + i);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Writes memory, and any cached copy of it. */
  write(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#core.fn.hostWrite8(address + i, bytes[i] ?? 0);
  }

  /** Writes a big-endian half-word. */
  write16(address: number, value: number): void {
    this.#core.fn.hostWrite16(address, value);
  }

  /** Writes a big-endian word. */
  write32(address: number, value: number): void {
    this.#core.fn.hostWrite32(address, value);
  }
}
