// From four instruction words to a predecoded line (cpu/ops.ts). Opcodes and operand rules: hardware/core-instructions.md;
// costs: hardware/core-timing.md section 6.

import {
  BR_NOT_TAKEN,
  BR_TAKEN,
  FLAG_AA,
  FLAG_FIRST,
  FLAG_HOT,
  FLAG_LIKELY,
  FLAG_LK,
  FLAGS_IN_D,
  fused,
  LINE_END_ENTRY,
  LINE_HEAD,
  LINE_PA,
  MISPREDICT,
  OP_ADD,
  OP_ADD_RC,
  OP_ADDC,
  OP_ADDE,
  OP_ADDI,
  OP_ADDIC,
  OP_ADDIC_RC,
  OP_ADDME,
  OP_ADDZE,
  OP_AND,
  OP_ANDC,
  OP_ANDI,
  OP_B,
  OP_B_SELF,
  OP_BA,
  OP_BC,
  OP_BCCTR,
  OP_BCLR,
  OP_BCR,
  OP_BCTR,
  OP_BCTRL,
  OP_BDNZ,
  OP_BL,
  OP_BLR,
  OP_CMPLW,
  OP_CMPLWI,
  OP_CMPW,
  OP_CMPWI,
  OP_CNTLZW,
  OP_DIVW,
  OP_DIVWU,
  OP_EQV,
  OP_EXTSB,
  OP_EXTSH,
  OP_LBZ,
  OP_LBZU,
  OP_LBZX,
  OP_LHA,
  OP_LHAU,
  OP_LHAX,
  OP_LHZ,
  OP_LHZU,
  OP_LHZX,
  OP_LI,
  OP_LINE_END,
  OP_LWZ,
  OP_LWZU,
  OP_LWZX,
  OP_MFCTR,
  OP_MFLR,
  OP_MR,
  OP_MTCTR,
  OP_MTLR,
  OP_MULHW,
  OP_MULHWU,
  OP_MULLI,
  OP_MULLW,
  OP_NAND,
  OP_NEG,
  OP_NOP,
  OP_NOR,
  OP_OR,
  OP_OR_RC,
  OP_ORC,
  OP_ORI,
  OP_RLWIMI,
  OP_RLWIMI_RC,
  OP_RLWINM,
  OP_RLWINM_RC,
  OP_RLWNM,
  OP_RLWNM_RC,
  OP_SLOW,
  OP_SLW,
  OP_SRAW,
  OP_SRAWI,
  OP_SRW,
  OP_STB,
  OP_STBU,
  OP_STBX,
  OP_STH,
  OP_STHU,
  OP_STHX,
  OP_STW,
  OP_STWU,
  OP_STWX,
  OP_SUBF,
  OP_SUBF_RC,
  OP_SUBFC,
  OP_SUBFE,
  OP_SUBFIC,
  OP_SUBFME,
  OP_SUBFZE,
  OP_XOR,
  OP_XORI,
  RECORD_FORM,
  SETS_BRANCH_INPUT,
  SETS_CTR,
  SETS_LR,
  SETS_MUL,
} from './ops';

// Results of `decode`, valid until its next call: scratch, not state.
let low: u32 = 0;
let high: u32 = 0;
/** FLAG_* of a branch. */
let flags: u32 = 0;
let cost: u32 = 1;
/** GPRs read, bit n = GPR n. */
let sources: u32 = 0;
/** GPRs written one clock later than an ALU result. */
let late: u32 = 0;
let sets: u32 = 0;
let needs: u32 = 0;

