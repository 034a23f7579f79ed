/**
 * I2C controller as bus master (MPC860 UM, I2C Controller; hardware/cpm.md section 14). The one slave there can be is a
 * serial EEPROM; at any other address nobody acknowledges. The controller's own slave mode has no master to talk to.
 *
 * A transfer goes BD by BD: the address byte behind a start condition is one event, the rest of the BD another.
 */
import { cancel, EV_I2C, schedule } from '../events';
import { brgclkDivider } from './clocks';
import { INIT_RX, INIT_RX_TX, INIT_TX } from './cp';
import { bdAt } from './dpram';
import { i2cEepromRead, i2cEepromStart, i2cEepromStop, i2cEepromWrite } from './eeprom-i2c';
import { clearOnes, inByte, now, peek8, peek16, peek32, poke8, poke16, put } from './io';
import { MRBLR, RBASE, RBPTR, TBASE, TBPTR } from './scc';
import { sdmaCheck, sdmaRead8, sdmaWrite8 } from './sdma';
import { siuUpdate } from './siu';
import { I2C } from './state';

const I2MOD: u32 = 0x860;
const I2ADD: u32 = 0x864;
const I2BRG: u32 = 0x868;
const I2COM: u32 = 0x86c;
export const I2CER: u32 = 0x870;
export const I2CMR: u32 = 0x874;

const I2MOD_BITS: u32 = 0x3f;
const I2MOD_FLT: u32 = 0x08;
const I2MOD_PDIV: u32 = 0x06;
const I2MOD_EN: u32 = 0x01;
const I2COM_STR: u32 = 0x80;
const I2COM_MS: u32 = 0x01;
const I2CER_BITS: u32 = 0x17;
const I2CER_TXE: u32 = 0x10;
const I2CER_BSY: u32 = 0x04;
const I2CER_TXB: u32 = 0x02;
const I2CER_RXB: u32 = 0x01;

const PRAM_RESET: u32 = 0x3c80;
/** Offset of the word that moves the parameters elsewhere in dual-port RAM, 0 = here; SCC1's Ethernet needs the room. */
const RPBASE: u32 = 0x2c;
const DPRAM: u32 = 0x2000;
const RPBASE_BITS: u32 = 0x1fc0;

const BD_E: u32 = 0x8000;
const BD_R: u32 = 0x8000;
const BD_W: u32 = 0x2000;
const BD_I: u32 = 0x1000;
const BD_L: u32 = 0x0800;
/** Tx BD: a start condition comes first. */
const BD_S: u32 = 0x0400;
const BD_NAK: u32 = 0x0004;
const BD_UN: u32 = 0x0002;
/** Start condition, eight bits and the acknowledge. */
const ADDRESS_BITS: u64 = 10;
const BYTE_BITS: u64 = 9;
const READ: u32 = 1;

// State
/** u32: PHASE_*. */
const PHASE: u32 = I2C;
/** u32: address byte of the transfer. */
const ADDRESS: u32 = PHASE + 4;
/** u32: bytes of the BD behind its address byte. */
const LEFT: u32 = ADDRESS + 4;
/** u32: bytes in the receive BD that is being filled. */
const FILLED: u32 = LEFT + 4;

const PHASE_IDLE: u32 = 0;
const PHASE_ADDRESS: u32 = 1;
const PHASE_DATA: u32 = 2;

function pram(): u32 {
  const moved = peek16(PRAM_RESET + RPBASE);
  return moved ? DPRAM + (moved & RPBASE_BITS) : PRAM_RESET;
}
function txBd(): u32 {
  return bdAt(peek16(pram() + TBPTR));
}
function event(bits: u32): void {
  poke8(I2CER, peek8(I2CER) | bits);
  siuUpdate();
}

/** Core clocks per bit on SCL. */
function bitTime(): u64 {
  const mode = peek8(I2MOD);
  const predivider: u32 = 32 >> ((mode & I2MOD_PDIV) >> 1);
  return <u64>(brgclkDivider() * predivider * 2 * (peek8(I2BRG) + 3 + (mode & I2MOD_FLT ? 2 : 0)));
}

function startTransfer(): void {
  if (!(peek8(I2MOD) & I2MOD_EN) || !(peek8(I2COM) & I2COM_MS) || load<u32>(PHASE) != PHASE_IDLE) return;
  if (!(peek16(txBd()) & BD_R)) return;
  store<u32>(FILLED, 0);
  // The first BD begins with a start condition whatever it says.
  address();
}

/** The BD at TBPTR begins with the address of a slave. */
function address(): void {
  const bd = txBd();
  const from = peek32(bd + 4);
  if (!sdmaCheck(from)) {
    finish();
    return;
  }
  const length = peek16(bd + 2);
  store<u32>(ADDRESS, sdmaRead8(from));
  store<u32>(LEFT, length ? length - 1 : 0);
  store<u32>(PHASE, PHASE_ADDRESS);
  schedule(EV_I2C, now() + ADDRESS_BITS * bitTime());
}

