import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { parseElf } from '../../src/firmware/elf.js';
import { Symbols } from '../../src/firmware/symbols.js';

const hello = new Uint8Array(readFileSync(new URL('../../firmware-fixtures/elf/hello.elf', import.meta.url)));
const changed = (at: number, value: number): Uint8Array => {
  const copy = hello.slice();
  copy[at] = value;
  return copy;
};
const error = (file: Uint8Array, limit?: number): string => {
  try {
    parseElf(file, 'x.elf', limit);
  } catch (e) {
    expect(e).toBeInstanceOf(UsageError);
    return (e as Error).message;
  }
  throw new Error('was accepted');
};

describe('ELF files (System V ABI, PowerPC supplement)', () => {
  it('loads a PowerPC executable with its symbols', () => {
    const image = parseElf(hello, 'hello.elf', 8 << 20);
    expect(image.segments.some((s) => image.entry >= s.address && image.entry < s.address + s.size)).toBe(true);
    const symbols = new Symbols(image.symbols);
    expect(symbols.address('start') ?? symbols.address('_start')).toBe(image.entry);
    const main = symbols.get('bare_main');
    expect(main?.kind).toBe('func');
    expect(symbols.describe((main?.address ?? 0) + 4)).toBe('bare_main+0x4');
  });

  it.each([
    ['an empty file', new Uint8Array(0), /not an ELF/],
    ['text', new TextEncoder().encode('#!/bin/sh\necho no firmware\n'), /not an ELF/],
    ['a 64-bit one', changed(4, 2), /64-bit/],
    ['a little-endian one', changed(5, 1), /little-endian/],
    ['one for x86-64', changed(19, 62), /machine 62, not for PowerPC/],
    ['a relocatable object', changed(17, 1), /not an executable/],
  ])('refuses %s in one line that names the file', (_what, file, why) => {
    const message = error(file);
    expect(message).toMatch(why);
    expect(message).toMatch(/^x\.elf: /);
    expect(message).not.toContain('\n');
  });

  it('refuses a file cut at any place without anything but a clear error, or loads it whole', () => {
    const whole = parseElf(hello, 'x.elf');
    for (let length = 0; length < hello.length; length += 7) {
      const cut = hello.slice(0, length);
      let image: ReturnType<typeof parseElf>;
      try {
        image = parseElf(cut, 'x.elf');
      } catch (e) {
        expect(e).toBeInstanceOf(UsageError);
        continue;
      }
      // Only the section table and the symbols may be missing from a file that is accepted.
      expect(image.segments).toEqual(whole.segments);
    }
  });

  it('refuses what does not fit the RAM, naming both sizes', () => {
    expect(error(hello, 0x1_0000)).toMatch(/too large.*RAM at 0x10000/);
  });
});
