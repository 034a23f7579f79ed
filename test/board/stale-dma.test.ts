// A driver that forgets its cache maintenance (firmware-fixtures/bench/stale.c): SCC1's DMA reads and writes memory, never the
// data cache, and nothing snoops (MPC860 UM 8.2; hardware/core-caches.md section 8). Real frames, through the board's interface.
import { readFile } from 'node:fs/promises';
import { Board } from 'quicc860';
import { describe, expect, it } from 'vitest';

const PC = Uint8Array.of(0x00, 0x10, 0x5a, 0, 0, 1);
const HEADER = 14;
const ECHO = 32;
const QUESTIONS = ['first', 'second', 'third'];

interface Driver {
  rx: 'dcbi' | 'none';
  tx: 'dcbst' | 'none';
  memory?: 'copyback' | 'through' | 'inhibited';
  dcache?: boolean;
}

/** Sends three frames one after the other; what came back for each, as far as it is text. */
async function answers({ rx, tx, memory = 'copyback', dcache = true }: Driver): Promise<string[]> {
  const board = await Board.create();
  const image = await readFile('firmware-fixtures/elf/stale.elf');
  await board.boot(image, { icache: true, dcache, extra: `rx=${rx} tx=${tx} memory=${memory}` });
  const got: Uint8Array[] = [];
  const pc = board.lan.addStation('pc', PC, { onFrame: (frame) => got.push(frame.slice()) });
  // What goes out unwritten has no address that this station would take.
  pc.promiscuous = true;
  board.run({ seconds: 0.03 });
  for (const question of QUESTIONS) {
    const frame = new Uint8Array(60);
    frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...PC, 0x88, 0xb5]);
    frame.set(new TextEncoder().encode(question.padEnd(ECHO, '.')), HEADER);
    pc.send(frame);
    board.run({ seconds: 0.01 });
  }
  return got.map((frame) =>
    new TextDecoder('latin1').decode(frame.subarray(HEADER, HEADER + ECHO)).replace(/[.\0]+$/, ''),
  );
}

describe('a receive buffer that the CPU has read before', () => {
  it('is read stale without dcbi: the driver sees the first frame for ever', async () => {
    expect(await answers({ rx: 'none', tx: 'dcbst' })).toEqual(['first', 'first', 'first']);
  });

  it('is read right after dcbi', async () => {
    expect(await answers({ rx: 'dcbi', tx: 'dcbst' })).toEqual(QUESTIONS);
  });

  it.each<[string, Partial<Driver>]>([
    ['the page is inhibited', { memory: 'inhibited' }],
    ['the data cache is off', { dcache: false }],
  ])('is read right without dcbi if %s', async (_name, driver) => {
    expect(await answers({ rx: 'none', tx: 'none', ...driver })).toEqual(QUESTIONS);
  });

  it('is read stale in write-through pages too: that helps only the other direction', async () => {
    expect(await answers({ rx: 'none', tx: 'none', memory: 'through' })).toEqual(['first', 'first', 'first']);
  });
});

describe('a transmit buffer that the CPU has written', () => {
  it('goes out with its old bytes without dcbst, in copyback mode', async () => {
    expect(await answers({ rx: 'dcbi', tx: 'none' })).toEqual(['', '', '']);
  });

  it('goes out right without dcbst in write-through mode', async () => {
    expect(await answers({ rx: 'dcbi', tx: 'none', memory: 'through' })).toEqual(QUESTIONS);
  });
});
