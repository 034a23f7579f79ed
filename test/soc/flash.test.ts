import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';

// Am29LV160D data sheet, Command Definitions, Write Operation Status; 28F160C3 data sheet, Flash Memory Modes of
// Operation; JESD68 (CFI). The chips here are small: 64 KB of flash in all, as the bare core has.

interface FlashFunctions {
  bankDescribe(bank: number, kind: number, base: number, size: number): void;
  flashBase(): number;
  flashDescribe(
    bank: number,
    commands: number,
    chips: number,
    width: number,
    ids: number,
    programUs: number,
    eraseMs: number,
  ): void;
  flashRegion(bank: number, sectors: number, bytes: number): void;
  flashQuery(bank: number, at: number, value: number): void;
}

const FLASH = 0xfff0_0000;
const AMD = 1;
const INTEL = 2;
const US = 40;
const MS = 40_000;
const PROGRAM_US = 10;
const ERASE_MS = 5;
/** BR0[PS] for a bus of so many bytes. */
const PORT: Record<number, number> = { 1: 0x400, 2: 0x800, 4: 0 };

/** A CPU in front of `chips` chips of `width` bytes; a chip has two sectors of a quarter and one of half its size. */
class Rig {
  readonly core: BareCore;
  readonly bus: number;

  constructor(commands: number, chips: number, width: number) {
    this.core = bareCore();
    this.bus = chips * width;
    const fn = this.core.fn as unknown as FlashFunctions;
    const size = 0x10000 / chips;
    fn.flashDescribe(0, commands, chips, width, 0x0001_2249, PROGRAM_US, ERASE_MS);
    fn.flashRegion(0, 2, size / 4);
    fn.flashRegion(0, 1, size / 2);
    [...'QRY'].forEach((letter, i) => {
      fn.flashQuery(0, 0x10 + i, letter.charCodeAt(0));
    });
    new Uint8Array(this.core.fn.memory.buffer, fn.flashBase(), 0x10000).fill(0xff);
    this.core.fn.hostImmrWrite(0x100, 4, FLASH | 1 | (PORT[this.bus] ?? 0));
  }

  get now(): number {
    return this.core.fn.now();
  }

  /** One store of the CPU. */
  write(offset: number, value: number, size = this.bus): void {
    this.core.setGpr(3, (FLASH + offset) | 0);
    this.core.setGpr(4, value);
    const store = size === 4 ? asm.stw(4, 0, 3) : size === 1 ? asm.stb(4, 0, 3) : asm.d(44, 4, 3, 0);
    this.core.execute([store], { cycles: 60 });
  }

  /** One load of the CPU. */
  read(offset: number, size = this.bus): number {
    this.core.setGpr(3, (FLASH + offset) | 0);
    const load = size === 4 ? asm.lwz(5, 0, 3) : size === 1 ? asm.lbz(5, 0, 3) : asm.lhz(5, 0, 3);
    this.core.execute([load], { cycles: 60 });
    return this.core.gpr(5);
  }

  /** `value` for every chip. */
  all(value: number): number {
    const width = this.width;
    let word = 0;
    for (let i = 0; i < this.bus / width; i++) word = (word * 2 ** (8 * width) + value) >>> 0;
    return word;
  }
  get width(): number {
    return this.chipWidth;
  }
  chipWidth = 2;

  /** A command cycle for every chip. */
  command(word: number, value: number): void {
    this.write(word * this.bus, this.all(value));
  }
  unlock(): void {
    this.command(0x555, 0xaa);
    this.command(0x2aa, 0x55);
  }
  unlockErase(): void {
    this.unlock();
    this.command(0x555, 0x80);
    this.unlock();
  }
  program(word: number, value: number): void {
    this.unlock();
    this.command(0x555, 0xa0);
    this.write(word * this.bus, value);
  }
  wait(cycles: number): void {
    this.core.fn.run(this.now + cycles);
  }
}

function rig(commands: number, chips = 1, width = 2): Rig {
  const made = new Rig(commands, chips, width);
  made.chipWidth = width;
  return made;
}

