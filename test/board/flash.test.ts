// A board's parallel flash: what an image puts there, what the guest makes of it, the file that keeps it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Board, ETH_COMM, FLASH_CHIPS, FlashFile, UsageError } from 'quicc860';
import { afterAll, describe, expect, it } from 'vitest';
import { asm, BRANCH_TO_SELF } from '../support/core.js';

const FLASH = 0xfff0_0000;

/** A PowerPC executable of segments [address, bytes] that starts at the first one (System V ABI, ELF Header). */
function elf(...segments: [address: number, bytes: Uint8Array][]): Uint8Array {
  const head = 52 + 32 * segments.length;
  const file = new Uint8Array(head + segments.reduce((sum, [, bytes]) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1]);
  view.setUint16(16, 2);
  view.setUint16(18, 20);
  view.setUint32(20, 1);
  view.setUint32(24, segments[0]?.[0] ?? 0);
  view.setUint32(28, 52);
  view.setUint16(40, 52);
  view.setUint16(42, 32);
  view.setUint16(44, segments.length);
  view.setUint16(46, 40);
  let at = head;
  segments.forEach(([address, bytes], i) => {
    const words = [1, at, address, address, bytes.length, bytes.length, 7, 4];
    words.forEach((word, n) => {
      view.setUint32(52 + 32 * i + 4 * n, word);
    });
    file.set(bytes, at);
    at += bytes.length;
  });
  return file;
}

function code(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  return bytes;
}

const sth = (s: number, disp: number, a: number): number => asm.d(44, s, a, disp);
/** One command cycle: `value` to word address `word`. */
const cycle = (word: number, value: number): number[] => [asm.li(4, value), sth(4, 2 * word, 3)];
const unlock = [...cycle(0x555, 0xaa), ...cycle(0x2aa, 0x55)];
/** Programs 1234 at FFF00100; r3 = the flash. */
const program = code([
  asm.lis(3, 0xfff0),
  ...unlock,
  ...cycle(0x555, 0xa0),
  asm.li(4, 0x1234),
  sth(4, 0x100, 3),
  BRANCH_TO_SELF,
]);
/** Erases the sector at FFF10000. */
const erase = code([
  asm.lis(3, 0xfff0),
  ...unlock,
  ...cycle(0x555, 0x80),
  ...unlock,
  asm.lis(3, 0xfff1),
  asm.li(4, 0x30),
  sth(4, 0, 3),
  BRANCH_TO_SELF,
]);

const scratch = mkdtempSync(join(tmpdir(), 'quicc860-flash-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the flash of a board', () => {
  it('is erased at first, takes an image, and refuses one that is too long', async () => {
    const board = await Board.create();
    expect(board.flash.length).toBe(1 << 20);
    expect(board.flash.every((byte) => byte === 0xff)).toBe(true);
    const other = await Board.create({ flash: Uint8Array.of(1, 2, 3) });
    expect([...other.flash.subarray(0, 4)]).toEqual([1, 2, 3, 255]);
    await expect(Board.create({ flash: new Uint8Array(2 << 20) })).rejects.toThrow(/flash holds 1048576 bytes/);
  });

  it('takes segments of an image that are linked there, and runs code from it', async () => {
    const board = await Board.create();
    const run = code([asm.li(5, 77), asm.lis(3, 0xfff0), asm.lhz(6, 0x202, 3), BRANCH_TO_SELF]);
    await board.boot(elf([FLASH + 0x1000, run], [FLASH + 0x200, Uint8Array.of(1, 2, 3, 4)]));
    board.run({ cycles: 1000 });
    expect(board.register('r5')).toBe(77);
    expect(board.register('r6')).toBe(0x0304);
    expect([...board.flash.subarray(0x200, 0x204)]).toEqual([1, 2, 3, 4]);
    await expect(board.boot(elf([FLASH + 0xf_fffe, run]))).rejects.toThrow(UsageError);
  });

  it('is programmed by the guest in the chip’s time, and keeps it over the next boot', async () => {
    const board = await Board.create();
    await board.boot(elf([0x10000, program]));
    board.run({ seconds: 5e-6 });
    expect(board.flash[0x100]).toBe(0xff);
    board.run({ seconds: 10e-6 });
    expect([...board.flash.subarray(0x100, 0x103)]).toEqual([0x12, 0x34, 0xff]);
    await board.boot('hello');
    board.console.expect('hello');
    expect(board.flash[0x101]).toBe(0x34);
    expect(board.memory.read16(FLASH + 0x100)).toBe(0x1234);
  });

  it('a snapshot in the middle of an erase goes on to the same end', async () => {
    const board = await Board.create({ flash: new Uint8Array(1 << 20) });
    await board.boot(elf([0x10000, erase]));
    board.run({ seconds: 0.3 });
    const twin = await Board.restore(board.snapshot());
    for (const each of [board, twin]) {
      expect(each.flash[0x10000]).toBe(0);
      each.runUntilCycle(40_000_000);
      expect(each.flash[0x10000]).toBe(0xff);
      expect(each.flash[0x1ffff]).toBe(0xff);
      expect(each.flash[0x20000]).toBe(0);
      expect(each.flash[0xffff]).toBe(0);
    }
    expect(twin.stateHash()).toBe(board.stateHash());
  });

  it('is described by a board as chips side by side; what cannot be is refused', async () => {
    const two = { ...ETH_COMM, flashBytes: 4 << 20, flash: { chip: 'am29lv160db', chips: 2 } } as const;
    const board = await Board.create({ board: two });
    expect(board.flash.length).toBe(4 << 20);
    const wrong = (flash: object, flashBytes = 1 << 20): Promise<Board> =>
      Board.create({ board: { ...ETH_COMM, flashBytes, flash } as typeof ETH_COMM });
    await expect(wrong({ chip: 'eprom', chips: 1 })).rejects.toThrow(/am29lv160db/);
    await expect(wrong({ chip: 'am29lv160db', chips: 1 })).rejects.toThrow(/flashBytes must be the chips' 2097152/);
    await expect(wrong({ chip: 'am29lv800bb', chips: 3 })).rejects.toThrow(/1, 2 or 4/);
    await expect(wrong({ chip: 'am29lv800bb', chips: 4 }, 4 << 20)).rejects.toThrow(/32 bits/);
    await expect(wrong({ chip: { ...FLASH_CHIPS.am29f040b, regions: [] }, chips: 1 })).rejects.toThrow(/regions/);
  });
});

describe('the file that keeps a flash', () => {
  it('is made, read and replaced as a whole', () => {
    const path = join(scratch, 'board.flash');
    const file = new FlashFile(path);
    expect(file.content.length).toBe(0);
    expect(existsSync(path)).toBe(true);
    file.save(Uint8Array.of(1, 2, 3));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect([...new FlashFile(path).content]).toEqual([1, 2, 3]);
    expect(readdirSync(scratch)).toEqual(['board.flash']);
  });

  it('is refused before the run where it cannot be written', () => {
    writeFileSync(join(scratch, 'file'), '');
    for (const path of ['', scratch, join(scratch, 'no/such/place'), join(scratch, 'file/below')]) {
      expect(() => new FlashFile(path), path).toThrow(UsageError);
    }
  });
});
