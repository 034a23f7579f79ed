/**
 * I2C controller (MPC860 UM, I2C Controller; hardware/cpm.md section 14). No board here has a device on the bus:
 * a master's transfer ends after the address byte, not acknowledged.
 */
import { cancel, EV_I2C, schedule } from '../events';
import { brgclkDivider } from './clocks';
import { INIT_RX, INIT_RX_TX, INIT_TX } from './cp';
import { bdAt } from './dpram';
import { clearOnes, inByte, now, peek8, peek16, poke8, poke16, put } from './io';
import { RBASE, RBPTR, TBASE, TBPTR } from './scc';
import { siuUpdate } from './siu';

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

const PRAM: u32 = 0x3c80;
const BD_R: u32 = 0x8000;
const BD_W: u32 = 0x2000;
const BD_L: u32 = 0x0800;
const BD_NAK: u32 = 0x0004;
/** Start condition, eight address bits and the missing acknowledge. */
const ADDRESS_BITS: u64 = 10;

/** Core clocks per bit on SCL. */
function bitTime(): u64 {
  const mode = peek8(I2MOD);
  const predivider: u32 = 32 >> ((mode & I2MOD_PDIV) >> 1);
  return <u64>(brgclkDivider() * predivider * 2 * (peek8(I2BRG) + 3 + (mode & I2MOD_FLT ? 2 : 0)));
}

function startTransfer(): void {
  if (!(peek8(I2MOD) & I2MOD_EN) || !(peek8(I2COM) & I2COM_MS)) return;
  if (peek16(bdAt(peek16(PRAM + TBPTR))) & BD_R) schedule(EV_I2C, now() + ADDRESS_BITS * bitTime());
}

/** EV_I2C: nobody acknowledged the address. The BDs up to the transfer's last are given back. */
export function i2cEvent(): void {
  for (let i = 0; i < 1024; i++) {
    const bd = bdAt(peek16(PRAM + TBPTR));
    const status = peek16(bd);
    if (!(status & BD_R)) break;
    poke16(bd, (status & ~BD_R) | (i ? 0 : BD_NAK));
    poke16(PRAM + TBPTR, status & BD_W ? peek16(PRAM + TBASE) : peek16(PRAM + TBPTR) + 8);
    if (status & BD_L) break;
  }
  poke8(I2CER, peek8(I2CER) | I2CER_TXE);
  siuUpdate();
}

/** All registers are bytes at the top of their words. */
export function i2cWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case I2MOD:
      put(word, v, m, inByte(I2MOD, I2MOD_BITS));
      if (!(peek8(I2MOD) & I2MOD_EN)) cancel(EV_I2C);
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
  if (opcode == INIT_RX || opcode == INIT_RX_TX) poke16(PRAM + RBPTR, peek16(PRAM + RBASE));
  if (opcode == INIT_TX || opcode == INIT_RX_TX) poke16(PRAM + TBPTR, peek16(PRAM + TBASE));
}

export function i2cReset(): void {
  poke8(I2MOD, 0);
  poke8(I2BRG, 0xff);
  poke8(I2COM, 0);
  poke8(I2CER, 0);
  poke8(I2CMR, 0);
  cancel(EV_I2C);
}
