/**
 * Serial data flash on the SPI: AT45DB161-like, 4096 pages of 512 bytes ("power of 2" mode), two page buffers
 * (device data sheet: Read Commands, Program and Erase Commands, Status Register).
 */
import { CORE_HZ } from '../layout';
import { now } from './io';
import { CFG_FLASH_BASE, CFG_FLASH_BYTES, FLASH, FLASH_BUFFERS } from './state';

const PAGE: u32 = 512;
const PAGES: u32 = 4096;
const BLOCK_PAGES: u32 = 8;
const SECTOR_PAGES: u32 = 256;

/** u32: 1 = chip select is low. */
const SELECTED: u32 = FLASH;
/** u32: bytes since chip select fell. */
const COUNT: u32 = FLASH + 4;
/** u32: command byte. */
const COMMAND: u32 = FLASH + 8;
/** u32: the three address bytes so far; later the running address. */
const ADDRESS: u32 = FLASH + 12;
/** u64: cycle until which the device is busy. */
const BUSY_UNTIL: u32 = FLASH + 16;
/** u32: 1 = the last compare of page and buffer failed. */
const COMPARE: u32 = FLASH + 24;

const STATUS_READY: u32 = 0x80;
const STATUS_COMPARE: u32 = 0x40;
/** Density code 1011 and page size 512. */
const STATUS_ID: u32 = 0x2d;
const ID: u32 = 0x1f260000;

// Typical times of the data sheet, in microseconds
const T_TRANSFER: u32 = 200;
const T_PROGRAM: u32 = 3000;
const T_ERASE_PROGRAM: u32 = 17000;
const T_PAGE_ERASE: u32 = 15000;
const T_BLOCK_ERASE: u32 = 45000;
const T_SECTOR_ERASE: u32 = 1400000;
const T_CHIP_ERASE: u32 = 22000000;

function busy(): bool {
  return now() < load<u64>(BUSY_UNTIL);
}
function occupy(microseconds: u32): void {
  store<u64>(BUSY_UNTIL, now() + (<u64>microseconds * <u64>load<u32>(CORE_HZ)) / 1000000);
}

/** Chip select: a rising edge carries out what the command asked for. */
export function flashSelect(low: bool): void {
  const was = load<u32>(SELECTED) != 0;
  if (low == was) return;
  store<u32>(SELECTED, low ? 1 : 0);
  if (low) store<u32>(COUNT, 0);
  else if (load<u32>(COUNT) >= 4) execute(load<u32>(COMMAND));
}

/** One byte in, one byte out. All ones when nothing is selected. */
export function flashExchange(v: u32): u32 {
  if (!load<u32>(SELECTED) || !load<u32>(CFG_FLASH_BYTES)) return 0xff;
  const n = load<u32>(COUNT);
  store<u32>(COUNT, n + 1);
  if (n == 0) {
    store<u32>(COMMAND, v);
    store<u32>(ADDRESS, 0);
    return 0xff;
  }
  const command = load<u32>(COMMAND);
  if (command == 0xd7 || command == 0x57) return status();
  if (command == 0x9f) return n <= 4 ? (ID >> (32 - n * 8)) & 0xff : 0;
  if (n <= 3) {
    store<u32>(ADDRESS, (load<u32>(ADDRESS) << 8) | v);
    return 0xff;
  }
  return data(command, n - 4, v);
}

function status(): u32 {
  return STATUS_ID | (busy() ? 0 : STATUS_READY) | (load<u32>(COMPARE) ? STATUS_COMPARE : 0);
}

/** Byte `k` after command and address. */
function data(command: u32, k: u32, v: u32): u32 {
  switch (command) {
    case 0x03:
    case 0x01:
      return readArray(k, 0, false);
    case 0x0b:
      return readArray(k, 1, false);
    case 0xe8:
      return readArray(k, 4, false);
    case 0xd2:
      return readArray(k, 4, true);
    case 0xd1:
      return readBuffer(0, k, 0);
    case 0xd3:
      return readBuffer(1, k, 0);
    case 0xd4:
      return readBuffer(0, k, 1);
    case 0xd6:
      return readBuffer(1, k, 1);
    case 0x84:
    case 0x82:
      writeBuffer(0, v);
      break;
    case 0x87:
    case 0x85:
      writeBuffer(1, v);
      break;
  }
  return 0xff;
}

