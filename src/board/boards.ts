import { UsageError } from '../errors.js';
import { checkFlash, type FlashDescription } from './flash.js';
import { LOADERS, type Loader } from './hand-over.js';
import { type PartName, partNamed } from './parts.js';
import { UPM_EDO_60NS_40MHZ, UPM_PATTERNS, UPM_SDRAM_50MHZ, type UpmTable } from './upm.js';

/** What is soldered to one chip select. */
export interface BankDescription {
  /** Chip select, 0–7. */
  cs: number;
  /** What answers: the board's RAM, its flash, or nothing (reads all ones, ignores writes). */
  kind: 'ram' | 'flash' | 'empty';
  /** BRx as the boot loader leaves it: base address, port width, GPCM or UPM (MPC860 UM, Memory Controller: Base Registers). */
  br: number;
  /** ORx as the boot loader leaves it: window, burst inhibit, wait states of the GPCM. */
  or: number;
}

// Offsets in the internal memory map, and the fields that `withClock` changes
const MAMR = 0x170;
const MBMR = 0x174;
const MXMR_PT = 2 ** 24;
const PLPRCR = 0x284;
const PLPRCR_MF = 2 ** 20;

/** Serial ports that can be the console, by the core's number. */
export const CONSOLE_PORTS = ['SMC1', 'SMC2', 'SCC1', 'SCC2', 'SCC3', 'SCC4'] as const;

/** A serial port that can be the console. */
export type ConsolePort = (typeof CONSOLE_PORTS)[number];

/** Ports of a board that a LAN can be plugged into. */
export const ETHERNET_PORTS = ['scc1', 'fec'] as const;

/** An Ethernet port: SCC1 with its 10 Mbit/s transceiver, or the FEC with its PHY. */
export type EthernetPort = (typeof ETHERNET_PORTS)[number];

/** The transceiver on the FEC's MII. */
export interface PhyDescription {
  /** Its address on the management bus, 0–31. */
  address: number;
  /** Its identifier, registers 2 and 3. */
  id: number;
}

/** A serial EEPROM. */
export interface EepromDescription {
  /** Its size, a power of 2 up to 32768: 256 is a 24C02, 8192 a 25640. */
  bytes: number;
  /** Bytes of a page, which one write may fill: 8 to 64. */
  page: number;
}

/** A board as data: clocks, memory map, what the boot loader leaves behind. */
export interface BoardDescription {
  /** Its name in errors and snapshots. */
  name: string;
  /** The member of the family that is soldered in. */
  cpu: PartName;
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
  /** Its chips, which take commands; without them it is read-only memory. */
  flash?: FlashDescription;
  /** Serial data flash on the SPI, bytes. */
  dataFlashBytes: number;
  /** IMMR as the boot loader leaves it. */
  immr: number;
  /** What is soldered to the chip selects; those not named have nothing. */
  banks: readonly BankDescription[];
  /** RAM of UPMA as the boot loader loads it [nothing: all zeros, a machine that never answers]. */
  upma?: UpmTable;
  /** RAM of UPMB. */
  upmb?: UpmTable;
  /** Internal registers the boot loader writes before it enters the image: [offset, size in bytes, value]. */
  registers: readonly (readonly [offset: number, size: 1 | 2 | 4, value: number])[];
  /** Port B output that selects the data flash when low, mask. */
  dataFlashSelect: number;
  /** The serial port that the console is on. */
  console: ConsolePort;
  /** A 25xx on the SPI, and the port B output that selects it when low, mask. */
  spiEeprom?: EepromDescription & { select: number };
  /** A 24Cxx on the I2C bus, and its device address of 7 bits, mostly 0x50. */
  i2cEeprom?: EepromDescription & { address: number };
  /** The PHY on the FEC's MII, of boards and parts that have one. */
  phy?: PhyDescription;
  /** The port that the board's LAN is plugged into [scc1]. */
  ethernet?: EthernetPort;
  /** Ethernet address in the board information block, six hexadecimal bytes with colons. */
  mac: string;
  /** What the boot loader hands over to the image ['eth_comm']. */
  loader?: Loader;
  /** `model` of the device tree that is made for it [its name]. */
  model?: string;
  /** The root's `compatible` there, by which a kernel knows the board [its name]. */
  compatible?: string;
  /** Hard reset configuration word, D0 = 80000000, for a start from flash (MPC860 UM, Reset) [0: vectors at FFF00000]. */
  resetWord?: number;
}

