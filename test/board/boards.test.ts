// Boards as data: what each loader leaves for an image (hardware/boards.md; devicetree: the specification, chapter 5).
import { readFileSync } from 'node:fs';
import { BOARDS, Board, parseBoardFile, UsageError } from 'quicc860';
import { describe, expect, it } from 'vitest';

/** `nop; b .` at 0x10000 as a PowerPC ELF file. */
function image(): Uint8Array {
  const file = Buffer.alloc(52 + 32 + 8);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1]);
  file.writeUInt16BE(2, 16);
  file.writeUInt16BE(20, 18);
  file.writeUInt32BE(0x10000, 24);
  file.writeUInt32BE(52, 28);
  file.writeUInt16BE(32, 42);
  file.writeUInt16BE(1, 44);
  for (const [i, word] of [1, 84, 0x10000, 0x10000, 8, 8].entries()) file.writeUInt32BE(word, 52 + 4 * i);
  file.writeUInt32BE(0x60000000, 84);
  file.writeUInt32BE(0x48000000, 88);
  return new Uint8Array(file);
}

/** A property's bytes in a blob, found by the walk that the specification describes. */
function property(board: Board, path: string, name: string): Uint8Array | undefined {
  const tree = board.register('r3');
  const word = (at: number): number => board.memory.read32(at);
  expect(word(tree)).toBe(0xd00dfeed);
  const names = tree + word(tree + 12);
  const at: string[] = [];
  for (let p = tree + word(tree + 8); word(p) !== 9; ) {
    const token = word(p);
    p += 4;
    if (token === 1) {
      const node = board.memory.readString(p);
      at.push(node);
      p += (node.length + 4) & ~3;
    } else if (token === 2) at.pop();
    else if (token === 3) {
      const length = word(p);
      if (`${at.join('/')}` === path && board.memory.readString(names + word(p + 4)) === name) {
        return board.memory.read(p + 8, length);
      }
      p += 8 + ((length + 3) & ~3);
    } else expect(token).toBe(4);
  }
  return undefined;
}

const bigEndian = (bytes: Uint8Array | undefined): number =>
  new DataView((bytes ?? new Uint8Array(4)).slice().buffer).getUint32(0);
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

describe('a loader', () => {
  it('device-tree: r3 the tree in the first 8 MB, r6 the ePAPR magic, r4, r5, r8, r9 zero; memory, clocks, MAC, bootargs', async () => {
    const board = await Board.create({ board: 'tqm860l' });
    await board.boot(image(), { extra: 'console=ttyCPM0' }, { initrd: Uint8Array.of(1, 2, 3, 4, 5) });
    expect(['r4', 'r5', 'r8', 'r9'].map((r) => board.register(r))).toEqual([0, 0, 0, 0]);
    expect(board.register('r6')).toBe(0x65504150);
    expect(board.register('r3')).toBeLessThan(8 << 20);
    expect(board.register(638) >>> 16).toBe(0xfff0);
    expect(text(property(board, '/chosen', 'bootargs'))).toBe('console=ttyCPM0\0');
    expect(text(property(board, '', 'compatible'))).toBe('tqc,tqm8xx\0');
    expect(Array.from(property(board, '/memory@0', 'reg') ?? [])).toEqual([0, 0, 0, 0, 2, 0, 0, 0]);
    expect(bigEndian(property(board, '/cpus/cpu@0', 'clock-frequency'))).toBe(50_000_000);
    expect(bigEndian(property(board, '/cpus/cpu@0', 'timebase-frequency'))).toBe(3_125_000);
    const ethernet = '/soc@fff00000/cpm@9c0/ethernet@a00';
    expect(Array.from(property(board, ethernet, 'local-mac-address') ?? [])).toEqual([0, 0xd0, 0x93, 0x26, 0, 0x12]);
    const start = bigEndian(property(board, '/chosen', 'linux,initrd-start'));
    expect(bigEndian(property(board, '/chosen', 'linux,initrd-end'))).toBe(start + 5);
    expect(Array.from(board.memory.read(start, 5))).toEqual([1, 2, 3, 4, 5]);
  });

  it('device-tree takes a tree of the user and fills it in; what is none is refused', async () => {
    const first = await Board.create({ board: 'tqm860l' });
    await first.boot(image(), { extra: 'one' });
    const at = first.register('r3');
    const blob = first.memory.read(at, first.memory.read32(at + 4));
    const board = await Board.create({ board: { ...BOARDS['tqm860l'], ramBytes: 16 << 20 } as never });
    await board.boot(image(), { extra: 'two' }, { deviceTree: blob });
    expect(text(property(board, '/chosen', 'bootargs'))).toBe('two\0');
    expect(bigEndian(property(board, '/memory@0', 'reg')?.slice(4))).toBe(16 << 20);
    const copy = await Board.restore(board.snapshot());
    expect(copy.stateHash()).toBe(board.stateHash());
    for (const damaged of [blob.subarray(0, 30), blob.subarray(0, 300), new Uint8Array(64)]) {
      await expect(board.boot(image(), {}, { deviceTree: damaged })).rejects.toThrow(UsageError);
    }
    const other = await Board.create();
    await expect(other.boot(image(), {}, { deviceTree: blob })).rejects.toThrow(/hands over no device tree/);
  });

  it('u-boot: bd_info with memory, flash, IMMR, MAC and clocks in Hz; r6, r7 the command line', async () => {
    const tqm = BOARDS['tqm860l'];
    if (tqm === undefined) throw new Error('no tqm860l');
    const board = await Board.create({ board: { ...tqm, loader: 'u-boot' } });
    await board.boot(image(), { extra: 'root=/dev/ram' }, { initrd: new Uint8Array(100).fill(7) });
    const info = board.register('r3');
    const word = (offset: number): number => board.memory.read32(info + offset);
    expect([0x00, 0x04, 0x08, 0x0c, 0x1c].map(word)).toEqual([0, 32 << 20, 0x40000000, 4 << 20, 0xfff00000]);
    expect([0x30, 0x34, 0x38].map(word)).toEqual([50_000_000, 50_000_000, 115_200]);
    expect(Array.from(board.memory.read(info + 0x28, 6))).toEqual([0, 0xd0, 0x93, 0x26, 0, 0x12]);
    expect(board.register('r5') - board.register('r4')).toBe(100);
    expect(board.memory.read8(board.register('r4'))).toBe(7);
    expect(board.memory.readString(board.register('r6'))).toBe('root=/dev/ram');
    expect(board.register('r7') - board.register('r6')).toBe(13);
  });

  it('eppc-bug: the "BDID" block with the clocks in MHz; IMMR at FA200000', async () => {
    const board = await Board.create({ board: 'mbx860' });
    await board.boot(image());
    const info = board.register('r3');
    expect(board.memory.readString(info, 4)).toBe('BDID');
    expect(board.memory.read32(info + 0x14)).toBe(16 << 20);
    expect(board.memory.read32(info + 0x18)).toBe(40);
    expect(board.register(638) >>> 16).toBe(0xfa20);
    expect(board.memory.read8(0xfa10_0000) & 2).toBe(2);
  });

  it('is not needed by a board that starts from its flash: the CPU fetches at the reset vector, in CS0', async () => {
    const flash = new Uint8Array(0x200).fill(0xff);
    // li r3,7; b .
    flash.set([0x38, 0x60, 0, 7, 0x48, 0, 0, 0], 0x100);
    const board = await Board.create({ board: 'tqm860l', flash });
    board.startFromFlash();
    expect(board.register('pc')).toBe(0x100);
    expect(board.register(638) >>> 16).toBe(0xfff0);
    board.run({ seconds: 0.0001 });
    expect([board.register('r3'), board.register('pc')]).toEqual([7, 0x104]);
    const copy = await Board.restore(board.snapshot());
    copy.run({ seconds: 0.0001 });
    expect(copy.register('pc')).toBe(0x104);
    await expect(Board.create({ flash: new Uint8Array(2 << 20) })).rejects.toThrow(/the flash holds 1048576 bytes/);
  });
});