/** Decodes the 16 bytes at `raw`, the line at physical address `pa`, into the predecoded line at `line`. */
export function decodeLine(raw: u32, line: u32, pa: u32): void {
  let lastLate: u32 = 0;
  let lastSets: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    decode(bswap<u32>(load<u32>(raw + (i << 2))), i);
    if (i == 0) {
      store<u32>(line, needs << 16, LINE_HEAD);
      store<u32>(line, sources, LINE_HEAD + 4);
    } else {
      if (sources & lastLate) cost++;
      if (needs & lastSets & SETS_MUL) cost++;
      if (needs & lastSets & SETS_BRANCH_INPUT) flags |= FLAG_HOT;
    }
    if (i == 0 && needs & SETS_BRANCH_INPUT) flags |= FLAG_FIRST;
    if ((low & 0xff) == OP_BCR && flags & FLAG_HOT) {
      const before = line + ((i - 1) << 3);
      store<u8>(before, <u8>fused(load<u8>(before)));
    }
    finishBranch();
    store<u32>(line + (i << 3), low | (cost << 8));
    store<u32>(line + (i << 3), high, 4);
    lastLate = late;
    lastSets = sets;
  }
  store<u32>(line, OP_LINE_END | (lastSets << 16), LINE_END_ENTRY);
  store<u32>(line, lastLate, LINE_END_ENTRY + 4);
  store<u32>(line, pa, LINE_PA);
}

/** Puts a branch's flags into its entry, and what of its clocks is known: all but folding, and an input set in the line before. */
function finishBranch(): void {
  const hot: u32 = flags & FLAG_HOT ? 1 : 0;
  const likely = (flags & FLAG_LIKELY) != 0;
  switch (low & 0xff) {
    case OP_BCR:
    case OP_BDNZ: {
      cost = BR_NOT_TAKEN + hot + (hot && likely ? MISPREDICT : 0);
      const taken = BR_TAKEN + hot + (hot && !likely ? MISPREDICT : 0);
      low |= (flags & FLAGS_IN_D) << 16;
      high = (high << 8) | ((taken - cost) & 0xff);
      return;
    }
    case OP_B:
    case OP_BL:
    case OP_BA:
      cost = BR_TAKEN;
      return;
    case OP_BLR:
    case OP_BCTR:
    case OP_BCTRL:
      cost = BR_TAKEN + hot;
      low = (low & 0xff) | ((flags & FLAGS_IN_D) << 16);
      return;
    case OP_BC:
    case OP_BCLR:
    case OP_BCCTR:
      high = (high << 8) | flags;
  }
}

/** Ones from bit `first` to bit `last` inclusive, big-endian bit numbers, wrapping if first > last. */
export function rotateMask(first: u32, last: u32): u32 {
  const from = <u32>0xffffffff >>> first;
  const to = (<u32>0xffffffff) << (31 - last);
  return first <= last ? from & to : from | to;
}

function bit(n: u32): u32 {
  return (<u32>1) << n;
}

/** op with destination rD (6–10), sources rA (11–15) and rB (16–20). */
function setDab(op: u32, d: u32, a: u32, b: u32): void {
  set(op, d, a, b << 2);
}

function set(op: u32, d: u32, a: u32, immediate: u32): void {
  low = op | (d << 18) | (a << 26);
  high = immediate;
}

/** Compare of rA; the field of CR is no GPR. */
function compare(op: u32, field: u32, a: u32, immediate: u32): void {
  low = op | (field << 16) | (a << 26);
  high = immediate;
  sources = bit(a);
  sets = bit(field);
}

/** rA <- rS rotated and masked; the count, or the register that has it, is the instruction's rB field. */
function rotate(op: u32, word: u32): void {
  // MB and ME, as they lie in the instruction, number the mask.
  set(op, (word >>> 21) & 31, (word >>> 16) & 31, ((word >>> 11) & 31) | (((word >>> 1) & 0x3ff) << 18));
  if (word & 1) sets = 1;
}

/** BO and BI as the general branches want them. */
function setCondition(op: u32, bo: u32, bi: u32): void {
  low = op | ((bi >>> 2) << 16) | (bo << 19) | ((8 >>> (bi & 3)) << 24);
}

function slow(word: u32, clocks: u32): void {
  low = OP_SLOW;
  high = word;
  cost = clocks;
}

