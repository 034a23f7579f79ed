import { performance } from 'node:perf_hooks';
import type { Board } from '../board/board.js';

/** How a board is paced against the wall clock. */
export interface Pacing {
  /** Virtual seconds per real second, asked anew for each slice if it is a function; Infinity = as fast as possible. */
  speed: number | (() => number);
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
  let due = board.seconds;
  let wall = performance.now();
  while (board.outcome === 'time' && board.seconds < end && pacing.stop?.() !== true) {
    const started = performance.now();
    const speed = typeof pacing.speed === 'function' ? pacing.speed() : pacing.speed;
    due = Number.isFinite(speed) ? Math.min(end, due + ((started - wall) / 1000) * speed) : end;
    wall = started;
    const target = Math.min(due, board.seconds + (pacing.turn ?? Number.POSITIVE_INFINITY));
    // Run in short pieces so that a busy guest cannot hold the event loop longer than a slice.
    const piece = Math.min(0.001 * Math.max(1, Math.min(speed, 1000)), 1);
    while (board.outcome === 'time' && board.seconds < target && performance.now() - started < SLICE_MS) {
      board.run({ seconds: Math.min(piece, target - board.seconds) });
    }
    const idle = board.seconds >= due && Number.isFinite(speed);
    if (!Number.isFinite(due) || performance.now() - started >= SLICE_MS) due = board.seconds;
    await new Promise<void>((resolve) => {
      if (idle) setTimeout(resolve, 4);
      else setImmediate(resolve);
    });
  }
}
