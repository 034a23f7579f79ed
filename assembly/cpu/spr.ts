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
import { PVR } from '../layout';
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
  SPR_BAR,
  SPR_CMPA,
  SPR_CTR,
  SPR_DAR,
  SPR_DC_ADR,
  SPR_DC_CST,
  SPR_DC_DAT,
  SPR_DEC,
  SPR_DPDR,
  SPR_DSISR,
  SPR_EID,
  SPR_EIE,
  SPR_IC_ADR,
  SPR_IC_CST,
  SPR_IC_DAT,
  SPR_ICR,
  SPR_IMMR,
  SPR_LR,
  SPR_M_CASID,
  SPR_M_TW,
  SPR_M_TWB,
  SPR_MD_AP,
  SPR_MD_CAM,
  SPR_MD_CTR,
  SPR_MD_EPN,
  SPR_MD_RAM0,
  SPR_MD_RAM1,
  SPR_MD_RPN,
  SPR_MD_TWC,
  SPR_MI_AP,
  SPR_MI_CAM,
  SPR_MI_CTR,
  SPR_MI_EPN,
  SPR_MI_RAM0,
  SPR_MI_RAM1,
  SPR_MI_RPN,
  SPR_MI_TWC,
  SPR_NRI,
  SPR_PVR,
  SPR_SPRG0,
  SPR_SPRG1,
  SPR_SPRG2,
  SPR_SPRG3,
  SPR_SRR0,
  SPR_SRR1,
  SPR_TBL,
  SPR_TBU,
  SPR_XER,
} from './spr-numbers';
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
  ICR,
  IMMR,
  LR,
  MSR,
  MSR_EE,
  MSR_RI,
  readXer,
  SPRG,
  SRR0,
  SRR1,
  writeXer,
} from './state';

/** `sprWrite`: nothing further to do. */
export const WRITE_DONE: u32 = 0;
/** The following instruction must be fetched anew. */
export const WRITE_REFETCH: u32 = 1;
/** No such register. */
export const WRITE_NONE: u32 = 2;

/** Bits of MI_CTR that exist; MD_CTR has WTDEF and TWAM too. */
const MI_CTR_BITS: u32 = CTR_GPM | CTR_PPM | CTR_CIDEF | CTR_RSV4 | CTR_PPCS | CTR_INDX;

/** Set by `sprRead` if the register exists. Valid until the next call. */
export let sprExists: bool = false;

/** Value of SPR `n`. `effects` false: for the host, without what reading does to the machine. */
export function sprRead(n: u32, effects: bool): u32 {
  sprExists = true;
  switch (n) {
    case SPR_XER:
      return readXer();
    case SPR_LR:
      return load<u32>(LR);
    case SPR_CTR:
      return load<u32>(CTR);
    case SPR_DSISR:
      return load<u32>(DSISR);
    case SPR_DAR:
      return load<u32>(DAR);
    case SPR_DEC:
      return decRead();
    case SPR_SRR0:
      return load<u32>(SRR0);
    case SPR_SRR1:
      return load<u32>(SRR1);
    case SPR_ICR: {
      const icr = load<u32>(ICR);
      if (effects) store<u32>(ICR, 0);
      return icr;
    }
    case SPR_SPRG0:
    case SPR_SPRG1:
    case SPR_SPRG2:
    case SPR_SPRG3:
      return load<u32>(SPRG + ((n - SPR_SPRG0) << 2));
    case SPR_PVR:
      return load<u32>(PVR);
    case SPR_IC_CST: {
      const cst = load<u32>(IC_CST);
      if (effects) store<u32>(IC_CST, cst & ~(CCER1 | CCER2 | CCER3));
      return cst;
    }
    case SPR_IC_ADR:
      return load<u32>(IC_ADR);
    case SPR_IC_DAT:
      return icReadPort();
    case SPR_DC_CST: {
      const cst = load<u32>(DC_CST);
      if (effects) store<u32>(DC_CST, cst & ~(CCER1 | CCER2 | CCER3));
      return cst;
    }
    case SPR_DC_ADR:
      return load<u32>(DC_ADR);
    case SPR_DC_DAT:
      return dcReadPort();
    case SPR_DPDR:
      return load<u32>(DPDR);
    case SPR_IMMR:
      return load<u32>(IMMR);
    case SPR_MI_CTR:
      return load<u32>(MI_CTR);
    case SPR_MI_AP:
      return load<u32>(MI_AP);
    case SPR_MI_EPN:
      return load<u32>(MI_EPN);
    case SPR_MI_TWC:
      return load<u32>(MI_TWC);
    case SPR_MI_RPN:
      return load<u32>(MI_RPN);
    case SPR_MD_CTR:
      return load<u32>(MD_CTR);
    case SPR_M_CASID:
      return load<u32>(M_CASID);
    case SPR_MD_AP:
      return load<u32>(MD_AP);
    case SPR_MD_EPN:
      return load<u32>(MD_EPN);
    case SPR_M_TWB:
      return readTwb();
    case SPR_MD_TWC:
      return readDataTwc();
    case SPR_MD_RPN:
      return load<u32>(MD_RPN);
    case SPR_M_TW:
      return load<u32>(M_TW);
    case SPR_MI_CAM:
    case SPR_MI_RAM0:
    case SPR_MI_RAM1:
      return load<u32>(MI_CAM + ((n - SPR_MI_CAM) << 2));
    case SPR_MD_CAM:
    case SPR_MD_RAM0:
    case SPR_MD_RAM1:
      return load<u32>(MD_CAM + ((n - SPR_MD_CAM) << 2));
    default:
      if (n >= SPR_CMPA && n <= SPR_BAR) return load<u32>(DEBUG_SPR + ((n - SPR_CMPA) << 2));
      sprExists = false;
      return 0;
  }
}

