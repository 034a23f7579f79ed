import type { Speed } from './protocol.js';

/** A board that fell further behind its pace than this gives up the lost time instead of racing to catch up. */
const MAX_LAG_SECONDS = 0.25;

/** Says how far virtual time may go at a moment of host time. */
export class Pacer {
  #speed: Speed = 1;
  #hostMs = 0;
  #seconds = 0;

  /** Starts a pace: from here on `speed` virtual seconds pass in a host second. */
  restart(speed: Speed, hostMs: number, seconds: number): void {
    this.#speed = speed;
    this.#hostMs = hostMs;
    this.#seconds = seconds;
  }

  /** Virtual seconds that the board may run now; infinite when it is to run as fast as it can. */
  due(hostMs: number, seconds: number): number {
    if (this.#speed === 'max') return Number.POSITIVE_INFINITY;
    const behind = this.#seconds + ((hostMs - this.#hostMs) / 1000) * this.#speed - seconds;
    if (behind <= MAX_LAG_SECONDS * this.#speed) return Math.max(0, behind);
    this.restart(this.#speed, hostMs, seconds + MAX_LAG_SECONDS * this.#speed);
    return MAX_LAG_SECONDS * this.#speed;
  }
}