function decode(word: u32, slot: u32): void {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  const simm = <u32>(<i32>(word << 16) >> 16);
  const uimm = word & 0xffff;
  low = 0;
  high = 0;
  flags = 0;
  cost = 1;
  sources = 0;
  late = 0;
  sets = 0;
  needs = 0;
  switch (word >>> 26) {
    case 7: // mulli
      set(OP_MULLI, d, a, simm);
      sources = bit(a);
      late = bit(d);
      sets = SETS_MUL;
      return;
    case 8: // subfic
      set(OP_SUBFIC, d, a, simm);
      sources = bit(a);
      return;
    case 10: // cmpli
      compare(OP_CMPLWI, d >>> 2, a, uimm);
      return;
    case 11: // cmpi
      compare(OP_CMPWI, d >>> 2, a, simm);
      return;
    case 12: // addic
    case 13: // addic.
      set(word & 0x04000000 ? OP_ADDIC_RC : OP_ADDIC, d, a, simm);
      sources = bit(a);
      if (word & 0x04000000) sets = 1;
      return;
    case 14: // addi
    case 15: // addis
      set(a ? OP_ADDI : OP_LI, d, a, word & 0x04000000 ? uimm << 16 : simm);
      if (a) sources = bit(a);
      return;
    case 16: // bc
      decodeBranchConditional(word, slot);
      return;
    case 18: {
      // b
      const target = <u32>(<i32>(word << 6) >> 6) & ~3;
      cost = 0;
      low = word & 1 ? OP_BL : OP_B;
      if (word & 2) {
        low = OP_BA | ((word & 1) << 24);
        high = target;
      } else {
        if (target == 0 && !(word & 1)) low = OP_B_SELF;
        high = target + (slot << 2);
      }
      if (word & 1) sets = SETS_LR;
      return;
    }
    case 19:
      decode19(word);
      return;
    case 20: // rlwimi
      rotate(word & 1 ? OP_RLWIMI_RC : OP_RLWIMI, word);
      sources = bit(a) | bit(d);
      return;
    case 21: // rlwinm
      rotate(word & 1 ? OP_RLWINM_RC : OP_RLWINM, word);
      sources = bit(d);
      return;
    case 23: // rlwnm
      rotate(word & 1 ? OP_RLWNM_RC : OP_RLWNM, word);
      sources = bit(d) | bit(b);
      return;
    case 24: // ori
    case 25: // oris
      set(OP_ORI, d, a, word & 0x04000000 ? uimm << 16 : uimm);
      if (d == a && uimm == 0) low = OP_NOP;
      else if (uimm == 0) setDab(OP_MR, d, a, 0);
      sources = bit(d);
      return;
    case 26: // xori
    case 27: // xoris
      set(OP_XORI, d, a, word & 0x04000000 ? uimm << 16 : uimm);
      sources = bit(d);
      return;
    case 28: // andi.
    case 29: // andis.
      set(OP_ANDI, d, a, word & 0x04000000 ? uimm << 16 : uimm);
      sources = bit(d);
      sets = 1;
      return;
    case 31:
      decode31(word);
      return;
    case 32: // lwz
      loadForm(OP_LWZ, word, a, simm);
      return;
    case 33: // lwzu
      loadForm(OP_LWZU, word, a, simm);
      return;
    case 34: // lbz
      loadForm(OP_LBZ, word, a, simm);
      return;
    case 35: // lbzu
      loadForm(OP_LBZU, word, a, simm);
      return;
    case 40: // lhz
      loadForm(OP_LHZ, word, a, simm);
      return;
    case 41: // lhzu
      loadForm(OP_LHZU, word, a, simm);
      return;
    case 42: // lha
      loadForm(OP_LHA, word, a, simm);
      return;
    case 43: // lhau
      loadForm(OP_LHAU, word, a, simm);
      return;
    case 36: // stw
      storeForm(OP_STW, word, a, simm);
      return;
    case 37: // stwu
      storeForm(OP_STWU, word, a, simm);
      return;
    case 38: // stb
      storeForm(OP_STB, word, a, simm);
      return;
    case 39: // stbu
      storeForm(OP_STBU, word, a, simm);
      return;
    case 44: // sth
      storeForm(OP_STH, word, a, simm);
      return;
    case 45: // sthu
      storeForm(OP_STHU, word, a, simm);
      return;
    case 17: // sc
      slow(word, 3);
      return;
    case 46: // lmw
    case 47: // stmw
      slow(word, 2);
      return;
    default: // twi and what does not exist
      slow(word, 1);
  }
}

