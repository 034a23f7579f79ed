// Functions for the host that concern the whole machine: configuration, power, running, registers, memory as the CPU sees it.

import { BUS_GENERATION, busConfigChanged, physPointer, physRead8, physWrite8 } from './bus/physical';
import { dcEnabled, dcPeek } from './cache/dcache';
import { icPatch, icRedecode } from './cache/icache';
import { IC_WAYS } from './cache/layout';
import { setGeometry } from './cache/sets';
import { machinePowerOn } from './cpu/reset';
import { sprRead, sprWrite } from './cpu/spr';
import {
  CTR,
  FETCH_MODE,
  FETCH_NONE,
  gpr,
  LR,
  MSR,
  MSR_DR,
  MSR_PR,
  PC,
  readCr,
  readXer,
  setGpr,
  TRACE_HOST,
  traceJump,
  writeCr,
  writeXer,
} from './cpu/state';
import { CORE_HZ, EXTCLK_HZ, NOW, OSCM_HZ, PART_NUMBER, PVR, RAM_BASE } from './layout';
import { machineRun } from './machine';
import { derivedReset } from './mmu/derived';
import { translate, XLATE_OK, xlatePa } from './mmu/mmu';
import { dataFlashAttach } from './soc/host';

// Register numbers of getReg and setReg: 0–31 are the GPRs, REG_SPR + n is SPR n.
export const REG_PC: u32 = 32;
export const REG_MSR: u32 = 33;
export const REG_CR: u32 = 34;
export const REG_XER: u32 = 35;
export const REG_LR: u32 = 36;
export const REG_CTR: u32 = 37;
export const REG_SPR: u32 = 0x1000;

const ALIGN: u32 = 0xffff;
const PAGE: u32 = 0x10000;
/** Largest sum of the memories that fits beside the machine's state, bytes. */
const MEMORIES_MAX: u64 = 0x08000000;

// What `configure` computed: host configuration, the same for every snapshot of a board.
let ramSize: u32 = 0;
let flashSize: u32 = 0;

/**
 * Makes room for RAM, flash and serial data flash, in bytes; each begins at a multiple of 64 KB. Returns 0, or 1 if the
 * memories do not fit.
 */
export function configure(ramBytes: u32, flashBytes: u32, dataFlashBytes: u32): u32 {
  const total = aligned(ramBytes) + aligned(flashBytes) + aligned(dataFlashBytes);
  if (total > MEMORIES_MAX) return 1;
  ramSize = <u32>aligned(ramBytes);
  flashSize = <u32>aligned(flashBytes);
  const pages = <i32>((<u64>RAM_BASE + total + ALIGN) / PAGE);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 1;
  dataFlashAttach(dataFlashBase(), dataFlashBytes);
  return 0;
}

function aligned(bytes: u32): u64 {
  return (<u64>bytes + ALIGN) & ~(<u64>ALIGN);
}

/** Linear address of the flash's first byte. */
export function flashBase(): u32 {
  return RAM_BASE + ramSize;
}

/** Linear address of the serial data flash's first byte. */
export function dataFlashBase(): u32 {
  return RAM_BASE + ramSize + flashSize;
}

/**
 * Which member of the family the CPU is, to be called before `powerOn`: PVR, IMMR[16–31] and the caches' sets and ways,
 * powers of two, 256 and 4 at most (hardware/core-caches.md section 1). A core that is not told is an MPC860 rev C1.
 */
export function partConfigure(pvr: u32, partNumber: u32, icSets: u32, icWays: u32, dcSets: u32, dcWays: u32): void {
  store<u32>(PVR, pvr);
  store<u32>(PART_NUMBER, partNumber & 0xffff);
  setGeometry(icSets, icWays, dcSets, dcWays);
}

/** Switches the board on with the clocks given in Hz: time 0, everything in its reset state, memories as they are. */
export function powerOn(coreHz: u32, oscmHz: u32, extclkHz: u32): void {
  if (!load<u32>(IC_WAYS)) partConfigure(0x00500000, 0x0031, 128, 2, 128, 2);
  store<u32>(CORE_HZ, coreHz);
  store<u32>(OSCM_HZ, oscmHz);
  store<u32>(EXTCLK_HZ, extclkHz);
  machinePowerOn();
}

