/**
 * What a boot loader loads into the RAM of a user-programmable machine: the
 * RAM words of each pattern, one bus clock a word (MPC860 UM, Memory
 * Controller: User-Programmable Machines). A pattern that is not given cannot
 * be used: its words end it without an answer.
 */
export interface UpmTable {
  /** Single-beat read, at most 8 words. */
  readSingle?: readonly number[];
  /** Burst read, at most 16 words. */
  readBurst?: readonly number[];
  /** Single-beat write, at most 8 words. */
  writeSingle?: readonly number[];
  /** Burst write, at most 16 words. */
  writeBurst?: readonly number[];
  /** Refresh, when MAMR or MBMR [PTE] asks for it; at most 12 words. */
  refresh?: readonly number[];
  /** Exception, at most 4 words. */
  exception?: readonly number[];
}

/** Where each pattern starts, and how many words fit. */
export const UPM_PATTERNS: Readonly<Record<keyof UpmTable, { start: number; length: number }>> = {
  readSingle: { start: 0x00, length: 8 },
  readBurst: { start: 0x08, length: 16 },
  writeSingle: { start: 0x18, length: 8 },
  writeBurst: { start: 0x20, length: 16 },
  refresh: { start: 0x30, length: 12 },
  exception: { start: 0x3c, length: 4 },
};

const UPM_WORDS = 64;
/** LAST, no TA, no strobe: what unused words hold in every published table. */
const UNUSED = 0xffff_ffff;

/** The 64 words of a table. */
export function upmWords(table: UpmTable): number[] {
  const words = new Array<number>(UPM_WORDS).fill(UNUSED);
  for (const [pattern, { start }] of Object.entries(UPM_PATTERNS)) {
    for (const [i, word] of (table[pattern as keyof UpmTable] ?? []).entries()) words[start + i] = word;
  }
  return words;
}

/**
 * 60 ns EDO DRAM at 40 MHz: 4-2-2-2 reads, 3-2-2-2 writes. Motorola's MBX860
 * boards (MBX Series Embedded Controller Programmer's Reference Guide,
 * MBXA/PG2, UPMA values for 40 MHz).
 */
export const UPM_EDO_60NS_40MHZ: UpmTable = {
  readSingle: [0xcfaf_c004, 0x0faf_c404, 0x0caf_0c04, 0x30af_0c00, 0xf1bf_4805],
  readBurst: [
    0xcfaf_c004, 0x0faf_c404, 0x0caf_0c04, 0x03af_0c08, 0x0caf_0c04, 0x03af_0c08, 0x0caf_0c04, 0x03af_0c08, 0x0caf_0c04,
    0x30af_0c00, 0xf3bf_4805,
  ],
  writeSingle: [0xcfff_0004, 0x0fff_4004, 0x0cff_0c00, 0x33ff_4804, 0xffff_c005],
  writeBurst: [
    0xcfff_0004, 0x0fff_4004, 0x0cff_0c00, 0x03ff_0c0c, 0x0cff_0c00, 0x03ff_0c0c, 0x0cff_0c00, 0x03ff_0c0c, 0x0cff_0c00,
    0x33ff_4804, 0xffff_c005,
  ],
  refresh: [0xfcff_c004, 0xc0ff_c004, 0x01ff_c004, 0x0fff_c004, 0x3fff_c004, 0xffff_c005],
  exception: [0xffff_c007],
};

/** Strobes idle: only the low byte (LOOP 80, UTA 04, TODT 02, LAST 01) decides about time. */
const timed = (...low: number[]): number[] => low.map((byte) => 0xffff_fc00 + byte);

/**
 * SDRAM at 50 MHz with CAS latency 2, as on TQ's TQM860L: 4-1-1-1 reads, 2-1-1-1 writes (clocks: hardware reference
 * `siu.md` §4.3). What the words do to the strobes is left out.
 */
export const UPM_SDRAM_50MHZ: UpmTable = {
  readSingle: timed(0x04, 0x04, 0x04, 0x00, 0x47),
  readBurst: timed(0x04, 0x04, 0x04, 0x00, 0x00, 0x00, 0x00, 0x47),
  writeSingle: timed(0x04, 0x00, 0x04, 0x44, 0x47),
  writeBurst: timed(0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x44, 0x47),
  refresh: timed(0x84, 0x04, 0x04, 0x04, 0x84, 0x07),
  exception: timed(0x07),
};
