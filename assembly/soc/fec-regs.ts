/**
 * Fast Ethernet Controller: registers, events, state (MPC860T (Rev. D) Fast Ethernet Controller Supplement, Programming
 * Model; hardware/fec.md).
 */
import { FEC } from './state';

export const ADDR_LOW: u32 = 0xe00;
export const ADDR_HIGH: u32 = 0xe04;
export const HASH_TABLE_HIGH: u32 = 0xe08;
export const HASH_TABLE_LOW: u32 = 0xe0c;
export const R_DES_START: u32 = 0xe10;
export const X_DES_START: u32 = 0xe14;
export const R_BUFF_SIZE: u32 = 0xe18;
export const ECNTRL: u32 = 0xe40;
export const IEVENT: u32 = 0xe44;
export const IMASK: u32 = 0xe48;
export const IVEC: u32 = 0xe4c;
export const R_DES_ACTIVE: u32 = 0xe50;
export const X_DES_ACTIVE: u32 = 0xe54;
export const MII_DATA: u32 = 0xe80;
export const MII_SPEED: u32 = 0xe84;
export const R_BOUND: u32 = 0xecc;
export const R_FSTART: u32 = 0xed0;
export const X_FSTART: u32 = 0xeec;
export const FUN_CODE: u32 = 0xf34;
export const R_CNTRL: u32 = 0xf44;
export const R_HASH: u32 = 0xf48;
export const X_CNTRL: u32 = 0xf84;

export const ECNTRL_FEC_PINMUX: u32 = 0x00000004;
export const ECNTRL_ETHER_EN: u32 = 0x00000002;
export const ECNTRL_RESET: u32 = 0x00000001;

export const IEVENT_HBERR: u32 = 0x80000000;
export const IEVENT_BABR: u32 = 0x40000000;
export const IEVENT_BABT: u32 = 0x20000000;
export const IEVENT_GRA: u32 = 0x10000000;
export const IEVENT_TFINT: u32 = 0x08000000;
export const IEVENT_TXB: u32 = 0x04000000;
export const IEVENT_RFINT: u32 = 0x02000000;
export const IEVENT_RXB: u32 = 0x01000000;
export const IEVENT_MII: u32 = 0x00800000;
export const IEVENT_EBERR: u32 = 0x00400000;
export const IEVENT_BITS: u32 = 0xffc00000;

export const IVEC_ILEVEL: u32 = 0xe0000000;
export const IVEC_ILEVEL_SHIFT: u32 = 29;
/** The one bit of R_DES_ACTIVE and X_DES_ACTIVE. */
export const DES_ACTIVE: u32 = 0x01000000;
export const FIFO_ADDRESS: u32 = 0x000003fc;

export const R_CNTRL_BC_REJ: u32 = 0x00000010;
export const R_CNTRL_PROM: u32 = 0x00000008;
export const R_CNTRL_MII_MODE: u32 = 0x00000004;
export const R_CNTRL_DRT: u32 = 0x00000002;
export const R_CNTRL_LOOP: u32 = 0x00000001;
export const MAX_FRAME_LENGTH: u32 = 0x000007ff;
export const X_CNTRL_FDEN: u32 = 0x00000004;
export const X_CNTRL_HBC: u32 = 0x00000002;
export const X_CNTRL_GTS: u32 = 0x00000001;

// Both kinds of BD: status in the upper half of the first word, length in the lower, address in the second word.
/** E of a receive BD, R of a transmit BD. */
export const BD_OWNED: u32 = 0x80000000;
export const BD_W: u32 = 0x20000000;
export const BD_L: u32 = 0x08000000;
/** RO1, W, RO2 or TO1, W, TO2. */
export const BD_SOFTWARE: u32 = 0x70000000;
export const BD_LENGTH: u32 = 0x0000ffff;
export const BD_BYTES: u32 = 8;

/** Bytes that the DMA moves in one go: two bursts of a line. */
export const DMA_BYTES: u32 = 32;
/** Preamble and SFD, in bits. */
export const PREAMBLE_BITS: u64 = 64;

