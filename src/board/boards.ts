import { UsageError } from '../errors.js';

/**
 * Timing of a chip-select bank in core clocks, counted from the clock that
 * drives TS: when the (first) word is there, and when the next access may
 * start. Source: UPM tables of published board support packages, collected in
 * the hardware reference `core-timing.md` §4.
 */
export interface BankTiming {
  /** Single read: until the data is there. */
  read: number;
  /** Single read: until the next access may start. */
  readBusy: number;
  /** Burst read of a line: until its first word is there. */
  burstFirst: number;
  /** Burst read: from one word to the next. */
  burstNext: number;
  /** Burst read: until the next access may start. */
  burstBusy: number;
  /** Single write: until it is acknowledged. */
  write: number;
  /** Single write: until the next access may start. */
  writeBusy: number;
  /** Burst write of a line: until its last word is acknowledged. */
  burstWrite: number;
  /** Burst write: until the next access may start. */
  burstWriteBusy: number;
}

/** What is soldered to one chip select. */
export interface BankDescription {
  /** Chip select, 0–7. */
  cs: number;
  /** What answers: the board's RAM, its flash, or nothing (reads all ones, ignores writes). */
  kind: 'ram' | 'flash' | 'empty';
  /** BRx as the boot loader leaves it (MPC860 UM, Memory Controller: Base Registers). */
  br: number;
  /** ORx as the boot loader leaves it. */
  or: number;
  /** Port width, bits. */
  portBits: 8 | 16 | 32;
  /** False: OR[BI] = 1, a line fill becomes single accesses. */
  burst: boolean;
  /** How long its accesses take. */
  timing: BankTiming;
}

/** Serial ports that can be the console. */
export type ConsolePort = 'SMC1' | 'SMC2' | 'SCC1' | 'SCC2' | 'SCC3' | 'SCC4';

/** A board as data: clocks, memory map, what the boot loader leaves behind. */
export interface BoardDescription {
  /** Its name in errors and snapshots. */
  name: string;
  /** Core clock, Hz. */
  coreHz: number;
  /** Main crystal OSCM, Hz. */
  oscmHz: number;
  /** Clock at the EXTCLK pin, Hz. */
  extclkHz: number;
  /** DRAM fitted, bytes. */
  ramBytes: number;
  /** Parallel flash, bytes. */
  flashBytes: number;
  /** Serial data flash on the SPI, bytes. */
  dataFlashBytes: number;
  /** IMMR as the boot loader leaves it. */
  immr: number;
  /** What is soldered to the chip selects; those not named have nothing. */
  banks: readonly BankDescription[];
  /** Internal registers the boot loader writes before it enters the image: [offset, size in bytes, value]. */
  registers: readonly (readonly [offset: number, size: 1 | 2 | 4, value: number])[];
  /** Port B output that selects the data flash when low, mask. */
  dataFlashSelect: number;
  /** The serial port that the console is on. */
  console: ConsolePort;
  /** Ethernet address in the board information block, six hexadecimal bytes with colons. */
  mac: string;
}

/**
 * 60 ns DRAM behind UPMA at 40 MHz. The eth_comm board's own UPM table is not
 * published; this is the table of the MBX860, a 40 MHz board with the same
 * class of memory (`core-timing.md` §4).
 */
const DRAM_60NS_40MHZ: BankTiming = {
  read: 4,
  readBusy: 5,
  burstFirst: 4,
  burstNext: 2,
  burstBusy: 11,
  write: 3,
  writeBusy: 5,
  burstWrite: 9,
  burstWriteBusy: 11,
};

/** GPCM flash with SCY = 3: five clocks a beat, no bursts. */
const FLASH_SCY3: BankTiming = {
  read: 5,
  readBusy: 5,
  burstFirst: 5,
  burstNext: 5,
  burstBusy: 20,
  write: 5,
  writeBusy: 5,
  burstWrite: 20,
  burstWriteBusy: 20,
};

/**
 * Frasca's Ethernet-Comm board as RTEMS 4.6 knows it (`eth_comm` BSP): MPC860
 * at 40 MHz, a DRAM SIMM, 16-bit flash; here with a serial data flash on the
 * SPI as the 2004 product had. IMMR at 0xFF000000, PIT clock 1 MHz.
 */
export const ETH_COMM: BoardDescription = {
  name: 'eth_comm',
  coreHz: 40_000_000,
  oscmHz: 4_000_000,
  extclkHz: 4_000_000,
  ramBytes: 8 << 20,
  flashBytes: 1 << 20,
  dataFlashBytes: 2 << 20,
  immr: 0xff00_0000,
  banks: [
    { cs: 0, kind: 'flash', br: 0xfff0_0801, or: 0xfff0_0930, portBits: 16, burst: false, timing: FLASH_SCY3 },
    { cs: 7, kind: 'ram', br: 0x0000_0081, or: 0xfe00_0400, portBits: 32, burst: true, timing: DRAM_60NS_40MHZ },
  ],
  registers: [
    [0x004, 4, 0xffff_ff88],
    [0x000, 4, 0x0060_2900],
    [0x020, 4, 0xffff_ffff],
    [0x280, 4, 0x0200_0000],
    [0x284, 4, 0x0090_0000],
    [0x200, 2, 0x0003],
    [0x17a, 2, 0x0200],
  ],
  dataFlashSelect: 0x8000,
  console: 'SMC1',
  mac: '08:00:3e:26:00:10',
};

/** PLPRCR: its offset and its multiplication factor. */
const PLPRCR = 0x284;
const PLPRCR_MF_SHIFT = 20;

/**
 * The same board with another core clock, made by the PLL from the same crystal.
 * Accesses keep their length in clocks, as with memory that was chosen for the clock.
 * @param hz a multiple of the crystal's frequency
 * @throws UsageError for another one
 */
export function withClock(description: BoardDescription, hz: number): BoardDescription {
  const factor = hz / description.oscmHz;
  if (!Number.isInteger(factor) || factor < 1 || factor > 4096) {
    throw new UsageError(`a clock of ${hz} Hz is not a whole multiple of the ${description.oscmHz} Hz crystal`);
  }
  return {
    ...description,
    coreHz: hz,
    registers: description.registers.map((register) =>
      register[0] === PLPRCR ? ([PLPRCR, 4, (factor - 1) << PLPRCR_MF_SHIFT] as const) : register,
    ),
  };
}

/** Boards that `Board.create` knows by name. */
export const BOARDS: Readonly<Record<string, BoardDescription>> = { eth_comm: ETH_COMM };

/** A board by name. @throws UsageError naming the known boards */
export function boardNamed(name: string): BoardDescription {
  const description = Object.hasOwn(BOARDS, name) ? BOARDS[name] : undefined;
  if (description === undefined) {
    throw new UsageError(`unknown board '${name}'; known: ${Object.keys(BOARDS).join(', ')}`);
  }
  return description;
}
