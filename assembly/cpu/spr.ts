// Special purpose registers (hardware/core-registers.md section 4).

import { busConfigChanged, IMMR_WINDOW } from '../bus/physical';
import {
  CCER1,
  CCER2,
  CCER3,
  DC_CST_DEN,
  DC_CST_DFWT,
  DC_CST_LES,
  dcFlushPlace,
  dcInvalidateAll,
  dcLoadAndLock,
  dcReadPort,
  dcUnlockAll,
  dcUnlockLine,
} from '../cache/dcache';
import { IC_CST_IEN, icInvalidateAll, icReadPort, icUnlockAll, icUnlockLine } from '../cache/icache';
import { dropTranslated, dropTranslations } from '../mmu/derived';
import {
  CTR_CIDEF,
  CTR_GPM,
  CTR_INDX,
  CTR_PPCS,
  CTR_PPM,
  CTR_RSV4,
  CTR_TWAM,
  CTR_WTDEF,
  latchEntry,
  loadEntry,
  M_CASID,
  M_TW,
  M_TWB,
  MD_AP,
  MD_CAM,
  MD_CTR,
  MD_EPN,
  MD_RPN,
  MD_TWC,
  MD_TWC_BITS,
  MI_AP,
  MI_CAM,
  MI_CTR,
  MI_EPN,
  MI_RPN,
  MI_TWC,
  MI_TWC_BITS,
  MX_EPN_BITS,
  readDataTwc,
  readTwb,
} from '../mmu/mmu';
import { decRead, decWrite, tbWriteLower, tbWriteUpper } from '../soc/soc';
import { icLoadAndLock } from './fetch';
import { busCheck } from './memory';
import {
  CTR,
  DAR,
  DC_ADR,
  DC_CST,
  DEBUG_SPR,
  DPDR,
  DSISR,
  IC_ADR,
  IC_CST,
  IMMR,
  LR,
  MSR,
  MSR_EE,
  MSR_RI,
  PVR_MPC8XX,
  readXer,
  SPRG,
  SRR0,
  SRR1,
  writeXer,
} from './state';

/** `sprWrite`: nothing further to do. */
export const SPR_DONE: u32 = 0;
/** The following instruction must be fetched anew. */
export const SPR_REFETCH: u32 = 1;
/** No such register. */
export const SPR_NONE: u32 = 2;

/** Bits of MI_CTR that exist; MD_CTR has WTDEF and TWAM too. */
const MI_CTR_BITS: u32 = CTR_GPM | CTR_PPM | CTR_CIDEF | CTR_RSV4 | CTR_PPCS | CTR_INDX;

/** Set by `sprRead` if the register exists. Valid until the next call. */
export let sprExists: bool = false;

