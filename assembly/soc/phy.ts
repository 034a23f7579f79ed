/**
 * The transceiver on the FEC's MII: management registers 0–6, auto-negotiation, link (IEEE 802.3 clauses 22 and 28;
 * hardware/fec.md section 5). Which one it is, is the board's data: its address and its identifier. Registers from 7 on
 * are each maker's own and read 0.
 */
import { NEVER } from '../events';
import { cyclesFor } from './clocks';
import { now } from './io';
import { CFG_PARTNER, CFG_PHY_ADDRESS, CFG_PHY_ID, PHY } from './state';

const BMCR: u32 = 0;
const BMSR: u32 = 1;
const PHYIDR1: u32 = 2;
const PHYIDR2: u32 = 3;
const ANAR: u32 = 4;
const ANLPAR: u32 = 5;
const ANER: u32 = 6;

const BMCR_RESET: u32 = 0x8000;
const BMCR_LOOPBACK: u32 = 0x4000;
const BMCR_SPEED_100: u32 = 0x2000;
const BMCR_ANENABLE: u32 = 0x1000;
const BMCR_POWER_DOWN: u32 = 0x0800;
const BMCR_ISOLATE: u32 = 0x0400;
const BMCR_ANRESTART: u32 = 0x0200;
const BMCR_FULL_DUPLEX: u32 = 0x0100;
const BMCR_BITS: u32 = 0x7d80;
/** As the usual straps set it: negotiate, and if not, 100 Mbit/s full duplex. */
const BMCR_DEFAULT: u32 = BMCR_SPEED_100 | BMCR_ANENABLE | BMCR_FULL_DUPLEX;
/** 100BASE-TX and 10BASE-T, full and half; no preamble needed; can negotiate; has extended registers. */
const BMSR_ABILITIES: u32 = 0x7849;
const BMSR_ANCOMPLETE: u32 = 0x0020;
const BMSR_LINK: u32 = 0x0004;

// Technologies in ANAR and ANLPAR, best first (802.3 annex 28B.3)
const TECH_100_FULL: u32 = 0x0100;
const TECH_100_HALF: u32 = 0x0080;
const TECH_10_FULL: u32 = 0x0040;
const TECH_10_HALF: u32 = 0x0020;
const TECH: u32 = 0x01e0;
const AN_SELECTOR: u32 = 0x0001;
const ANLPAR_ACKNOWLEDGE: u32 = 0x4000;
const ANAR_BITS: u32 = 0x2fff;
const ANER_PAGE_RECEIVED: u32 = 0x0002;
const ANER_PARTNER_NEGOTIATES: u32 = 0x0001;

/** CFG_PARTNER: technologies as in ANLPAR, and whether it negotiates them. */
export const PARTNER_NEGOTIATES: u32 = 0x00010000;

// State
/** u32: registers 0 and 4. */
const PHY_BMCR: u32 = PHY;
const PHY_ANAR: u32 = PHY_BMCR + 4;
/** u64: cycle from which there is a link, NEVER = none to come. */
const LINK_FROM: u32 = PHY_ANAR + 4;
/** u32: TECH_* of that link, or of the last one. */
const LINK_TECH: u32 = LINK_FROM + 8;
/** u32: 1 = both ends negotiated it, so that they agree on the duplex. */
const LINK_NEGOTIATED: u32 = LINK_TECH + 4;
/** u32: 1 = the link was down since BMSR was last read. */
const LINK_LOST: u32 = LINK_NEGOTIATED + 4;
/** u32: 1 = a page came since ANER was last read. */
const PAGE_RECEIVED: u32 = LINK_LOST + 4;
/** u64: cycle at which BMCR's reset bit clears itself. */
const RESET_END: u32 = PAGE_RECEIVED + 4;

// 802.3 28.3.2: the longest of their ranges, in ms
/** Silence that makes the partner's link fail. */
const BREAK_LINK_MS: u64 = 1500;
/** Eight bursts of link pulses each way. */
const EXCHANGE_MS: u64 = 130;
/** Time for a partner that does not negotiate to be seen as such. */
const AUTONEG_WAIT_MS: u64 = 1000;
/** A forced link: idle symbols or link pulses have to be seen for a while. */
const FORCED_MS: u64 = 50;
const RESET_US: u64 = 300;

function bmcr(): u32 {
  return load<u32>(PHY_BMCR);
}
function partner(): u32 {
  return load<u32>(CFG_PARTNER);
}

/** Is there a link now? */
export function phyLinked(): bool {
  return now() >= load<u64>(LINK_FROM) && !(bmcr() & BMCR_ISOLATE);
}
/** Bits per second of the clock that the PHY gives the MII: that of the link, or of the last one. */
export function phySpeed(): u32 {
  return load<u32>(LINK_TECH) & (TECH_10_FULL | TECH_10_HALF) ? 10000000 : 100000000;
}
/** Whether the other end of the link works in full duplex: only if both agreed on it. */
export function phyPartnerFullDuplex(): bool {
  return phyLinked() && load<u32>(LINK_NEGOTIATED) != 0 && (load<u32>(LINK_TECH) & (TECH_100_FULL | TECH_10_FULL)) != 0;
}
export function phyLoopback(): bool {
  return (bmcr() & BMCR_LOOPBACK) != 0;
}
/** Does it answer each frame with a heartbeat (SQE test, 802.3 7.2.4.6)? */
export function phyHeartbeat(): bool {
  return phySpeed() == 10000000;
}

