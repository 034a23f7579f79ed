// Every export the host may call; nothing else is public. Cycle numbers cross as f64, exact below 2^53.

import { NOW } from './layout';
import { machineRun } from './machine';

export { bankDescribe, bankTiming } from './bus/physical';
export * from './layout';
export * from './soc/host';

/** Runs until cycle `until`; returns STOP_*. */
export function run(until: f64): u32 {
  return machineRun(until > 0 ? <u64>until : 0);
}

/** Cycles since power-on. */
export function now(): f64 {
  return <f64>load<u64>(NOW);
}