// --- state behind the registers ---
/** u64: cycle at which ECNTRL[RESET] clears itself. */
export const RESET_END: u32 = FEC;

// Carrier
/** u64: cycles at which the carrier of the frame coming in comes and goes. */
export const CARRIER_ON: u32 = RESET_END + 8;
export const CARRIER_END: u32 = CARRIER_ON + 8;
/** u64: cycle at which the carrier that the host drives last went. */
export const CARRIER_OFF: u32 = CARRIER_END + 8;
/** u32: 1 = the host says that somebody else drives the wire. */
export const CARRIER_HOST: u32 = CARRIER_OFF + 8;
/** u32: dribble bits that follow the last byte of frames to come. */
export const RX_DRIBBLE: u32 = CARRIER_HOST + 4;

// Receiver (fec-rx.ts)
/** u64: cycle of the first preamble bit. */
export const RX_START: u32 = RX_DRIBBLE + 4;
/** u32: RX_* state. */
export const RX_STATE: u32 = RX_START + 8;
/** u32: linear address of the frame: FEC_RX_FRAME, or FEC_TX's bytes of one that is being looped back. */
export const RX_FROM: u32 = RX_STATE + 4;
/** u32: bytes of it, FCS included; the most there can be while it is being looped back. */
export const RX_LEN: u32 = RX_FROM + 4;
/** u32: bytes of it that are in memory. */
export const RX_POS: u32 = RX_LEN + 4;
/** u32: status collected for the frame's last BD. */
export const RX_STATUS: u32 = RX_POS + 4;
/** u32: address of the BD in use or looked at next. */
export const RX_BD: u32 = RX_STATUS + 4;
/** u32: first word of that BD as it was read, 0 = none is open. */
export const RX_BD_WORD: u32 = RX_BD + 4;
/** u32: where the frame's next byte goes, and how many more bytes fit. */
export const RX_POINTER: u32 = RX_BD_WORD + 4;
export const RX_ROOM: u32 = RX_POINTER + 4;

// Transmitter (fec-tx.ts)
/** u64: cycle of the first preamble bit; cycle at which the last bit left. */
export const TX_START: u32 = RX_ROOM + 4;
export const TX_END: u32 = TX_START + 8;
/** u64: end of the carrier whose gap is being waited for. */
export const TX_GAP_FROM: u32 = TX_END + 8;
/** u32: TX_* state, and TXF_* flags. */
export const TX_STATE: u32 = TX_GAP_FROM + 8;
export const TX_FLAGS: u32 = TX_STATE + 4;
/** u32: bytes of the frame in FEC_TX. */
export const TX_LEN: u32 = TX_FLAGS + 4;
/** u32: status collected for the frame's last BD. */
export const TX_STATUS: u32 = TX_LEN + 4;
/** u32: collisions of the frame so far. */
export const TX_RETRIES: u32 = TX_STATUS + 4;
/** u32: address of the BD in use or looked at next, and its first word as it was read. */
export const TX_BD: u32 = TX_RETRIES + 4;
export const TX_BD_WORD: u32 = TX_BD + 4;
/** u32: where the frame's next byte comes from, and how many more bytes the BD has. */
export const TX_POINTER: u32 = TX_BD_WORD + 4;
export const TX_COUNT: u32 = TX_POINTER + 4;
/** u32: back-off generator. */
export const TX_RANDOM: u32 = TX_COUNT + 4;

// MII management (fec-mii.ts)
/** u32: 1 = MII_DATA was written while MII_SPEED stopped MDC; the frame goes out when the clock starts. */
export const MII_HELD: u32 = TX_RANDOM + 4;

// DMA (fec-dma.ts)
/** u64: cycle at which the DMA will have done all it was asked for. */
export const DMA_DONE: u32 = MII_HELD + 4;
export const FEC_USED: u32 = DMA_DONE + 8 - FEC;
