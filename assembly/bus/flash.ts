/**
 * Parallel flash behind a chip select: chips side by side on the data bus, AMD's or Intel's command set, CFI, times for
 * programming and erasing (JESD68 Common Flash Interface; Am29LV160D data sheet, Command Definitions and Write Operation
 * Status; 28F160C3 data sheet, Flash Memory Modes of Operation).
 *
 * While all chips of a bank read as memory, the bank is memory to everybody (BANK_FLASH). In any other mode it is
 * BANK_COMMAND: each access of the CPU becomes bus cycles here; a burst or a DMA transfer reads ones. What a command
 * does to the array happens when its time is over, so that a reset before leaves the array alone.
 *
 * Not modelled: Intel's block locks (nothing is ever locked) and write buffers (CFI does not offer them), AMD's sector
 * protection and chips for 16 bits that are wired for 8.
 */
import { EV_FLASH, NEVER, schedule } from '../events';
import { FLASH_BANK, FLASH_BANK_BYTES } from '../layout';
import { cyclesFor } from '../soc/clocks';
import { now } from '../soc/io';
import { BANK_BYTES, BANK_COMMAND, BANK_FLASH, BANK_MEMORY, BANK_SIZE, bankKind, busOffset } from './physical';

// Description of a bank, as the host wrote it; offsets from its block
/** u32: 0 = no flash, COMMANDS_AMD or COMMANDS_INTEL. */
const F_COMMANDS: u32 = 0;
/** u32: chips side by side, and bytes of one on the bus. */
const F_CHIPS: u32 = 4;
const F_CHIP_BYTES: u32 = 8;
/** u32: time to program a word, µs, and to erase a sector, ms. */
const F_PROGRAM_US: u32 = 12;
const F_ERASE_MS: u32 = 16;
/** u32: manufacturer << 16 | device. */
const F_IDS: u32 = 20;
/** u32: regions of equal sectors, then { u32 sectors, u32 bytes of one chip's sector } each, from the lowest address on. */
const F_REGIONS: u32 = 24;
const F_REGION: u32 = 28;
const REGIONS_MAX: u32 = 4;
/** 112 bytes: what a CFI query reads at chip addresses 10 to 7F. */
const F_CFI: u32 = 64;
const CFI_FIRST: u32 = 0x10;
const CFI_END: u32 = 0x80;

// State of a chip
const CHIP: u32 = 256;
const CHIP_SIZE: u32 = 160;
const CHIPS_MAX: u32 = 4;
/** u32: MODE_*. */
const C_MODE: u32 = 0;
/** u32: how much of a command has been seen, STEP_*. */
const C_STEP: u32 = 4;
/** u64: cycle at which the command is done. */
const C_DONE: u32 = 8;
/** u64: AMD: cycle until which further sectors may be named. */
const C_WINDOW: u32 = 16;
/** u64: cycles left of a suspended erase, 0 = none is suspended. */
const C_LEFT: u32 = 24;
/** u32: chip address and data of the word being programmed. */
const C_ADDRESS: u32 = 32;
const C_DATA: u32 = 36;
/** u32: AMD: 1 = toggle bits stand high. */
const C_TOGGLE: u32 = 40;
/** u32: AMD: 1 = unlock bypass. Intel: status register without SR7. */
const C_BYPASS: u32 = 44;
const C_STATUS: u32 = 44;
/** 64 bytes: one bit for each sector being erased. */
const C_SECTORS: u32 = 96;
const SECTORS_MAX: u32 = 512;

const COMMANDS_INTEL: u32 = 2;

const MODE_ARRAY: u32 = 0;
const MODE_ID: u32 = 1;
const MODE_CFI: u32 = 2;
const MODE_PROGRAM: u32 = 3;
const MODE_ERASE: u32 = 4;
/** AMD: programming found a 0 where a 1 should go; only a reset helps. */
const MODE_FAILED: u32 = 5;
/** Intel: reads give the status register. */
const MODE_STATUS: u32 = 6;

