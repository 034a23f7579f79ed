/** Serial EEPROM on the I2C bus, 24Cxx (24LC02B, 24LC16B, 24LC256 data sheets: Device Addressing, Write and Read Operations). */
import { EEPROM_I2C } from '../layout';
import { cyclesFor } from './clocks';
import { now } from './io';
import { CFG_I2C_EEPROM_ADDRESS, CFG_I2C_EEPROM_BYTES, CFG_I2C_EEPROM_PAGE, EEPROM_I2C_STATE } from './state';

/** u32: address counter. */
const ADDRESS: u32 = EEPROM_I2C_STATE;
/** u32: bytes since the start condition that wrote to it. */
const COUNT: u32 = ADDRESS + 4;
/** u32: 1 = data came in, whose write cycle begins at the stop condition. */
const WROTE: u32 = COUNT + 4;
/** u64: cycle at which the write cycle ends. */
const DONE: u32 = WROTE + 4;

const WRITE_CYCLE_US: u64 = 5000;
const READ: u32 = 1;
/** Parts of up to this size have one address byte; the address bits above it are in the device address. */
const ONE_BYTE: u32 = 2048;
const BLOCK: u32 = 256;

function bytes(): u32 {
  return load<u32>(CFG_I2C_EEPROM_BYTES);
}
function addressBytes(): u32 {
  return bytes() <= ONE_BYTE ? 1 : 2;
}

/** Start condition and address byte; true = acknowledged. Not during a write cycle: software polls for its end so. */
export function i2cEepromStart(v: u32): bool {
  if (!bytes() || now() < load<u64>(DONE)) return false;
  const blocks = addressBytes() == 1 && bytes() > BLOCK ? bytes() / BLOCK : 1;
  const block = ((v >> 1) - load<u32>(CFG_I2C_EEPROM_ADDRESS)) & 0x7f;
  if (block >= blocks) return false;
  store<u32>(COUNT, 0);
  store<u32>(WROTE, 0);
  if (blocks > 1) store<u32>(ADDRESS, block * BLOCK + (load<u32>(ADDRESS) & (BLOCK - 1)));
  else if (!(v & READ)) store<u32>(ADDRESS, load<u32>(ADDRESS) & (BLOCK * BLOCK - 1));
  return true;
}

/** A byte from the master: first the address, then data. */
export function i2cEepromWrite(v: u32): void {
  const n = load<u32>(COUNT);
  const address = load<u32>(ADDRESS);
  store<u32>(COUNT, n + 1);
  if (n < addressBytes()) {
    if (addressBytes() == 1) store<u32>(ADDRESS, (address & ~(BLOCK - 1)) | v);
    else store<u32>(ADDRESS, ((address << 8) | v) & 0xffff);
    return;
  }
  const at = address % bytes();
  const page = load<u32>(CFG_I2C_EEPROM_PAGE);
  store<u8>(EEPROM_I2C + at, v);
  store<u32>(WROTE, 1);
  // A page write wraps inside its page.
  store<u32>(ADDRESS, (at & ~(page - 1)) | ((at + 1) & (page - 1)));
}

/** A byte for the master. */
export function i2cEepromRead(): u32 {
  const at = load<u32>(ADDRESS) % bytes();
  store<u32>(ADDRESS, at + 1);
  return load<u8>(EEPROM_I2C + at);
}

/** Stop condition. */
export function i2cEepromStop(): void {
  if (!bytes() || !load<u32>(WROTE)) return;
  store<u32>(WROTE, 0);
  store<u64>(DONE, now() + cyclesFor(WRITE_CYCLE_US, 1000000));
}
