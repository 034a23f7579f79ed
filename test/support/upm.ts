/**
 * UPM tables of real boards, reduced to the low byte of each RAM word, which holds everything that decides about time:
 * LOOP 80, UTA 04 (0 = TA), TODT 02, LAST 01 (MPC860 UM, Memory Controller: RAM Word Structure). The clocks that
 * hardware/core-timing.md section 4 gives for them are the expectations of the tests.
 */
export interface UpmBytes {
  readSingle: readonly number[];
  readBurst: readonly number[];
  writeSingle: readonly number[];
  writeBurst: readonly number[];
  refresh: readonly number[];
}

/** MBX860, 60 ns EDO DRAM at 40 MHz (MBX Series Embedded Controller Programmer's Reference Guide, MBXA/PG2). */
export const MBX_40MHZ: UpmBytes = {
  readSingle: [0x04, 0x04, 0x04, 0x00, 0x05],
  readBurst: [0x04, 0x04, 0x04, 0x08, 0x04, 0x08, 0x04, 0x08, 0x04, 0x00, 0x05],
  writeSingle: [0x04, 0x04, 0x00, 0x04, 0x05],
  writeBurst: [0x04, 0x04, 0x00, 0x0c, 0x00, 0x0c, 0x00, 0x0c, 0x00, 0x04, 0x05],
  refresh: [0x04, 0x04, 0x04, 0x04, 0x04, 0x05],
};

/** MBX860 and MBX821, 60 ns DRAM at 50 MHz (the same guide). */
export const MBX_50MHZ: UpmBytes = {
  readSingle: [0x04, 0x04, 0x04, 0x04, 0x00, 0x05],
  readBurst: [0x04, 0x04, 0x04, 0x04, 0x08, 0x04, 0x04, 0x08, 0x04, 0x04, 0x08, 0x04, 0x04, 0x00, 0x05],
  writeSingle: [0x04, 0x04, 0x00, 0x04, 0x04, 0x05],
  writeBurst: [0x04, 0x04, 0x00, 0x0c, 0x00, 0x0c, 0x00, 0x0c, 0x00, 0x04, 0x04, 0x05],
  refresh: [0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x05],
};

/** FADS860, 60 ns EDO SIMM at 50 MHz (MPC8xxFADS user's manual; U-Boot board/fads). Refresh loops TLF times. */
export const FADS_EDO_50MHZ: UpmBytes = {
  readSingle: [0x24, 0x04, 0x04, 0x04, 0x00, 0x47],
  readBurst: [0x24, 0x04, 0x04, 0x0c, 0x00, 0x4c, 0x00, 0x4c, 0x00, 0x44, 0x00, 0x47],
  writeSingle: [0x24, 0x04, 0x00, 0x47],
  writeBurst: [0x24, 0x04, 0x00, 0x4c, 0x00, 0x4c, 0x00, 0x4c, 0x00, 0x4f],
  refresh: [0x84, 0x04, 0x04, 0x06, 0x85, 0x05],
};

/** FADS860, 60 ns DRAM SIMM at 50 MHz: beats that do not come at equal distances. */
export const FADS_DRAM_50MHZ: UpmBytes = {
  ...FADS_EDO_50MHZ,
  readBurst: [0x24, 0x04, 0x04, 0x0c, 0x00, 0x44, 0x08, 0x44, 0x0c, 0x00, 0x44, 0x00, 0x47],
};

/** TQM860L, SDRAM with CAS latency 2 (U-Boot board/tqc/tqm8xx). Refresh loops TLF times and has a word behind the loop. */
export const TQM_SDRAM: UpmBytes = {
  readSingle: [0x04, 0x04, 0x04, 0x00, 0x47],
  readBurst: [0x04, 0x04, 0x04, 0x00, 0x00, 0x00, 0x00, 0x47],
  writeSingle: [0x04, 0x00, 0x04, 0x44, 0x47],
  writeBurst: [0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x44, 0x47],
  refresh: [0x84, 0x04, 0x04, 0x04, 0x84, 0x07],
};

const START: Readonly<Record<keyof UpmBytes, number>> = {
  readSingle: 0x00,
  readBurst: 0x08,
  writeSingle: 0x18,
  writeBurst: 0x20,
  refresh: 0x30,
};

interface Registers {
  hostImmrWrite(offset: number, size: number, value: number): void;
}

/** One RAM word of UPMA (0) or UPMB (1), by MDR and the WRITE command of MCR. */
export function loadUpmWord(core: Registers, machine: number, address: number, word: number): void {
  core.hostImmrWrite(0x17c, 4, word);
  core.hostImmrWrite(0x168, 4, machine * 0x0080_0000 + address);
}

/** The patterns of `table`, the other words as published tables have them: LAST without TA. */
export function loadUpm(core: Registers, machine: number, table: Partial<UpmBytes>): void {
  const words = new Array<number>(64).fill(0xffff_ffff);
  for (const [pattern, start] of Object.entries(START)) {
    for (const [i, low] of (table[pattern as keyof UpmBytes] ?? []).entries()) words[start + i] = 0xffff_fc00 + low;
  }
  for (const [address, word] of words.entries()) loadUpmWord(core, machine, address, word);
}