// AMD: what came of AA 55 …
const STEP_NONE: u32 = 0;
const STEP_AA: u32 = 1;
const STEP_55: u32 = 2;
const STEP_80: u32 = 3;
const STEP_80_AA: u32 = 4;
const STEP_80_55: u32 = 5;
const STEP_PROGRAM: u32 = 6;
const STEP_BYPASS_RESET: u32 = 7;
// Intel: first cycle of two
const STEP_ERASE: u32 = 8;
const STEP_LOCK: u32 = 9;

const UNLOCK_1: u32 = 0x555;
const UNLOCK_2: u32 = 0x2aa;
/** Address lines that a command cycle looks at. */
const UNLOCK_LINES: u32 = 0x7ff;
const CFI_ADDRESS: u32 = 0x55;

// AMD write operation status
const DQ7: u32 = 0x80;
const DQ6: u32 = 0x40;
const DQ5: u32 = 0x20;
const DQ3: u32 = 0x08;
const DQ2: u32 = 0x04;
const WINDOW_US: u64 = 50;

// Intel status register
const SR_READY: u32 = 0x80;
const SR_SUSPENDED: u32 = 0x40;
const SR_ERASE_ERROR: u32 = 0x20;
const SR_PROGRAM_ERROR: u32 = 0x10;
const SR_ERRORS: u32 = 0x3a;

function block(bank: u32): u32 {
  return FLASH_BANK + bank * FLASH_BANK_BYTES;
}
function chipAt(bank: u32, n: u32): u32 {
  return block(bank) + CHIP + n * CHIP_SIZE;
}
function chips(bank: u32): u32 {
  return load<u32>(block(bank), F_CHIPS);
}
function chipBytes(bank: u32): u32 {
  return load<u32>(block(bank), F_CHIP_BYTES);
}
function intel(bank: u32): bool {
  return load<u32>(block(bank), F_COMMANDS) == COMMANDS_INTEL;
}
function enter(c: u32, mode: u32): void {
  store<u32>(c, mode, C_MODE);
}
function step(c: u32, s: u32): void {
  store<u32>(c, s, C_STEP);
}

/** Linear address of chip word `word` of chip `n`. */
function cell(bank: u32, n: u32, word: u32): u32 {
  const offset = (word * chips(bank) + n) * chipBytes(bank);
  return load<u32>(bank * BANK_BYTES, BANK_MEMORY) + (offset % load<u32>(bank * BANK_BYTES, BANK_SIZE));
}
function arrayRead(bank: u32, n: u32, word: u32): u32 {
  const p = cell(bank, n, word);
  return chipBytes(bank) == 1 ? load<u8>(p) : bswap<u16>(load<u16>(p));
}
function arrayWrite(bank: u32, n: u32, word: u32, v: u32): void {
  const p = cell(bank, n, word);
  if (chipBytes(bank) == 1) store<u8>(p, v);
  else store<u16>(p, bswap<u16>(<u16>v));
}

// Results of `findSector`, valid until its next call.
let sectorIndex: u32 = 0;
let sectorWord: u32 = 0;
let sectorWords: u32 = 0;

/** The sector of chip word `word`; false if there is none. */
function findSector(bank: u32, word: u32): bool {
  const f = block(bank);
  const width = chipBytes(bank);
  const at = word * width;
  let start: u32 = 0;
  let index: u32 = 0;
  for (let r: u32 = 0; r < load<u32>(f, F_REGIONS); r++) {
    const count = load<u32>(f + r * 8, F_REGION);
    const bytes = load<u32>(f + r * 8, F_REGION + 4);
    if (bytes && (at - start) / bytes < count) {
      const k = (at - start) / bytes;
      sectorIndex = index + k;
      sectorWord = (start + k * bytes) / width;
      sectorWords = bytes / width;
      return sectorIndex < SECTORS_MAX;
    }
    start += count * bytes;
    index += count;
  }
  return false;
}
function marked(c: u32, index: u32): bool {
  return ((load<u8>(c + (index >> 3), C_SECTORS) >> (index & 7)) & 1) != 0;
}
function erasing(bank: u32, c: u32, word: u32): bool {
  return findSector(bank, word) && marked(c, sectorIndex);
}

