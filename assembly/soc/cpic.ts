/** CPM interrupt controller (MPC860 UM, CPM Interrupt Controller; hardware/cpm.md section 2). */
import { gptRequests } from './gpt';
import { I2CER, I2CMR } from './i2c';
import { IDMR1, IDMR2, IDSR1, IDSR2 } from './idma';
import { clearOnes, half, peek8, peek16, peek32, poke16, poke32, put, wrote16 } from './io';
import { RTER, RTMR } from './risctimers';
import { SCC_BASE, SCC_SIZE, SCCE, SCCM } from './scc';
import { SDMR, SDSR } from './sdma';
import { siuUpdate } from './siu';
import { SMC1_BASE, SMC2_BASE, SMCE, SMCM } from './smc';
import { SPIE, SPIM } from './spi';
import { CPIC_LATCH } from './state';

export const CIVR: u32 = 0x930;
export const CICR: u32 = 0x940;
export const CIPR: u32 = 0x944;
export const CIMR: u32 = 0x948;
export const CISR: u32 = 0x94c;

export const CICR_IRL: u32 = 0x0000e000;
export const CICR_IRL_SHIFT: u32 = 13;
const CICR_SCAP_SHIFT: u32 = 16;
const CICR_HP: u32 = 0x00001f00;
const CICR_HP_SHIFT: u32 = 8;
const CICR_IEN: u32 = 0x00000080;
const CICR_SPS: u32 = 0x00000001;
const CIVR_IACK: u32 = 0x0001;
const CIVR_VN_SHIFT: u32 = 11;

// Vector numbers = bit numbers (from the least significant) in CIPR, CIMR, CISR.
const V_SCC1: u32 = 30;
const V_SDMA: u32 = 22;
const V_IDMA1: u32 = 21;
const V_IDMA2: u32 = 20;
const V_RISC_TIMER: u32 = 17;
const V_I2C: u32 = 16;
const V_SPI: u32 = 5;
const V_SMC1: u32 = 4;
const V_SMC2: u32 = 3;
const V_NONE: u32 = 0;

/** Requests of all sources that have event and mask registers, in CIPR's layout. */
function sources(): u32 {
  let bits = gptRequests();
  for (let n: u32 = 0; n < 4; n++) {
    const scc = SCC_BASE + n * SCC_SIZE;
    if (peek16(scc + SCCE) & peek16(scc + SCCM)) bits |= 1 << (V_SCC1 - n);
  }
  if (peek8(SMC1_BASE + SMCE) & peek8(SMC1_BASE + SMCM)) bits |= 1 << V_SMC1;
  if (peek8(SMC2_BASE + SMCE) & peek8(SMC2_BASE + SMCM)) bits |= 1 << V_SMC2;
  if (peek8(SPIE) & peek8(SPIM)) bits |= 1 << V_SPI;
  if (peek8(I2CER) & peek8(I2CMR)) bits |= 1 << V_I2C;
  if (peek8(SDSR) & peek8(SDMR)) bits |= 1 << V_SDMA;
  if (peek8(IDSR1) & peek8(IDMR1)) bits |= 1 << V_IDMA1;
  if (peek8(IDSR2) & peek8(IDMR2)) bits |= 1 << V_IDMA2;
  if (peek16(RTER) & peek16(RTMR)) bits |= 1 << V_RISC_TIMER;
  return bits;
}

/** CIPR as it reads: event sources follow their registers, port C pins are latched. */
function pending(): u32 {
  return sources() | load<u32>(CPIC_LATCH);
}

/** Vector of priority place `place` (31 = highest below HP), V_NONE if nothing sits there. */
function vectorAt(place: u32, cicr: u32): u32 {
  const spread = (cicr & CICR_SPS) != 0;
  let slot: u32;
  switch (place) {
    case 30:
      slot = 0;
      break;
    case 29:
    case 28:
    case 27:
      if (spread) return V_NONE;
      slot = 30 - place;
      break;
    case 19:
    case 13:
    case 8:
      if (!spread) return V_NONE;
      slot = place == 19 ? 1 : place == 13 ? 2 : 3;
      break;
    default:
      return place;
  }
  return V_SCC1 - ((cicr >> (CICR_SCAP_SHIFT + slot * 2)) & 3);
}

/** Vector of the highest-priority request that nothing in service blocks, V_NONE if there is none. */
function eligible(): u32 {
  const requests = pending() & peek32(CIMR);
  if (!requests) return V_NONE;
  const cicr = peek32(CICR);
  const inService = peek32(CISR);
  let v = (cicr & CICR_HP) >> CICR_HP_SHIFT;
  for (let place: i32 = 32; place > 0; place--) {
    if (place < 32) v = vectorAt(place, cicr);
    const bit = v ? (<u32>1) << v : 0;
    if (inService & bit) return V_NONE;
    if (requests & bit) return v;
  }
  return V_NONE;
}

/** Does the CPIC drive its SIU level? */
export function cpicRequest(): bool {
  return (peek32(CICR) & CICR_IEN) != 0 && eligible() != V_NONE;
}

/** A port C pin saw the edge it is programmed for. */
export function cpicLatch(v: u32): void {
  store<u32>(CPIC_LATCH, load<u32>(CPIC_LATCH) | (1 << v));
  siuUpdate();
}

/** Interrupt acknowledge: without an eligible request the vector is 0 and nothing goes into service. */
function acknowledge(): void {
  const v = eligible();
  poke16(CIVR, v << CIVR_VN_SHIFT);
  if (v == V_NONE) return;
  poke32(CISR, peek32(CISR) | (1 << v));
  store<u32>(CPIC_LATCH, load<u32>(CPIC_LATCH) & ~(1 << v));
}

export function cpicRead(word: u32): u32 {
  return word == CIPR ? pending() : peek32(word);
}

export function cpicWrite(word: u32, v: u32, m: u32): void {
  switch (word) {
    case CIVR:
      if (wrote16(CIVR, m) && half(CIVR, v & m) & CIVR_IACK) acknowledge();
      break;
    case CICR:
      put(word, v, m, 0x00ffff81);
      break;
    case CIPR:
      store<u32>(CPIC_LATCH, load<u32>(CPIC_LATCH) & ~(v & m));
      break;
    case CIMR:
      put(word, v, m, ~1);
      break;
    case CISR:
      clearOnes(word, v, m, 0xffffffff);
      break;
  }
  siuUpdate();
}

export function cpicReset(): void {
  poke16(CIVR, 0);
  poke32(CICR, 0);
  poke32(CIMR, 0);
  poke32(CISR, 0);
  store<u32>(CPIC_LATCH, 0);
}