function record(word: u32): void {
  if (word & 1) {
    high |= RECORD_FORM;
    sets |= 1;
  }
}

function loadForm(op: u32, word: u32, a: u32, simm: u32): void {
  const d = (word >>> 21) & 31;
  late = bit(d);
  if (a == 0) {
    // The immediate must stay the instruction: absolute addresses take the slow way.
    slow(word, 1);
    return;
  }
  set(op, d, a, simm);
  sources = bit(a);
}

function storeForm(op: u32, word: u32, a: u32, simm: u32): void {
  const s = (word >>> 21) & 31;
  sources = bit(s);
  if (a == 0) {
    slow(word, 1);
    return;
  }
  set(op, s, a, simm);
  sources |= bit(a);
}

/** Indexed form; with rA = 0 the address is rB alone, which is the displacement form with 0. */
function indexedLoad(op: u32, plain: u32, word: u32): void {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  late = bit(d);
  sources = bit(b);
  if (a) {
    setDab(op, d, a, b);
    sources |= bit(a);
  } else {
    setDab(plain, d, b, 0);
  }
}

function indexedStore(op: u32, plain: u32, word: u32): void {
  indexedLoad(op, plain, word);
  late = 0;
  sources |= bit((word >>> 21) & 31);
}

/** rA <- rS op rB, as the logical instructions have it. */
function logical(op: u32, word: u32): void {
  const s = (word >>> 21) & 31;
  const b = (word >>> 11) & 31;
  setDab(op, s, (word >>> 16) & 31, b);
  sources = bit(s) | bit(b);
  record(word);
}

/** rA <- op rS. */
function unaryLogical(op: u32, word: u32): void {
  logical(op, word);
  sources = bit((word >>> 21) & 31);
}

/** rD <- rA op rB; the forms with OE take the slow way. */
function arithmetic(op: u32, word: u32): void {
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  sources = bit(a) | bit(b);
  if (word & 0x400) {
    slow(word, 1);
    if (word & 1) sets = 1;
    return;
  }
  setDab(op, (word >>> 21) & 31, a, b);
  record(word);
}

function unaryArithmetic(op: u32, word: u32): void {
  arithmetic(op, word);
  sources = bit((word >>> 16) & 31);
}

function multiply(op: u32, word: u32): void {
  arithmetic(op, word);
  late = bit((word >>> 21) & 31);
  sets |= SETS_MUL;
}

function divide(op: u32, word: u32): void {
  arithmetic(op, word);
  needs = SETS_MUL;
}

