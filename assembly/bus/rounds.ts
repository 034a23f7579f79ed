// Many bus accesses alike, with the refresh between them, without making each (bus/cycle.ts makes one).

import { NEVER } from '../events';
import { BUS_FREE_AT } from '../layout';
import { REFRESH_AT, refreshed, refreshSkip } from './cycle';

/** Cycles that the rounds of the last `busRounds` took: a result, not state. */
export let roundsSpan: u64 = 0;

/**
 * A loop that makes one access a round, the next one at `start`, and takes `period` cycles a round if no refresh delays it;
 * all that it does then comes later by as much. Makes the rounds that begin within `left` cycles and returns their number. BUS_FREE_AT
 * moves with them.
 */
export function busRounds(start: u64, period: u64, left: u64): u64 {
  const free = load<u64>(BUS_FREE_AT);
  let rounds: u64 = 0;
  let span: u64 = 0;
  // How far the next refresh was from the next access once before; when it is as far again, everything repeats.
  let mark = NEVER;
  let markRounds: u64 = 0;
  let markSpan: u64 = 0;
  let refreshes: u32 = 0;
  let markNext: u32 = 1;
  while (span < left) {
    // Until the next refresh all rounds are alike.
    const refresh = load<u64>(REFRESH_AT);
    const open = min<u64>(left - span, refresh > start + span ? refresh - start - span : 0);
    const alike = (open + period - 1) / period;
    rounds += alike;
    span += alike * period;
    if (span >= left) break;
    store<u64>(BUS_FREE_AT, free + span);
    span += refreshed(start + span) - (start + span) + period;
    rounds++;
    const distance = load<u64>(REFRESH_AT) - start - span;
    if (distance == mark && span < left) {
      const times = (left - span) / (span - markSpan);
      if (refreshSkip(times * (span - markSpan))) {
        rounds += times * (rounds - markRounds);
        span += times * (span - markSpan);
      }
      mark = NEVER;
      markNext = 0;
    } else if (++refreshes == markNext) {
      mark = distance;
      markRounds = rounds;
      markSpan = span;
      markNext <<= 1;
    }
  }
  store<u64>(BUS_FREE_AT, free + span);
  roundsSpan = span;
  return rounds;
}
