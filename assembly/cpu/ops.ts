// Numbers of predecoded operations and the layout of a predecoded line.
//
// An entry is eight bytes: op, cost, D, A, then 32 bits of immediate. D and A are byte offsets of GPRs, so that one load of a
// byte says where a register is; rB, where there is one, is such an offset in the immediate's first byte, and its second one
// is 1 for the record form. `cost` is the number of clocks that are known when the line is decoded: base cost and stalls
// between instructions of the same line.

export const OP_LINE_END: u32 = 0;
/** Anything rare; the immediate is the instruction word (cpu/execute.ts). */
export const OP_SLOW: u32 = 1;
export const OP_NOP: u32 = 2;
export const OP_LI: u32 = 3;
export const OP_ADDI: u32 = 4;
export const OP_MR: u32 = 5;
export const OP_ADD: u32 = 6;
export const OP_SUBF: u32 = 7;
export const OP_OR: u32 = 8;
export const OP_RLWINM: u32 = 9;
export const OP_RLWINM_RC: u32 = 10;
export const OP_ADD_RC: u32 = 11;
export const OP_SUBF_RC: u32 = 12;
export const OP_OR_RC: u32 = 13;
export const OP_AND: u32 = 14;
export const OP_ANDC: u32 = 15;
export const OP_XOR: u32 = 16;
export const OP_NOR: u32 = 17;
export const OP_NAND: u32 = 18;
export const OP_EQV: u32 = 19;
export const OP_ORC: u32 = 20;
export const OP_ORI: u32 = 21;
export const OP_XORI: u32 = 22;
export const OP_ANDI: u32 = 23;
export const OP_RLWIMI: u32 = 24;
export const OP_RLWNM: u32 = 25;
export const OP_SLW: u32 = 26;
export const OP_SRW: u32 = 27;
export const OP_SRAW: u32 = 28;
export const OP_SRAWI: u32 = 29;
export const OP_EXTSB: u32 = 30;
export const OP_EXTSH: u32 = 31;
export const OP_CNTLZW: u32 = 32;
export const OP_NEG: u32 = 33;
export const OP_ADDIC: u32 = 34;
export const OP_SUBFIC: u32 = 35;
export const OP_ADDC: u32 = 36;
export const OP_ADDE: u32 = 37;
export const OP_SUBFC: u32 = 38;
export const OP_SUBFE: u32 = 39;
export const OP_ADDZE: u32 = 40;
export const OP_ADDME: u32 = 41;
export const OP_SUBFZE: u32 = 42;
export const OP_SUBFME: u32 = 43;
export const OP_MULLI: u32 = 44;
export const OP_MULLW: u32 = 45;
export const OP_MULHW: u32 = 46;
export const OP_MULHWU: u32 = 47;
export const OP_DIVW: u32 = 48;
export const OP_DIVWU: u32 = 49;
export const OP_CMPWI: u32 = 50;
export const OP_CMPLWI: u32 = 51;
export const OP_CMPW: u32 = 52;
export const OP_CMPLW: u32 = 53;
export const OP_MFLR: u32 = 54;
export const OP_MTLR: u32 = 55;
export const OP_MFCTR: u32 = 56;
export const OP_MTCTR: u32 = 57;

// Branches to an address in the instruction: the immediate is the distance from the line's first byte.
export const OP_B: u32 = 60;
/** Branch to itself: the idle loop. */
export const OP_B_SELF: u32 = 61;
export const OP_BL: u32 = 62;
/**
 * On one bit of CR, without CTR: D = the field | flags, A = the bit's mask | 0xf0 if it must be 0; the immediate is the
 * distance << 8 | what a taken branch costs more than one that is not, a signed byte.
 */
export const OP_BCR: u32 = 63;
/** The immediate is as in OP_BCR. */
export const OP_BDNZ: u32 = 65;
export const OP_BLR: u32 = 66;
export const OP_BCTR: u32 = 67;
export const OP_BCTRL: u32 = 68;
/**
 * Any other bc, bclr, bcctr: D = the field of CR | BO << 3, A = the bit's mask, immediate = distance or address << 8 | flags;
 * all their clocks are counted when they run.
 */
export const OP_BC: u32 = 69;
export const OP_BCLR: u32 = 70;
export const OP_BCCTR: u32 = 71;

