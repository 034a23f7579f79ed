// Every export the host may call; nothing else is public. Cycle numbers cross as f64, exact below 2^53.

export { flashDescribe, flashQuery, flashRegion } from './bus/flash';
export {
  BANK_ANSWERS,
  BANK_BURST_BUSY,
  BANK_BURST_FIRST,
  BANK_BURST_WORDS,
  BANK_BURST_WRITE_BUSY,
  BANK_BYTES,
  BANK_PORT,
  BANK_READ_BEAT,
  BANK_READ_BUSY,
  BANK_READ_FIRST,
  BANK_WRITE_BUSY,
  BANK_WRITE_FIRST,
  bankDescribe,
} from './bus/physical';
export { BRANCH_COUNT, BRANCH_TRACE, CHECKSTOP, CHECKSTOP_ADDRESS } from './cpu/state';
export * from './host';
export * from './layout';
export * from './observe/host';
export * from './soc/host';
