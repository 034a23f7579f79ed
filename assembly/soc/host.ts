/** What the host may call of the SoC. Cycle numbers cross as f64, exact below 2^53. */
import { EEPROM_MAX } from '../layout';
import { ether } from './ether';
import { CARRIER_HOST, CARRIER_OFF, CARRIER_ON, RX_DRIBBLE } from './ether-regs';
import { rxCollision, rxFromWire } from './ether-rx';
import { txCarrierOff, txCollision, txHold } from './ether-tx';
import * as fec from './fec-regs';
import { rxCollision as fecRxCollision, rxFromWire as fecRxFromWire } from './fec-rx';
import { txCarrierOff as fecTxCarrierOff, txCollision as fecTxCollision } from './fec-tx';
import { now } from './io';
import { phyPartner, phyPartnerFullDuplex } from './phy';
import { portCPins } from './ports';
import { irqPin } from './siu';
import { immrRead, immrWrite } from './soc';
import {
  CFG_CONSOLE,
  CFG_DPRAM_8K,
  CFG_FEC,
  CFG_FLASH_BASE,
  CFG_FLASH_BYTES,
  CFG_FLASH_SELECT,
  CFG_HRCW,
  CFG_I2C_EEPROM_ADDRESS,
  CFG_I2C_EEPROM_BYTES,
  CFG_I2C_EEPROM_PAGE,
  CFG_LINK_DOWN,
  CFG_MODCK,
  CFG_PHY_ADDRESS,
  CFG_PHY_ID,
  CFG_REV_NUM,
  CFG_SEED,
  CFG_SPI_EEPROM_BYTES,
  CFG_SPI_EEPROM_PAGE,
  CFG_SPI_EEPROM_SELECT,
  PINS_A,
  PINS_B,
  PINS_D,
  TX_END_CYCLE,
  TX_START_CYCLE,
} from './state';
import { uartBreak, uartLine } from './uart';

/**
 * How the board straps and builds the part; to be called before powerOn.
 * `hrcw`: hard reset configuration word (D0 = 80000000); `modck`: MODCK[1:2]; `revNum`: microcode revision, the word at 3CB0;
 * `dpram8k`: 1 on parts with 8 KB of dual-port RAM; `consolePort`: UART of the console mailboxes, 0, 1 = SMC1, 2,
 * 2–5 = SCC1–4; `seed`: of the Ethernet back-off generator.
 */
export function socConfigure(hrcw: u32, modck: u32, revNum: u32, dpram8k: u32, consolePort: u32, seed: u32): void {
  store<u32>(CFG_HRCW, hrcw);
  store<u32>(CFG_MODCK, modck);
  store<u32>(CFG_REV_NUM, revNum);
  store<u32>(CFG_DPRAM_8K, dpram8k);
  store<u32>(CFG_CONSOLE, consolePort);
  store<u32>(CFG_SEED, seed);
}

/** The serial data flash's memory: `bytes` at linear address `base`; 0 bytes = none fitted. */
export function dataFlashAttach(base: u32, bytes: u32): void {
  store<u32>(CFG_FLASH_BASE, base);
  store<u32>(CFG_FLASH_BYTES, bytes);
}
/** Port B output that selects the data flash when it is low, as PBDAT's mask; 0 = none. */
export function setDataFlashSelect(mask: u32): void {
  store<u32>(CFG_FLASH_SELECT, mask);
}

/**
 * A serial EEPROM on the SPI, its content at EEPROM_SPI: `bytes` (0 = none fitted), those of a page, and the port B output
 * that selects it when low, as PBDAT's mask.
 */
export function spiEeprom(bytes: u32, page: u32, select: u32): void {
  store<u32>(CFG_SPI_EEPROM_BYTES, min<u32>(bytes, EEPROM_MAX));
  store<u32>(CFG_SPI_EEPROM_PAGE, max<u32>(page, 1));
  store<u32>(CFG_SPI_EEPROM_SELECT, bytes ? select : 0);
}
/** One on the I2C bus, its content at EEPROM_I2C, at the 7-bit device address `address`. */
export function i2cEeprom(bytes: u32, page: u32, address: u32): void {
  store<u32>(CFG_I2C_EEPROM_BYTES, min<u32>(bytes, EEPROM_MAX));
  store<u32>(CFG_I2C_EEPROM_PAGE, max<u32>(page, 1));
  store<u32>(CFG_I2C_EEPROM_ADDRESS, address);
}

/** Register or dual-port RAM access just as the CPU would do it, side effects included; no time passes. */
export function hostImmrRead(offset: u32, size: u32): u32 {
  return immrRead(offset & 0x3fff, size);
}
export function hostImmrWrite(offset: u32, size: u32, value: u32): void {
  immrWrite(offset & 0x3fff, size, value);
}