/**
 * Frasca's Ethernet-Comm board as RTEMS 4.6 knows it (`eth_comm` BSP): MPC860
 * at 40 MHz, a DRAM SIMM, 16-bit flash; here with a serial data flash on the
 * SPI as the 2004 product had. IMMR at 0xFF000000, PIT clock 1 MHz. The board's
 * own UPM table is not published; this is the MBX860's, a 40 MHz board with the
 * same class of memory, refresh included.
 */
export const ETH_COMM: BoardDescription = {
  name: 'eth_comm',
  cpu: 'mpc860',
  coreHz: 40_000_000,
  oscmHz: 4_000_000,
  extclkHz: 4_000_000,
  ramBytes: 8 << 20,
  flashBytes: 1 << 20,
  flash: { chip: 'am29lv800bb', chips: 1 },
  dataFlashBytes: 2 << 20,
  immr: 0xff00_0000,
  banks: [
    { cs: 0, kind: 'flash', br: 0xfff0_0801, or: 0xfff0_0930 },
    { cs: 7, kind: 'ram', br: 0x0000_0081, or: 0xfe00_0400 },
  ],
  upma: UPM_EDO_60NS_40MHZ,
  registers: [
    [0x004, 4, 0xffff_ff88],
    [0x000, 4, 0x0060_2900],
    [0x020, 4, 0xffff_ffff],
    [0x280, 4, 0x0200_0000],
    [0x284, 4, 0x0090_0000],
    [0x200, 2, 0x0003],
    [0x17a, 2, 0x0200],
    [MAMR, 4, 0x1382_1000],
  ],
  dataFlashSelect: 0x8000,
  console: 'SMC1',
  // The FEC driver of the board's BSP is for a DP83840 there (hardware reference `fec.md` §5).
  phy: { address: 16, id: 0x2000_5c00 },
  mac: '08:00:3e:26:00:10',
};

/**
 * Motorola's MBX860 with EPPC-Bug, as RTEMS 4.6's mbx8xx BSP expects it (hardware reference `boards.md` §2): 40 MHz from a
 * 32.768 kHz crystal, 4 MHz at EXTCLK for PIT and RTC, 16 MB of DRAM, 4 MB of flash. NVRAM, PCI bridge and the socketed
 * flash are not fitted: their windows read all ones (BCSR1 at FA100000 then says that COM1 is enabled).
 */
export const MBX860: BoardDescription = {
  name: 'mbx860',
  cpu: 'mpc860',
  coreHz: 32_768 * 1221,
  oscmHz: 32_768,
  extclkHz: 4_000_000,
  ramBytes: 16 << 20,
  flashBytes: 4 << 20,
  dataFlashBytes: 0,
  immr: 0xfa20_0000,
  banks: [
    { cs: 0, kind: 'flash', br: 0xfe00_0001, or: 0xff80_0930 },
    { cs: 1, kind: 'ram', br: 0x0000_0081, or: 0xff00_0400 },
    { cs: 4, kind: 'empty', br: 0xfa00_0401, or: 0xffe0_0930 },
    { cs: 5, kind: 'empty', br: 0x8000_0001, or: 0xa000_0108 },
    { cs: 6, kind: 'empty', br: 0xfa21_0001, or: 0xffff_0108 },
    { cs: 7, kind: 'empty', br: 0xfc00_0401, or: 0xff80_0930 },
  ],
  upma: UPM_EDO_60NS_40MHZ,
  registers: [
    [0x000, 4, 0x0060_2900],
    [0x004, 4, 0xffff_ff88],
    [0x018, 4, 0xaaaa_0000],
    [0x020, 4, 0xffff_ffff],
    [0x030, 4, 0x0000_0001],
    [0x280, 4, 0x0280_0000],
    [PLPRCR, 4, 0x4c40_0000],
    [0x200, 2, 0x00c3],
    [0x220, 2, 0x00c3],
    [0x240, 2, 0x0083],
    [0x17a, 2, 0x0200],
    [MAMR, 4, 0x1382_1000],
  ],
  dataFlashSelect: 0,
  console: 'SMC2',
  mac: '08:00:3e:26:00:11',
  loader: 'eppc-bug',
  model: 'MBX860',
};

/**
 * TQ's TQM860L module with U-Boot (hardware reference `boards.md` §4, §5), here with an MPC860T and a PHY at 15: 50 MHz from
 * a 32.768 kHz crystal, 32 MB of SDRAM, 4 MB of flash. Its loader hands over a device tree.
 */
