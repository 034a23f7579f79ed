/**
 * Device state that no register shows, in SOC_BASE … SOC_BASE + SOC_SIZE.
 * Cleared by socReset(powerOn = true); each place is defined from the one before it.
 */
import { SOC_BASE } from '../layout';

// --- what the board wires to the part; set by the host, untouched by resets ---
/** u32: hard reset configuration word as sampled from D0–D31 (only the upper half has fields). */
export const CFG_HRCW: u32 = SOC_BASE;
/** u32: MODCK[1:2], 0–3. */
export const CFG_MODCK: u32 = CFG_HRCW + 4;
/** u32: REV_NUM, the microcode revision word at 3CB0; 0 = that of mask C1. */
export const CFG_REV_NUM: u32 = CFG_MODCK + 4;
/** u32: 1 = the part has 8 KB of dual-port RAM (3000–3BFF is RAM too). */
export const CFG_DPRAM_8K: u32 = CFG_REV_NUM + 4;
/** u32: port B mask of the data flash's chip select (active low); 0 = none fitted. */
export const CFG_FLASH_SELECT: u32 = CFG_DPRAM_8K + 4;
/** u32: linear address and size of the data flash's memory. */
export const CFG_FLASH_BASE: u32 = CFG_FLASH_SELECT + 4;
export const CFG_FLASH_BYTES: u32 = CFG_FLASH_BASE + 4;
/** u32: which UART the console mailboxes are wired to: 0, 1 = SMC1, 2; 2–5 = SCC1–4. */
export const CFG_CONSOLE: u32 = CFG_FLASH_BYTES + 4;
/** u32: 1 = the network cable of SCC1 is unplugged. */
export const CFG_LINK_DOWN: u32 = CFG_CONSOLE + 4;
/** u32: seed of the Ethernet back-off generator. */
export const CFG_SEED: u32 = CFG_LINK_DOWN + 4;
/** u32 each: pins of ports A–D that the board pulls low, as masks; all others are high (pull-ups). */
export const PINS_A: u32 = CFG_SEED + 4;
export const PINS_B: u32 = PINS_A + 4;
export const PINS_C: u32 = PINS_B + 4;
export const PINS_D: u32 = PINS_C + 4;
/** u32: IRQ pins held low, in SIPEND's layout. */
export const IRQ_LOW: u32 = PINS_D + 4;
/** u32: 1 = the part has a Fast Ethernet Controller (MPC860T). */
export const CFG_FEC: u32 = IRQ_LOW + 4;
/** u32: address of the FEC's PHY on the management bus, and its registers 2 and 3. */
export const CFG_PHY_ADDRESS: u32 = CFG_FEC + 4;
export const CFG_PHY_ID: u32 = CFG_PHY_ADDRESS + 4;
/** u32: who is at the other end of the PHY's cable, PARTNER_* of phy.ts; 0 = nobody. */
export const CFG_PARTNER: u32 = CFG_PHY_ID + 4;

/** u32: serial EEPROM on the SPI: bytes (0 = none), bytes of a page, port B mask of its chip select (active low). */
export const CFG_SPI_EEPROM_BYTES: u32 = CFG_PARTNER + 4;
export const CFG_SPI_EEPROM_PAGE: u32 = CFG_SPI_EEPROM_BYTES + 4;
export const CFG_SPI_EEPROM_SELECT: u32 = CFG_SPI_EEPROM_PAGE + 4;
/** u32: serial EEPROM on the I2C bus: bytes (0 = none), bytes of a page, device address (7 bits). */
export const CFG_I2C_EEPROM_BYTES: u32 = CFG_SPI_EEPROM_SELECT + 4;
export const CFG_I2C_EEPROM_PAGE: u32 = CFG_I2C_EEPROM_BYTES + 4;
export const CFG_I2C_EEPROM_ADDRESS: u32 = CFG_I2C_EEPROM_PAGE + 4;

/** First byte that a power-on reset clears. */
export const STATE_CLEAR: u32 = SOC_BASE + 0x80;

// --- time ---
/** u64: cycle for which the event that is being handled was due; 0 outside of events. */
export const EVENT_TIME: u32 = STATE_CLEAR;
/** u64: cycle of the CPU's last access that devices count from. */
export const LAST_ACCESS: u32 = EVENT_TIME + 8;