/** Array read after `dummies` bytes; a page read wraps inside its page, the others at the end of the array. */
function readArray(k: u32, dummies: u32, wrapPage: bool): u32 {
  if (k < dummies) return 0xff;
  if (busy()) return 0xff;
  const a = load<u32>(ADDRESS) % (PAGE * PAGES);
  const next = wrapPage ? (a & ~(PAGE - 1)) | ((a + 1) & (PAGE - 1)) : a + 1;
  store<u32>(ADDRESS, next);
  return a < load<u32>(CFG_FLASH_BYTES) ? load<u8>(load<u32>(CFG_FLASH_BASE) + a) : 0xff;
}

function buffer(n: u32): u32 {
  return FLASH_BUFFERS + n * PAGE;
}
function readBuffer(n: u32, k: u32, dummies: u32): u32 {
  if (k < dummies) return 0xff;
  const a = load<u32>(ADDRESS);
  store<u32>(ADDRESS, (a & ~(PAGE - 1)) | ((a + 1) & (PAGE - 1)));
  return load<u8>(buffer(n) + (a & (PAGE - 1)));
}
function writeBuffer(n: u32, v: u32): void {
  const a = load<u32>(ADDRESS);
  store<u8>(buffer(n) + (a & (PAGE - 1)), v);
  store<u32>(ADDRESS, (a & ~(PAGE - 1)) | ((a + 1) & (PAGE - 1)));
}

/** What happens when chip select rises. A busy device ignores it. */
function execute(command: u32): void {
  if (busy()) return;
  const page = (load<u32>(ADDRESS) / PAGE) % PAGES;
  switch (command) {
    case 0x83:
    case 0x82:
      program(page, 0, true);
      break;
    case 0x86:
    case 0x85:
      program(page, 1, true);
      break;
    case 0x88:
      program(page, 0, false);
      break;
    case 0x89:
      program(page, 1, false);
      break;
    case 0x53:
      transfer(page, 0);
      break;
    case 0x55:
      transfer(page, 1);
      break;
    case 0x60:
      compare(page, 0);
      break;
    case 0x61:
      compare(page, 1);
      break;
    case 0x81:
      erase(page, 1, T_PAGE_ERASE);
      break;
    case 0x50:
      erase(page & ~(BLOCK_PAGES - 1), BLOCK_PAGES, T_BLOCK_ERASE);
      break;
    case 0x7c:
      erase(page & ~(SECTOR_PAGES - 1), SECTOR_PAGES, T_SECTOR_ERASE);
      break;
    case 0xc7:
      if ((load<u32>(ADDRESS) & 0xffffff) == 0x94809a) erase(0, PAGES, T_CHIP_ERASE);
      break;
  }
}

/** Linear address of a page, 0 if the fitted memory is smaller. */
function pageMemory(page: u32): u32 {
  return (page + 1) * PAGE <= load<u32>(CFG_FLASH_BYTES) ? load<u32>(CFG_FLASH_BASE) + page * PAGE : 0;
}

/** Buffer to page; without the built-in erase bits only go from 1 to 0. */
function program(page: u32, n: u32, withErase: bool): void {
  const p = pageMemory(page);
  occupy(withErase ? T_ERASE_PROGRAM : T_PROGRAM);
  if (!p) return;
  for (let i: u32 = 0; i < PAGE; i++) {
    const v = load<u8>(buffer(n) + i);
    store<u8>(p + i, withErase ? v : v & load<u8>(p + i));
  }
}
function transfer(page: u32, n: u32): void {
  const p = pageMemory(page);
  occupy(T_TRANSFER);
  if (p) memory.copy(buffer(n), p, PAGE);
}
function compare(page: u32, n: u32): void {
  const p = pageMemory(page);
  occupy(T_TRANSFER);
  store<u32>(COMPARE, p && memory.compare(buffer(n), p, PAGE) == 0 ? 0 : 1);
}
function erase(first: u32, pages: u32, microseconds: u32): void {
  occupy(microseconds);
  for (let i: u32 = 0; i < pages; i++) {
    const p = pageMemory(first + i);
    if (p) memory.fill(p, 0xff, PAGE);
  }
}
