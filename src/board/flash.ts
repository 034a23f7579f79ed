import { UsageError } from '../errors.js';

/** One kind of parallel flash chip. */
export interface FlashChip {
  /** What is printed on it. */
  title: string;
  /** Command set. */
  commands: 'amd' | 'intel';
  /** Data lines, as the board has them wired. */
  bits: 8 | 16;
  /** Manufacturer and device, as the identifier codes read. */
  ids: readonly [manufacturer: number, device: number];
  /** Equal sectors in a row from the lowest address on, four regions at most: how many, and bytes of each. */
  regions: readonly (readonly [sectors: number, bytes: number])[];
  /** Whether it answers a CFI query. */
  cfi: boolean;
  /** Typical time to program a word, µs. */
  programUs: number;
  /** Typical time to erase a sector, ms. */
  eraseMs: number;
}

const K = 1024;

/** Chips by name. Source: their data sheets (geometry, identifiers, typical times). */
export const FLASH_CHIPS = {
  am29f040b: {
    title: 'Am29F040B',
    commands: 'amd',
    bits: 8,
    ids: [0x01, 0xa4],
    regions: [[8, 64 * K]],
    cfi: false,
    programUs: 7,
    eraseMs: 1000,
  },
  am29lv800bb: {
    title: 'Am29LV800BB',
    commands: 'amd',
    bits: 16,
    ids: [0x01, 0x225b],
    regions: [
      [1, 16 * K],
      [2, 8 * K],
      [1, 32 * K],
      [15, 64 * K],
    ],
    cfi: true,
    programUs: 11,
    eraseMs: 700,
  },
  am29lv160db: {
    title: 'Am29LV160DB',
    commands: 'amd',
    bits: 16,
    ids: [0x01, 0x2249],
    regions: [
      [1, 16 * K],
      [2, 8 * K],
      [1, 32 * K],
      [31, 64 * K],
    ],
    cfi: true,
    programUs: 11,
    eraseMs: 700,
  },
  '28f160c3b': {
    title: '28F160C3B',
    commands: 'intel',
    bits: 16,
    ids: [0x89, 0x88c3],
    regions: [
      [8, 8 * K],
      [31, 64 * K],
    ],
    cfi: true,
    programUs: 12,
    eraseMs: 1000,
  },
  '28f128j3': {
    title: '28F128J3',
    commands: 'intel',
    bits: 16,
    ids: [0x89, 0x18],
    regions: [[128, 128 * K]],
    cfi: true,
    programUs: 180,
    eraseMs: 1000,
  },
} as const satisfies Record<string, FlashChip>;

/** A chip that `FLASH_CHIPS` knows. */
export type FlashChipName = keyof typeof FLASH_CHIPS;

/** What a board's parallel flash is made of. */
export interface FlashDescription {
  /** The chip: a name that `FLASH_CHIPS` knows, or a description of one's own. */
  chip: FlashChipName | FlashChip;
  /** Chips side by side on the data bus: 1, 2 or 4. */
  chips: 1 | 2 | 4;
}

/** The chip of a description. @throws UsageError listing the known ones */
export function chipOf({ chip }: FlashDescription): FlashChip {
  if (typeof chip !== 'string') return chip;
  if (Object.hasOwn(FLASH_CHIPS, chip)) return FLASH_CHIPS[chip];
  throw new UsageError(`unknown flash chip '${chip}'; known: ${Object.keys(FLASH_CHIPS).join(', ')}`);
}

/** Bytes of one chip. */
export function chipSize(chip: FlashChip): number {
  return chip.regions.reduce((sum, [sectors, bytes]) => sum + sectors * bytes, 0);
}

/** Exponent of 2 that is at least `value`. */
const exponent = (value: number): number => Math.ceil(Math.log2(Math.max(1, value)));

/** First address of the table, and those of its extensions. */
const QUERY = 0x10;
const AMD_EXTENDED = 0x40;
const INTEL_EXTENDED = 0x35;
const QUERY_END = 0x80;

/** What a CFI query reads at chip addresses 10 to 7F (JESD68; data sheets, CFI). */
export function cfiTable(chip: FlashChip): Uint8Array {
  const table = new Uint8Array(QUERY_END);
  if (!chip.cfi) return table.subarray(QUERY);
  const put = (at: number, ...bytes: number[]): void => table.set(bytes, at);
  const text = (at: number, letters: string): void => put(at, ...new TextEncoder().encode(letters));
  const amd = chip.commands === 'amd';
  text(QUERY, 'QRY');
  // Command sets 0002: AMD standard, 0003: Intel standard; extended tables.
  put(0x13, amd ? 2 : 3, 0, amd ? AMD_EXTENDED : INTEL_EXTENDED, 0);
  // Supply 2.7 to 3.6 V, no Vpp; typical and maximal times as powers of 2, no write buffer.
  put(0x1b, 0x27, 0x36, 0, 0, exponent(chip.programUs), 0, exponent(chip.eraseMs), 0, 5, 0, 4, 0);
  put(0x27, exponent(chipSize(chip)), chip.bits === 8 ? 0 : amd ? 2 : 1, 0, 0, 0, chip.regions.length);
  chip.regions.forEach(([sectors, bytes], i) => {
    const [count, size] = [sectors - 1, bytes / 256];
    put(0x2d + 4 * i, count & 255, count >> 8, size & 255, size >> 8);
  });
  if (amd) {
    text(AMD_EXTENDED, 'PRI11');
    // Erase suspend for reading and programming; protection of single sectors; boot sectors at the bottom, or none.
    put(AMD_EXTENDED + 5, 0, 2, 1, 1, 4, 0, 0, 0);
    put(AMD_EXTENDED + 15, chip.regions.length > 1 ? 2 : 0);
  } else {
    text(INTEL_EXTENDED, 'PRI10');
    // Erase suspend.
    put(INTEL_EXTENDED + 5, 2);
  }
  return table.subarray(QUERY);
}

/** @throws UsageError naming what cannot be */
export function checkFlash(flash: FlashDescription, bytes: number, bad: (what: string) => UsageError): void {
  const chip = chipOf(flash);
  if (![1, 2, 4].includes(flash.chips)) throw bad(`flash.chips must be 1, 2 or 4, not ${flash.chips}`);
  if (chip.commands !== 'amd' && chip.commands !== 'intel') throw bad("flash.chip.commands must be 'amd' or 'intel'");
  if (chip.bits !== 8 && chip.bits !== 16) throw bad(`flash.chip.bits must be 8 or 16, not ${chip.bits}`);
  if (flash.chips * chip.bits > 32) throw bad('flash: the chips are wider than the data bus of 32 bits');
  if (chip.regions.length < 1 || chip.regions.length > 4) throw bad('flash.chip.regions must be one to four');
  for (const [sectors, size] of chip.regions) {
    if (!Number.isInteger(sectors) || sectors < 1 || !Number.isInteger(size) || size < 256 || size % 256 !== 0) {
      throw bad('flash.chip.regions: sectors must be a whole number, their bytes a multiple of 256');
    }
  }
  if (chip.regions.reduce((sum, [sectors]) => sum + sectors, 0) > 512)
    throw bad('flash.chip has more than 512 sectors');
  const size = flash.chips * chipSize(chip);
  if (bytes !== size) throw bad(`flashBytes must be the chips' ${size}, not ${bytes}`);
}