/** Value of SPR `n`. `effects` false: for the host, without what reading does to the machine. */
export function sprRead(n: u32, effects: bool): u32 {
  sprExists = true;
  switch (n) {
    case 1:
      return readXer();
    case 8:
      return load<u32>(LR);
    case 9:
      return load<u32>(CTR);
    case 18:
      return load<u32>(DSISR);
    case 19:
      return load<u32>(DAR);
    case 22:
      return decRead();
    case 26:
      return load<u32>(SRR0);
    case 27:
      return load<u32>(SRR1);
    case 148: {
      // ICR is cleared by reading
      const icr = load<u32>(DEBUG_SPR + 16);
      if (effects) store<u32>(DEBUG_SPR + 16, 0);
      return icr;
    }
    case 272:
    case 273:
    case 274:
    case 275:
      return load<u32>(SPRG + ((n - 272) << 2));
    case 287:
      return PVR_MPC8XX;
    case 560: {
      const cst = load<u32>(IC_CST);
      if (effects) store<u32>(IC_CST, cst & ~(CCER1 | CCER2 | CCER3));
      return cst;
    }
    case 561:
      return load<u32>(IC_ADR);
    case 562:
      return icReadPort();
    case 568: {
      const cst = load<u32>(DC_CST);
      if (effects) store<u32>(DC_CST, cst & ~(CCER1 | CCER2 | CCER3));
      return cst;
    }
    case 569:
      return load<u32>(DC_ADR);
    case 570:
      return dcReadPort();
    case 630:
      return load<u32>(DPDR);
    case 638:
      return load<u32>(IMMR);
    case 784:
      return load<u32>(MI_CTR);
    case 786:
      return load<u32>(MI_AP);
    case 787:
      return load<u32>(MI_EPN);
    case 789:
      return load<u32>(MI_TWC);
    case 790:
      return load<u32>(MI_RPN);
    case 792:
      return load<u32>(MD_CTR);
    case 793:
      return load<u32>(M_CASID);
    case 794:
      return load<u32>(MD_AP);
    case 795:
      return load<u32>(MD_EPN);
    case 796:
      return readTwb();
    case 797:
      return readDataTwc();
    case 798:
      return load<u32>(MD_RPN);
    case 799:
      return load<u32>(M_TW);
    case 816:
    case 817:
    case 818:
      return load<u32>(MI_CAM + ((n - 816) << 2));
    case 824:
    case 825:
    case 826:
      return load<u32>(MD_CAM + ((n - 824) << 2));
    default:
      if (n >= 144 && n <= 159) return load<u32>(DEBUG_SPR + ((n - 144) << 2));
      sprExists = false;
      return 0;
  }
}

/** Writes SPR `n`; returns SPR_*. */
export function sprWrite(n: u32, value: u32): u32 {
  switch (n) {
    case 1:
      writeXer(value);
      return SPR_DONE;
    case 8:
      store<u32>(LR, value);
      return SPR_DONE;
    case 9:
      store<u32>(CTR, value);
      return SPR_DONE;
    case 18:
      store<u32>(DSISR, value);
      return SPR_DONE;
    case 19:
      store<u32>(DAR, value);
      return SPR_DONE;
    case 22:
      decWrite(value);
      return SPR_DONE;
    case 26:
      store<u32>(SRR0, value);
      return SPR_DONE;
    case 27:
      store<u32>(SRR1, value);
      return SPR_DONE;
    case 80: // EIE
      store<u32>(MSR, load<u32>(MSR) | MSR_EE | MSR_RI);
      return SPR_DONE;
    case 81: // EID
      store<u32>(MSR, (load<u32>(MSR) & ~MSR_EE) | MSR_RI);
      return SPR_DONE;
    case 82: // NRI
      store<u32>(MSR, load<u32>(MSR) & ~(MSR_EE | MSR_RI));
      return SPR_DONE;
    case 272:
    case 273:
    case 274:
    case 275:
      store<u32>(SPRG + ((n - 272) << 2), value);
      return SPR_DONE;
    case 284:
      tbWriteLower(value);
      return SPR_DONE;
    case 285:
      tbWriteUpper(value);
      return SPR_DONE;
    case 148: // read only
    case 287:
    case 562:
    case 570:
    case 817:
    case 818:
    case 825:
    case 826:
      return SPR_DONE;
    case 560:
      return writeIcCst(value);
    case 561:
      store<u32>(IC_ADR, value);
      return SPR_DONE;
    case 568:
      return writeDcCst(value);
    case 569:
      store<u32>(DC_ADR, value);
      return SPR_DONE;
    case 630:
      store<u32>(DPDR, value);
      return SPR_DONE;
    case 638:
      setImmr(value);
      return SPR_REFETCH;
    case 784:
      return writeControl(MI_CTR, value & MI_CTR_BITS, false);
    case 786:
      store<u32>(MI_AP, value);
      dropTranslated(false);
      return SPR_DONE;
    case 787:
      store<u32>(MI_EPN, value & MX_EPN_BITS);
      return SPR_DONE;
    case 789:
      store<u32>(MI_TWC, value & MI_TWC_BITS);
      return SPR_DONE;
    case 790:
      loadEntry(false, value);
      return SPR_DONE;
    case 792:
      return writeControl(MD_CTR, value & (MI_CTR_BITS | CTR_WTDEF | CTR_TWAM), true);
    case 793:
      if (load<u32>(M_CASID) == (value & 15)) return SPR_DONE;
      store<u32>(M_CASID, value & 15);
      dropTranslated(false);
      dropTranslated(true);
      return SPR_DONE;
    case 794:
      store<u32>(MD_AP, value);
      dropTranslated(true);
      return SPR_DONE;
    case 795:
      store<u32>(MD_EPN, value & MX_EPN_BITS);
      return SPR_DONE;
    case 796:
      store<u32>(M_TWB, value & 0xfffff000);
      return SPR_DONE;
    case 797:
      store<u32>(MD_TWC, value & MD_TWC_BITS);
      return SPR_DONE;
    case 798:
      loadEntry(true, value);
      return SPR_DONE;
    case 799:
      store<u32>(M_TW, value);
      return SPR_DONE;
    case 816:
      latchEntry(false);
      return SPR_DONE;
    case 824:
      latchEntry(true);
      return SPR_DONE;
    default:
      if (n >= 144 && n <= 159) {
        store<u32>(DEBUG_SPR + ((n - 144) << 2), value);
        return SPR_REFETCH;
      }
      return SPR_NONE;
  }
}

