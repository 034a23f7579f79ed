/**
 * IDMA channels, memory to memory and buffer by buffer (MPC860 UM, IDMA; hardware/cpm.md section 7). 64 bytes are copied in
 * one go; the next ones follow when the bus is done with them.
 */
import { EV_IDMA, schedule } from '../events';
import { BUS_FREE_AT } from '../layout';
import { bdAt } from './dpram';
import { clearOnes, inByte, now, peek8, peek16, peek32, poke8, poke16, poke32, put } from './io';
import { PCDIR, PCPAR, PCSO } from './ports';
import { sdmaCheck, sdmaFetch, sdmaRead8, sdmaStore, sdmaWrite8 } from './sdma';
import { siuUpdate } from './siu';
import { IDMA } from './state';

export const IDSR1: u32 = 0x910;
export const IDMR1: u32 = 0x914;
export const IDSR2: u32 = 0x918;
export const IDMR2: u32 = 0x91c;

const IDSR_BITS: u32 = 0x07;
/** A BD with I is done. */
const IDSR_AD: u32 = 0x04;
/** The BD with L is done. */
const IDSR_DONE: u32 = 0x02;
/** The next BD is not valid. */
const IDSR_OB: u32 = 0x01;

// Parameter RAM
const IBASE: u32 = 0x00;
const DCMR: u32 = 0x02;
const IBPTR: u32 = 0x0c;
const DCMR_SD: u32 = 0x0006;
const DCMR_SD_FROM_DEVICE: u32 = 0x0002;
const DCMR_SD_TO_DEVICE: u32 = 0x0004;

// BD, 16 bytes
const BD_V: u32 = 0x8000;
const BD_W: u32 = 0x2000;
const BD_I: u32 = 0x1000;
const BD_L: u32 = 0x0800;
const BD_CM: u32 = 0x0200;
const BD_BYTES: u32 = 16;

/** Bytes copied per event: long buffers take several. */
const BURST: u32 = 64;
/** Clocks of the CP per word, besides those of the bus: an estimate. */
const WORD_CLOCKS: u32 = 4;

/** u32 × 2: 1 = the channel is running. */
const RUNNING: u32 = IDMA;
/** u32 × 2: bytes of the current BD that have been copied. */
const DONE_BYTES: u32 = IDMA + 8;
/** BURST bytes on their way. */
const SCRATCH: u32 = IDMA + 16;

function pram(ch: u32): u32 {
  return ch ? 0x3dc0 : 0x3cc0;
}
function idsr(ch: u32): u32 {
  return ch ? IDSR2 : IDSR1;
}
function event(ch: u32, bits: u32): void {
  poke8(idsr(ch), peek8(idsr(ch)) | bits);
  siuUpdate();
}

/** DREQ of a channel (PC15, PC14): the pin must be given to it, and be an output, which requests all the time. */
function requested(ch: u32): bool {
  const pin: u32 = 1 << ch;
  return (peek16(PCSO) & pin) != 0 && !(peek16(PCPAR) & pin) && (peek16(PCDIR) & pin) != 0;
}

/** INIT IDMA: start over with the first BD. */
export function idmaInit(ch: u32): void {
  poke16(pram(ch) + IBPTR, peek16(pram(ch) + IBASE));
  store<u32>(DONE_BYTES + ch * 4, 0);
  store<u32>(RUNNING + ch * 4, 1);
  idmaRequest();
}

/** STOP IDMA. */
export function idmaStop(ch: u32): void {
  store<u32>(RUNNING + ch * 4, 0);
}

/** A request line may have changed. */
export function idmaRequest(): void {
  for (let ch: u32 = 0; ch < 2; ch++) {
    if (load<u32>(RUNNING + ch * 4) && requested(ch))
      schedule(EV_IDMA, max<u64>(now(), load<u64>(BUS_FREE_AT)) + (BURST * WORD_CLOCKS) / 4);
  }
}

/** EV_IDMA: a burst of each running channel has been copied. */
export function idmaEvent(): void {
  for (let ch: u32 = 0; ch < 2; ch++) {
    if (load<u32>(RUNNING + ch * 4) && requested(ch)) burst(ch);
  }
  idmaRequest();
}

function burst(ch: u32): void {
  const p = pram(ch);
  const bd = bdAt(peek16(p + IBPTR));
  const status = peek16(bd);
  if (!(status & BD_V)) {
    store<u32>(RUNNING + ch * 4, 0);
    event(ch, IDSR_OB);
    return;
  }
  const length = peek32(bd + 4);
  let done = load<u32>(DONE_BYTES + ch * 4);
  const end = min<u32>(length, done + BURST);
  const mode = peek16(p + DCMR) & DCMR_SD;
  const from = peek32(bd + 8);
  const to = peek32(bd + 12);
  if (!sdmaCheck(from) || !sdmaCheck(to)) {
    store<u32>(RUNNING + ch * 4, 0);
    return;
  }
  if (mode == DCMR_SD_FROM_DEVICE || mode == DCMR_SD_TO_DEVICE) {
    // A peripheral's address does not move.
    for (; done < end; done++) {
      const v = sdmaRead8(from + (mode == DCMR_SD_TO_DEVICE ? done : 0));
      sdmaWrite8(to + (mode == DCMR_SD_FROM_DEVICE ? done : 0), v);
    }
  } else if (end > done) {
    sdmaFetch(from + done, SCRATCH, end - done);
    sdmaStore(to + done, SCRATCH, end - done);
    done = end;
  }
  store<u32>(DONE_BYTES + ch * 4, done);
  if (done >= length) close(ch, bd, status);
}

function close(ch: u32, bd: u32, status: u32): void {
  const p = pram(ch);
  if (!(status & BD_CM)) poke16(bd, status & ~BD_V);
  poke16(p + IBPTR, status & BD_W ? peek16(p + IBASE) : peek16(p + IBPTR) + BD_BYTES);
  store<u32>(DONE_BYTES + ch * 4, 0);
  if (status & BD_L) store<u32>(RUNNING + ch * 4, 0);
  const bits = (status & BD_I ? IDSR_AD : 0) | (status & BD_L ? IDSR_DONE : 0);
  if (bits) event(ch, bits);
}

/** IDSR and IDMR: one byte register at the top of each word. */
export function idmaWrite(word: u32, v: u32, m: u32): void {
  if (word == IDSR1 || word == IDSR2) clearOnes(word, v, m, inByte(IDSR1, IDSR_BITS));
  else if (word == IDMR1 || word == IDMR2) put(word, v, m, inByte(IDMR1, IDSR_BITS));
  siuUpdate();
}

export function idmaReset(): void {
  for (let word = IDSR1; word <= IDMR2; word += 4) poke32(word, 0);
  store<u64>(RUNNING, 0);
}
