/** CP command register (MPC860 UM, Communications Processor: CP Command Register; hardware/cpm.md section 1). */
import { cancel, EV_CPCR, schedule } from '../events';
import { i2cCommand, i2cReset } from './i2c';
import { idmaInit, idmaReset, idmaStop } from './idma';
import { half, now, peek16, poke16, wrote16 } from './io';
import { riscTimersReset, setTimer } from './risctimers';
import { sccChannelsReset, sccCommand } from './scc';
import { siuUpdate } from './siu';
import { smcCommand, smcReset } from './smc';
import { spiCommand, spiReset } from './spi';

export const CPCR: u32 = 0x9c0;
const CPCR_RST: u32 = 0x8000;
const CPCR_OPCODE: u32 = 0x0f00;
const CPCR_OPCODE_SHIFT: u32 = 8;
const CPCR_CHNUM: u32 = 0x00f0;
const CPCR_CHNUM_SHIFT: u32 = 4;
const CPCR_FLG: u32 = 0x0001;

export const INIT_RX_TX: u32 = 0x0;
export const INIT_RX: u32 = 0x1;
export const INIT_TX: u32 = 0x2;
export const ENTER_HUNT: u32 = 0x3;
export const STOP_TX: u32 = 0x4;
export const GRACEFUL_STOP_TX: u32 = 0x5;
export const RESTART_TX: u32 = 0x6;
export const CLOSE_RX_BD: u32 = 0x7;
export const SET_GROUP_ADDRESS: u32 = 0x8;
const INIT_IDMA: u32 = 0x5;
const SET_TIMER: u32 = 0x8;
const STOP_IDMA: u32 = 0xb;

/** Clocks that a command and a CP reset take. */
const COMMAND_CLOCKS: u64 = 40;
const RESET_CLOCKS: u64 = 4;

/**
 * Commands take effect when they are written; FLG stays up as long as the CP would have been busy. One written too
 * early, while FLG is up, is carried out too.
 */
export function cpWrite(v: u32, m: u32): void {
  if (!wrote16(CPCR, m)) return;
  const command = half(CPCR, v & m);
  if (command & CPCR_RST) {
    poke16(CPCR, CPCR_FLG);
    cpmReset();
    schedule(EV_CPCR, now() + RESET_CLOCKS);
    return;
  }
  poke16(CPCR, command & (CPCR_OPCODE | CPCR_CHNUM | CPCR_FLG));
  if (!(command & CPCR_FLG)) return;
  execute((command & CPCR_CHNUM) >> CPCR_CHNUM_SHIFT, (command & CPCR_OPCODE) >> CPCR_OPCODE_SHIFT);
  schedule(EV_CPCR, now() + COMMAND_CLOCKS);
}

/** EV_CPCR: the CP is done. */
export function cpDone(): void {
  poke16(CPCR, peek16(CPCR) & ~CPCR_FLG);
}

/** Several devices share a channel number; the opcode tells them apart as far as it has to. */
function execute(channel: u32, opcode: u32): void {
  switch (channel) {
    case 0x0:
    case 0x4:
    case 0x8:
    case 0xc:
      sccCommand(channel >> 2, opcode);
      break;
    case 0x1:
      if (opcode == INIT_IDMA) idmaInit(0);
      else if (opcode == STOP_IDMA) idmaStop(0);
      else i2cCommand(opcode);
      break;
    case 0x5:
      if (opcode == INIT_IDMA) idmaInit(1);
      else if (opcode == STOP_IDMA) idmaStop(1);
      else if (opcode == SET_TIMER) setTimer();
      else spiCommand(opcode);
      break;
    case 0x9:
      smcCommand(0, opcode);
      break;
    case 0xd:
      smcCommand(1, opcode);
      break;
  }
}

/** CPCR[RST]: every channel to its reset state; dual-port RAM, ports, CPIC and BRGs stay. */
function cpmReset(): void {
  sccChannelsReset();
  smcReset();
  spiReset();
  i2cReset();
  idmaReset();
  riscTimersReset();
  siuUpdate();
}

export function cpReset(): void {
  poke16(CPCR, 0);
  cancel(EV_CPCR);
}