// --- what the bus does ---

/** A read of `size` (1, 2, 4) bytes at `pa`, aligned, in a bank that is BANK_COMMAND: all chips see each bus cycle. */
export function flashRead(bank: u32, pa: u32, size: u32): u32 {
  const width = chipBytes(bank);
  const lines: u32 = width == 1 ? 0xff : 0xffff;
  const bus = width * chips(bank);
  const first = busOffset(bank, pa);
  let value: u32 = 0;
  let cycle: u32 = ~0;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const offset = first + i;
    if (offset / bus != cycle) {
      cycle = offset / bus;
      bytes = 0;
      for (let n: u32 = 0; n < chips(bank); n++) bytes = (bytes << (width << 3)) | (chipRead(bank, n, cycle) & lines);
    }
    value = (value << 8) | (<u32>(bytes >> ((bus - 1 - (offset % bus)) << 3)) & 0xff);
  }
  return value;
}

/** A write of `size` bytes at `pa`, aligned, to a bank with flash; a chip of which only a part is written takes no notice. */
export function flashWrite(bank: u32, pa: u32, size: u32, value: u32): void {
  const width = chipBytes(bank);
  const all = chips(bank);
  const bus = width * all;
  const first = busOffset(bank, pa);
  for (let i: u32 = 0; i + width <= size; i += width) {
    const offset = first + i;
    const data = (value >> ((size - width - i) << 3)) & (width == 1 ? 0xff : 0xffff);
    chipWrite(bank, (offset % bus) / width, offset / bus, data);
  }
  settle(bank);
}

function chipRead(bank: u32, n: u32, word: u32): u32 {
  const c = chipAt(bank, n);
  const mode = load<u32>(c, C_MODE);
  if (mode == MODE_ID) return idWord(bank, word & 0xff);
  if (mode == MODE_CFI) {
    const at = word & 0xff;
    return at >= CFI_FIRST && at < CFI_END ? load<u8>(block(bank) + at - CFI_FIRST, F_CFI) : 0;
  }
  if (intel(bank)) {
    const busy = mode == MODE_PROGRAM || mode == MODE_ERASE;
    if (busy || mode == MODE_STATUS) return load<u32>(c, C_STATUS) | (busy ? 0 : SR_READY);
    return arrayRead(bank, n, word);
  }
  const toggle = load<u32>(c, C_TOGGLE);
  switch (mode) {
    case MODE_PROGRAM:
    case MODE_FAILED:
      store<u32>(c, toggle ^ 1, C_TOGGLE);
      return (~load<u32>(c, C_DATA) & DQ7) | (toggle ? DQ6 : 0) | (mode == MODE_FAILED ? DQ5 : 0);
    case MODE_ERASE:
      store<u32>(c, toggle ^ 1, C_TOGGLE);
      return (
        (toggle ? DQ6 : 0) | (toggle && erasing(bank, c, word) ? DQ2 : 0) | (now() >= load<u64>(c, C_WINDOW) ? DQ3 : 0)
      );
  }
  if (load<u64>(c, C_LEFT) && erasing(bank, c, word)) {
    store<u32>(c, toggle ^ 1, C_TOGGLE);
    return DQ7 | (toggle ? DQ2 : 0);
  }
  return arrayRead(bank, n, word);
}

/** Identifier codes: manufacturer, device; then protection and locks, of which there are none. */
function idWord(bank: u32, at: u32): u32 {
  const ids = load<u32>(block(bank), F_IDS);
  return at == 0 ? ids >> 16 : at == 1 ? ids & 0xffff : 0;
}

function chipWrite(bank: u32, n: u32, word: u32, data: u32): void {
  if (n >= chips(bank)) return;
  if (intel(bank)) intelWrite(bank, chipAt(bank, n), word, data);
  else amdWrite(bank, chipAt(bank, n), word, data);
}

