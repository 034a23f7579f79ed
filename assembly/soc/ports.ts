/** Parallel ports A–D and the PCMCIA interface's pins (MPC860 UM, Parallel I/O Ports; hardware/cpm.md section 10). */
import { cpicLatch } from './cpic';
import { flashSelect } from './dataflash';
import { eepromSelect } from './eeprom-spi';
import { idmaRequest } from './idma';
import { peek16, peek32, poke32, put } from './io';
import { CFG_FLASH_SELECT, CFG_SPI_EEPROM_SELECT, PINS_A, PINS_B, PINS_C, PINS_D } from './state';

export const PADIR: u32 = 0x950;
export const PADAT: u32 = 0x956;
export const PCDIR: u32 = 0x960;
export const PCPAR: u32 = 0x962;
export const PCSO: u32 = 0x964;
export const PCDAT: u32 = 0x966;
export const PCINT: u32 = 0x968;
export const PDDIR: u32 = 0x970;
export const PDDAT: u32 = 0x976;
const PD_END: u32 = 0x97c;
const PIPC: u32 = 0xab2;
const PTPR: u32 = 0xab6;
export const PBDIR: u32 = 0xab8;
export const PBPAR: u32 = 0xabc;
const PBODR: u32 = 0xac2;
export const PBDAT: u32 = 0xac4;
const PORT_A_BITS: u32 = 0xffff;
const PORT_B_BITS: u32 = 0x0003ffff;
const PORT_C_BITS: u32 = 0x0fff;
const PORT_D_BITS: u32 = 0x1fff;

/** Outputs read their latch, inputs the pin. */
function level(latch: u32, dir: u32, low: u32): u32 {
  return (latch & dir) | ~(low | dir);
}

export function portsRead(word: u32): u32 {
  const v = peek32(word);
  switch (word) {
    case PADAT & ~3:
      return (v & 0xffff0000) | (level(v & 0xffff, peek16(PADIR), load<u32>(PINS_A)) & PORT_A_BITS);
    case PCDAT & ~3:
      return (v & 0xffff0000) | (level(v & 0xffff, peek16(PCDIR), load<u32>(PINS_C)) & PORT_C_BITS);
    case PDDAT & ~3:
      return (v & 0xffff0000) | (level(v & 0xffff, peek16(PDDIR), load<u32>(PINS_D)) & PORT_D_BITS);
    case PBDAT:
      return level(v, peek32(PBDIR), load<u32>(PINS_B)) & PORT_B_BITS;
  }
  return v;
}

export function portsWrite(word: u32, v: u32, m: u32): void {
  let bits: u32 = 0xffffffff;
  switch (word) {
    case 0x960:
    case 0x964:
      bits = (PORT_C_BITS << 16) | PORT_C_BITS;
      break;
    case 0x968:
      bits = PORT_C_BITS << 16;
      break;
    case 0x970:
      bits = (PORT_D_BITS << 16) | PORT_D_BITS;
      break;
    case 0x974:
      bits = PORT_D_BITS;
      break;
    case 0x96c:
    case 0x978:
      return;
    case PIPC & ~3:
    case PTPR & ~3:
    case PBODR & ~3:
      bits = 0x0000ffff;
      break;
    case PBDIR:
    case PBPAR:
    case PBDAT:
      bits = PORT_B_BITS;
      break;
  }
  if (word >= PD_END && word < (PIPC & ~3)) return;
  put(word, v, m, bits);
  if (word >= PBDIR) updateSelect();
  else if (word == PCDIR || word == (PCSO & ~3)) idmaRequest();
}

/** A slave on the SPI is selected while its pin is a general-purpose output that is low. */
function updateSelect(): void {
  const flash = load<u32>(CFG_FLASH_SELECT);
  if (flash) flashSelect(drivenLow(flash));
  const eeprom = load<u32>(CFG_SPI_EEPROM_SELECT);
  if (eeprom) eepromSelect(drivenLow(eeprom));
}
function drivenLow(pin: u32): bool {
  return (peek32(PBDIR) & pin) != 0 && !(peek32(PBPAR) & pin) && !(peek32(PBDAT) & pin);
}

/** CPM vector of port C pin mask bit n (from the least significant: 0 = PC15 … 11 = PC4). */
function portCVector(n: u32): u32 {
  switch (n) {
    case 0:
      return 31;
    case 1:
      return 26;
    case 2:
      return 24;
    case 3:
      return 23;
    case 4:
      return 15;
    case 5:
      return 14;
    case 6:
      return 11;
    case 7:
      return 10;
    case 8:
      return 9;
    case 9:
      return 6;
    case 10:
      return 2;
    default:
      return 1;
  }
}

/** The board pulls the pins `low` of port C low; edges request interrupts as PCINT says (0 = any, 1 = falling). */
export function portCPins(low: u32): void {
  const before = load<u32>(PINS_C);
  store<u32>(PINS_C, low & PORT_C_BITS);
  const inputs = ~(peek16(PCDIR) | peek16(PCPAR)) & PORT_C_BITS;
  const fell = ~before & low & inputs;
  const rose = before & ~low & inputs & ~peek16(PCINT);
  for (let n: u32 = 0; n < 12; n++) {
    if ((fell | rose) & (1 << n)) cpicLatch(portCVector(n));
  }
}

export function portsReset(): void {
  for (let word: u32 = PADIR; word < PD_END; word += 4) poke32(word, 0);
  for (let word: u32 = PIPC & ~3; word <= PBDAT; word += 4) poke32(word, 0);
  updateSelect();
}
