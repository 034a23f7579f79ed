import { UsageError } from '../errors.js';
import type { ElfImage } from '../firmware/elf.js';
import { loaderTree, measuredHz } from './board-tree.js';
import type { BoardDescription } from './boards.js';

/** What a loader has to hand over beside the image. */
export interface Handover {
  /** What it loaded. */
  image: ElfImage;
  /** The command line of the project's firmware, all its words. */
  line: string;
  /** The command line as the user wrote it, for everything else. */
  commandLine: string;
  /** A device tree of the user's. */
  deviceTree?: Uint8Array;
  /** An initial RAM disk. */
  initrd?: Uint8Array;
}

/** What is put into RAM, and what the registers hold when the image is entered. */
export interface EntryState {
  /** Blocks in RAM. */
  blocks: { address: number; bytes: Uint8Array }[];
  /** r3 and up, by number. */
  registers: Readonly<Record<number, number>>;
}

const PAGE = 0x1000;
const BOARD_INFO_AT = 0x3000;
const COMMAND_LINE_BEHIND = 0x400;
/** What a kernel maps before it knows its memory: blocks for it lie below (hardware reference `boards.md` §4). */
const BOOT_MAP = 8 << 20;

/** A loader's conventions by name. */
export const LOADERS = ['eth_comm', 'eppc-bug', 'u-boot', 'device-tree'] as const;
/**
 * What a board's loader hands over (hardware reference `boards.md`):
 * - `eth_comm`: r3 → board information block, r6, r7 → command line and its end (§1);
 * - `eppc-bug`: r3 → Motorola's board information ("BDID"), r6, r7 as above (§2);
 * - `u-boot`: r3 → U-Boot's bd_info, r4, r5 = initial RAM disk, r6, r7 = command line (§4, without a device tree);
 * - `device-tree`: r3 → flattened tree, r6 = 0x65504150, r7 = memory that is mapped at entry (§4).
 */
export type Loader = (typeof LOADERS)[number];

/** Where board information and command line go: a page that the image leaves free, the usual one if it can be. */
function freePage(image: ElfImage, ramBytes: number): number {
  const free = (at: number): boolean => image.segments.every((s) => at + PAGE <= s.address || at >= s.address + s.size);
  let at = BOARD_INFO_AT;
  for (let high = ramBytes - PAGE; !free(at) && high > 0; high -= PAGE) at = high;
  return free(at) ? at : BOARD_INFO_AT;
}

const text = (line: string): Uint8Array => new TextEncoder().encode(`${line}\0`);
const macOf = (board: BoardDescription): number[] => board.mac.split(':').map((part) => Number.parseInt(part, 16));

