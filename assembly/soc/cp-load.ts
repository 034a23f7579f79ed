/**
 * The CP's time (MPC860 UM, Serial Communications Performance; hardware/cpm.md section 6). Each protocol has a rate at which one
 * channel alone takes all of a CP at 25 MHz; a channel's load is its rate over that one, loads add, and the peak grows with
 * the clock: so a bit costs a fixed number of clocks. A CP that is behind by more than a FIFO holds loses data.
 * The CP serves by fixed priority, the SCCs before SMCs, SPI and I2C: those wait for the SCCs' work and do not count in it.
 */
import { BUS_FREE_AT, NOW } from '../layout';
import { now } from './io';
import { CP_FREE_AT } from './state';

/** Clock for which the peaks are given, Hz. */
const PEAK_CLOCK: u64 = 25_000_000;
// Peaks, bit/s. Those of full-duplex protocols hold for both directions at once, so each direction has half of the CP.
export const PEAK_ETHERNET: u64 = 22_000_000;
export const PEAK_SCC_UART: u64 = 2 * 2_400_000;

/** Bytes that the FIFOs of SCC1 and of SCC2–4 hold. */
const FIFO_SCC1: u32 = 32;
const FIFO_SCC: u32 = 16;
export function fifoBytes(scc: u32): u32 {
  return scc ? FIFO_SCC : FIFO_SCC1;
}

/** The CP takes in or gives out `bits` of an SCC's protocol with this peak, after what it has to do already. */
export function cpServe(bits: u32, peak: u64): void {
  store<u64>(CP_FREE_AT, max<u64>(load<u64>(CP_FREE_AT), now()) + (<u64>bits * PEAK_CLOCK) / peak);
}

/** Core clocks until the CP is through with the SCCs, and SDMA with its accesses. */
export function cpBehind(): u64 {
  const t = now();
  const cp = load<u64>(CP_FREE_AT);
  // The bus counts from where the CPU is: a long instruction may hold the event back, not the SDMA.
  const cpu = load<u64>(NOW);
  const bus = load<u64>(BUS_FREE_AT);
  return max<u64>(cp > t ? cp - t : 0, bus > cpu ? bus - cpu : 0);
}
