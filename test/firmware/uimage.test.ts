// U-Boot images: hardware/boards.md section 4, "Images". The header is put together here field by field.
import { readFile } from 'node:fs/promises';
import { crc32, gzipSync } from 'node:zlib';
import { Board, UsageError } from 'quicc860';
import { describe, expect, it } from 'vitest';

interface Fields {
  load?: number;
  entry?: number;
  arch?: number;
  type?: number;
  compression?: number;
}

function uImage(data: Uint8Array, fields: Fields = {}): Uint8Array {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x27051956, 0x00);
  header.writeUInt32BE(data.length, 0x0c);
  header.writeUInt32BE(fields.load ?? 0x10000, 0x10);
  header.writeUInt32BE(fields.entry ?? fields.load ?? 0x10000, 0x14);
  header.writeUInt32BE(crc32(data), 0x18);
  header.set([5, fields.arch ?? 7, fields.type ?? 2, fields.compression ?? 0], 0x1c);
  header.write('test', 0x20);
  header.writeUInt32BE(crc32(header), 0x04);
  return new Uint8Array(Buffer.concat([header, data]));
}

/** The memory image of an ELF file's segments, as objcopy -O binary makes it. */
async function binaryOf(name: string): Promise<{ bytes: Uint8Array; entry: number; load: number }> {
  const file = await readFile(new URL(`../../firmware-fixtures/elf/${name}.elf`, import.meta.url));
  const segments = [];
  for (let i = 0; i < file.readUInt16BE(44); i++) {
    const at = file.readUInt32BE(28) + 32 * i;
    if (file.readUInt32BE(at) !== 1) continue;
    const [offset, , address = 0, size = 0] = [4, 8, 12, 16].map((field) => file.readUInt32BE(at + field));
    segments.push({ address, bytes: file.subarray(offset, (offset ?? 0) + size) });
  }
  const load = Math.min(...segments.map((s) => s.address));
  const bytes = new Uint8Array(Math.max(...segments.map((s) => s.address + s.bytes.length)) - load);
  for (const segment of segments) bytes.set(segment.bytes, segment.address - load);
  return { bytes, load, entry: file.readUInt32BE(24) };
}

describe('a U-Boot image', () => {
  it.each([
    ['plain', 0],
    ['gzip', 1],
  ])('boots as the ELF file it was made of, %s', async (_, compression) => {
    const { bytes, load, entry } = await binaryOf('hello');
    const board = await Board.create();
    await board.boot(uImage(compression === 1 ? gzipSync(bytes) : bytes, { load, entry, compression }));
    expect(board.console.expect(/Hello[^\n]*\n/i)[0]).toMatch(/hello/i);
    const copy = await Board.restore(board.snapshot());
    expect(copy.stateHash()).toBe(board.stateHash());
  });

  it('that is damaged, foreign or too large is refused in one line', async () => {
    const board = await Board.create();
    const good = uImage(new Uint8Array(256));
    const changed = (at: number): Uint8Array => good.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const refused = async (file: Uint8Array, why: RegExp): Promise<void> => {
      await expect(board.boot(file)).rejects.toThrow(why);
      await expect(board.boot(file)).rejects.toThrow(UsageError);
    };
    await refused(changed(0x11), /header .* damaged \(CRC\)/);
    await refused(changed(70), /data .* damaged \(CRC\)/);
    await refused(good.subarray(0, 200), /truncated: the header promises 256 bytes, 136 are there/);
    await refused(good.subarray(0, 20), /header is incomplete/);
    await refused(uImage(new Uint8Array(8), { arch: 2 }), /architecture 2/);
    await refused(uImage(new Uint8Array(8), { compression: 2 }), /compression 2/);
    await refused(uImage(new Uint8Array(8), { compression: 1 }), /no gzip stream/);
    await refused(uImage(new Uint8Array(8), { type: 4 }), /type 4/);
    await refused(uImage(new Uint8Array(8), { type: 3 }), /ramdisk/);
    await refused(uImage(new Uint8Array(8), { load: 0x7ffffc }), /too large/);
    await refused(uImage(new Uint8Array(8), { entry: 0x20000 }), /entry point/);
    await refused(uImage(gzipSync(new Uint8Array(9 << 20)), { compression: 1 }), /unpacks to more/);
  });
});
