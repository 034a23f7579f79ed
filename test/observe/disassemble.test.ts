import { describe, expect, it } from 'vitest';
import { disassemble } from '../../src/observe/disassemble.js';

/** Encodings as GNU as -m860 writes them, text as objdump -d shows it (spaces aside). */
const CASES: readonly (readonly [number, string])[] = [
  [0x38600001, 'li r3,1'],
  [0x3c60ff00, 'lis r3,0xff00'],
  [0x9421fff0, 'stwu r1,-16(r1)'],
  [0x80010014, 'lwz r0,20(r1)'],
  [0x7c0802a6, 'mfspr r0,8'],
  [0x7c0803a6, 'mtspr 8,r0'],
  [0x4e800020, 'blr'],
  [0x4e800420, 'bctr'],
  [0x48000010, 'b 1010'],
  [0x4bfffffd, 'bl ffc'],
  [0x4182000c, 'beq 100c'],
  [0x409effe0, 'bne cr7,fe0'],
  [0x4200fffc, 'bdnz ffc'],
  [0x7c632214, 'add r3,r3,r4'],
  [0x7c632215, 'add. r3,r3,r4'],
  [0x7c632614, 'addo r3,r3,r4'],
  [0x7c832378, 'mr r3,r4'],
  [0x7c0018ac, 'dcbf r0,r3'],
  [0x4c00012c, 'isync'],
  [0x4c000064, 'rfi'],
  [0x44000002, 'sc'],
  [0x7c8004a6, '.long 0x7c8004a6'],
  [0x54638bfe, 'rlwinm r3,r3,17,15,31'],
  [0x60000000, 'nop'],
  [0x00000000, '.long 0x0'],
  [0xfc000000, '.long 0xfc000000'],
];

describe('the disassembler', () => {
  it.each(CASES)('%i is %s', (word, text) => {
    expect(disassemble(word, 0x1000)).toBe(text);
  });

  it('has something to say about every word', () => {
    for (let i = 0; i < 20_000; i++) expect(disassemble((i * 0x9e37_79b1) >>> 0, 0).length).toBeGreaterThan(1);
  });
});