function startProgram(bank: u32, c: u32, word: u32, data: u32): void {
  store<u32>(c, word, C_ADDRESS);
  store<u32>(c, data, C_DATA);
  store<u64>(c, now() + cyclesFor(load<u32>(block(bank), F_PROGRAM_US), 1000000), C_DONE);
  enter(c, MODE_PROGRAM);
}

/** Adds the sector of `word` to those being erased; returns the cycles that it takes, 0 if it takes none more. */
function markSector(bank: u32, c: u32, word: u32): u64 {
  if (!findSector(bank, word) || marked(c, sectorIndex)) return 0;
  const p = c + (sectorIndex >> 3);
  store<u8>(p, <u32>load<u8>(p, C_SECTORS) | (1 << (sectorIndex & 7)), C_SECTORS);
  return cyclesFor(load<u32>(block(bank), F_ERASE_MS), 1000);
}
function startErase(c: u32, cycles: u64, window: u64): void {
  store<u64>(c, now() + window, C_WINDOW);
  store<u64>(c, now() + window + cycles, C_DONE);
  store<u32>(c, 0, C_TOGGLE);
  enter(c, MODE_ERASE);
}
function forgetSectors(c: u32): void {
  memory.fill(c + C_SECTORS, 0, SECTORS_MAX / 8);
}
function suspend(c: u32): void {
  store<u64>(c, max<u64>(load<u64>(c, C_DONE) - now(), 1), C_LEFT);
}
function resume(c: u32): void {
  startErase(c, load<u64>(c, C_LEFT), 0);
  store<u64>(c, 0, C_LEFT);
}

// --- AMD ---

function amdWrite(bank: u32, c: u32, word: u32, data: u32): void {
  const command = data & 0xff;
  const mode = load<u32>(c, C_MODE);
  if (mode == MODE_PROGRAM) return;
  if (mode == MODE_ERASE) {
    const open = now() < load<u64>(c, C_WINDOW);
    if (command == 0xb0) {
      suspend(c);
      enter(c, MODE_ARRAY);
    } else if (open && command == 0x30) {
      const left = load<u64>(c, C_DONE) - load<u64>(c, C_WINDOW);
      startErase(c, left + markSector(bank, c, word), cyclesFor(WINDOW_US, 1000000));
    } else if (open) {
      // Any other command in the window gives the erase up.
      forgetSectors(c);
      enter(c, MODE_ARRAY);
    }
    return;
  }
  const seen = load<u32>(c, C_STEP);
  const line = word & UNLOCK_LINES;
  step(c, STEP_NONE);
  if (mode == MODE_FAILED) {
    if (command == 0xf0) enter(c, MODE_ARRAY);
    return;
  }
  switch (seen) {
    case STEP_AA:
      if (command == 0x55 && line == UNLOCK_2) step(c, STEP_55);
      return;
    case STEP_55:
      if (line == UNLOCK_1) amdCommand(c, command);
      return;
    case STEP_80:
      if (command == 0xaa && line == UNLOCK_1) step(c, STEP_80_AA);
      return;
    case STEP_80_AA:
      if (command == 0x55 && line == UNLOCK_2) step(c, STEP_80_55);
      return;
    case STEP_80_55:
      amdErase(bank, c, word, command);
      return;
    case STEP_PROGRAM:
      if (!load<u64>(c, C_LEFT) || !erasing(bank, c, word)) startProgram(bank, c, word, data);
      return;
    case STEP_BYPASS_RESET:
      store<u32>(c, 0, C_BYPASS);
      return;
  }
  if (command == 0xf0) enter(c, MODE_ARRAY);
  else if (load<u32>(c, C_BYPASS) && command == 0xa0) step(c, STEP_PROGRAM);
  else if (load<u32>(c, C_BYPASS) && command == 0x90) step(c, STEP_BYPASS_RESET);
  else if (command == 0xaa && line == UNLOCK_1) step(c, STEP_AA);
  else if (command == 0x98 && (line & 0xff) == CFI_ADDRESS) enter(c, MODE_CFI);
  else if (command == 0x30 && load<u64>(c, C_LEFT)) resume(c);
}

