/**
 * Where everything lives in the core's linear memory (DESIGN contract 1).
 *
 * The machine's whole state is the range [STATE_BASE, STATE_END) plus the
 * memories that follow it (RAM, flash, data flash), whose places and sizes
 * `machineConfigure` computes. A snapshot is a copy of these ranges; nothing
 * guest-visible may live in a wasm global. Every place is defined from the one
 * before it, and the host reads the same names from the module's exports.
 *
 * [0, STATE_BASE) belongs to the compiler: constant tables in static data.
 */
export const STATE_BASE: u32 = 0x20000;

// --- machine: one block of words that run loop, CPU and devices share ---
/** u64: CPU cycles since power-on. The only clock there is. */
export const NOW: u32 = STATE_BASE;
/** u64: cycle of the earliest entry in EVENTS. */
export const NEXT_EVENT: u32 = NOW + 8;
/** u64: cycle at which the host wants `run` to return. */
export const RUN_UNTIL: u32 = NEXT_EVENT + 8;
/** u64: cycle at which the CPU loop must look up: min(NEXT_EVENT, RUN_UNTIL), or 0 to force it. */
export const RUN_LIMIT: u32 = RUN_UNTIL + 8;
/** u64: the external bus is taken until this cycle; fetch, data and SDMA share it. */
export const BUS_FREE_AT: u32 = RUN_LIMIT + 8;
/** u64: instructions completed since power-on. */
export const INSTRUCTIONS: u32 = BUS_FREE_AT + 8;
/** u64: cycles that were skipped while the guest idled (they count in NOW). */
export const IDLE_CYCLES: u32 = INSTRUCTIONS + 8;
/** u32: exception requests waiting for the CPU, PENDING_* bits. */
export const PENDING: u32 = IDLE_CYCLES + 8;
/** u32: STOP_* reason that a device or the CPU asks `run` to return with; 0 = none. */
export const STOP_REQUEST: u32 = PENDING + 4;
/** u32: HOST_* switches that the host sets; not part of the guest's state. */
export const HOST_FLAGS: u32 = STOP_REQUEST + 4;
/** u32: core clock in Hz, from the board description. */
export const CORE_HZ: u32 = HOST_FLAGS + 4;
/** u32: main oscillator OSCM in Hz. */
export const OSCM_HZ: u32 = CORE_HZ + 4;
/** u32: EXTCLK pin in Hz. */
export const EXTCLK_HZ: u32 = OSCM_HZ + 4;
/** u32: part and mask number, IMMR[16–31]. */
export const PART_NUMBER: u32 = EXTCLK_HZ + 4;
/** u32: processor version register. */
export const PVR: u32 = PART_NUMBER + 4;
/** u64 × EVENT_SLOTS: cycle at which each event is due, ~0 = not scheduled. */
export const EVENTS: u32 = STATE_BASE + 0x100;
export const EVENT_SLOTS: u32 = 32;

/** External interrupt line from the SIU, a level. */
export const PENDING_EXTERNAL: u32 = 1;
/** Decrementer passed zero; cleared when 0x900 is taken. */
export const PENDING_DECREMENTER: u32 = 2;
/** Non-maskable interrupt: IRQ0 or the software watchdog. */
export const PENDING_NMI: u32 = 4;
/** Hard reset requested by a device (watchdog, checkstop with PLPRCR[CSR]). */
export const PENDING_RESET: u32 = 8;

export const STOP_NONE: u32 = 0;
/** `run` reached the cycle it was asked for. */
export const STOP_UNTIL: u32 = 1;
/** SCC1 puts the first bit of a frame on the wire now. */
export const STOP_TX_START: u32 = 2;
/** SCC1's frame ended; its bytes are in ETH_TX. */
export const STOP_TX_END: u32 = 3;
/** A console byte went out and HOST_WATCH_CONSOLE is set, or the output ring is half full. */
export const STOP_CONSOLE: u32 = 4;
/** The CPU checkstopped (machine check with MSR[ME] = 0) and PLPRCR[CSR] = 0. */
export const STOP_CHECKSTOP: u32 = 5;
/** Exceptions without an instruction completed in between, without end: the guest runs wild. */
export const STOP_EXCEPTION_STORM: u32 = 6;
/** The board went through a hard reset and is about to fetch its first instruction; a host that is its boot loader acts now. */
export const STOP_RESET: u32 = 8;

