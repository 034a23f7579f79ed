// Programs that no compiler made: random words, and random instructions that are likelier to do harm.
import { asm } from './core.js';

/** Small generator of its own (xorshift), so that a failure names a seed that anybody can repeat. */
export class Dice {
  #x: number;
  constructor(seed: number) {
    this.#x = (Math.imul(seed, 0x9e37_79b1) ^ 0x1234_5678) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.word();
  }

  word(): number {
    let x = this.#x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#x = x >>> 0;
    return this.#x;
  }

  below(n: number): number {
    return this.word() % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Addresses that mean something on the board: RAM, its end, registers, dual-port RAM, flash, nothing. */
const PLACES = [
  0, 0x100, 0x700, 0x2000, 0x1_0000, 0x1_0040, 0x2_0000, 0x7f_fff0, 0x80_0000, 0x3000_0000, 0x7fff_fffc, 0x8000_0000,
  0xff00_0000, 0xff00_0100, 0xff00_0200, 0xff00_09c0, 0xff00_0a00, 0xff00_0a80, 0xff00_2000, 0xff00_3c00, 0xff00_3e80,
  0xff00_3ffc, 0xff00_4000, 0xfff0_0000, 0xffff_fffc,
];

/** XO of opcode 31 that the part has (hardware/core-instructions.md), the harmful ones among them. */
const XO31 = [
  0, 4, 8, 10, 11, 19, 20, 21, 23, 24, 26, 28, 32, 40, 53, 54, 55, 60, 75, 83, 86, 87, 104, 119, 124, 136, 138, 144,
  146, 150, 151, 183, 200, 202, 210, 215, 232, 234, 235, 242, 246, 247, 266, 278, 279, 306, 311, 316, 339, 343, 370,
  371, 375, 407, 412, 439, 444, 459, 467, 470, 476, 491, 498, 512, 533, 534, 536, 566, 595, 597, 598, 659, 661, 662,
  725, 790, 792, 824, 854, 918, 922, 954, 982, 1014,
];

/** SPRs: user, exception, debug, cache control, MMU. */
const SPRS = [
  1, 8, 9, 18, 19, 22, 26, 27, 80, 81, 82, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158,
  159, 268, 269, 272, 273, 274, 275, 284, 285, 287, 560, 561, 562, 568, 569, 570, 630, 631, 638, 784, 786, 787, 789,
  790, 792, 793, 794, 795, 796, 797, 798, 799, 816, 817, 818, 824, 825, 826,
];

/** An instruction that is likelier to exist than a random word is. */
function instruction(dice: Dice): number {
  const registers = (dice.below(1024) << 16) >>> 0;
  switch (dice.below(12)) {
    case 0:
      return dice.word();
    case 1:
    case 2: // loads and stores near a register
      return (((32 + dice.below(24)) << 26) | registers | (dice.word() & (dice.below(2) ? 0x3f : 0xffff))) >>> 0;
    case 3: // a near branch, seldom back to itself
      return asm.b(4 * (dice.below(48) - 16), dice.below(2));
    case 4:
      return asm.bc(dice.below(32), dice.below(32), 4 * (dice.below(48) - 16), dice.below(2));
    case 5: // rfi, bclr, bcctr, isync, CR logic
      return asm.xl(dice.pick([0, 16, 50, 150, 193, 528]), dice.below(32), dice.below(32), 0, dice.below(2));
    case 6: {
      const spr = dice.pick(SPRS);
      return dice.below(3) ? asm.mtspr(spr, dice.below(32)) : asm.mfspr(dice.below(32), spr);
    }
    case 7:
      return asm.mtmsr(dice.below(32));
    case 8:
      return ((7 + dice.below(23)) << 26) | registers | (dice.word() & 0xffff);
    default:
      return ((31 << 26) | registers | (dice.below(32) << 11) | (dice.pick(XO31) << 1) | dice.below(2)) >>> 0;
  }
}

const load = (register: number, value: number): number[] => [
  asm.lis(register, value >>> 16),
  asm.ori(register, register, value & 0xffff),
];

const IC_CST = 560;
const DC_CST = 568;
const CACHE_ENABLE = 0x0200_0000;

/** A segment of words. */
export interface Words {
  /** Physical address. */
  at: number;
  /** Address that it is linked at [the same]. */
  linked?: number;
  words: number[];
}

/** A wild program with caches as asked, entered at 0x10000. */
export function wildProgram(seed: number, caches: { icache: boolean; dcache: boolean }): Words[] {
  const dice = new Dice(seed);
  const code: number[] = [];
  if (caches.icache) code.push(...load(3, CACHE_ENABLE), asm.mtspr(IC_CST, 3));
  if (caches.dcache) code.push(...load(3, CACHE_ENABLE), asm.mtspr(DC_CST, 3));
  code.push(asm.isync());
  for (let r = 0; r < 32; r++) {
    if (dice.below(8) === 0) code.push(...load(r, dice.word()));
    else code.push(...load(r, (dice.pick(PLACES) + (dice.below(4) ? 0 : dice.below(256))) >>> 0));
  }
  const random = dice.below(4) === 0;
  for (let i = 0; i < 300; i++) code.push((random ? dice.word() : instruction(dice)) >>> 0);
  const vectors: number[] = [];
  const handler = dice.below(4);
  for (let at = 0x100; at < 0x2000; at += 4) {
    // Handlers that skip the culprit, that retry, that are wild themselves, or none.
    const skip = [asm.mfspr(3, 26), asm.addi(3, 3, 4), asm.mtspr(26, 3), asm.rfi()];
    if (handler === 0) vectors.push(skip[(at & 0xff) >> 2] ?? asm.rfi());
    else if (handler === 1) vectors.push(asm.rfi());
    else if (handler === 2) vectors.push(instruction(dice) >>> 0);
    else vectors.push(0);
  }
  return [
    { at: 0x100, words: vectors },
    { at: 0x1_0000, words: code },
  ];
}

/** An ELF executable of these segments, entered at the last one's start (System V ABI: Elf32_Ehdr, Elf32_Phdr). */
export function elfOf(segments: readonly Words[]): Uint8Array {
  const table = 52;
  const start = table + 32 * segments.length;
  const size = start + segments.reduce((sum, segment) => sum + 4 * segment.words.length, 0);
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(0, 0x7f45_4c46);
  view.setUint8(4, 1);
  view.setUint8(5, 2);
  view.setUint8(6, 1);
  view.setUint16(16, 2);
  view.setUint16(18, 20);
  view.setUint32(20, 1);
  const last = segments.at(-1);
  view.setUint32(24, last?.linked ?? last?.at ?? 0);
  view.setUint32(28, table);
  view.setUint16(40, 52);
  view.setUint16(42, 32);
  view.setUint16(44, segments.length);
  let at = start;
  segments.forEach((segment, i) => {
    const header = table + 32 * i;
    const length = 4 * segment.words.length;
    view.setUint32(header, 1);
    view.setUint32(header + 4, at);
    view.setUint32(header + 8, segment.linked ?? segment.at);
    view.setUint32(header + 12, segment.at);
    view.setUint32(header + 16, length);
    view.setUint32(header + 20, length);
    segment.words.forEach((word, k) => {
      view.setUint32(at + 4 * k, word);
    });
    at += length;
  });
  return new Uint8Array(view.buffer);
}