/** EV_I2C. */
export function i2cEvent(): void {
  if (load<u32>(PHASE) == PHASE_ADDRESS) addressed();
  else if (load<u32>(PHASE) == PHASE_DATA) dataDone();
}

function addressed(): void {
  if (!i2cEepromStart(load<u32>(ADDRESS))) {
    refused();
    return;
  }
  data();
}

function data(): void {
  store<u32>(PHASE, PHASE_DATA);
  schedule(EV_I2C, now() + max<u64>(<u64>load<u32>(LEFT) * BYTE_BITS * bitTime(), 1));
}

/** Nobody acknowledged the address. The BDs up to the transfer's last are given back. */
function refused(): void {
  for (let i = 0; i < 1024; i++) {
    const status = peek16(txBd());
    if (!(status & BD_R)) break;
    closeTx(i ? 0 : BD_NAK);
    if (status & BD_L) break;
  }
  finish();
  event(I2CER_TXE);
}

/** The bytes behind the address byte have gone over the bus. */
function dataDone(): void {
  const bd = txBd();
  const n = load<u32>(LEFT);
  const status = peek16(bd);
  if (load<u32>(ADDRESS) & READ) {
    for (let i: u32 = 0; i < n; i++) if (!received(i2cEepromRead())) break;
    if (load<u32>(FILLED)) closeRx();
  } else {
    const end = peek32(bd + 4) + peek16(bd + 2);
    for (let pa = end - n; pa != end; pa++) {
      if (!sdmaCheck(pa)) break;
      i2cEepromWrite(sdmaRead8(pa));
    }
  }
  closeTx(0);
  if (status & BD_I) event(I2CER_TXB);
  if (status & BD_L) {
    finish();
    return;
  }
  const next = txBd();
  if (!(peek16(next) & BD_R)) {
    poke16(bd, peek16(bd) | BD_UN);
    finish();
    event(I2CER_TXE);
  } else if (peek16(next) & BD_S) address();
  else {
    store<u32>(LEFT, peek16(next + 2));
    data();
  }
}

/** A byte for the receive BD; false = the transfer can put no more anywhere. */
function received(v: u32): bool {
  const bd = bdAt(peek16(pram() + RBPTR));
  const filled = load<u32>(FILLED);
  if (!(peek16(bd) & BD_E)) {
    event(I2CER_BSY);
    return false;
  }
  const to = peek32(bd + 4) + filled;
  if (!sdmaCheck(to)) return false;
  sdmaWrite8(to, v);
  store<u32>(FILLED, filled + 1);
  if (filled + 1 == max<u32>(peek16(pram() + MRBLR), 1)) closeRx();
  return true;
}

function closeRx(): void {
  const cell = pram() + RBPTR;
  const bd = bdAt(peek16(cell));
  const status = peek16(bd);
  poke16(bd + 2, load<u32>(FILLED));
  poke16(bd, (status & ~BD_E) | BD_L);
  poke16(cell, status & BD_W ? peek16(pram() + RBASE) : peek16(cell) + 8);
  store<u32>(FILLED, 0);
  if (status & BD_I) event(I2CER_RXB);
}

function closeTx(bits: u32): void {
  const cell = pram() + TBPTR;
  const bd = bdAt(peek16(cell));
  const status = peek16(bd);
  poke16(bd, (status & ~BD_R) | bits);
  poke16(cell, status & BD_W ? peek16(pram() + TBASE) : peek16(cell) + 8);
}

/** Stop condition. */
function finish(): void {
  i2cEepromStop();
  store<u32>(PHASE, PHASE_IDLE);
  cancel(EV_I2C);
}

/** All registers are bytes at the top of their words. */
export function i2cWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case I2MOD:
      put(word, v, m, inByte(I2MOD, I2MOD_BITS));
      if (!(peek8(I2MOD) & I2MOD_EN)) finish();
      break;
    case I2ADD:
    case I2BRG:
      put(word, v, m, 0xff000000);
      break;
    case I2COM:
      put(word, v, m, inByte(I2COM, I2COM_MS));
      if (v & m & inByte(I2COM, I2COM_STR)) startTransfer();
      break;
    case I2CER:
      clearOnes(word, v, m, inByte(I2CER, I2CER_BITS));
      break;
    case I2CMR:
      put(word, v, m, inByte(I2CMR, I2CER_BITS));
      break;
  }
  siuUpdate();
}

/** CPCR command for channel 1. */
export function i2cCommand(opcode: u32): void {
  if (opcode == INIT_RX || opcode == INIT_RX_TX) poke16(pram() + RBPTR, peek16(pram() + RBASE));
  if (opcode == INIT_TX || opcode == INIT_RX_TX) poke16(pram() + TBPTR, peek16(pram() + TBASE));
}

export function i2cReset(): void {
  poke8(I2MOD, 0);
  poke8(I2BRG, 0xff);
  poke8(I2COM, 0);
  poke8(I2CER, 0);
  poke8(I2CMR, 0);
  store<u32>(PHASE, PHASE_IDLE);
  cancel(EV_I2C);
}