export const TQM860L: BoardDescription = {
  name: 'tqm860l',
  cpu: 'mpc860t',
  coreHz: 32_768 * 1526,
  oscmHz: 32_768,
  extclkHz: 0,
  ramBytes: 32 << 20,
  flashBytes: 4 << 20,
  flash: { chip: 'am29lv160db', chips: 2 },
  dataFlashBytes: 0,
  immr: 0xfff0_0000,
  banks: [
    { cs: 0, kind: 'flash', br: 0x4000_0001, or: 0xffc0_0954 },
    { cs: 1, kind: 'empty', br: 0x6000_0001, or: 0xffc0_0954 },
    { cs: 2, kind: 'ram', br: 0x0000_0081, or: 0xfe00_0800 },
  ],
  upma: UPM_SDRAM_50MHZ,
  registers: [
    [0x000, 4, 0x0061_0400],
    [0x004, 4, 0xffff_ff88],
    [0x020, 4, 0xffff_ffff],
    // TBS: U-Boot leaves the crystal, Linux takes GCLK2/16 itself.
    [0x280, 4, 0x0000_0000],
    [PLPRCR, 4, 0x5f50_d000],
    [0x200, 2, 0x00c2],
    [0x240, 2, 0x0082],
    [0x17a, 2, 0x0400],
    // Refresh every 48 × 16 bus clocks = 15.4 µs, four times in a row.
    [MAMR, 4, 0x3080_2114],
    // SICR: SCC1 receives with CLK1 and sends with CLK3.
    [0xaec, 4, 0x0000_0026],
  ],
  dataFlashSelect: 0,
  console: 'SMC1',
  // A generic PHY, as far as software is concerned; the module's own type is not documented here.
  phy: { address: 15, id: 0x2000_5c00 },
  mac: '00:d0:93:26:00:12',
  loader: 'device-tree',
  model: 'TQM8xx',
  compatible: 'tqc,tqm8xx',
  // IIP: the first instruction is fetched at 00000100; ISB 11: IMMR at FFF00000.
  resetWord: 0x4180_0000,
};

/**
 * The same board with another core clock, made by the PLL from the same crystal.
 * Accesses keep their length in clocks, as with memory that was chosen for the clock; its refresh keeps its rate in time.
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
    registers: description.registers.map(([offset, size, value]) => {
      if (offset === PLPRCR) return [PLPRCR, 4, (factor - 1) * PLPRCR_MF] as const;
      if (offset !== MAMR && offset !== MBMR) return [offset, size, value] as const;
      const period = Math.floor((Math.floor(value / MXMR_PT) * hz) / description.coreHz);
      return [offset, 4, (value % MXMR_PT) + Math.min(Math.max(period, 1), 255) * MXMR_PT] as const;
    }),
  };
}

/** Where the boot loader leaves the flash, each time as long as its chips; beyond, the window mirrors them. */
export function flashWindows({ banks, flashBytes }: BoardDescription): { address: number; end: number }[] {
  return banks
    .filter(({ kind }) => kind === 'flash')
    .map(({ br, or }) => (br & or & 0xffff_8000) >>> 0)
    .map((address) => ({ address, end: address + flashBytes }));
}

const CONSOLE_PORT_NAMES = CONSOLE_PORTS.join(', ');
/** The boot loader leaves its blocks below 0x10000, the image begins there. */
const LEAST_RAM = 0x2_0000;
const MOST_MEMORY = 2 ** 30;
/** Memories are whole pages, so that no access of the core can straddle an end. */
const PAGE = 4096;
const U32 = 2 ** 32 - 1;
/** What the core has room for. */
const EEPROM_MAX = 32_768;

/**
 * Checks a description that a user wrote.
 * @throws UsageError naming the field
 */