// --- SIU ---
/** u32: falling edges seen on IRQ pins in edge mode, in SIPEND's layout. */
export const IRQ_LATCH: u32 = LAST_ACCESS + 8;
/** u32: 1 = SYPCR was written since reset. */
export const SYPCR_LOCKED: u32 = IRQ_LATCH + 4;
/** u32: 1 = SWSR has seen 556C. */
export const SWSR_STEP: u32 = SYPCR_LOCKED + 4;
/** u32: closed KAPWR registers, KEY_* bits. */
export const KEYS_CLOSED: u32 = SWSR_STEP + 4;
/** u32 × UPM_WORDS, twice: RAM of UPMA and UPMB. Undefined after power-on; zeros here. */
export const UPM_WORDS: u32 = 64;
export const UPM_RAM: u32 = KEYS_CLOSED + 4;

// --- system timers ---
/** u64: cycle from which PITRTCLK ticks of the PIT are counted. */
export const PIT_ORIGIN: u32 = UPM_RAM + 2 * UPM_WORDS * 4;
/** u64: tick (since PIT_ORIGIN) at which the counter was last loaded. */
export const PIT_LOADED: u32 = PIT_ORIGIN + 8;
/** u32: value the counter was loaded with, or holds while PTE = 0. */
export const PIT_START: u32 = PIT_LOADED + 8;
/** u64: cycle and tick from which TMBCLK is counted. */
export const TMB_ORIGIN: u32 = PIT_START + 8;
export const TMB_TICKS: u32 = TMB_ORIGIN + 8;
/** u64: TB minus TMBCLK ticks. */
export const TB_OFFSET: u32 = TMB_TICKS + 8;
/** u64: TMBCLK tick at which DEC is 0. */
export const DEC_ZERO: u32 = TB_OFFSET + 8;
/** u64: cycle of the RTC's second RTC_BASE. */
export const RTC_ORIGIN: u32 = DEC_ZERO + 8;
/** u32: seconds at RTC_ORIGIN, or now while RTE = 0. */
export const RTC_BASE: u32 = RTC_ORIGIN + 8;

// --- general-purpose timers: 4 × { u64 origin cycle, u32 count at origin, u32 unused } ---
export const GPT: u32 = RTC_BASE + 8;

// --- CPIC ---
/** u32: latched port C requests, in CIPR's layout. */
export const CPIC_LATCH: u32 = GPT + 64;

// --- UARTs: 6 × UART_SIZE, laid out in uart.ts (SMC1, SMC2, SCC1–4) ---
export const UART: u32 = CPIC_LATCH + 8;
export const UART_SIZE: u32 = 64;

// --- SCC Ethernet: 4 × ETHER_SIZE, laid out in ether.ts ---
export const ETHER: u32 = UART + 6 * UART_SIZE;
export const ETHER_SIZE: u32 = 128;
/** u64: cycle at which SCC1's frame in progress put its first bit on the wire. */
export const TX_START_CYCLE: u32 = ETHER + 4 * ETHER_SIZE;

/** u64: cycle at which its last bit left. */
export const TX_END_CYCLE: u32 = TX_START_CYCLE + 8;
/** Six bytes: an address in wire order while its hash is taken. */
export const ADDRESS_SCRATCH: u32 = TX_END_CYCLE + 8;

// --- SPI and its data flash (spi.ts, dataflash.ts) ---
export const SPI: u32 = ADDRESS_SCRATCH + 8;
export const FLASH: u32 = SPI + 32;
/** Two page buffers of 512 bytes. */
export const FLASH_BUFFERS: u32 = FLASH + 64;

// --- I2C (i2c.ts) ---
export const I2C: u32 = FLASH_BUFFERS + 1024;

// --- IDMA (idma.ts) ---
export const IDMA: u32 = I2C + 32;

// --- CP (cp-load.ts) ---
/** u64: cycle at which the CP will have done all that the SCCs asked of it. */
export const CP_FREE_AT: u32 = IDMA + 128;

// --- frames of SCC2–4 on their way out; SCC1 uses ETH_TX ---
export const SCC_FRAME_MAX: u32 = 2048;
export const SCC_FRAMES: u32 = CP_FREE_AT + 8;

// --- FEC (fec-regs.ts), its PHY (phy.ts), the frame in its receive FIFO ---
export const FEC: u32 = SCC_FRAMES + 3 * SCC_FRAME_MAX;
export const PHY: u32 = FEC + 256;
/** u32: a BD word on its way. */
export const FEC_SCRATCH: u32 = PHY + 56;
export const FEC_RX_FRAME: u32 = PHY + 64;
export const FEC_RX_FRAME_MAX: u32 = 2048;

// --- serial EEPROMs (eeprom-spi.ts, eeprom-i2c.ts) ---
export const EEPROM_SPI_STATE: u32 = FEC_RX_FRAME + FEC_RX_FRAME_MAX;
export const EEPROM_I2C_STATE: u32 = EEPROM_SPI_STATE + 32;

/** First byte after everything above. */
export const STATE_CLEAR_END: u32 = EEPROM_I2C_STATE + 32;
