// What the host reads of the counters. In core.wasm they stay 0.

import { OBSERVE_BASE } from '../layout';
import { COUNT_END } from './count';
import { profileStart } from './profile';

export {
  COUNT_BRANCH,
  COUNT_DATA,
  COUNT_DC_EVICTIONS,
  COUNT_DC_MISSES,
  COUNT_DC_WRITE_BACKS,
  COUNT_DMA,
  COUNT_EXCEPTIONS,
  COUNT_FETCH,
  COUNT_FOLDED,
  COUNT_IC_EVICTIONS,
  COUNT_IC_MISSES,
  COUNT_IDLE_INSTRUCTIONS,
  COUNT_SERIAL,
  COUNT_SPENT,
  COUNT_TRANSLATION,
  COUNT_TRANSLATION_INSTRUCTIONS,
  COUNT_UNCACHED,
  COUNT_WRITE_BACK,
} from './count';
export { NODE_BYTES, PROFILE_NODES, PROFILE_USED, profileFlush, profileStart } from './profile';

/** All counters 0 and no profile, the CPU being between two instructions. */
export function countReset(): void {
  memory.fill(OBSERVE_BASE, 0, COUNT_END - OBSERVE_BASE);
  profileStart(0, 0, 0, 0, 0, 0);
}
