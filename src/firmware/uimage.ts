import { UsageError } from '../errors.js';

/** A U-Boot image, unpacked. */
export interface UImage {
  /** The name in its header. */
  name: string;
  /** Where its content goes, and where it is entered. */
  load: number;
  /** Address of the first instruction. */
  entry: number;
  /** What it is for, the header's type: 2 kernel, 3 ramdisk, … */
  type: number;
  /** Its content, decompressed. */
  content: Uint8Array;
}

/** First word of every U-Boot image. */
const MAGIC = 0x2705_1956;
const HEADER_BYTES = 64;
const ARCH_PPC = 7;
const TYPES: Readonly<Record<number, string>> = { 1: 'standalone program', 2: 'kernel', 3: 'ramdisk', 5: 'firmware' };
const COMPRESSION_NONE = 0;
const COMPRESSION_GZIP = 1;

/** CRC-32 of IEEE 802.3, as zlib has it. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

/** Whether a file begins as a U-Boot image does. */
export function isUImage(file: Uint8Array): boolean {
  return file.length >= 4 && new DataView(file.buffer, file.byteOffset).getUint32(0) === MAGIC;
}

async function gunzip(packed: Uint8Array, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    size += next.value.length;
    if (size > limit) {
      await reader.cancel();
      break;
    }
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    content.set(chunk, at);
    at += chunk.length;
  }
  return content;
}

/**
 * Unpacks a U-Boot legacy image: 64 bytes of header with a CRC of its own and one of the data, then the data, plain or
 * gzip (hardware reference `boards.md` §4, Images).
 *
 * @param file the file's bytes
 * @param name what to call it in errors
 * @param limit most bytes that the content may have when it is unpacked
 * @throws UsageError for another architecture, type or compression, a wrong CRC, a short or too large file
 */
export async function parseUImage(file: Uint8Array, name: string, limit: number): Promise<UImage> {
  const bad = (why: string): UsageError => new UsageError(`${name}: ${why}`);
  if (!isUImage(file)) throw bad('not a U-Boot image');
  if (file.length < HEADER_BYTES) throw bad('truncated: the U-Boot header is incomplete; copy it again');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const header = file.slice(0, HEADER_BYTES);
  header.fill(0, 4, 8);
  if (crc32(header) !== view.getUint32(4)) throw bad('the header of the U-Boot image is damaged (CRC); copy it again');
  const size = view.getUint32(0x0c);
  if (HEADER_BYTES + size > file.length) {
    throw bad(`truncated: the header promises ${size} bytes, ${file.length - HEADER_BYTES} are there; copy it again`);
  }
  const data = file.subarray(HEADER_BYTES, HEADER_BYTES + size);
  if (crc32(data) !== view.getUint32(0x18)) throw bad('the data of the U-Boot image is damaged (CRC); copy it again');
  const [arch = 0, type = 0, compression = 0] = file.subarray(0x1d, 0x20);
  if (arch !== ARCH_PPC) throw bad(`a U-Boot image for architecture ${arch}, not for PowerPC (${ARCH_PPC})`);
  if (!Object.hasOwn(TYPES, type)) {
    throw bad(
      `a U-Boot image of type ${type}; ${Object.values(TYPES).join(', ')} can be loaded (make it with mkimage -T)`,
    );
  }
  let content = data;
  if (compression === COMPRESSION_GZIP) {
    try {
      content = await gunzip(data, limit);
    } catch {
      throw bad('the data of the U-Boot image is no gzip stream; pack it again');
    }
  } else if (compression !== COMPRESSION_NONE) {
    throw bad(`a U-Boot image of compression ${compression}; none and gzip can be loaded (mkimage -C)`);
  }
  if (content.length > limit) throw bad(`too large: it unpacks to more than ${limit} bytes, the board's RAM`);
  const text = new TextDecoder('latin1').decode(file.subarray(0x20, HEADER_BYTES));
  return {
    name: text.replace(/\0.*$/s, ''),
    load: view.getUint32(0x10),
    entry: view.getUint32(0x14),
    type,
    content,
  };
}