/** Runs until cycle `until`, or until something stops the run earlier; returns STOP_*. */
export function run(until: f64): u32 {
  return machineRun(until > 0 ? <u64>until : 0);
}

/** Cycles since power-on. */
export function now(): f64 {
  return <f64>load<u64>(NOW);
}

/** A register without side effects; 0 for a number that names none. */
export function getReg(id: u32): u32 {
  if (id < 32) return gpr(id);
  if (id >= REG_SPR) return sprRead(id - REG_SPR, false);
  switch (id) {
    case REG_PC:
      return load<u32>(PC);
    case REG_MSR:
      return load<u32>(MSR);
    case REG_CR:
      return readCr();
    case REG_XER:
      return readXer();
    case REG_LR:
      return load<u32>(LR);
    case REG_CTR:
      return load<u32>(CTR);
    default:
      return 0;
  }
}

/** Sets a register as the guest's own instruction would. */
export function setReg(id: u32, value: u32): void {
  if (id < 32) {
    setGpr(id, value);
    return;
  }
  if (id >= REG_SPR) {
    sprWrite(id - REG_SPR, value);
    store<u32>(FETCH_MODE, FETCH_NONE);
    return;
  }
  switch (id) {
    case REG_PC:
      traceJump(load<u32>(PC) | TRACE_HOST, value & ~3);
      store<u32>(PC, value & ~3);
      store<u32>(FETCH_MODE, FETCH_NONE);
      return;
    case REG_MSR:
      store<u32>(MSR, value);
      store<u32>(FETCH_MODE, FETCH_NONE);
      return;
    case REG_CR:
      writeCr(value, 0xff);
      return;
    case REG_XER:
      writeXer(value);
      return;
    case REG_LR:
      store<u32>(LR, value);
      return;
    case REG_CTR:
      store<u32>(CTR, value);
      return;
    default:
      return;
  }
}

/** Byte at physical `pa` as the CPU sees it: a line of the data cache comes before memory. No side effects. */
export function hostRead8(pa: u32): u32 {
  const data = dcEnabled() ? dcPeek(pa & ~15) : 0;
  return data ? load<u8>(data + (pa & 15)) : physRead8(pa);
}

/** As `hostRead8`, a big-endian half-word. */
export function hostRead16(pa: u32): u32 {
  return (hostRead8(pa) << 8) | hostRead8(pa + 1);
}

/** As `hostRead8`, a big-endian word. */
export function hostRead32(pa: u32): u32 {
  return (hostRead16(pa) << 16) | hostRead16(pa + 2);
}

/** Changes memory (ROM too) and what the caches hold of it. */
export function hostWrite8(pa: u32, value: u32): void {
  const p = physPointer(pa);
  if (p) store<u8>(p, <u8>value);
  else physWrite8(pa, value);
  const data = dcPeek(pa & ~15);
  if (data) store<u8>(data + (pa & 15), <u8>value);
  icPatch(pa, value);
}

/** As `hostWrite8`, a big-endian half-word. */
export function hostWrite16(pa: u32, value: u32): void {
  hostWrite8(pa, value >> 8);
  hostWrite8(pa + 1, value);
}

/** As `hostWrite8`, a big-endian word. */
export function hostWrite32(pa: u32, value: u32): void {
  hostWrite16(pa, value >> 16);
  hostWrite16(pa + 2, value);
}

/** Physical address for the data address `ea` in the CPU's present state, -1 if it has none. Nothing changes. */
export function translateForDebug(ea: u32): f64 {
  const msr = load<u32>(MSR);
  if (!(msr & MSR_DR)) return <f64>ea;
  return translate(true, ea, (msr & MSR_PR) != 0, false, false) == XLATE_OK ? <f64>xlatePa : -1;
}

/** After a snapshot was written back: everything derived from the state is computed anew. */
export function rebuildDerived(): void {
  // The count of decode changes is state, and this is none.
  const generation = load<u32>(BUS_GENERATION);
  busConfigChanged();
  store<u32>(BUS_GENERATION, generation);
  derivedReset();
  icRedecode();
}
