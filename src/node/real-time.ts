import { performance } from 'node:perf_hooks';
import type { Board } from '../board/board.js';

/** How a board is paced against the wall clock. */
export interface Pacing {
  /** Virtual seconds per real second; Infinity = as fast as possible. */
  speed: number;
  /** Virtual seconds after which to stop [never]. */
  seconds?: number;
  /** Virtual seconds at most between two turns of the event loop [no limit]; small where real sockets must keep up. */
  turn?: number;
  /** Asked between slices; true ends the run. */
  stop?: () => boolean;
}

/** One slice of host time, ms: short enough that typing and sockets feel immediate. */
const SLICE_MS = 8;

/**
 * Runs a board paced to the wall clock, giving the event loop its turn between
 * slices, until it stops, the time is over or `stop` says so. A host that
 * cannot keep up loses virtual time rather than responsiveness.
 */
export async function runPaced(board: Board, pacing: Pacing): Promise<void> {
  const end = pacing.seconds === undefined ? Number.POSITIVE_INFINITY : board.seconds + pacing.seconds;
  let virtual = board.seconds;
  let wall = performance.now();
  while (board.outcome === 'time' && board.seconds < end && pacing.stop?.() !== true) {
    const started = performance.now();
    const due = Math.min(end, virtual + ((started - wall) / 1000) * pacing.speed);
    const target = Math.min(due, board.seconds + (pacing.turn ?? Number.POSITIVE_INFINITY));
    // Run in short pieces so that a busy guest cannot hold the event loop longer than a slice.
    const piece = Math.min(0.001 * Math.max(1, Math.min(pacing.speed, 1000)), 1);
    while (board.outcome === 'time' && board.seconds < target && performance.now() - started < SLICE_MS) {
      board.run({ seconds: Math.min(piece, target - board.seconds) });
    }
    if (board.seconds < due && performance.now() - started >= SLICE_MS) {
      virtual = board.seconds;
      wall = performance.now();
    }
    const idle = board.seconds >= due && Number.isFinite(pacing.speed);
    await new Promise<void>((resolve) => {
      if (idle) setTimeout(resolve, 4);
      else setImmediate(resolve);
    });
  }
}
