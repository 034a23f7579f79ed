import { UsageError } from '../errors.js';
import { type ElfImage, parseElf } from './elf.js';
import { isUImage, parseUImage } from './uimage.js';

const UIMAGE_RAMDISK = 3;

/**
 * What a loader loads from a file: a PowerPC ELF executable or a U-Boot image (uImage), told apart by their first bytes.
 *
 * @param file the file's bytes
 * @param name what to call it in errors
 * @param limit the board's RAM, bytes: nothing may reach beyond
 * @param rom where else an ELF file's segments may lie whole: flash
 * @throws UsageError when it is neither, or cannot run on the board
 */
export async function parseImage(
  file: Uint8Array,
  name: string,
  limit: number,
  rom: readonly { address: number; end: number }[] = [],
): Promise<ElfImage> {
  if (!isUImage(file)) return parseElf(file, name, limit, rom);
  const { load, entry, type, content } = await parseUImage(file, name, limit);
  if (type === UIMAGE_RAMDISK) throw new UsageError(`${name}: a ramdisk, nothing to run; give it as the initrd`);
  const hex = (address: number): string => `0x${address.toString(16)}`;
  if (load + content.length > limit) {
    throw new UsageError(
      `${name}: too large: it ends at ${hex(load + content.length)}, the board's RAM at ${hex(limit)}`,
    );
  }
  if (entry < load || entry >= load + content.length) {
    throw new UsageError(`${name}: its entry point ${hex(entry)} lies outside of it`);
  }
  return { entry, segments: [{ address: load, bytes: content, size: content.length }], symbols: [] };
}
