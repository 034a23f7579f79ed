/** Serial EEPROM on the SPI, 25xx (25LC040, 25LC640, 25LC256 data sheets: Instruction Set, Status Register, Write Sequence). */
import { EEPROM_SPI } from '../layout';
import { cyclesFor } from './clocks';
import { now } from './io';
import { CFG_SPI_EEPROM_BYTES, CFG_SPI_EEPROM_PAGE, EEPROM_SPI_STATE } from './state';

/** u32: 1 = chip select is low. */
const SELECTED: u32 = EEPROM_SPI_STATE;
/** u32: bytes since chip select fell. */
const COUNT: u32 = SELECTED + 4;
/** u32: instruction byte. */
const INSTRUCTION: u32 = COUNT + 4;
/** u32: address of the next byte. */
const ADDRESS: u32 = INSTRUCTION + 4;
/** u32: WPEN, BP1, BP0, WEL of the status register. */
const STATUS: u32 = ADDRESS + 4;
/** u32: 1 = this selection wrote something, whose write cycle begins when it ends. */
const WROTE: u32 = STATUS + 4;
/** u64: cycle at which the write cycle ends. */
const DONE: u32 = WROTE + 4;

const WRSR: u32 = 0x01;
const WRITE: u32 = 0x02;
const READ: u32 = 0x03;
const WRDI: u32 = 0x04;
const RDSR: u32 = 0x05;
const WREN: u32 = 0x06;
/** READ and WRITE of a part with one address byte carry the ninth address bit here. */
const A8: u32 = 0x08;
const STATUS_WIP: u32 = 0x01;
const STATUS_WEL: u32 = 0x02;
const STATUS_BP: u32 = 0x0c;
const STATUS_BP_SHIFT: u32 = 2;
const STATUS_BITS: u32 = 0x8c;
const WRITE_CYCLE_US: u64 = 5000;
/** Parts of up to this size have one address byte. */
const ONE_BYTE: u32 = 512;

function bytes(): u32 {
  return load<u32>(CFG_SPI_EEPROM_BYTES);
}
function busy(): bool {
  return now() < load<u64>(DONE);
}
function addressBytes(): u32 {
  return bytes() <= ONE_BYTE ? 1 : 2;
}

/** Chip select; a rising edge starts the write cycle of what came in. */
export function eepromSelect(low: bool): void {
  if (!bytes() || (load<u32>(SELECTED) != 0) == low) return;
  store<u32>(SELECTED, low ? 1 : 0);
  if (low) {
    store<u32>(COUNT, 0);
    store<u32>(WROTE, 0);
    return;
  }
  const instruction = load<u32>(INSTRUCTION);
  if (load<u32>(COUNT) == 0 || busy()) return;
  if (load<u32>(WROTE)) {
    store<u64>(DONE, now() + cyclesFor(WRITE_CYCLE_US, 1000000));
    store<u32>(STATUS, load<u32>(STATUS) & ~STATUS_WEL);
  } else if (instruction == WREN) store<u32>(STATUS, load<u32>(STATUS) | STATUS_WEL);
  else if (instruction == WRDI) store<u32>(STATUS, load<u32>(STATUS) & ~STATUS_WEL);
}

/** One byte in, one byte out. All ones when it is not selected. */
export function eepromExchange(v: u32): u32 {
  if (!load<u32>(SELECTED)) return 0xff;
  const n = load<u32>(COUNT);
  store<u32>(COUNT, n + 1);
  if (n == 0) {
    const short = addressBytes() == 1 && (v & ~A8 & 0xff) - WRITE <= READ - WRITE;
    store<u32>(INSTRUCTION, short ? v & ~A8 : v);
    store<u32>(ADDRESS, short && v & A8 ? 1 : 0);
    return 0xff;
  }
  const instruction = load<u32>(INSTRUCTION);
  if (instruction == RDSR) return load<u32>(STATUS) | (busy() ? STATUS_WIP : 0);
  // Nothing else is heard during a write cycle.
  if (busy()) return 0xff;
  if (instruction == WRSR) {
    if (n == 1 && load<u32>(STATUS) & STATUS_WEL) {
      store<u32>(STATUS, (v & STATUS_BITS) | STATUS_WEL);
      store<u32>(WROTE, 1);
    }
    return 0xff;
  }
  if (instruction != READ && instruction != WRITE) return 0xff;
  const address = load<u32>(ADDRESS);
  if (n <= addressBytes()) {
    store<u32>(ADDRESS, (address << 8) | v);
    return 0xff;
  }
  const at = address % bytes();
  if (instruction == READ) {
    store<u32>(ADDRESS, at + 1);
    return load<u8>(EEPROM_SPI + at);
  }
  if (load<u32>(STATUS) & STATUS_WEL && !locked(at)) {
    store<u8>(EEPROM_SPI + at, v);
    store<u32>(WROTE, 1);
  }
  // A page write wraps inside its page.
  const page = load<u32>(CFG_SPI_EEPROM_PAGE);
  store<u32>(ADDRESS, (at & ~(page - 1)) | ((at + 1) & (page - 1)));
  return 0xff;
}

/** BP1 and BP0 protect nothing, the upper quarter, the upper half, everything. */
function locked(at: u32): bool {
  const bp = (load<u32>(STATUS) & STATUS_BP) >> STATUS_BP_SHIFT;
  return bp != 0 && at >= (bp == 3 ? 0 : bytes() - (bytes() >> (3 - bp)));
}