export function checkBoard(board: BoardDescription): void {
  const bad = (what: string): UsageError => new UsageError(`board ${board.name}: ${what}`);
  const whole = (field: string, value: number, low: number, high: number): void => {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw bad(`${field} must be a whole number from ${low} to ${high}, not ${value}`);
    }
  };
  partNamed(board.cpu);
  whole('coreHz', board.coreHz, 1_000_000, 1_000_000_000);
  whole('oscmHz', board.oscmHz, 1, 1_000_000_000);
  whole('extclkHz', board.extclkHz, 0, 1_000_000_000);
  whole('ramBytes', board.ramBytes, LEAST_RAM, MOST_MEMORY);
  whole('flashBytes', board.flashBytes, 0, MOST_MEMORY);
  whole('dataFlashBytes', board.dataFlashBytes, 0, MOST_MEMORY);
  for (const field of ['ramBytes', 'flashBytes', 'dataFlashBytes'] as const) {
    if (board[field] % PAGE !== 0) throw bad(`${field} must be a multiple of ${PAGE}, not ${board[field]}`);
  }
  if (board.flash !== undefined) checkFlash(board.flash, board.flashBytes, bad);
  whole('immr', board.immr, 0, U32);
  whole('dataFlashSelect', board.dataFlashSelect, 0, U32);
  if (board.phy !== undefined) {
    whole('phy.address', board.phy.address, 0, 31);
    whole('phy.id', board.phy.id, 0, U32);
  }
  for (const [name, eeprom] of Object.entries({ spiEeprom: board.spiEeprom, i2cEeprom: board.i2cEeprom })) {
    if (eeprom === undefined) continue;
    for (const [field, value, most] of [
      ['bytes', eeprom.bytes, EEPROM_MAX],
      ['page', eeprom.page, eeprom.bytes],
    ] as const) {
      whole(`${name}.${field}`, value, 1, most);
      if (2 ** Math.round(Math.log2(value)) !== value) throw bad(`${name}.${field} must be a power of 2, not ${value}`);
    }
  }
  if (board.spiEeprom !== undefined) whole('spiEeprom.select', board.spiEeprom.select, 1, U32);
  if (board.i2cEeprom !== undefined) whole('i2cEeprom.address', board.i2cEeprom.address, 0, 127);
  const ethernet = board.ethernet ?? 'scc1';
  if (!ETHERNET_PORTS.includes(ethernet)) throw bad(`ethernet must be one of ${ETHERNET_PORTS.join(', ')}`);
  if (ethernet === 'fec') {
    if (partNamed(board.cpu).fecs === 0) throw bad(`the ${board.cpu} has no FEC; one with it is cpu: 'mpc860t'`);
    if (board.phy === undefined) throw bad('ethernet is fec, and phy is missing');
  }
  if (board.loader !== undefined && !LOADERS.includes(board.loader))
    throw bad(`loader must be one of ${LOADERS.join(', ')}`);
  whole('resetWord', board.resetWord ?? 0, 0, U32);
  if (!CONSOLE_PORTS.includes(board.console)) throw bad(`console must be one of ${CONSOLE_PORT_NAMES}`);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(board.mac)) throw bad(`mac '${board.mac}' is not an Ethernet address`);
  for (const bank of board.banks) {
    const at = `chip select ${bank.cs}`;
    whole('cs of a bank', bank.cs, 0, 7);
    if (board.banks.filter(({ cs }) => cs === bank.cs).length > 1) throw bad(`${at} is described twice`);
    whole(`${at}: br`, bank.br, 0, U32);
    whole(`${at}: or`, bank.or, 0, U32);
  }
  for (const machine of ['upma', 'upmb'] as const) {
    for (const [pattern, words] of Object.entries(board[machine] ?? {})) {
      if (!Object.hasOwn(UPM_PATTERNS, pattern)) throw bad(`${machine} has no pattern '${pattern}'`);
      const { length } = UPM_PATTERNS[pattern as keyof UpmTable];
      if (words.length > length) throw bad(`${machine}: ${pattern} has at most ${length} words, not ${words.length}`);
      for (const word of words) whole(`${machine}: ${pattern}`, word, 0, U32);
    }
  }
  for (const [offset, size, value] of board.registers) {
    const at = `register 0x${offset.toString(16)}`;
    whole(`${at}: offset`, offset, 0, 0x4000 - size);
    if (![1, 2, 4].includes(size)) throw bad(`${at}: size must be 1, 2 or 4, not ${size}`);
    whole(`${at}: value`, value, 0, 2 ** (8 * size) - 1);
  }
}

/** Boards that `Board.create` knows by name. */
export const BOARDS: Readonly<Record<string, BoardDescription>> = {
  eth_comm: ETH_COMM,
  mbx860: MBX860,
  tqm860l: TQM860L,
};

/** A board by name. @throws UsageError naming the known boards */
export function boardNamed(name: string): BoardDescription {
  const description = Object.hasOwn(BOARDS, name) ? BOARDS[name] : undefined;
  if (description === undefined) {
    throw new UsageError(`unknown board '${name}'; known: ${Object.keys(BOARDS).join(', ')}`);
  }
  return description;
}