/** The cycle behind AA 55. */
function amdCommand(c: u32, command: u32): void {
  if (command == 0x90) enter(c, MODE_ID);
  else if (command == 0xa0) step(c, STEP_PROGRAM);
  else if (command == 0x80) step(c, STEP_80);
  else if (command == 0x20) store<u32>(c, 1, C_BYPASS);
  else if (command == 0xf0) enter(c, MODE_ARRAY);
}

/** The cycle behind AA 55 80 AA 55. */
function amdErase(bank: u32, c: u32, word: u32, command: u32): void {
  if (load<u64>(c, C_LEFT)) return;
  forgetSectors(c);
  if (command == 0x30) {
    const cycles = markSector(bank, c, word);
    if (cycles) startErase(c, cycles, cyclesFor(WINDOW_US, 1000000));
  } else if (command == 0x10 && (word & UNLOCK_LINES) == UNLOCK_1) {
    let cycles: u64 = 0;
    for (let at: u32 = 0; findSector(bank, at); at = sectorWord + sectorWords) cycles += markSector(bank, c, at);
    if (cycles) startErase(c, cycles, 0);
  }
}

// --- Intel ---

function intelWrite(bank: u32, c: u32, word: u32, data: u32): void {
  const command = data & 0xff;
  const mode = load<u32>(c, C_MODE);
  const status = load<u32>(c, C_STATUS);
  if (mode == MODE_PROGRAM || mode == MODE_ERASE) {
    if (mode == MODE_ERASE && command == 0xb0) {
      suspend(c);
      store<u32>(c, status | SR_SUSPENDED, C_STATUS);
      enter(c, MODE_STATUS);
    }
    return;
  }
  const seen = load<u32>(c, C_STEP);
  step(c, STEP_NONE);
  if (seen == STEP_PROGRAM) {
    startProgram(bank, c, word, data);
    return;
  }
  if (seen == STEP_ERASE) {
    forgetSectors(c);
    const cycles = command == 0xd0 ? markSector(bank, c, word) : 0;
    if (cycles) startErase(c, cycles, 0);
    else store<u32>(c, status | SR_ERASE_ERROR | SR_PROGRAM_ERROR, C_STATUS);
    if (!cycles) enter(c, MODE_STATUS);
    return;
  }
  if (seen == STEP_LOCK) return;
  switch (command) {
    case 0xff:
      enter(c, MODE_ARRAY);
      return;
    case 0x90:
      enter(c, MODE_ID);
      return;
    case 0x98:
      enter(c, MODE_CFI);
      return;
    case 0x50:
      store<u32>(c, status & ~SR_ERRORS, C_STATUS);
      return;
    case 0x10:
    case 0x40:
      step(c, STEP_PROGRAM);
      break;
    case 0x20:
      // Not while another erase is suspended.
      if (load<u64>(c, C_LEFT)) return;
      step(c, STEP_ERASE);
      break;
    case 0x60:
      step(c, STEP_LOCK);
      break;
    case 0xd0:
      if (!load<u64>(c, C_LEFT)) return;
      store<u32>(c, status & ~SR_SUSPENDED, C_STATUS);
      resume(c);
      return;
    case 0x70:
      break;
    default:
      return;
  }
  enter(c, MODE_STATUS);
}

// --- time ---

/** EV_FLASH: commands that are done by now take effect. */
export function flashEvent(): void {
  for (let bank: u32 = 0; bank < 8; bank++) {
    if (!load<u32>(block(bank), F_COMMANDS)) continue;
    for (let n: u32 = 0; n < chips(bank); n++) {
      const c = chipAt(bank, n);
      const mode = load<u32>(c, C_MODE);
      if ((mode == MODE_PROGRAM || mode == MODE_ERASE) && load<u64>(c, C_DONE) <= now()) done(bank, n, c, mode);
    }
    settle(bank);
  }
}