/** The frame in ETH_RX put its first preamble bit on the wire at cycle `startCycle` (now, or shortly ago). */
export function ethRxStart(startCycle: f64): void {
  rxFromWire(startCycle > 0 ? <u64>startCycle : 0);
}
/** That many bits follow the last whole byte of the frames to come (0 = none): an alignment error. */
export function ethRxDribble(bits: u32): void {
  store<u32>(ether(0), bits & 7, RX_DRIBBLE);
}
/** Whatever is on SCC1's wire now collides. */
export function ethCollision(): void {
  rxCollision(0);
  txCollision(0);
}
/** Somebody else's carrier, besides that of frames announced by ethRxStart: 1 = up, 0 = down. */
export function ethCarrier(busy: u32): void {
  const s = ether(0);
  if (busy) {
    if (!load<u32>(s, CARRIER_HOST)) store<u64>(s, now(), CARRIER_ON);
    store<u32>(s, 1, CARRIER_HOST);
  } else if (load<u32>(s, CARRIER_HOST)) {
    store<u32>(s, 0, CARRIER_HOST);
    store<u64>(s, now(), CARRIER_OFF);
    txHold(0, now() - load<u64>(s, CARRIER_ON));
    txCarrierOff(0);
  }
}
/** Cable of SCC1: 0 = unplugged, the transmitter then reports CSL. */
export function ethLink(up: u32): void {
  store<u32>(CFG_LINK_DOWN, up ? 0 : 1);
}
/** Cycle at which SCC1's last frame put its first preamble bit on the wire. */
export function txStartCycle(): f64 {
  return <f64>load<u64>(TX_START_CYCLE);
}
/** Cycle at which its last bit left. */
export function txEndCycle(): f64 {
  return <f64>load<u64>(TX_END_CYCLE);
}

/**
 * The part has a Fast Ethernet Controller (1) or not (0), and the board a PHY at `phyAddress` (0–31, others: none) whose
 * identifier registers 2 and 3 read `phyId`; to be called before powerOn.
 */
export function fecConfigure(present: u32, phyAddress: u32, phyId: u32): void {
  store<u32>(CFG_FEC, present);
  store<u32>(CFG_PHY_ADDRESS, phyAddress);
  store<u32>(CFG_PHY_ID, phyId);
}
/** The other end of the PHY's cable: 0 = unplugged, else its technologies as in register 5, + 10000 = it negotiates them. */
export function fecPartner(technologies: u32): void {
  if (load<u32>(CFG_FEC)) phyPartner(technologies);
}
/** 1 = the PHY and its partner negotiated full duplex: the partner sends while we do, and nothing collides. */
export function fecPartnerFullDuplex(): u32 {
  return phyPartnerFullDuplex() ? 1 : 0;
}
/** As ethRxStart, for the frame in FEC_RX. */
export function fecRxStart(startCycle: f64): void {
  if (load<u32>(CFG_FEC)) fecRxFromWire(startCycle > 0 ? <u64>startCycle : 0);
}
/** As ethRxDribble. */
export function fecRxDribble(bits: u32): void {
  store<u32>(fec.RX_DRIBBLE, bits & 7);
}
/** As ethCollision. */
export function fecCollision(): void {
  fecRxCollision();
  fecTxCollision();
}
/** As ethCarrier. */
export function fecCarrier(busy: u32): void {
  if (busy) {
    if (!load<u32>(fec.CARRIER_HOST)) store<u64>(fec.CARRIER_ON, now());
    store<u32>(fec.CARRIER_HOST, 1);
  } else if (load<u32>(fec.CARRIER_HOST)) {
    store<u32>(fec.CARRIER_HOST, 0);
    store<u64>(fec.CARRIER_OFF, now());
    fecTxCarrierOff();
  }
}
/** Cycle at which the FEC's last frame put its first preamble bit on the wire. */
export function fecTxStartCycle(): f64 {
  return <f64>load<u64>(fec.TX_START);
}
/** Cycle at which its last bit left. */
export function fecTxEndCycle(): f64 {
  return <f64>load<u64>(fec.TX_END);
}

/** To be called after bytes were added to CONSOLE_IN: the first of them starts to arrive now unless the line is busy. */
export function consoleInputArrived(): void {
  uartLine(load<u32>(CFG_CONSOLE));
}
/** A break of one character time on the console line. */
export function consoleBreak(): void {
  uartBreak(load<u32>(CFG_CONSOLE));
}

/** IRQ pin `n` = 0–7: 1 = driven low (asserted), 0 = high. */
export function irqInput(n: u32, low: u32): void {
  irqPin(n, low != 0);
}
/** Pins of port 0–3 = A–D that the board pulls low, as the port's mask; the others are pulled up. */
export function portInput(port: u32, low: u32): void {
  if (port == 0) store<u32>(PINS_A, low);
  else if (port == 1) store<u32>(PINS_B, low);
  else if (port == 2) portCPins(low);
  else if (port == 3) store<u32>(PINS_D, low);
}