describe('AMD command set', () => {
  it.each([
    [1, 1],
    [1, 2],
    [2, 2],
    [4, 1],
  ])('identifies itself and answers CFI on a bus of %i chips of %i bytes', (chips, width) => {
    const flash = rig(AMD, chips, width);
    const mask = width === 1 ? 0xff : 0xffff;
    flash.unlock();
    flash.command(0x555, 0x90);
    expect(flash.read(0)).toBe(flash.all(0x01));
    expect(flash.read(flash.bus)).toBe(flash.all(0x2249 & mask));
    expect(flash.read(2 * flash.bus)).toBe(0);
    flash.command(0, 0xf0);
    expect(flash.read(0)).toBe(flash.all(mask));
    flash.command(0x55, 0x98);
    expect([0x10, 0x11, 0x12].map((at) => flash.read(at * flash.bus))).toEqual(
      [0x51, 0x52, 0x59].map((c) => flash.all(c)),
    );
    flash.command(0, 0xf0);
    expect(flash.read(0x10 * flash.bus)).toBe(flash.all(mask));
  });

  it('programs a word in its time: DQ7 complemented and DQ6 toggling until then', () => {
    const flash = rig(AMD);
    flash.program(0x100, 0x1280);
    const [first, second] = [flash.read(0x200), flash.read(0x200)];
    expect(first & 0x80).toBe(0);
    expect((first ^ second) & 0x40).toBe(0x40);
    expect(second & 0x20).toBe(0);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x200)).toBe(0x1280);
    expect(flash.read(0x202)).toBe(0xffff);
  });

  it('takes no command while it programs, and none without the unlock cycles', () => {
    const flash = rig(AMD);
    flash.write(0x200, 0x1234);
    flash.command(0x555, 0xa0);
    flash.write(0x200, 0x1234);
    expect(flash.read(0x200)).toBe(0xffff);
    flash.program(0x100, 0x00ff);
    flash.command(0, 0xf0);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x200)).toBe(0x00ff);
  });

  it('cannot make a 1 of a 0: DQ5, until a reset', () => {
    const flash = rig(AMD);
    flash.program(0x100, 0xff00);
    flash.wait(PROGRAM_US * US);
    flash.program(0x100, 0xffff);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x200) & 0xa0).toBe(0x20);
    flash.unlock();
    expect(flash.read(0x200) & 0x20).toBe(0x20);
    flash.command(0, 0xf0);
    expect(flash.read(0x200)).toBe(0xff00);
  });

  it('erases sectors named within 50 µs together, each in its time', () => {
    const flash = rig(AMD);
    for (const at of [0, 0x4000, 0x8000]) {
      flash.program(at / 2, 0);
      flash.wait(PROGRAM_US * US);
    }
    flash.unlockErase();
    flash.write(0, 0x30);
    expect(flash.read(0) & 0x88, 'DQ3: the window is open').toBe(0);
    flash.write(0x4000, 0x30);
    flash.wait(60 * US);
    expect(flash.read(0) & 0x88).toBe(0x08);
    const [a, b] = [flash.read(0), flash.read(0)];
    expect((a ^ b) & 0x44).toBe(0x44);
    const [c, d] = [flash.read(0x8000), flash.read(0x8000)];
    expect((c ^ d) & 0x44, 'DQ2 does not toggle for a sector that is not erased').toBe(0x40);
    flash.wait(2 * ERASE_MS * MS - 2000 * US);
    expect(flash.read(0)).not.toBe(0xffff);
    flash.wait(2000 * US);
    expect([0, 0x4000, 0x8000].map((at) => flash.read(at))).toEqual([0xffff, 0xffff, 0]);
  });

  it('erases the whole chip', () => {
    const flash = rig(AMD, 2, 2);
    for (const at of [0, 0x9000]) {
      flash.program(at / 4, 0);
      flash.wait(PROGRAM_US * US);
      expect(flash.read(at)).toBe(0);
    }
    flash.unlockErase();
    flash.command(0x555, 0x10);
    flash.wait(3 * ERASE_MS * MS + 10 * US);
    expect([flash.read(0), flash.read(0x9000)]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  it('suspends an erase for reading and programming elsewhere, and resumes it', () => {
    const flash = rig(AMD);
    flash.program(0, 0x1111);
    flash.wait(PROGRAM_US * US);
    flash.unlockErase();
    flash.write(0, 0x30);
    flash.wait(MS);
    flash.write(0, 0xb0);
    const [a, b] = [flash.read(0), flash.read(0)];
    expect(a & 0xc0).toBe(0x80);
    expect((a ^ b) & 0x44).toBe(0x04);
    expect(flash.read(0x8000)).toBe(0xffff);
    flash.program(0x4000, 0x4321);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x8000)).toBe(0x4321);
    flash.wait(10 * ERASE_MS * MS);
    expect(flash.read(0), 'a suspended erase does not end').not.toBe(0xffff);
    flash.write(0, 0x30);
    flash.wait(ERASE_MS * MS);
    expect(flash.read(0)).toBe(0xffff);
    expect(flash.read(0x8000)).toBe(0x4321);
  });

  it('unlock bypass programs with two cycles', () => {
    const flash = rig(AMD);
    flash.unlock();
    flash.command(0x555, 0x20);
    for (let i = 0; i < 4; i++) {
      flash.write(0x100 + 2 * i, 0xa0);
      flash.write(0x100 + 2 * i, 0x1000 + i);
      flash.wait(PROGRAM_US * US);
    }
    flash.write(0, 0x90);
    flash.write(0, 0x00);
    expect([0, 1, 2, 3].map((i) => flash.read(0x100 + 2 * i))).toEqual([0x1000, 0x1001, 0x1002, 0x1003]);
    flash.write(0x200, 0xa0);
    flash.write(0x200, 0);
    expect(flash.read(0x200)).toBe(0xffff);
  });

  it('chips side by side take commands each for itself', () => {
    const flash = rig(AMD, 2, 2);
    // Only the second chip, the lower half of the word, is programmed.
    for (const [word, value] of [
      [0x555, 0xaa],
      [0x2aa, 0x55],
      [0x555, 0xa0],
    ] as const) {
      flash.write(4 * word + 2, value, 2);
    }
    flash.write(0x402, 0x5a5a, 2);
    expect(flash.read(0x400) >>> 16).toBe(0xffff);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x400)).toBe(0xffff_5a5a);
    expect(flash.read(0x403, 1)).toBe(0x5a);
  });

  it('a word store to a bus of 16 bits is two cycles', () => {
    const flash = rig(AMD);
    flash.unlock();
    flash.command(0x555, 0x20);
    flash.write(0x100, 0x00a0_1234, 4);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0x100, 4)).toBe(0xffff_1234);
  });

  it('a hard reset gives an erase up and leaves the array alone', () => {
    const flash = rig(AMD);
    flash.program(0, 0x7777);
    flash.wait(PROGRAM_US * US);
    flash.unlockErase();
    flash.write(0, 0x30);
    flash.wait(MS);
    flash.core.fn.powerOn(40_000_000, 4_000_000, 4_000_000);
    // CS0 answers everywhere outside of internal space after a reset.
    expect(flash.core.fn.hostRead32(0x20000) >>> 16).toBe(0x7777);
  });
});