/** Writes MI_CTR or MD_CTR. Software that sets only the index, as reload handlers may, keeps its translations. */
function writeControl(at: u32, value: u32, data: bool): u32 {
  const changed = load<u32>(at) ^ value;
  store<u32>(at, value);
  if (changed & (CTR_CIDEF | CTR_WTDEF)) dropTranslations();
  else if (changed & (CTR_GPM | CTR_PPCS)) dropTranslated(data);
  return SPR_DONE;
}

/** Moves internal space; the part and mask numbers cannot be written. */
export function setImmr(value: u32): void {
  store<u32>(IMMR, (value & 0xffff0000) | (load<u32>(IMMR) & 0xffff));
  store<u32>(IMMR_WINDOW, value & 0xffff0000);
  busConfigChanged();
  busCheck();
}

/** IC_CST commands (hardware/core-caches.md section 2). */
function writeIcCst(value: u32): u32 {
  const cst = load<u32>(IC_CST);
  const adr = load<u32>(IC_ADR);
  switch ((value >>> 25) & 7) {
    case 1:
      store<u32>(IC_CST, cst | IC_CST_IEN);
      break;
    case 2:
      store<u32>(IC_CST, cst & ~IC_CST_IEN);
      break;
    case 3:
      store<u32>(IC_CST, cst | icLoadAndLock(adr));
      break;
    case 4:
      icUnlockLine(adr & ~15);
      break;
    case 5:
      icUnlockAll();
      break;
    case 6:
      icInvalidateAll();
      break;
    default:
      break;
  }
  return SPR_REFETCH;
}

/** DC_CST commands (hardware/core-caches.md section 3). */
function writeDcCst(value: u32): u32 {
  const cst = load<u32>(DC_CST);
  const adr = load<u32>(DC_ADR);
  switch ((value >>> 24) & 15) {
    case 1:
      store<u32>(DC_CST, cst | DC_CST_DFWT);
      break;
    case 2:
      store<u32>(DC_CST, cst | DC_CST_DEN);
      break;
    case 3:
      store<u32>(DC_CST, cst & ~DC_CST_DFWT);
      break;
    case 4:
      store<u32>(DC_CST, cst & ~DC_CST_DEN);
      break;
    case 5:
      store<u32>(DC_CST, cst | DC_CST_LES);
      break;
    case 6:
      store<u32>(DC_CST, cst | dcLoadAndLock(adr));
      break;
    case 7:
      store<u32>(DC_CST, cst & ~DC_CST_LES);
      break;
    case 8:
      dcUnlockLine(adr);
      break;
    case 10:
      dcUnlockAll();
      break;
    case 12:
      dcInvalidateAll();
      break;
    case 14:
      store<u32>(DC_CST, cst | dcFlushPlace(adr));
      break;
    default:
      break;
  }
  dropTranslations();
  return SPR_DONE;
}
