// One user-state program on the bare core under many kinds of translation: what it sees must always be the same.
import { asm, type BareCore, bareCore } from './core.js';

/** Effective addresses that a program has, from 0 on. */
export const SPACE = 0x40000;
/** Where a program ends, with an sc. */
export const DONE = 0x20000;

/** A program and all that it begins with. */
export interface UserProgram {
  readonly entry: number;
  /** Words by effective address. */
  readonly memory: ReadonlyMap<number, number>;
  readonly gpr: ArrayLike<number>;
  readonly cr?: number;
  readonly xer?: number;
  readonly lr?: number;
  readonly ctr?: number;
}

/** What the program left: how it ended, registers, and all of SPACE. */
export interface UserState {
  readonly end: string;
  readonly registers: readonly string[];
  readonly memory: Uint8Array;
}

/** What lies between program and memory. */
export interface Translation {
  readonly name: string;
  readonly instructionCache?: boolean;
  readonly dataCache?: boolean;
  /** Absent: none. */
  readonly pages?: Pages;
}

interface Pages {
  /** Bytes of a page; 1024: 4 KB entries with one valid subpage each. */
  readonly bytes: number;
  /** Protection for each 1 KB (Mx_CTR[PPM]). */
  readonly subpages?: boolean;
  /** Entries of each TLB that the reload handlers use; absent: all of SPACE is loaded before the program begins. */
  readonly reload?: 2 | 32;
}

const REG_PC = 32;
const REG_MSR = 33;
const REG_CR = 34;
const REG_XER = 35;
const REG_LR = 36;
const REG_CTR = 37;
const SRR0 = 26;
const IC_CST = 560;
const DC_CST = 568;
const CST_ENABLE = 0x02000000;
const MI_CTR = 784;
const MD_CTR = 792;
const M_TWB = 796;
const M_TW = 799;
/** MD_ registers; those of the instruction side are 8 less. */
const AP = 794;
const EPN = 795;
const TWC = 797;
const RPN = 798;
const CTR_PPM = 0x40000000;
const CTR_TWAM = 0x04000000;
const EPN_EV = 0x200;
const TWC_V = 1;
const TWC_PS: Record<number, number> = { 524288: 4, 8388608: 12 };
const RPN_SPS = 8;
/** PP = 10, C, all subpages valid, shared, valid (MPC860 UM table 9-4). */
const RPN_ALL = 0x9f5;
/** PP = 11 for each subpage (MPC801 UM table 11-5). */
const RPN_SUBPAGES = 0xff5;
const MSR_USER = 0x5042;
const MSR_IR_DR = 0x30;
const VECTORS = 0xfff00000;
const FRAMES = 0x40000;
const LEVEL_ONE = 0xc0000;
const LEVEL_TWO = 0xc4000;
const CYCLES = 20_000_000;

export const TRANSLATIONS: readonly Translation[] = [
  { name: 'caches off' },
  { name: 'I', instructionCache: true },
  { name: 'D', dataCache: true },
  { name: 'on', instructionCache: true, dataCache: true },
  ...[0x800000, 0x80000, 0x4000].flatMap((bytes) => [
    { name: `${bytes >>> 10} KB`, pages: { bytes } },
    { name: `${bytes >>> 10} KB, on`, instructionCache: true, dataCache: true, pages: { bytes } },
  ]),
  {
    name: '16 KB, reloaded, two entries',
    instructionCache: true,
    dataCache: true,
    pages: { bytes: 0x4000, reload: 2 },
  },
  { name: '4 KB, reloaded', pages: { bytes: 0x1000, reload: 32 } },
  { name: '4 KB, reloaded, on', instructionCache: true, dataCache: true, pages: { bytes: 0x1000, reload: 32 } },
  { name: '4 KB, reloaded, two entries', instructionCache: true, pages: { bytes: 0x1000, reload: 2 } },
  { name: '4 KB by subpages', dataCache: true, pages: { bytes: 0x1000, subpages: true, reload: 32 } },
  { name: '1 KB', instructionCache: true, dataCache: true, pages: { bytes: 0x400, reload: 32 } },
  { name: '1 KB, two entries', dataCache: true, pages: { bytes: 0x400, reload: 2 } },
];

/** Physical address of `ea`: large pages lead 1:1 or half a megabyte up, small ones to shuffled places. */
function physical(pages: Pages | undefined, ea: number): number {
  if (!pages || pages.bytes === 0x800000) return ea;
  if (pages.bytes === 0x80000) return ea + 0x80000;
  const unit = Math.max(pages.bytes, 0x400);
  const count = SPACE / unit;
  const page = Math.floor(ea / unit);
  // For 1 KB pages the place within the 4 KB must stay
  const frame =
    unit === 0x400 ? ((((page >>> 2) * 37 + (page & 3) * 11) & 63) << 2) | (page & 3) : (page * 37 + 5) % count;
  return FRAMES + frame * unit + (ea % unit);
}

/** RPN word that leads from the page of `ea` to where it is. */
function descriptor(pages: Pages, ea: number): number {
  const frame = physical(pages, ea);
  const rpn = pages.bytes >= 0x80000 ? (frame & ~(pages.bytes - 1)) >>> 0 : frame & ~0xfff;
  if (pages.bytes === 0x400) return rpn | (RPN_ALL & ~0xf0) | (0x80 >> ((ea >>> 10) & 3));
  if (pages.subpages) return rpn | RPN_SUBPAGES;
  return rpn | RPN_ALL | (pages.bytes === 0x4000 ? RPN_SPS : 0);
}

