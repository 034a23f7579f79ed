// Reset of the whole chip, CPU first (hardware/core-registers.md section 2, core-caches.md section 5).

import { busConfigChanged, IMMR_WINDOW } from '../bus/physical';
import { dcReset } from '../cache/dcache';
import { icReset } from '../cache/icache';
import { eventsReset, requestStop } from '../events';
import {
  CPU_BASE,
  CPU_SIZE,
  INSTRUCTIONS,
  NOW,
  PART_NUMBER,
  PENDING,
  STATE_BASE,
  STOP_REQUEST,
  STOP_RESET,
} from '../layout';
import { derivedReset } from '../mmu/derived';
import { CTR_TWAM, MD_CTR, MI_CTR, tlbPowerOn } from '../mmu/mmu';
import { socReset } from '../soc/soc';
import { CFG_HRCW } from '../soc/state';
import {
  BRANCH_COUNT,
  CHECKSTOP,
  COUNTED,
  DC_CST,
  DER,
  DUE,
  FAULTED,
  FETCH_MODE,
  FETCH_NONE,
  HOT_INPUT,
  IC_CST,
  ICTRL,
  IMMR,
  LCTRL1,
  LCTRL2,
  MSR,
  MSR_IP,
  PC,
  RESERVE,
  SINCE_BRANCH,
  STORM_COUNT,
  STREAM,
} from './state';

/** DER after reset. */
const DER_RESET: u32 = 0x2000000f;
// Hard reset configuration word (hardware/siu.md section 3.4)
const HRCW_IIP: u32 = 0x40000000;
const HRCW_ISB: u32 = 0x01800000;

function internalBase(isb: u32): u32 {
  if (isb == 0) return 0;
  return isb == 1 ? 0x00f00000 : isb == 2 ? 0xff000000 : 0xfff00000;
}

/** Power-on (everything) or hard reset (memories, time and what KAPWR keeps stay). */
export function cpuReset(powerOn: bool): void {
  if (powerOn) {
    memory.fill(CPU_BASE, 0, CPU_SIZE);
    icReset();
    dcReset();
    eventsReset();
    tlbPowerOn();
  }
  store<u32>(PENDING, 0);
  store<u32>(IC_CST, 0);
  store<u32>(DC_CST, 0);
  store<u32>(MI_CTR, 0);
  store<u32>(MD_CTR, CTR_TWAM);
  store<u32>(ICTRL, 0);
  store<u32>(LCTRL1, 0);
  store<u32>(LCTRL2, 0);
  store<u32>(DER, DER_RESET);
  store<u32>(CHECKSTOP, 0);
  store<u32>(DUE, 0);
  store<u32>(COUNTED, 0);
  store<u32>(FAULTED, 0);
  store<u32>(RESERVE, 0);
  store<u32>(STORM_COUNT, 0);
  store<u32>(FETCH_MODE, FETCH_NONE);
  store<u32>(STREAM, 0);
  store<u32>(SINCE_BRANCH, 0);
  store<u32>(HOT_INPUT, 0);
  const hrcw = load<u32>(CFG_HRCW);
  const low = (hrcw & HRCW_IIP) != 0;
  store<u32>(MSR, low ? 0 : MSR_IP);
  store<u32>(PC, low ? 0x00000100 : 0xfff00100);
  const isb = internalBase((hrcw & HRCW_ISB) >>> 23);
  store<u32>(IMMR, isb | load<u32>(PART_NUMBER));
  store<u32>(IMMR_WINDOW, isb);
  socReset(powerOn);
  busConfigChanged();
  derivedReset();
  if (!powerOn) requestStop(STOP_RESET);
}

/** Power-on: time starts at 0. */
export function machinePowerOn(): void {
  memory.fill(STATE_BASE, 0, 64);
  store<u64>(NOW, 0);
  store<u64>(INSTRUCTIONS, 0);
  store<u32>(STOP_REQUEST, 0);
  cpuReset(true);
  store<u32>(BRANCH_COUNT, 0);
}