/** The FEC puts the first bit of a frame on the wire now. */
export const STOP_FEC_TX_START: u32 = 9;
/** The FEC's frame ended; its bytes are in FEC_TX. */
export const STOP_FEC_TX_END: u32 = 10;

export const HOST_WATCH_CONSOLE: u32 = 1;

// --- CPU ---
export const CPU_BASE: u32 = STATE_BASE + 0x1000;
/** u32 × 32: GPR0–GPR31. The rest of this block is laid out in cpu/state.ts. */
export const GPR: u32 = CPU_BASE;
export const CPU_SIZE: u32 = 0x7000;

// --- both caches: tags, state, data, predecoded instructions (cache/*.ts) ---
export const CACHE_BASE: u32 = CPU_BASE + CPU_SIZE;
export const CACHE_SIZE: u32 = 0x40000;

// --- derived translations and decodings: rebuilt at will, never in a snapshot ---
export const DERIVED_BASE: u32 = CACHE_BASE + CACHE_SIZE;
export const DERIVED_SIZE: u32 = 0x100000;

// --- what observers count (observe/*.ts): in core-counting.wasm only, never in a snapshot ---
export const OBSERVE_BASE: u32 = DERIVED_BASE + DERIVED_SIZE;
export const OBSERVE_SIZE: u32 = 0x10000;

// --- bus: chip-select banks as the host describes them (bus/physical.ts) ---
export const BUS_BASE: u32 = OBSERVE_BASE + OBSERVE_SIZE;
export const BUS_SIZE: u32 = 0x1000;

// --- SoC: internal memory map image and device state that has no register ---
/** 16 KB: the internal memory map, registers and dual-port RAM, big-endian as the guest sees it. */
export const IMMR_MEM: u32 = BUS_BASE + BUS_SIZE;
export const IMMR_MEM_SIZE: u32 = 0x4000;
/** Device state behind the registers; soc/*.ts divide it up. */
export const SOC_BASE: u32 = IMMR_MEM + IMMR_MEM_SIZE;
export const SOC_SIZE: u32 = 0x4000;

// --- mailboxes between host and devices ---
/** Frame on its way out of SCC1: u32 length (with FCS), then the bytes from the destination address on. */
export const ETH_TX: u32 = SOC_BASE + SOC_SIZE;
export const ETH_FRAME_MAX: u32 = 4096;
/** Frame on its way into SCC1: u32 length (with FCS), then the bytes. */
export const ETH_RX: u32 = ETH_TX + 4 + ETH_FRAME_MAX;
/** Console output ring: u32 count of bytes ever written, then CONSOLE_RING bytes (index = count & (CONSOLE_RING - 1)). */
export const CONSOLE_OUT: u32 = ETH_RX + 4 + ETH_FRAME_MAX;
export const CONSOLE_RING: u32 = 16384;
/** Console input ring: u32 written by the host, u32 taken by the device, then CONSOLE_RING bytes. */
export const CONSOLE_IN: u32 = CONSOLE_OUT + 4 + CONSOLE_RING;

/** Frame on its way out of the FEC and into it, as ETH_TX and ETH_RX. */
export const FEC_TX: u32 = CONSOLE_IN + 8 + CONSOLE_RING;
export const FEC_RX: u32 = FEC_TX + 4 + ETH_FRAME_MAX;

/** Parallel flash of the eight banks: description and state of the chips (bus/flash.ts). */
export const FLASH_BANK: u32 = (FEC_RX + 4 + ETH_FRAME_MAX + 7) & ~7;
export const FLASH_BANK_BYTES: u32 = 0x400;

/** Content of the serial EEPROMs on the SPI and on the I2C bus. */
export const EEPROM_SPI: u32 = FLASH_BANK + 8 * FLASH_BANK_BYTES;
export const EEPROM_MAX: u32 = 0x8000;
export const EEPROM_I2C: u32 = EEPROM_SPI + EEPROM_MAX;

export const STATE_END: u32 = (EEPROM_I2C + EEPROM_MAX + 0xffff) & ~0xffff;
/** First byte of guest RAM; flash and data flash follow, each aligned to 64 KB. */
export const RAM_BASE: u32 = STATE_END;