function words(...values: number[]): DataView {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return view;
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

/** A page of information with the command line behind it, as boards without memory to spare have it. */
function infoPage(board: BoardDescription, { image, line }: Handover, info: DataView): EntryState {
  const at = freePage(image, board.ramBytes);
  const lineAt = at + COMMAND_LINE_BEHIND;
  const command = text(line);
  return {
    blocks: [
      { address: at, bytes: bytesOf(info) },
      { address: lineAt, bytes: command },
    ],
    registers: { 3: at, 6: lineAt, 7: lineAt + command.length - 1 },
  };
}

function ethComm(board: BoardDescription, what: Handover): EntryState {
  const info = new DataView(new ArrayBuffer(0x3c));
  info.setUint16(0x00, 0x3c);
  for (const [i, byte] of macOf(board).entries()) info.setUint8(0x02 + i, byte);
  info.setUint32(0x08, board.coreHz);
  info.setUint32(0x0c, board.flashBytes);
  info.setUint32(0x10, board.ramBytes);
  info.setUint32(0x14, 1);
  return infoPage(board, what, info);
}

function eppcBug(board: BoardDescription, what: Handover): EntryState {
  const megahertz = Math.round(board.coreHz / 1e6);
  const bdid = 0x4244_4944;
  // tag, size, revision, date (BCD), memory start and size, core and bus clock in MHz, boot controller and device
  const info = words(bdid, 0x28, 0x0100, 0x1106_1997, 0, board.ramBytes, megahertz, megahertz, 0, 0);
  return infoPage(board, what, info);
}

/** Places for blocks from `top` down, each on its own pages; nothing reaches into the image. */
function places(image: ElfImage, top: number): (bytes: number) => number {
  const end = Math.max(...image.segments.map((s) => s.address + s.size));
  let at = top;
  return (bytes) => {
    at = (at - bytes) & ~(PAGE - 1);
    if (at < end)
      throw new UsageError(`the image ends at 0x${end.toString(16)} and leaves no room for ${bytes} bytes more`);
    return at;
  };
}

/** Blocks that a kernel must reach early lie in the boot map, unless the image fills that. */
function lowTop(board: BoardDescription, image: ElfImage): number {
  const end = Math.max(...image.segments.map((s) => s.address + s.size));
  const wanted = end + (1 << 20) <= BOOT_MAP ? BOOT_MAP : 3 * BOOT_MAP;
  return Math.min(wanted, board.ramBytes);
}

function initrdAt(board: BoardDescription, { image, initrd }: Handover): { start: number; end: number } | undefined {
  if (initrd === undefined) return undefined;
  const start = places(image, board.ramBytes)(initrd.length);
  return { start, end: start + initrd.length };
}

function uBoot(board: BoardDescription, what: Handover): EntryState {
  const disk = initrdAt(board, what);
  const place = places(what.image, Math.min(lowTop(board, what.image), disk?.start ?? board.ramBytes));
  const hz = measuredHz(board);
  const flash = board.banks.find(({ kind }) => kind === 'flash');
  const flashStart = flash === undefined ? 0 : (flash.br & 0xffff_8000) >>> 0;
  const info = words(0, board.ramBytes, flashStart, board.flashBytes, 0, 0, 0, board.immr, 0, 0, 0, 0, hz, hz, 115_200);
  for (const [i, byte] of macOf(board).entries()) info.setUint8(0x28 + i, byte);
  info.setUint16(0x2e, 10);
  const command = text(what.commandLine);
  const [infoAt, lineAt] = [place(info.byteLength), place(command.length)];
  const blocks = [
    { address: infoAt, bytes: bytesOf(info) },
    { address: lineAt, bytes: command },
  ];
  if (what.initrd !== undefined && disk !== undefined) blocks.push({ address: disk.start, bytes: what.initrd });
  return {
    blocks,
    registers: { 3: infoAt, 4: disk?.start ?? 0, 5: disk?.end ?? 0, 6: lineAt, 7: lineAt + command.length - 1 },
  };
}

function flatTree(board: BoardDescription, what: Handover): EntryState {
  const disk = initrdAt(board, what);
  const blob = loaderTree(board, what.deviceTree, {
    commandLine: what.commandLine,
    ...(disk === undefined ? {} : { initrd: disk }),
  });
  const top = lowTop(board, what.image);
  const address = places(what.image, Math.min(top, disk?.start ?? top))(blob.length);
  const blocks = [{ address, bytes: blob }];
  if (what.initrd !== undefined && disk !== undefined) blocks.push({ address: disk.start, bytes: what.initrd });
  const ePAPR = 0x6550_4150;
  return { blocks, registers: { 3: address, 4: 0, 5: 0, 6: ePAPR, 7: top, 8: 0, 9: 0 } };
}

/**
 * What the board's loader leaves for the image.
 * @throws UsageError when it does not fit beside the image, or for a device tree that is none
 */
export function entryState(board: BoardDescription, what: Handover): EntryState {
  switch (board.loader ?? 'eth_comm') {
    case 'eppc-bug':
      return eppcBug(board, what);
    case 'u-boot':
      return uBoot(board, what);
    case 'device-tree':
      return flatTree(board, what);
    default:
      return ethComm(board, what);
  }
}