/** Writes SPR `n`; returns WRITE_*. */
export function sprWrite(n: u32, value: u32): u32 {
  switch (n) {
    case SPR_XER:
      writeXer(value);
      return WRITE_DONE;
    case SPR_LR:
      store<u32>(LR, value);
      return WRITE_DONE;
    case SPR_CTR:
      store<u32>(CTR, value);
      return WRITE_DONE;
    case SPR_DSISR:
      store<u32>(DSISR, value);
      return WRITE_DONE;
    case SPR_DAR:
      store<u32>(DAR, value);
      return WRITE_DONE;
    case SPR_DEC:
      decWrite(value);
      return WRITE_DONE;
    case SPR_SRR0:
      store<u32>(SRR0, value);
      return WRITE_DONE;
    case SPR_SRR1:
      store<u32>(SRR1, value);
      return WRITE_DONE;
    case SPR_EIE:
      store<u32>(MSR, load<u32>(MSR) | MSR_EE | MSR_RI);
      return WRITE_DONE;
    case SPR_EID:
      store<u32>(MSR, (load<u32>(MSR) & ~MSR_EE) | MSR_RI);
      return WRITE_DONE;
    case SPR_NRI:
      store<u32>(MSR, load<u32>(MSR) & ~(MSR_EE | MSR_RI));
      return WRITE_DONE;
    case SPR_SPRG0:
    case SPR_SPRG1:
    case SPR_SPRG2:
    case SPR_SPRG3:
      store<u32>(SPRG + ((n - SPR_SPRG0) << 2), value);
      return WRITE_DONE;
    case SPR_TBL:
      tbWriteLower(value);
      return WRITE_DONE;
    case SPR_TBU:
      tbWriteUpper(value);
      return WRITE_DONE;
    case SPR_ICR: // read only
    case SPR_PVR:
    case SPR_IC_DAT:
    case SPR_DC_DAT:
    case SPR_MI_RAM0:
    case SPR_MI_RAM1:
    case SPR_MD_RAM0:
    case SPR_MD_RAM1:
      return WRITE_DONE;
    case SPR_IC_CST:
      return writeIcCst(value);
    case SPR_IC_ADR:
      store<u32>(IC_ADR, value);
      return WRITE_DONE;
    case SPR_DC_CST:
      return writeDcCst(value);
    case SPR_DC_ADR:
      store<u32>(DC_ADR, value);
      return WRITE_DONE;
    case SPR_DPDR:
      store<u32>(DPDR, value);
      return WRITE_DONE;
    case SPR_IMMR:
      setImmr(value);
      return WRITE_REFETCH;
    case SPR_MI_CTR:
      return writeControl(MI_CTR, value & MI_CTR_BITS, false);
    case SPR_MI_AP:
      store<u32>(MI_AP, value);
      dropTranslated(false);
      return WRITE_DONE;
    case SPR_MI_EPN:
      store<u32>(MI_EPN, value & MX_EPN_BITS);
      return WRITE_DONE;
    case SPR_MI_TWC:
      store<u32>(MI_TWC, value & MI_TWC_BITS);
      return WRITE_DONE;
    case SPR_MI_RPN:
      loadEntry(false, value);
      return WRITE_DONE;
    case SPR_MD_CTR:
      return writeControl(MD_CTR, value & (MI_CTR_BITS | CTR_WTDEF | CTR_TWAM), true);
    case SPR_M_CASID:
      if (load<u32>(M_CASID) == (value & 15)) return WRITE_DONE;
      store<u32>(M_CASID, value & 15);
      dropTranslated(false);
      dropTranslated(true);
      return WRITE_DONE;
    case SPR_MD_AP:
      store<u32>(MD_AP, value);
      dropTranslated(true);
      return WRITE_DONE;
    case SPR_MD_EPN:
      store<u32>(MD_EPN, value & MX_EPN_BITS);
      return WRITE_DONE;
    case SPR_M_TWB:
      store<u32>(M_TWB, value & 0xfffff000);
      return WRITE_DONE;
    case SPR_MD_TWC:
      store<u32>(MD_TWC, value & MD_TWC_BITS);
      return WRITE_DONE;
    case SPR_MD_RPN:
      loadEntry(true, value);
      return WRITE_DONE;
    case SPR_M_TW:
      store<u32>(M_TW, value);
      return WRITE_DONE;
    case SPR_MI_CAM:
      latchEntry(false);
      return WRITE_DONE;
    case SPR_MD_CAM:
      latchEntry(true);
      return WRITE_DONE;
    default:
      if (n >= SPR_CMPA && n <= SPR_BAR) {
        store<u32>(DEBUG_SPR + ((n - SPR_CMPA) << 2), value);
        return WRITE_REFETCH;
      }
      return WRITE_NONE;
  }
}

/** Writes MI_CTR or MD_CTR. Software that sets only the index, as reload handlers may, keeps its translations. */
function writeControl(at: u32, value: u32, data: bool): u32 {
  const changed = load<u32>(at) ^ value;
  store<u32>(at, value);
  if (changed & (CTR_CIDEF | CTR_WTDEF)) dropTranslations();
  else if (changed & (CTR_GPM | CTR_PPCS)) dropTranslated(data);
  return WRITE_DONE;
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
  return WRITE_REFETCH;
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
  return WRITE_DONE;
}