function decode31(word: u32): void {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  switch ((word >>> 1) & 0x3ff) {
    case 0: // cmp
      compare(OP_CMPW, d >>> 2, a, b << 2);
      sources |= bit(b);
      return;
    case 32: // cmpl
      compare(OP_CMPLW, d >>> 2, a, b << 2);
      sources |= bit(b);
      return;
    case 8:
    case 520:
      arithmetic(OP_SUBFC, word);
      return;
    case 10:
    case 522:
      arithmetic(OP_ADDC, word);
      return;
    case 40:
    case 552:
      arithmetic(OP_SUBF, word);
      if ((word & 0x401) == 1) low = (low & ~0xff) | OP_SUBF_RC;
      return;
    case 104:
    case 616:
      unaryArithmetic(OP_NEG, word);
      return;
    case 136:
    case 648:
      arithmetic(OP_SUBFE, word);
      return;
    case 138:
    case 650:
      arithmetic(OP_ADDE, word);
      return;
    case 200:
    case 712:
      unaryArithmetic(OP_SUBFZE, word);
      return;
    case 202:
    case 714:
      unaryArithmetic(OP_ADDZE, word);
      return;
    case 232:
    case 744:
      unaryArithmetic(OP_SUBFME, word);
      return;
    case 234:
    case 746:
      unaryArithmetic(OP_ADDME, word);
      return;
    case 235:
    case 747:
      multiply(OP_MULLW, word);
      return;
    case 266:
    case 778:
      arithmetic(OP_ADD, word);
      if ((word & 0x401) == 1) low = (low & ~0xff) | OP_ADD_RC;
      return;
    case 11: // OE is a reserved field of the high multiplies
    case 523:
      multiply(OP_MULHWU, word & ~0x400);
      return;
    case 75:
    case 587:
      multiply(OP_MULHW, word & ~0x400);
      return;
    case 459:
    case 971:
      divide(OP_DIVWU, word);
      return;
    case 491:
    case 1003:
      divide(OP_DIVW, word);
      return;
    case 19: // mfcr
      slow(word, 2);
      return;
    case 24:
      logical(OP_SLW, word);
      return;
    case 26:
      unaryLogical(OP_CNTLZW, word);
      return;
    case 28:
      logical(OP_AND, word);
      return;
    case 60:
      logical(OP_ANDC, word);
      return;
    case 124:
      logical(OP_NOR, word);
      return;
    case 284:
      logical(OP_EQV, word);
      return;
    case 316:
      logical(OP_XOR, word);
      return;
    case 412:
      logical(OP_ORC, word);
      return;
    case 444: // or; mr when both sources are the same
      logical(word & 1 ? OP_OR_RC : d == b ? OP_MR : OP_OR, word);
      return;
    case 476:
      logical(OP_NAND, word);
      return;
    case 536:
      logical(OP_SRW, word);
      return;
    case 792:
      logical(OP_SRAW, word);
      return;
    case 824:
      unaryLogical(OP_SRAWI, word);
      return;
    case 922:
      unaryLogical(OP_EXTSH, word);
      return;
    case 954:
      unaryLogical(OP_EXTSB, word);
      return;
    case 23:
      indexedLoad(OP_LWZX, OP_LWZ, word);
      return;
    case 87:
      indexedLoad(OP_LBZX, OP_LBZ, word);
      return;
    case 279:
      indexedLoad(OP_LHZX, OP_LHZ, word);
      return;
    case 343:
      indexedLoad(OP_LHAX, OP_LHA, word);
      return;
    case 151:
      indexedStore(OP_STWX, OP_STW, word);
      return;
    case 215:
      indexedStore(OP_STBX, OP_STB, word);
      return;
    case 407:
      indexedStore(OP_STHX, OP_STH, word);
      return;
    case 55: // lwzux, lbzux, lhzux, lhaux, lwbrx, lhbrx
    case 119:
    case 311:
    case 375:
    case 534:
    case 790:
      slow(word, 1);
      sources = bit(a) | bit(b);
      late = bit(d);
      return;
    case 183: // stwux, stbux, sthux, stwbrx, sthbrx
    case 247:
    case 439:
    case 662:
    case 918:
      slow(word, 1);
      sources = bit(a) | bit(b) | bit(d);
      return;
    case 20: // lwarx
    case 150: // stwcx.
      slow(word, 3);
      if (word & 1) sets = 1;
      return;
    case 144: // mtcrf
      slow(word, 2);
      sources = bit(d);
      for (let i: u32 = 0; i < 8; i++) if (word & (0x80000 >> i)) sets |= bit(i);
      return;
    case 512: // mcrxr
      slow(word, 2);
      sets = bit(d >>> 2);
      return;
    case 339: // mfspr
      if (a == 8 && b == 0) setDab(OP_MFLR, d, 0, 0);
      else if (a == 9 && b == 0) setDab(OP_MFCTR, d, 0, 0);
      else slow(word, 2);
      return;
    case 467: // mtspr
      sources = bit(d);
      if (a == 8 && b == 0) {
        setDab(OP_MTLR, d, 0, 0);
        sets = SETS_LR;
      } else if (a == 9 && b == 0) {
        setDab(OP_MTCTR, d, 0, 0);
        sets = SETS_CTR;
      } else {
        slow(word, 2);
      }
      return;
    case 371: // mftb: a load on the internal bus
      slow(word, 3);
      late = bit(d);
      return;
    case 83: // mfmsr, mtmsr, sync, tlbie, tlbia, tlbsync, the cache instructions, strings
    case 146:
    case 598:
    case 306:
    case 370:
    case 566:
    case 54:
    case 86:
    case 470:
    case 982:
    case 1014:
    case 533:
    case 597:
    case 661:
    case 725:
      slow(word, 2);
      return;
    default: // tw, dcbt, dcbtst, eieio and what does not exist
      slow(word, 1);
  }
}