describe('Intel command set', () => {
  it('identifies itself, answers CFI and the status register, and reads as memory after FF', () => {
    const flash = rig(INTEL, 2, 2);
    flash.command(0, 0x90);
    expect([flash.read(0), flash.read(4)]).toEqual([0x0001_0001, 0x2249_2249]);
    flash.command(0x55, 0x98);
    expect(flash.read(0x10 * 4)).toBe(0x0051_0051);
    flash.command(0, 0x70);
    expect(flash.read(0)).toBe(0x0080_0080);
    flash.command(0, 0xff);
    expect(flash.read(0)).toBe(0xffff_ffff);
  });

  it('programs and erases with SR7 low meanwhile, and stays in read-status mode', () => {
    const flash = rig(INTEL);
    flash.command(0, 0x40);
    flash.write(0x8002, 0x1234);
    expect(flash.read(0)).toBe(0);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0)).toBe(0x80);
    flash.command(0, 0xff);
    expect(flash.read(0x8002)).toBe(0x1234);
    flash.write(0x8000, 0x20);
    flash.write(0x8000, 0xd0);
    expect(flash.read(0)).toBe(0);
    flash.wait(ERASE_MS * MS);
    expect(flash.read(0)).toBe(0x80);
    flash.command(0, 0xff);
    expect(flash.read(0x8002)).toBe(0xffff);
  });

  it('SR4 for a 1 over a 0, SR5 and SR4 for a wrong sequence, until 50', () => {
    const flash = rig(INTEL);
    flash.command(0, 0x10);
    flash.write(0, 0);
    flash.wait(PROGRAM_US * US);
    flash.command(0, 0x40);
    flash.write(0, 1);
    flash.wait(PROGRAM_US * US);
    expect(flash.read(0)).toBe(0x90);
    flash.command(0, 0x50);
    expect(flash.read(0)).toBe(0x80);
    flash.write(0, 0x20);
    flash.write(0, 0xff);
    expect(flash.read(0)).toBe(0xb0);
  });

  it('suspends an erase (SR6) and resumes it', () => {
    const flash = rig(INTEL);
    flash.write(0, 0x20);
    flash.write(0, 0xd0);
    flash.wait(MS);
    flash.write(0, 0xb0);
    expect(flash.read(0)).toBe(0xc0);
    flash.wait(2 * ERASE_MS * MS);
    expect(flash.read(0)).toBe(0xc0);
    flash.write(0, 0xd0);
    expect(flash.read(0)).toBe(0);
    flash.wait(ERASE_MS * MS);
    expect(flash.read(0)).toBe(0x80);
  });
});