/** Best of `techs`, 0 of none. */
function best(techs: u32): u32 {
  if (techs & TECH_100_FULL) return TECH_100_FULL;
  if (techs & TECH_100_HALF) return TECH_100_HALF;
  if (techs & TECH_10_FULL) return TECH_10_FULL;
  return techs & TECH_10_HALF;
}

/** Begin anew to find a link: after reset, a change of mode, a change at the other end. */
function findLink(): void {
  if (now() >= load<u64>(LINK_FROM)) store<u32>(LINK_LOST, 1);
  store<u64>(LINK_FROM, NEVER);
  store<u32>(LINK_NEGOTIATED, 0);
  const other = partner();
  const mode = bmcr();
  if (!(mode & BMCR_ANENABLE)) store<u32>(LINK_TECH, mode & BMCR_SPEED_100 ? TECH_100_HALF : TECH_10_HALF);
  if (!(other & TECH) || mode & BMCR_POWER_DOWN) return;
  const negotiates = (other & PARTNER_NEGOTIATES) != 0;
  let tech: u32;
  let ms: u64;
  if (!(mode & BMCR_ANENABLE)) {
    // A partner that negotiates finds out our speed, and takes half duplex.
    tech = load<u32>(LINK_TECH) & other;
    ms = negotiates ? BREAK_LINK_MS + AUTONEG_WAIT_MS : FORCED_MS;
  } else if (negotiates) {
    tech = best(load<u32>(PHY_ANAR) & other & TECH);
    ms = BREAK_LINK_MS + EXCHANGE_MS;
    store<u32>(LINK_NEGOTIATED, 1);
    store<u32>(PAGE_RECEIVED, 1);
  } else {
    tech = best(load<u32>(PHY_ANAR) & other & (TECH_100_HALF | TECH_10_HALF));
    ms = BREAK_LINK_MS + AUTONEG_WAIT_MS;
  }
  if (!tech) return;
  store<u32>(LINK_TECH, tech);
  store<u64>(LINK_FROM, now() + cyclesFor(ms, 1000));
}

/** The other end of the cable: 0 = nobody, else technologies and PARTNER_NEGOTIATES. */
export function phyPartner(other: u32): void {
  if (other == partner()) return;
  store<u32>(CFG_PARTNER, other);
  findLink();
}

export function phyReset(): void {
  store<u32>(PHY_BMCR, BMCR_DEFAULT);
  store<u32>(PHY_ANAR, TECH | AN_SELECTOR);
  store<u32>(LINK_LOST, 1);
  store<u32>(PAGE_RECEIVED, 0);
  store<u64>(RESET_END, 0);
  store<u64>(LINK_FROM, NEVER);
  findLink();
}

function read(register: u32): u32 {
  const linked = now() >= load<u64>(LINK_FROM);
  const complete = linked && (bmcr() & BMCR_ANENABLE) != 0;
  switch (register) {
    case BMCR:
      return now() < load<u64>(RESET_END) ? bmcr() | BMCR_RESET : bmcr();
    case BMSR: {
      // The link bit tells of a loss once even if the link is back.
      const lost = load<u32>(LINK_LOST);
      store<u32>(LINK_LOST, linked ? 0 : 1);
      return BMSR_ABILITIES | (complete ? BMSR_ANCOMPLETE : 0) | (linked && !lost ? BMSR_LINK : 0);
    }
    case PHYIDR1:
      return load<u32>(CFG_PHY_ID) >> 16;
    case PHYIDR2:
      return load<u32>(CFG_PHY_ID) & 0xffff;
    case ANAR:
      return load<u32>(PHY_ANAR);
    case ANLPAR:
      if (!complete) return 0;
      // Of a partner that does not negotiate only what was heard of it is known.
      if (!load<u32>(LINK_NEGOTIATED)) return load<u32>(LINK_TECH);
      return (partner() & TECH) | AN_SELECTOR | ANLPAR_ACKNOWLEDGE;
    case ANER: {
      if (!complete || !load<u32>(LINK_NEGOTIATED)) return 0;
      const page = load<u32>(PAGE_RECEIVED);
      store<u32>(PAGE_RECEIVED, 0);
      return ANER_PARTNER_NEGOTIATES | (page ? ANER_PAGE_RECEIVED : 0);
    }
  }
  return 0;
}

function write(register: u32, v: u32): void {
  if (register == BMCR) {
    if (v & BMCR_RESET) {
      phyReset();
      store<u64>(RESET_END, now() + cyclesFor(RESET_US, 1000000));
      return;
    }
    const was = bmcr();
    store<u32>(PHY_BMCR, v & BMCR_BITS);
    const link = BMCR_ANENABLE | BMCR_POWER_DOWN | (v & BMCR_ANENABLE ? 0 : BMCR_SPEED_100);
    if ((was ^ v) & link || (v & BMCR_ANENABLE && v & BMCR_ANRESTART)) findLink();
  } else if (register == ANAR) store<u32>(PHY_ANAR, v & ANAR_BITS);
}

/** Management read: 16 bits; nobody at the address leaves the line high. */
export function phyRead(address: u32, register: u32): u32 {
  return address == load<u32>(CFG_PHY_ADDRESS) ? read(register) : 0xffff;
}
export function phyWrite(address: u32, register: u32, v: u32): void {
  if (address == load<u32>(CFG_PHY_ADDRESS)) write(register, v);
}
