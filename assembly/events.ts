// The event queue: one slot per source, each holding the cycle at which the source wants to be called
// (DESIGN: "The run loop is event driven"). Events fire in order of (cycle, id).

import { EVENT_SLOTS, EVENTS, NEXT_EVENT, RUN_LIMIT, STOP_REQUEST } from './layout';

/** Cycle of a slot that is not scheduled. */
export const NEVER: u64 = ~0;

// Ids 0–27 belong to the SoC, which adds its names here; 28–31 to the CPU. Lower ids fire first within a cycle.
export const EV_PIT: u32 = 0;
export const EV_DEC: u32 = 1;
export const EV_TBREF: u32 = 2;
export const EV_RTC: u32 = 3;
export const EV_WATCHDOG: u32 = 4;
export const EV_CPCR: u32 = 5;
export const EV_TIMERS: u32 = 6;
export const EV_RISC_TIMERS: u32 = 7;
export const EV_SPI: u32 = 8;
export const EV_I2C: u32 = 9;
/** Six UARTs (SMC1, SMC2, SCC1–4): transmitter and receiver of UART n are EV_UART + 2n and the one after. */
export const EV_UART: u32 = 10;
/** An SCC in Ethernet mode uses the same two slots: EV_SCC + 2n and the one after, n = 0 for SCC1. */
export const EV_SCC: u32 = 14;
export const EV_IDMA: u32 = 22;
export const EV_FEC_TX: u32 = 24;
export const EV_FEC_RX: u32 = 25;
export const EV_MII: u32 = 26;
export const EV_FLASH: u32 = 27;
export const EV_CPU_FIRST: u32 = 28;

/** Asks for `socEvent(id)` at the first instruction boundary at or after cycle `when`; replaces an earlier request. */
export function schedule(id: u32, when: u64): void {
  const slot = EVENTS + (id << 3);
  const old = load<u64>(slot);
  store<u64>(slot, when);
  const next = load<u64>(NEXT_EVENT);
  if (when <= next) {
    store<u64>(NEXT_EVENT, when);
    if (when < load<u64>(RUN_LIMIT)) store<u64>(RUN_LIMIT, when);
  } else if (old == next) {
    refreshNextEvent();
  }
}

/** Withdraws the request of `id`, if any. */
export function cancel(id: u32): void {
  const slot = EVENTS + (id << 3);
  const old = load<u64>(slot);
  store<u64>(slot, NEVER);
  if (old == load<u64>(NEXT_EVENT)) refreshNextEvent();
}

/** Cycle for which `id` is scheduled, NEVER if it is not. */
export function due(id: u32): u64 {
  return load<u64>(EVENTS + (id << 3));
}

/** Recomputes NEXT_EVENT from the slots. A RUN_LIMIT that is too early is harmless: the run loop looks and goes on. */
export function refreshNextEvent(): void {
  let next = NEVER;
  for (let i: u32 = 0; i < EVENT_SLOTS; i++) {
    const when = load<u64>(EVENTS + (i << 3));
    if (when < next) next = when;
  }
  store<u64>(NEXT_EVENT, next);
}

/** Makes `run` return `reason` (STOP_*) at the next instruction boundary. */
export function requestStop(reason: u32): void {
  store<u32>(STOP_REQUEST, reason);
  store<u64>(RUN_LIMIT, 0);
}

/** Empties every slot. */
export function eventsReset(): void {
  for (let i: u32 = 0; i < EVENT_SLOTS; i++) store<u64>(EVENTS + (i << 3), NEVER);
  store<u64>(NEXT_EVENT, NEVER);
}
