/** SPI controller as bus master (MPC860 UM, Serial Peripheral Interface; hardware/cpm.md section 13). */
import { cancel, EV_SPI, schedule } from '../events';
import { brgclkDivider } from './clocks';
import { CLOSE_RX_BD, INIT_RX, INIT_RX_TX, INIT_TX } from './cp';
import { flashExchange } from './dataflash';
import { bdAt } from './dpram';
import { eepromExchange } from './eeprom-spi';
import { clearOnes, inByte, inHalf, now, peek8, peek16, peek32, poke8, poke16, poke32, put, wrote16 } from './io';
import { MRBLR, RBASE, RBPTR, RCOUNT, RDPTR, TBASE, TBPTR, TCOUNT, TDPTR } from './scc';
import { sdmaCheck, sdmaRead8, sdmaWrite8 } from './sdma';
import { siuUpdate } from './siu';
import { SPI } from './state';

export const SPMODE: u32 = 0xaa0;
export const SPIE: u32 = 0xaa6;
export const SPIM: u32 = 0xaaa;
const SPCOM: u32 = 0xaad;

const SPMODE_LOOP: u32 = 0x4000;
const SPMODE_DIV16: u32 = 0x0800;
const SPMODE_REV: u32 = 0x0400;
const SPMODE_MS: u32 = 0x0200;
const SPMODE_EN: u32 = 0x0100;
const SPMODE_LEN: u32 = 0x00f0;
const SPMODE_LEN_SHIFT: u32 = 4;
const SPMODE_PM: u32 = 0x000f;
const SPIE_BSY: u32 = 0x04;
const SPIE_TXB: u32 = 0x02;
const SPIE_RXB: u32 = 0x01;
const SPIE_BITS: u32 = 0x37;
const SPCOM_STR: u32 = 0x80;

const PRAM: u32 = 0x3d80;
const BD_E: u32 = 0x8000;
const BD_R: u32 = 0x8000;
const BD_W: u32 = 0x2000;
const BD_I: u32 = 0x1000;
const BD_L: u32 = 0x0800;
const BD_CM: u32 = 0x0200;
const BD_RX_STATUS: u32 = 0x0803;

/** u32: 1 = a transfer is under way. */
const ACTIVE: u32 = SPI;
/** u32: characters on the line until the next event. */
const CHUNK: u32 = SPI + 4;
/** u32: 1 = the BD at RBPTR takes what comes in. */
const RX_OPEN: u32 = SPI + 8;
/** Most characters between two looks at memory. */
const CHUNK_MAX: u32 = 16;

function event(bits: u32): void {
  poke8(SPIE, peek8(SPIE) | bits);
  siuUpdate();
}

/** Bits per character: LEN + 1, at least 4. */
function charBits(): u32 {
  return max<u32>(((peek16(SPMODE) & SPMODE_LEN) >> SPMODE_LEN_SHIFT) + 1, 4);
}
/** Bytes per character in memory. */
function charBytes(): u32 {
  return charBits() > 8 ? 2 : 1;
}
/** Core clocks per character: BRGCLK / (DIV16) / (4 · (PM + 1)) per bit. */
function charTime(): u64 {
  const mode = peek16(SPMODE);
  const bit = brgclkDivider() * (mode & SPMODE_DIV16 ? 16 : 1) * 4 * ((mode & SPMODE_PM) + 1);
  return <u64>(bit * charBits());
}

/** STR: the master starts with the BD at TBPTR. */
function startTransfer(): void {
  const mode = peek16(SPMODE);
  if (!(mode & SPMODE_EN) || !(mode & SPMODE_MS) || load<u32>(ACTIVE)) return;
  if (!openTx()) return;
  store<u32>(ACTIVE, 1);
  planChunk();
}

/** Take the BD at TBPTR; false = not ready. */
function openTx(): bool {
  const bd = bdAt(peek16(PRAM + TBPTR));
  if (!(peek16(bd) & BD_R)) return false;
  poke32(PRAM + TDPTR, peek32(bd + 4));
  poke16(PRAM + TCOUNT, peek16(bd + 2));
  return true;
}

function openRx(): bool {
  if (load<u32>(RX_OPEN)) return true;
  const bd = bdAt(peek16(PRAM + RBPTR));
  if (!(peek16(bd) & BD_E)) return false;
  poke32(PRAM + RDPTR, peek32(bd + 4));
  poke16(PRAM + RCOUNT, peek16(PRAM + MRBLR));
  store<u32>(RX_OPEN, 1);
  return true;
}

/** As many characters as both buffers have room for, at most CHUNK_MAX. */
function planChunk(): void {
  const size = charBytes();
  const left = (peek16(PRAM + TCOUNT) + size - 1) / size;
  const n = max<u32>(min<u32>(left, CHUNK_MAX), left ? 1 : 0);
  store<u32>(CHUNK, n);
  schedule(EV_SPI, now() + max<u64>(<u64>n * charTime(), 1));
}

/** EV_SPI: the characters of the chunk have been exchanged. */
export function spiEvent(): void {
  if (!load<u32>(ACTIVE)) return;
  const n = load<u32>(CHUNK);
  for (let i: u32 = 0; i < n; i++) {
    if (!exchange()) {
      store<u32>(ACTIVE, 0);
      return;
    }
  }
  if (peek16(PRAM + TCOUNT) == 0 && !closeTx()) return;
  planChunk();
}