// Data accesses: OP_MEM_FIRST to OP_MEM_LAST
export const OP_LHAU: u32 = 79;
export const OP_LWZ: u32 = 80;
export const OP_LBZ: u32 = 81;
export const OP_LHZ: u32 = 82;
export const OP_LHA: u32 = 83;
export const OP_LWZX: u32 = 84;
export const OP_LBZX: u32 = 85;
export const OP_LHZX: u32 = 86;
export const OP_LHAX: u32 = 87;
export const OP_LWZU: u32 = 88;
export const OP_LBZU: u32 = 89;
export const OP_LHZU: u32 = 90;
export const OP_STW: u32 = 91;
export const OP_STB: u32 = 92;
export const OP_STH: u32 = 93;
export const OP_STWX: u32 = 94;
export const OP_STBX: u32 = 95;
export const OP_STHX: u32 = 96;
export const OP_STWU: u32 = 97;
export const OP_STBU: u32 = 98;
export const OP_STHU: u32 = 99;

// A compare or record form and the conditional branch behind it in the same line, in one step; the branch keeps its own
// entry, for when it is reached otherwise.
export const OP_CMPWI_B: u32 = 100;
export const OP_CMPLWI_B: u32 = 101;
export const OP_CMPW_B: u32 = 102;
export const OP_CMPLW_B: u32 = 103;
export const OP_RLWINM_RC_B: u32 = 104;
export const OP_ANDI_B: u32 = 105;

export const OP_RLWIMI_RC: u32 = 106;
export const OP_RLWNM_RC: u32 = 107;
export const OP_ADDIC_RC: u32 = 108;
/** To an absolute address, the immediate; A = LK. */
export const OP_BA: u32 = 109;

/** The operation that does `op` and the conditional branch behind it, or `op` if there is none. */
export function fused(op: u32): u32 {
  switch (op) {
    case OP_CMPWI:
      return OP_CMPWI_B;
    case OP_CMPLWI:
      return OP_CMPLWI_B;
    case OP_CMPW:
      return OP_CMPW_B;
    case OP_CMPLW:
      return OP_CMPLW_B;
    case OP_RLWINM_RC:
      return OP_RLWINM_RC_B;
    case OP_ANDI:
      return OP_ANDI_B;
    default:
      return op;
  }
}

/** Immediate of an entry with rB: the record form, which sets CR0 from the result. */
export const RECORD_FORM: u32 = 0x100;

// Flags of branches
export const FLAG_LK: u32 = 1;
/** The target is absolute. */
export const FLAG_AA: u32 = 2;
/** The branch's input was set by the instruction before it in the line. */
export const FLAG_HOT: u32 = 8;
/** Its input may have been set by the last instruction of the line before. */
export const FLAG_FIRST: u32 = 0x10;
/** Statically predicted taken. */
export const FLAG_LIKELY: u32 = 0x20;
/** Those that D has room for, above a field of CR. */
export const FLAGS_IN_D: u32 = FLAG_HOT | FLAG_FIRST | FLAG_LIKELY;

/** Clocks of a branch taken and not taken, and of a wrong prediction (hardware/core-timing.md section 6). */
export const BR_TAKEN: i32 = 2;
export const BR_NOT_TAKEN: i32 = 1;
export const MISPREDICT: i32 = 2;

// Layout of a predecoded line, whose place is a multiple of its length: four entries, the end entry, then what the first
// instruction reads.
/** The end entry's immediate: GPRs whose value is late after the last instruction; its low word >>> 16: what that sets. */
export const LINE_END_ENTRY: u32 = 32;
/** u32: SETS_* that the first instruction waits for, << 16; u32: GPRs that it reads, bit n = GPR n. Laid out like the end entry. */
export const LINE_HEAD: u32 = 40;
/** u32: physical address of the line. */
export const LINE_PA: u32 = 48;
/** u32, lines of the table of decoded lines only: LINE_PA | 1, 0 = nothing here. */
export const LINE_TAG: u32 = 52;
export const LINE_BYTES: u32 = 64;

// What an instruction sets besides GPRs: CR field n is 1 << n.
export const SETS_LR: u32 = 0x100;
export const SETS_CTR: u32 = 0x200;
/** The multiplier is busy for the next clock; a divide has to wait. */
export const SETS_MUL: u32 = 0x400;
export const SETS_BRANCH_INPUT: u32 = 0x3ff;
