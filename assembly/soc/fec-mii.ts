/** MII management: MII_DATA, MII_SPEED (MPC860T FEC Supplement, MII Management Frame Register; hardware/fec.md section 5). */
import { cancel, EV_MII, schedule } from '../events';
import { fecEvent } from './fec';
import { IEVENT_MII, MII_DATA, MII_HELD, MII_SPEED } from './fec-regs';
import { now, peek32, poke32 } from './io';
import { phyRead, phyWrite } from './phy';

const ST: u32 = 0xc0000000;
const ST_START: u32 = 0x40000000;
const OP: u32 = 0x30000000;
const OP_READ: u32 = 0x20000000;
const OP_WRITE: u32 = 0x10000000;
const PA_SHIFT: u32 = 23;
const RA_SHIFT: u32 = 18;
const DATA: u32 = 0x0000ffff;
const DIS_PREAMBLE: u32 = 0x00000080;
const SPEED: u32 = 0x0000007e;
const PREAMBLE_CLOCKS: u64 = 32;
const FRAME_CLOCKS: u64 = 32;

/** MII_DATA was written: the frame goes out, if MDC runs. */
export function miiStart(): void {
  const speed = peek32(MII_SPEED);
  // MDC is the system clock divided by twice the field, which begins at the second lowest bit.
  const period = <u64>(speed & SPEED);
  store<u32>(MII_HELD, period ? 0 : 1);
  if (!period) {
    cancel(EV_MII);
    return;
  }
  schedule(EV_MII, now() + period * (FRAME_CLOCKS + (speed & DIS_PREAMBLE ? 0 : PREAMBLE_CLOCKS)));
}

/** A frame that was written while the clock stood goes out when it starts, so that the order of the two does not matter. */
export function miiSpeedWritten(): void {
  if (!(peek32(MII_SPEED) & SPEED)) cancel(EV_MII);
  else if (load<u32>(MII_HELD)) miiStart();
}

/** EV_MII: the last bit of the frame. */
export function miiEvent(): void {
  const frame = peek32(MII_DATA);
  const address = (frame >> PA_SHIFT) & 31;
  const register = (frame >> RA_SHIFT) & 31;
  if ((frame & ST) == ST_START) {
    if ((frame & OP) == OP_READ) poke32(MII_DATA, (frame & ~DATA) | phyRead(address, register));
    else if ((frame & OP) == OP_WRITE) phyWrite(address, register, frame & DATA);
  }
  fecEvent(IEVENT_MII);
}

export function miiReset(): void {
  store<u32>(MII_HELD, 0);
  cancel(EV_MII);
}