/** One character out, one in; false = SDMA bus error. */
function exchange(): bool {
  const size = charBytes();
  const from = peek32(PRAM + TDPTR);
  if (!sdmaCheck(from)) return false;
  let out = sdmaRead8(from);
  if (size == 2) out = (out << 8) | sdmaRead8(from + 1);
  poke32(PRAM + TDPTR, from + size);
  const left = peek16(PRAM + TCOUNT);
  poke16(PRAM + TCOUNT, left > size ? left - size : 0);
  return received(line(out), size);
}

/** What the slave answers to character `out`; without REV the least significant bit goes first. */
function line(out: u32): u32 {
  const mode = peek16(SPMODE);
  if (mode & SPMODE_LOOP) return out;
  const bits = charBits();
  if (!(mode & SPMODE_REV)) out = reversed(out, bits);
  let answer: u32;
  if (bits > 8) answer = (slaves((out >> 8) & 0xff) << 8) | slaves(out & 0xff);
  else answer = slaves(out & 0xff);
  return mode & SPMODE_REV ? answer : reversed(answer, bits);
}

/** All slaves share the line; who is not selected leaves it high. */
function slaves(v: u32): u32 {
  return flashExchange(v) & eepromExchange(v);
}

function reversed(v: u32, bits: u32): u32 {
  let r: u32 = 0;
  for (let i: u32 = 0; i < bits; i++) r = (r << 1) | ((v >> i) & 1);
  return r;
}

/** A character for the receive BD; without one it is lost. */
function received(ch: u32, size: u32): bool {
  if (!openRx()) {
    if (!(peek8(SPIE) & SPIE_BSY)) event(SPIE_BSY);
    return true;
  }
  const to = peek32(PRAM + RDPTR);
  if (!sdmaCheck(to)) return false;
  if (size == 2) {
    sdmaWrite8(to, ch >> 8);
    sdmaWrite8(to + 1, ch);
  } else sdmaWrite8(to, ch);
  poke32(PRAM + RDPTR, to + size);
  const room = peek16(PRAM + RCOUNT);
  poke16(PRAM + RCOUNT, room > size ? room - size : 0);
  if (room <= size) closeRx(0);
  return true;
}

/** The BD at TBPTR is out; false = the transfer ends here. */
function closeTx(): bool {
  const bd = bdAt(peek16(PRAM + TBPTR));
  const status = peek16(bd);
  if (!(status & BD_CM)) poke16(bd, status & ~BD_R);
  poke16(PRAM + TBPTR, status & BD_W ? peek16(PRAM + TBASE) : peek16(PRAM + TBPTR) + 8);
  const last = (status & BD_L) != 0 || !openTx();
  if (last) {
    store<u32>(ACTIVE, 0);
    // The receive buffer closes with the last character sent.
    if (load<u32>(RX_OPEN)) closeRx(BD_L);
  }
  if (status & BD_I) event(SPIE_TXB);
  return !last;
}

function closeRx(status: u32): void {
  const bd = bdAt(peek16(PRAM + RBPTR));
  const old = peek16(bd);
  poke16(bd + 2, (peek16(PRAM + MRBLR) - peek16(PRAM + RCOUNT)) & 0xffff);
  poke16(bd, (old & ~BD_RX_STATUS & (old & BD_CM ? 0xffff : ~BD_E)) | status);
  poke16(PRAM + RBPTR, old & BD_W ? peek16(PRAM + RBASE) : peek16(PRAM + RBPTR) + 8);
  store<u32>(RX_OPEN, 0);
  if (old & BD_I) event(SPIE_RXB);
}

function stop(): void {
  store<u32>(ACTIVE, 0);
  cancel(EV_SPI);
}

export function spiWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case SPMODE & ~3:
      if (!wrote16(SPMODE, m)) break;
      put(word, v, m, inHalf(SPMODE, 0x7fff));
      if (!(peek16(SPMODE) & SPMODE_EN)) {
        stop();
        store<u32>(RX_OPEN, 0);
      }
      break;
    case SPIE & ~3:
      clearOnes(word, v, m, inByte(SPIE, SPIE_BITS));
      break;
    case SPIM & ~3:
      put(word, v, m, inByte(SPIM, SPIE_BITS));
      break;
    case SPCOM & ~3:
      if (v & m & inByte(SPCOM, SPCOM_STR)) startTransfer();
      break;
  }
  siuUpdate();
}

export function spiCommand(opcode: u32): void {
  if (opcode == INIT_TX || opcode == INIT_RX_TX) {
    stop();
    poke16(PRAM + TBPTR, peek16(PRAM + TBASE));
  }
  if (opcode == INIT_RX || opcode == INIT_RX_TX) {
    store<u32>(RX_OPEN, 0);
    poke16(PRAM + RBPTR, peek16(PRAM + RBASE));
  }
  if (opcode == CLOSE_RX_BD && load<u32>(RX_OPEN)) closeRx(0);
}

export function spiReset(): void {
  poke16(SPMODE, 0);
  poke8(SPIE, 0);
  poke8(SPIM, 0);
  stop();
  store<u32>(RX_OPEN, 0);
}
