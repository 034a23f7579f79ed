import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { parseElf } from '../../src/firmware/elf.js';
import { Symbols } from '../../src/firmware/symbols.js';
import { Dice } from '../support/wild.js';

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

  it('survives any header: it loads, within the RAM, or is refused in one line', () => {
    const dice = new Dice(1);
    const limit = 8 << 20;
    const view = new DataView(hello.buffer, hello.byteOffset);
    const places = [0, view.getUint32(28), view.getUint32(32)];
    for (let i = 0; i < 3000; i++) {
      const file = Uint8Array.from(hello);
      for (let k = 1 + dice.below(4); k > 0; k--) {
        const at = dice.pick(places) + dice.below(64);
        if (at < file.length) file[at] = dice.pick([0, 1, 0x7f, 0x80, 0xff, dice.below(256)]);
      }
      try {
        for (const { address, size, bytes } of parseElf(file, 'x.elf', limit).segments) {
          expect(address + size).toBeLessThanOrEqual(limit);
          expect(bytes.length).toBeLessThanOrEqual(size);
        }
      } catch (e) {
        expect(e).toBeInstanceOf(UsageError);
        expect((e as Error).message).toMatch(/^x\.elf: [^\n]*$/);
      }
    }
  });

  it('takes a hostile symbol table for what it is worth', () => {
    // 2000 symbol tables over the same megabytes, their names without an end.
    const file = new Uint8Array(4 << 20).fill(0x41, 200_000);
    file.set(hello.subarray(0, 52));
    const view = new DataView(file.buffer);
    const header = new DataView(hello.buffer, hello.byteOffset).getUint32(28);
    file.set(hello.subarray(header, header + 32), 52);
    view.setUint32(28, 52);
    view.setUint16(44, 1);
    view.setUint32(52 + 4, 0);
    view.setUint32(52 + 16, 64);
    view.setUint32(32, 1024);
    view.setUint16(46, 40);
    view.setUint16(48, 2000);
    for (let at = 1024; at < 1024 + 40 * 2000; at += 40) {
      view.setUint32(at + 4, 2);
      view.setUint32(at + 16, 100_000);
      view.setUint32(at + 20, 100_000);
      view.setUint32(at + 24, 1);
    }
    view.setUint32(1024 + 40 + 16, 300_000);
    const { symbols } = parseElf(file, 'x.elf');
    expect(symbols.length).toBeLessThanOrEqual(100_000 / 16);
    for (const symbol of symbols) expect(symbol.name.length).toBeLessThanOrEqual(1024);
  });

  it('refuses what does not fit the RAM, naming both sizes', () => {
    expect(error(hello, 0x1_0000)).toMatch(/too large.*RAM at 0x10000/);
  });
});
