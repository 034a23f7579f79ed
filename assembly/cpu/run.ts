import { NOW, RUN_LIMIT } from '../layout';

/** Runs instructions until RUN_LIMIT. */
export function cpuRun(): void {
  store<u64>(NOW, load<u64>(RUN_LIMIT));
}