function loadEntry(core: BareCore, pages: Pages, ea: number, index: number): void {
  for (const side of [-8, 0]) {
    const ctr = MD_CTR + side;
    core.setSpr(ctr, (core.spr(ctr) & ~0x1f00) | (index << 8));
    core.setSpr(EPN + side, ea | EPN_EV);
    core.setSpr(TWC + side, TWC_V | (TWC_PS[pages.bytes] ?? 0));
    core.setSpr(RPN + side, descriptor(pages, ea));
  }
}

/** The handlers of 0x1100 and 0x1200: two-level tables, the assistance of M_TWB and MD_TWC (MPC860 UM 9.7). */
function installHandlers(core: BareCore, pages: Pages): void {
  for (const side of [-8, 0]) {
    const code = side === -8;
    // Keep the last bit of the index: entries 0 and 1 take turns
    const twoEntries = [
      asm.mfspr(3, MD_CTR + side),
      ((21 << 26) | (3 << 21) | (3 << 16) | (23 << 6) | (18 << 1)) >>> 0,
      asm.mtspr(MD_CTR + side, 3),
    ];
    core.load(VECTORS + (code ? 0x1100 : 0x1200), [
      asm.mtspr(M_TW, 3),
      ...(code ? [asm.mfspr(3, SRR0), asm.mtspr(EPN, 3)] : []),
      ...(pages.reload === 2 ? twoEntries : []),
      asm.mfspr(3, M_TWB),
      asm.lwz(3, 0, 3),
      asm.mtspr(TWC, 3),
      ...(code ? [asm.mtspr(TWC - 8, 3)] : []),
      asm.mfspr(3, TWC),
      asm.lwz(3, 0, 3),
      asm.mtspr(RPN + side, 3),
      asm.mfspr(3, M_TW),
      asm.rfi(),
    ]);
  }
  const ram = new DataView(core.ram().buffer, core.ram().byteOffset);
  ram.setUint32(LEVEL_ONE, LEVEL_TWO | TWC_V);
  const unit = Math.min(pages.bytes, 0x1000);
  for (let ea = 0; ea < SPACE; ea += unit) ram.setUint32(LEVEL_TWO + (ea / unit) * 4, descriptor(pages, ea));
  core.setSpr(M_TWB, LEVEL_ONE);
}

/** Runs `program` under `translation`. */
export function runTranslated(program: UserProgram, translation: Translation): UserState {
  const core = bareCore();
  const { pages } = translation;
  const ram = new DataView(core.ram().buffer, core.ram().byteOffset);
  for (const [ea, word] of program.memory) ram.setUint32(physical(pages, ea), word);
  ram.setUint32(physical(pages, DONE), asm.sc());
  for (let vector = 0x100; vector < 0x2000; vector += 0x100) core.load(VECTORS + vector, [asm.b(0)]);
  core.setSpr(AP - 8, 0x55555555);
  core.setSpr(AP, 0x55555555);
  if (pages?.bytes === 0x400) core.setSpr(MD_CTR, 0);
  if (pages?.subpages) {
    core.setSpr(MI_CTR, CTR_PPM);
    core.setSpr(MD_CTR, CTR_PPM | CTR_TWAM);
  }
  if (pages?.reload) installHandlers(core, pages);
  else if (pages) for (let ea = 0; ea < SPACE; ea += pages.bytes) loadEntry(core, pages, ea, ea / pages.bytes);
  if (translation.instructionCache) core.setSpr(IC_CST, CST_ENABLE);
  if (translation.dataCache) core.setSpr(DC_CST, CST_ENABLE);
  for (let r = 0; r < 32; r++) core.setGpr(r, program.gpr[r] ?? 0);
  core.fn.setReg(REG_CR, program.cr ?? 0);
  core.fn.setReg(REG_XER, program.xer ?? 0);
  core.fn.setReg(REG_LR, program.lr ?? 0);
  core.fn.setReg(REG_CTR, program.ctr ?? 0);
  core.fn.setReg(REG_MSR, MSR_USER | (pages ? MSR_IR_DR : 0));
  core.fn.setReg(REG_PC, program.entry);
  core.fn.run(core.fn.now() + CYCLES);
  const registers = Array.from({ length: 32 }, (_, n) => `r${n} ${core.gpr(n).toString(16)}`);
  const named = { cr: REG_CR, xer: REG_XER, lr: REG_LR, ctr: REG_CTR };
  for (const [name, id] of Object.entries(named)) registers.push(`${name} ${(core.fn.getReg(id) >>> 0).toString(16)}`);
  const memory = new Uint8Array(SPACE);
  const view = new DataView(memory.buffer);
  for (let ea = 0; ea < SPACE; ea += 0x400) {
    const from = physical(pages, ea);
    if (!translation.dataCache) memory.set(core.ram().subarray(from, from + 0x400), ea);
    else for (let i = 0; i < 0x400; i += 4) view.setUint32(ea + i, core.fn.hostRead32(from + i));
  }
  return { end: `${core.pc.toString(16)} from ${core.spr(SRR0).toString(16)}`, registers, memory };
}