function done(bank: u32, n: u32, c: u32, mode: u32): void {
  let failed = false;
  if (mode == MODE_PROGRAM) {
    const word = load<u32>(c, C_ADDRESS);
    const data = load<u32>(c, C_DATA);
    const cells = arrayRead(bank, n, word) & data;
    arrayWrite(bank, n, word, cells);
    failed = cells != data;
  } else {
    for (let at: u32 = 0; findSector(bank, at); ) {
      const next = sectorWord + sectorWords;
      if (marked(c, sectorIndex)) for (; at < next; at++) arrayWrite(bank, n, at, 0xffff);
      at = next;
    }
    forgetSectors(c);
  }
  if (intel(bank)) {
    if (failed) store<u32>(c, load<u32>(c, C_STATUS) | SR_PROGRAM_ERROR, C_STATUS);
    enter(c, MODE_STATUS);
  } else enter(c, failed ? MODE_FAILED : MODE_ARRAY);
}

/** After anything happened to the chips of `bank`: is it memory, and when is the next command done? */
function settle(bank: u32): void {
  let plain = true;
  for (let n: u32 = 0; n < chips(bank); n++) {
    const c = chipAt(bank, n);
    if (load<u32>(c, C_MODE) != MODE_ARRAY || load<u64>(c, C_LEFT)) plain = false;
  }
  bankKind(bank, plain ? BANK_FLASH : BANK_COMMAND);
  let next = NEVER;
  for (let b: u32 = 0; b < 8; b++) {
    if (!load<u32>(block(b), F_COMMANDS)) continue;
    for (let n: u32 = 0; n < chips(b); n++) {
      const c = chipAt(b, n);
      const mode = load<u32>(c, C_MODE);
      if (mode == MODE_PROGRAM || mode == MODE_ERASE) next = min<u64>(next, load<u64>(c, C_DONE));
    }
  }
  schedule(EV_FLASH, next);
}

/** HRESET is on the chips' reset pin: every command is given up. */
export function flashReset(): void {
  for (let bank: u32 = 0; bank < 8; bank++) {
    if (!load<u32>(block(bank), F_COMMANDS)) continue;
    memory.fill(chipAt(bank, 0), 0, CHIPS_MAX * CHIP_SIZE);
    settle(bank);
  }
}

// --- the host ---

/**
 * There is flash in `bank`, whose memory `bankDescribe` told: `commands` 0 = none, 1 = AMD, 2 = Intel; `chipCount` chips
 * of `chipWidth` bytes side by side; ids; µs to program a word, ms to erase a sector.
 */
export function flashDescribe(
  bank: u32,
  commands: u32,
  chipCount: u32,
  chipWidth: u32,
  ids: u32,
  programUs: u32,
  eraseMs: u32,
): void {
  if (bank > 7) return;
  const f = block(bank);
  memory.fill(f, 0, FLASH_BANK_BYTES);
  if (!commands || chipCount == 0 || chipCount > CHIPS_MAX || chipWidth == 0 || chipWidth > 2) return;
  store<u32>(f, commands, F_COMMANDS);
  store<u32>(f, chipCount, F_CHIPS);
  store<u32>(f, chipWidth, F_CHIP_BYTES);
  store<u32>(f, ids, F_IDS);
  store<u32>(f, programUs, F_PROGRAM_US);
  store<u32>(f, eraseMs, F_ERASE_MS);
  bankKind(bank, BANK_FLASH);
}
/** The next region of equal sectors of the chips of `bank`; `bytes` of one chip. */
export function flashRegion(bank: u32, sectors: u32, bytes: u32): void {
  if (bank > 7) return;
  const f = block(bank);
  const r = load<u32>(f, F_REGIONS);
  if (r == REGIONS_MAX) return;
  store<u32>(f, r + 1, F_REGIONS);
  store<u32>(f + r * 8, sectors, F_REGION);
  store<u32>(f + r * 8, bytes, F_REGION + 4);
}
/** Byte that a CFI query of a chip of `bank` reads at chip address `at`, 10 to 7F. */
export function flashQuery(bank: u32, at: u32, value: u32): void {
  if (bank > 7 || at < CFI_FIRST || at >= CFI_END) return;
  store<u8>(block(bank) + at - CFI_FIRST, value, F_CFI);
}
