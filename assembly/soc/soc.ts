/**
 * What CPU and machine see of the SoC: the internal memory map, the timers that
 * are special registers, and events. Which device owns which part of the map is
 * written here and nowhere else (MPC860 UM, Memory Map; hardware/immap.md).
 */

import { flashEvent, flashReset } from '../bus/flash';
import {
  EV_CPCR,
  EV_DEC,
  EV_FEC_RX,
  EV_FEC_TX,
  EV_FLASH,
  EV_I2C,
  EV_IDMA,
  EV_MII,
  EV_PIT,
  EV_RISC_TIMERS,
  EV_RTC,
  EV_SCC,
  EV_SPI,
  EV_TBREF,
  EV_TIMERS,
  EV_UART,
  EV_WATCHDOG,
} from '../events';
import { IMMR_MEM, IMMR_MEM_SIZE, PENDING } from '../layout';
import { brgReset, brgWrite, serialInterfaceWrite } from './brg';
import { clocksReset, clocksWrite } from './clocks';
import { cpDone, cpReset, cpWrite } from './cp';
import { cpicRead, cpicReset, cpicWrite } from './cpic';
import { dpramPresent, dpramRead, dpramWrite } from './dpram';
import { rxEvent } from './ether-rx';
import { txEvent } from './ether-tx';
import { fecRead, fecReset, fecWrite } from './fec';
import { miiEvent } from './fec-mii';
import { rxEvent as fecRxEvent } from './fec-rx';
import { txEvent as fecTxEvent } from './fec-tx';
import { gptRead, gptReference, gptReset, gptWrite } from './gpt';
import { i2cEvent, i2cReset, i2cWrite } from './i2c';
import { idmaEvent, idmaReset, idmaWrite } from './idma';
import { eventBegin, eventEnd, peek32, poke16, put, touch } from './io';
import { keysWrite } from './keys';
import { memcReset, memcWrite } from './memc';
import { pcmciaRead, pcmciaReset, pcmciaWrite } from './pcmcia';
import { pitExpired, pitRead, pitReset, pitWrite } from './pit';
import { portsRead, portsReset, portsWrite } from './ports';
import { cpConfigWrite, riscTick, riscTimersReset } from './risctimers';
import { rtcRead, rtcReset, rtcSecond, rtcWrite } from './rtc';
import { sccChannelsReset, sccIsEthernet, sccWrite } from './scc';
import { sdmaReset, sdmaWrite } from './sdma';
import { siuRead, siuReset, siuWrite, watchdogExpired } from './siu';
import { smcReset, smcWrite } from './smc';
import { spiEvent, spiReset, spiWrite } from './spi';
import { CFG_REV_NUM, STATE_CLEAR, STATE_CLEAR_END } from './state';
import { decExpired, tbrefReached, timebaseReset, timebaseWrite } from './timebase';
import { UART_SCC1, uartRxEvent, uartTxEvent } from './uart';

export { decRead, decWrite, tbRead, tbWriteLower, tbWriteUpper } from './timebase';

const REV_NUM: u32 = 0x3cb0;

/** Put every on-chip device into its reset state; `powerOn` also clears what KAPWR keeps, and the dual-port RAM. */
export function socReset(powerOn: bool): void {
  if (powerOn) {
    memory.fill(STATE_CLEAR, 0, STATE_CLEAR_END - STATE_CLEAR);
    memory.fill(IMMR_MEM, 0, IMMR_MEM_SIZE);
    poke16(REV_NUM, load<u32>(CFG_REV_NUM));
  }
  store<u32>(PENDING, 0);
  clocksReset(powerOn);
  timebaseReset(powerOn);
  rtcReset(powerOn);
  pitReset(powerOn);
  memcReset();
  pcmciaReset();
  cpReset();
  riscTimersReset();
  sdmaReset();
  idmaReset();
  cpicReset();
  portsReset();
  gptReset();
  brgReset();
  sccChannelsReset();
  smcReset();
  spiReset();
  i2cReset();
  fecReset();
  flashReset();
  siuReset();
}

/** Event `id` (EV_*), due at cycle `due`, is handled at NOW. */
export function socEvent(id: u32, due: u64): void {
  eventBegin(due);
  handle(id);
  eventEnd();
}

function handle(id: u32): void {
  switch (id) {
    case EV_PIT:
      pitExpired();
      return;
    case EV_DEC:
      decExpired();
      return;
    case EV_TBREF:
      tbrefReached();
      return;
    case EV_RTC:
      rtcSecond();
      return;
    case EV_WATCHDOG:
      watchdogExpired();
      return;
    case EV_CPCR:
      cpDone();
      return;
    case EV_TIMERS:
      gptReference();
      return;
    case EV_RISC_TIMERS:
      riscTick();
      return;
    case EV_SPI:
      spiEvent();
      return;
    case EV_I2C:
      i2cEvent();
      return;
    case EV_IDMA:
      idmaEvent();
      return;
    case EV_FEC_TX:
      fecTxEvent();
      return;
    case EV_FEC_RX:
      fecRxEvent();
      return;
    case EV_FLASH:
      flashEvent();
      return;
    case EV_MII:
      miiEvent();
      return;
  }
  const n = (id - EV_SCC) >> 1;
  if (id >= EV_SCC && sccIsEthernet(n)) {
    if (id & 1) rxEvent(n);
    else txEvent(n);
  } else {
    const c = (id - EV_UART) >> 1;
    if (c >= UART_SCC1 + 4) return;
    if (id & 1) uartRxEvent(c);
    else uartTxEvent(c);
  }
}

