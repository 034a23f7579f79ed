import { UsageError } from '../errors.js';

/** One loadable piece of a firmware image. */
export interface Segment {
  /** Physical address in the guest, bytes. */
  address: number;
  /** File content; memory behind it up to `size` is zero. */
  bytes: Uint8Array;
  /** Size in memory, bytes. */
  size: number;
}

/** A symbol of the image's symbol table. */
export interface ElfSymbol {
  /** As the linker wrote it. */
  name: string;
  /** Its value: an address, or an absolute number. */
  address: number;
  /** Bytes, 0 where the image does not say. */
  size: number;
  /** A function, a variable, or anything else. */
  kind: 'func' | 'object' | 'other';
}

/** A parsed firmware image. */
export interface ElfImage {
  /** Address of the first instruction. */
  entry: number;
  /** What is loaded, in the order of the program headers. */
  segments: Segment[];
  /** Its symbol table; empty for a stripped file. */
  symbols: ElfSymbol[];
}

const EM_PPC = 20;
const ET_EXEC = 2;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
/** Longer names are cut, so that a hostile table costs no more than its size. */
const NAME_MAX = 1024;

/**
 * Parses a statically linked, big-endian, 32-bit PowerPC ELF executable.
 * Source: System V ABI, PowerPC Processor Supplement.
 *
 * @param file the file's bytes
 * @param name what to call it in errors
 * @param limit the largest address (exclusive) that a segment in RAM may reach, bytes
 * @param rom where else segments may lie whole: flash
 * @throws UsageError when the file is missing pieces, for another machine, or too large
 */
export function parseElf(
  file: Uint8Array,
  name: string,
  limit = 2 ** 32,
  rom: readonly { address: number; end: number }[] = [],
): ElfImage {
  const bad = (why: string): UsageError => new UsageError(`${name}: ${why}`);
  const truncated = (why: string): UsageError => bad(`truncated: ${why}; copy or link it again`);
  if (file.length < 16 || file[0] !== 0x7f || file[1] !== 0x45 || file[2] !== 0x4c || file[3] !== 0x46) {
    throw bad('not an ELF file; give a statically linked PowerPC ELF executable');
  }
  if (file[4] !== 1) throw bad('a 64-bit ELF; the MPC860 runs 32-bit PowerPC code (link with -m32)');
  if (file[5] !== 2) throw bad('a little-endian ELF; the MPC860 firmware must be big-endian (compile with -mbig)');
  if (file.length < 52) throw truncated('the ELF header is incomplete');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const machine = view.getUint16(18);
  if (machine !== EM_PPC)
    throw bad(`made for ELF machine ${machine}, not for PowerPC (${EM_PPC}); give a PowerPC executable`);
  const type = view.getUint16(16);
  if (type !== ET_EXEC) throw bad('not an executable (relocatable or shared object?); link it statically');
  let entry = view.getUint32(24);
  const headerOffset = view.getUint32(28);
  const sectionOffset = view.getUint32(32);
  const headerSize = view.getUint16(42);
  const headerCount = view.getUint16(44);
  const sectionSize = view.getUint16(46);
  const sectionCount = view.getUint16(48);
  if (headerCount === 0) throw bad('has no program headers, so nothing to load');
  if (headerSize < 32 || headerOffset + headerCount * headerSize > file.length) {
    throw truncated('its program headers lie past the end of the file');
  }
  const segments: Segment[] = [];
  // An image linked at virtual addresses names its entry so; the CPU starts in real mode.
  let loadedEntry: number | undefined;
  for (let i = 0; i < headerCount; i++) {
    const at = headerOffset + i * headerSize;
    if (view.getUint32(at) !== PT_LOAD) continue;
    const offset = view.getUint32(at + 4);
    const address = view.getUint32(at + 12);
    const fileSize = view.getUint32(at + 16);
    const size = view.getUint32(at + 20);
    if (size === 0) continue;
    if (offset + fileSize > file.length) {
      throw truncated(`segment ${i} wants ${offset + fileSize} bytes of a file of ${file.length}`);
    }
    if (fileSize > size) throw bad(`corrupt: segment ${i} is larger in the file than in memory`);
    if (address + size > limit && !rom.some((place) => address >= place.address && address + size <= place.end)) {
      throw bad(
        `too large: segment ${i} ends at 0x${(address + size).toString(16)}, the board's RAM at 0x${limit.toString(16)}`,
      );
    }
    const linkedAt = view.getUint32(at + 8);
    if (entry >= linkedAt && entry < linkedAt + size) loadedEntry ??= entry - linkedAt + address;
    segments.push({ address, bytes: file.subarray(offset, offset + fileSize), size });
  }
  if (segments.length === 0) throw bad('has no loadable segments');
  const inside = (address: number): boolean =>
    segments.some((s) => address >= s.address && address < s.address + s.size);
  if (!inside(entry)) entry = loadedEntry ?? entry;
  if (!inside(entry)) {
    throw bad(`its entry point 0x${entry.toString(16)} lies outside of all segments`);
  }
  return { entry, segments, symbols: readSymbols(view, file, sectionOffset, sectionSize, sectionCount) };
}

function readSymbols(
  view: DataView,
  file: Uint8Array,
  sectionOffset: number,
  sectionSize: number,
  count: number,
): ElfSymbol[] {
  const symbols: ElfSymbol[] = [];
  // A stripped or oddly cut section table only costs the names, never the boot.
  if (sectionSize < 40 || sectionOffset === 0 || sectionOffset + count * sectionSize > file.length) return symbols;
  const decoder = new TextDecoder('latin1');
  for (let i = 0; i < count; i++) {
    const at = sectionOffset + i * sectionSize;
    if (view.getUint32(at + 4) !== SHT_SYMTAB) continue;
    const offset = view.getUint32(at + 16);
    const size = view.getUint32(at + 20);
    const link = view.getUint32(at + 24);
    if (offset + size > file.length || link >= count) continue;
    const stringsAt = view.getUint32(sectionOffset + link * sectionSize + 16);
    for (let s = offset; s + 16 <= offset + size; s += 16) {
      const nameAt = stringsAt + view.getUint32(s);
      if (nameAt >= file.length) continue;
      const piece = file.subarray(nameAt, nameAt + NAME_MAX);
      const end = piece.indexOf(0);
      const name = decoder.decode(end < 0 ? piece : piece.subarray(0, end));
      if (name === '') continue;
      const info = view.getUint8(s + 12) & 15;
      const kind = info === 2 ? 'func' : info === 1 ? 'object' : 'other';
      symbols.push({ name, address: view.getUint32(s + 4), size: view.getUint32(s + 8), kind });
    }
    // A file has one such table (System V ABI, Sections).
    break;
  }
  return symbols;
}
