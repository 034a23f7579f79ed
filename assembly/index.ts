// Every export the host may call; nothing else is public. Cycle numbers cross as f64, exact below 2^53.

export { bankDescribe, bankTiming } from './bus/physical';
export { BRANCH_COUNT, BRANCH_TRACE, CHECKSTOP, CHECKSTOP_ADDRESS } from './cpu/state';
export * from './host';
export * from './layout';
export * from './soc/host';