/**
 * False for the reserved words behind RSR, where a read ends with TEA: the way that Linux's 8xx restart makes its machine
 * check (hardware/siu.md section 3.3). Other reserved space reads 0, and all of it ignores writes (hardware/immap.md).
 */
export function immrAnswers(offset: u32): bool {
  return offset - CLOCKS_RESERVED >= KEYS - CLOCKS_RESERVED;
}

/** CPU read of `size` (1, 2, 4) bytes at `offset` (< 0x4000) of the internal memory map. */
export function immrRead(offset: u32, size: u32): u32 {
  if (offset + size > IMMR_MEM_SIZE) return 0;
  if (offset >= DPRAM) return dpramPresent(offset) ? dpramRead(offset, size) : 0;
  const lane = offset & 3;
  if (lane + size > 4) {
    let v: u32 = 0;
    for (let i: u32 = 0; i < size; i++) v = (v << 8) | immrRead(offset + i, 1);
    return v;
  }
  const shifted = registerRead(offset & ~3) >> ((4 - size - lane) << 3);
  return size == 4 ? shifted : shifted & ((1 << (size << 3)) - 1);
}

/** CPU write of `size` (1, 2, 4) bytes at `offset` (< 0x4000) of the internal memory map. */
export function immrWrite(offset: u32, size: u32, value: u32): void {
  if (offset + size > IMMR_MEM_SIZE) return;
  touch();
  if (offset >= DPRAM) {
    if (dpramPresent(offset)) dpramWrite(offset, size, value);
    return;
  }
  const lane = offset & 3;
  if (lane + size > 4) {
    for (let i: u32 = 0; i < size; i++) immrWrite(offset + i, 1, (value >> ((size - 1 - i) << 3)) & 0xff);
    return;
  }
  const shift = (4 - size - lane) << 3;
  const mask: u32 = size == 4 ? 0xffffffff : ((1 << (size << 3)) - 1) << shift;
  registerWrite(offset & ~3, (value << shift) & mask, mask);
}

// First offsets of the parts of the map
const PCMCIA: u32 = 0x080;
const MEMC: u32 = 0x100;
const TIMEBASE: u32 = 0x200;
const RTC: u32 = 0x220;
const PIT: u32 = 0x240;
const CLOCKS: u32 = 0x280;
const CLOCKS_RESERVED: u32 = 0x28c;
const KEYS: u32 = 0x300;
const KEYS_END: u32 = 0x400;
const I2C: u32 = 0x860;
const SDMA: u32 = 0x904;
const IDMA: u32 = 0x910;
const CPIC: u32 = 0x930;
const PORTS: u32 = 0x950;
const GPT: u32 = 0x980;
const CP: u32 = 0x9c0;
const CP_CONFIG: u32 = 0x9c4;
const BRG: u32 = 0x9f0;
const SCC: u32 = 0xa00;
const SMC: u32 = 0xa80;
const SPI: u32 = 0xaa0;
const PORT_B: u32 = 0xab0;
const SI: u32 = 0xae0;
const SI_END: u32 = 0xaf0;
const SIRAM: u32 = 0xc00;
const SIRAM_END: u32 = 0xe00;
const FEC: u32 = 0xe00;
const FEC_END: u32 = 0x1000;
const DPRAM: u32 = 0x2000;

/** Registers whose value is not simply what is stored. Space that belongs to nobody was never stored to and reads 0. */
function registerRead(word: u32): u32 {
  if (word < PCMCIA) return siuRead(word);
  if (word < MEMC) return pcmciaRead(word);
  if (word < RTC) return peek32(word);
  if (word < PIT) return rtcRead(word);
  if (word < CLOCKS) return pitRead(word);
  if (word < CPIC) return peek32(word);
  if (word < PORTS) return cpicRead(word);
  if (word < GPT) return portsRead(word);
  if (word < CP) return gptRead(word);
  if (word >= PORT_B && word < SI) return portsRead(word);
  if (word >= FEC && word < FEC_END) return fecRead(word);
  return peek32(word);
}

function registerWrite(word: u32, v: u32, m: u32): void {
  if (word < PCMCIA) siuWrite(word, v, m);
  else if (word < MEMC) pcmciaWrite(word, v, m);
  else if (word < TIMEBASE) memcWrite(word, v, m);
  else if (word < RTC) timebaseWrite(word, v, m);
  else if (word < PIT) rtcWrite(word, v, m);
  else if (word < CLOCKS) pitWrite(word, v, m);
  else if (word < KEYS) clocksWrite(word, v, m);
  else if (word < KEYS_END) keysWrite(word, v, m);
  else if (word < I2C) return;
  else if (word < SDMA) i2cWrite(word, v, m);
  else if (word < IDMA) sdmaWrite(word, v, m);
  else if (word < CPIC) idmaWrite(word, v, m);
  else if (word < PORTS) cpicWrite(word, v, m);
  else if (word < GPT) portsWrite(word, v, m);
  else if (word < CP) gptWrite(word, v, m);
  else if (word < CP_CONFIG) cpWrite(v, m);
  else if (word < BRG) cpConfigWrite(word, v, m);
  else if (word < SCC) brgWrite(word, v, m);
  else if (word < SMC) sccWrite(word, v, m);
  else if (word < SPI) smcWrite(word, v, m);
  else if (word < PORT_B) spiWrite(word, v, m);
  else if (word < SI) portsWrite(word, v, m);
  else if (word < SI_END) serialInterfaceWrite(word, v, m);
  else if (word >= SIRAM && word < SIRAM_END) put(word, v, m);
  else if (word >= FEC && word < FEC_END) fecWrite(word, v, m);
}
