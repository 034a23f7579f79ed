// The run loop: CPU, events, reasons to stop.

import { cpuRun } from './cpu/run';
import { NEVER, refreshNextEvent } from './events';
import {
  EVENT_SLOTS,
  EVENTS,
  NEXT_EVENT,
  NOW,
  RUN_LIMIT,
  RUN_UNTIL,
  STOP_NONE,
  STOP_REQUEST,
  STOP_UNTIL,
} from './layout';
import { socEvent } from './soc/soc';

/**
 * Runs until cycle `until` or until something asks to stop; returns STOP_*. The machine's state after a given cycle
 * does not depend on how the host divides the way there into calls.
 */
export function machineRun(until: u64): u32 {
  store<u64>(RUN_UNTIL, until);
  while (true) {
    dispatchEvents();
    const stop = load<u32>(STOP_REQUEST);
    if (stop != STOP_NONE) {
      store<u32>(STOP_REQUEST, STOP_NONE);
      return stop;
    }
    if (load<u64>(NOW) >= until) {
      // What is in a snapshot does not tell how the run was divided.
      store<u64>(RUN_LIMIT, until);
      return STOP_UNTIL;
    }
    const next = load<u64>(NEXT_EVENT);
    store<u64>(RUN_LIMIT, next < until ? next : until);
    cpuRun();
  }
}

/**
 * Calls every event that is due, in order of (cycle, id); one that asks to stop ends the round. Events beyond RUN_UNTIL
 * wait although the last instruction ran past them: what the host does at RUN_UNTIL comes first.
 */
function dispatchEvents(): void {
  // A register write asked to stop: that comes before what events ask for.
  if (load<u32>(STOP_REQUEST) != STOP_NONE) return;
  const until = load<u64>(RUN_UNTIL);
  const reached = load<u64>(NOW);
  const now = min<u64>(reached, until);
  while (load<u64>(NEXT_EVENT) <= now) {
    let first = NEVER;
    let id: u32 = EVENT_SLOTS;
    for (let i: u32 = 0; i < EVENT_SLOTS; i++) {
      const when = load<u64>(EVENTS + (i << 3));
      if (when < first) {
        first = when;
        id = i;
      }
    }
    if (first > now) {
      refreshNextEvent();
      return;
    }
    // Taken out before the call: the handler may schedule itself again.
    store<u64>(EVENTS + (id << 3), NEVER);
    refreshNextEvent();
    socEvent(id, first);
    if (load<u32>(STOP_REQUEST) != STOP_NONE) return;
  }
}