function decode19(word: u32): void {
  const bo = (word >>> 21) & 31;
  const bi = (word >>> 16) & 31;
  switch ((word >>> 1) & 0x3ff) {
    case 16: // bclr
      cost = 0;
      setCondition((bo & 0x14) == 0x14 && !(word & 1) ? OP_BLR : OP_BCLR, bo, bi);
      if (word & 1) flags = FLAG_LK;
      needs = SETS_LR;
      if (!(bo & 16)) needs |= bit(bi >>> 2);
      if (!(bo & 4)) needs |= SETS_CTR;
      if (word & 1) sets = SETS_LR;
      return;
    case 528: // bcctr
      cost = 0;
      setCondition((bo & 0x14) == 0x14 ? (word & 1 ? OP_BCTRL : OP_BCTR) : OP_BCCTR, bo, bi);
      if (word & 1) flags = FLAG_LK;
      needs = SETS_CTR;
      if (!(bo & 16)) needs |= bit(bi >>> 2);
      if (word & 1) sets = SETS_LR;
      return;
    case 150: // isync
    case 50: // rfi
      slow(word, 3);
      return;
    case 0: // mcrf
      slow(word, 1);
      sets = bit(bo >>> 2);
      return;
    case 33: // CR logical
    case 129:
    case 193:
    case 225:
    case 257:
    case 289:
    case 417:
    case 449:
      slow(word, 1);
      sets = bit(bo >>> 2);
      return;
    default:
      slow(word, 1);
  }
}

function decodeBranchConditional(word: u32, slot: u32): void {
  const bo = (word >>> 21) & 31;
  const bi = (word >>> 16) & 31;
  const displacement = <u32>(<i32>(word << 16) >> 16) & ~3;
  cost = 0;
  setCondition(OP_BC, bo, bi);
  if (!(word & 3)) {
    if ((bo & 0x14) == 0x04) {
      // The high four bits invert what is read from CR.
      const mask = 8 >>> (bi & 3);
      low = OP_BCR | ((bi >>> 2) << 16) | ((mask | (bo & 8 ? 0 : 0xf0)) << 24);
    } else if ((bo & 0x16) == 0x10) {
      low = OP_BDNZ;
    }
  }
  if (word & 1) {
    flags |= FLAG_LK;
    sets = SETS_LR;
  }
  // Backward is predicted taken, forward not; the y bit inverts (hardware/core-timing.md section 1).
  let likely = <i32>displacement < 0;
  if (bo & 1) likely = !likely;
  if ((bo & 0x14) == 0x14) likely = true;
  if (likely) flags |= FLAG_LIKELY;
  if (word & 2) {
    flags |= FLAG_AA;
    high = displacement;
  } else {
    high = displacement + (slot << 2);
  }
  if (!(bo & 16)) needs |= bit(bi >>> 2);
  if (!(bo & 4)) needs |= SETS_CTR;
}
