/** SCC Ethernet: channel state, parameter RAM, mode and status bits (MPC860 UM, SCC Ethernet Mode; hardware/scc-ethernet.md). */

// Channel state, offsets from ether(n) of ether.ts
/** u32: RX_* state of ether-rx.ts. */
export const RX_STATE: u32 = 0;
/** u32: bytes of the frame on its way in, with FCS. */
export const RX_LEN: u32 = 4;
/** u32: bytes of it that have been handled. */
export const RX_POS: u32 = 8;
/** u32: BD status bits collected for the frame: M, CL, and RX_FIRST. */
export const RX_FLAGS: u32 = 12;
/** u32: linear address of the frame's bytes. */
export const RX_FROM: u32 = 16;
/** u32: most bytes to be stored, MAXD1 or MAXD2. */
export const RX_LIMIT: u32 = 20;
/** u64: cycle of the first preamble bit. */
export const RX_START: u32 = 24;
/** u64: cycles at which the carrier of the frame coming in comes and goes. */
export const CARRIER_ON: u32 = 32;
export const CARRIER_END: u32 = 40;
/** u64: cycle at which the host's carrier last went. */
export const CARRIER_OFF: u32 = 48;
/** u32: 1 = the host says that somebody else drives the wire. */
export const CARRIER_HOST: u32 = 56;
/** u32: dribble bits that follow the frame's last byte. */
export const RX_DRIBBLE: u32 = 60;
/** u32: TX_* state of ether-tx.ts. */
export const TX_STATE: u32 = 64;
/** u32: TXF_* flags of ether-tx.ts. */
export const TX_FLAGS: u32 = 68;
/** u64: cycle from which the polls are counted. */
export const TX_ORIGIN: u32 = 72;
/** u64: cycle of the first preamble bit. */
export const TX_START: u32 = 80;
/** u64: cycle at which our own last transmission ended. */
export const TX_OWN_END: u32 = 88;
/** u64: end of the carrier whose gap is being waited for. */
export const TX_GAP_FROM: u32 = 96;
/** u32: bytes of the frame put together so far. */
export const TX_LEN: u32 = 104;
/** u32: the same in the attempt that collided; its BDs are read again whatever their R says. */
export const TX_REACHED: u32 = 108;
/** u32: collisions of this frame so far. */
export const TX_RETRIES: u32 = 112;
/** u32: back-off generator. */
export const TX_RANDOM: u32 = 116;
/** u32: status bits collected for the last BD. */
export const TX_STATUS: u32 = 120;
/** u32: pointer of the BD read last. */
export const TX_LAST_BD: u32 = 124;

// Parameter RAM, offsets from the channel's page
export const CRCEC: u32 = 0x38;
export const ALEC: u32 = 0x3c;
export const DISFC: u32 = 0x40;
export const PADS: u32 = 0x44;
export const RET_LIM: u32 = 0x46;
export const RET_CNT: u32 = 0x48;
export const MFLR: u32 = 0x4a;
export const MINFLR: u32 = 0x4c;
export const MAXD1: u32 = 0x4e;
export const MAXD2: u32 = 0x50;
export const GADDR1: u32 = 0x58;
export const PADDR1_H: u32 = 0x72;
export const PADDR1_M: u32 = 0x74;
export const PADDR1_L: u32 = 0x76;
export const P_PER: u32 = 0x78;
export const RFBD_PTR: u32 = 0x7a;
export const TFBD_PTR: u32 = 0x7c;
export const TLBD_PTR: u32 = 0x7e;
export const IADDR1: u32 = 0x94;
export const TADDR_H: u32 = 0x9e;
export const TADDR_M: u32 = 0xa0;
export const TADDR_L: u32 = 0xa2;

// PSMR in Ethernet mode
export const PSMR_HBC: u32 = 0x8000;
export const PSMR_FC: u32 = 0x4000;
export const PSMR_RSH: u32 = 0x2000;
export const PSMR_IAM: u32 = 0x1000;
export const PSMR_PRO: u32 = 0x0200;
export const PSMR_BRO: u32 = 0x0100;
/** Stop the back-off timer while a carrier is sensed. */
export const PSMR_SBT: u32 = 0x0080;
export const PSMR_LPB: u32 = 0x0040;
export const PSMR_LCW: u32 = 0x0010;
export const PSMR_FDE: u32 = 0x0001;

// SCCE in Ethernet mode
export const SCCE_GRA: u32 = 0x0080;
export const SCCE_TXE: u32 = 0x0010;
export const SCCE_RXF: u32 = 0x0008;
export const SCCE_BSY: u32 = 0x0004;
export const SCCE_TXB: u32 = 0x0002;
export const SCCE_RXB: u32 = 0x0001;

// BD status that both directions share
export const BD_READY: u32 = 0x8000;
export const BD_W: u32 = 0x2000;
export const BD_I: u32 = 0x1000;
export const BD_L: u32 = 0x0800;

/** Preamble and SFD, in bits. */
export const PREAMBLE_BITS: u64 = 64;
/** Bytes that move between FIFO and memory at a time. */
export const FIFO: u32 = 32;