describe('a board file', () => {
  const base = { base: 'tqm860l' };
  const parse = (file: unknown): unknown => parseBoardFile(JSON.stringify(file), 'my.json');

  it('changes a known board, or says everything itself', () => {
    expect(parse({ ...base, ramBytes: '0x1000000', immr: 4278190080 })).toMatchObject({
      name: 'my.json',
      ramBytes: 16 << 20,
      immr: 0xff000000,
      console: 'SMC1',
    });
    for (const [name, board] of Object.entries(BOARDS)) expect(parse(board), name).toEqual(board);
  });

  it.each([
    [{ ...base, colour: 1 }, /my.json: unknown field 'colour'; known: name, base, cpu/],
    [{ name: 'x' }, /my.json: cpu is missing/],
    [{ base: 'tqm' }, /base must be one of eth_comm, mbx860, tqm860l/],
    [{ ...base, ramBytes: 'much' }, /ramBytes must be a whole number/],
    [{ ...base, ramBytes: 5000 }, /ramBytes/],
    [{ ...base, cpu: 'z80' }, /unknown CPU 'z80'/],
    [{ ...base, banks: [{ cs: 0, kind: 'rom', br: 0, or: 0 }] }, /banks\[0\].kind must be ram, flash or empty/],
    [{ ...base, banks: [{ cs: 0, kind: 'ram', br: 0, or: 0, at: 1 }] }, /banks\[0\] has no field 'at'/],
    [{ ...base, registers: [[1, 2]] }, /registers\[0\] must be \[offset, size in bytes, value\]/],
    [{ ...base, upma: { read: [1] } }, /upma has no pattern 'read'/],
    [{ ...base, phy: { address: 40, id: 0 } }, /phy.address/],
    [{ ...base, loader: 'lilo' }, /loader must be one of/],
    [[], /a board file is a JSON object/],
  ])('%j: says which field is wrong', (file, why) => {
    expect(() => parse(file)).toThrow(why);
    expect(() => parse(file)).toThrow(UsageError);
  });

  it('has a schema with the same fields', () => {
    const schema = JSON.parse(readFileSync(new URL('../../docs/board.schema.json', import.meta.url), 'utf8')) as {
      properties: Record<string, unknown>;
    };
    let known = '';
    try {
      parse({ colour: 1 });
    } catch (error) {
      known = String(error).replace(/^.*known: /, '');
    }
    expect(known.split(', ').sort()).toEqual(
      Object.keys(schema.properties)
        .filter((f) => f !== '$schema')
        .sort(),
    );
    expect(() => parseBoardFile('{', 'my.json')).toThrow(/my.json: not JSON/);
  });
});
