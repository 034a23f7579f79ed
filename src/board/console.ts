import { ExpectTimeout, UsageError } from '../errors.js';
import type { Core } from './core.js';

/** What the console needs from its board: run until something came out or a cycle is reached. */
export interface ConsoleRunner {
  /** Runs until the console printed or `cycle` is reached; returns the cycle. */
  runUntilConsole(cycle: number): number;
  now(): number;
  /** Throws when the guest has stopped for good, so that nobody waits for it. */
  assertRunning(): void;
  readonly coreHz: number;
}

const KEEP = 1 << 20;

/** The board's console, SMC1, as seen from the other end of the serial line. */
export class BoardConsole {
  readonly #core: Core;
  readonly #runner: ConsoleRunner;
  readonly #listeners = new Set<(text: string) => void>();
  readonly #decoder = new TextDecoder('latin1');
  readonly #outAt: number;
  readonly #inAt: number;
  readonly #ring: number;
  #taken: number;
  #text = '';
  #searchFrom = 0;
  #dropped = 0;
  #backlog: number[] = [];

  constructor(core: Core, runner: ConsoleRunner) {
    this.#core = core;
    this.#runner = runner;
    this.#outAt = core.constant('CONSOLE_OUT');
    this.#inAt = core.constant('CONSOLE_IN');
    this.#ring = core.constant('CONSOLE_RING');
    this.#taken = core.view().getUint32(this.#outAt, true);
  }

  /** Everything the board has printed (the last megabyte of it), one character per byte. */
  get text(): string {
    return this.#text;
  }

  /** Bytes typed that the serial line has not taken yet. */
  get pending(): number {
    const view = this.#core.view();
    return ((view.getUint32(this.#inAt, true) - view.getUint32(this.#inAt + 4, true)) >>> 0) + this.#backlog.length;
  }

  /** Types text or bytes; they arrive at the line's speed from the present cycle on. */
  send(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    for (const byte of bytes) this.#backlog.push(byte);
    this.feed();
  }

  /** Calls `listener` with each piece of output; returns a function that ends it. */
  onOutput(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs the board until the output since the last match matches, and returns the match.
   * @param pattern a regular expression, or text to find as it is
   * @param options.seconds virtual seconds to wait at most [60]
   * @returns the match, with the groups of the pattern; the next `expect` looks behind it
   * @throws ExpectTimeout with what the console said last, GuestStopped when the guest stopped before it said so
   */
  expect(pattern: RegExp | string, options: { seconds?: number } = {}): RegExpMatchArray {
    const seconds = options.seconds ?? 60;
    if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY)) {
      throw new UsageError(`expect waits for a number of virtual seconds from 0 on, not ${seconds}`);
    }
    const deadline = this.#runner.now() + seconds * this.#runner.coreHz;
    const escaped = typeof pattern === 'string' ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern;
    // A pattern's own place (flags g and y) means nothing here: the search begins behind the last match.
    const flags = typeof pattern === 'string' ? '' : pattern.flags.replace(/[gy]/g, '');
    const expression = new RegExp(escaped, flags);
    for (;;) {
      this.drain();
      const match = this.#text.slice(this.#searchFrom).match(expression);
      if (match !== null) {
        this.#searchFrom += (match.index ?? 0) + match[0].length;
        return match;
      }
      if (this.#runner.now() >= deadline) {
        const tail = this.#text.slice(-400);
        throw new ExpectTimeout(`the console did not say ${pattern} within ${seconds} virtual seconds`, tail);
      }
      this.#runner.assertRunning();
      this.#runner.runUntilConsole(deadline);
    }
  }

  /** @internal Takes what the core has printed since the last call; the board calls it after each run. */
  drain(): void {
    const written = this.#core.view().getUint32(this.#outAt, true);
    const count = (written - this.#taken) >>> 0;
    if (count === 0) return;
    const bytes = this.#core.bytes();
    const piece = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      piece[i] = bytes[this.#outAt + 4 + ((this.#taken + i) & (this.#ring - 1))] ?? 0;
    }
    this.#taken = written;
    const text = this.#decoder.decode(piece);
    this.#text += text;
    if (this.#text.length > 2 * KEEP) {
      const cut = this.#text.length - KEEP;
      this.#text = this.#text.slice(cut);
      this.#searchFrom = Math.max(0, this.#searchFrom - cut);
      this.#dropped += cut;
    }
    for (const listener of this.#listeners) listener(text);
  }

  /** @internal Moves typed bytes into the core's ring as far as they fit. */
  feed(): void {
    if (this.#backlog.length === 0) return;
    const view = this.#core.view();
    const bytes = this.#core.bytes();
    let written = view.getUint32(this.#inAt, true);
    const taken = view.getUint32(this.#inAt + 4, true);
    let used = 0;
    while (used < this.#backlog.length && (written - taken) >>> 0 < this.#ring) {
      bytes[this.#inAt + 8 + (written & (this.#ring - 1))] = this.#backlog[used] ?? 0;
      written = (written + 1) >>> 0;
      used++;
    }
    view.setUint32(this.#inAt, written, true);
    this.#backlog = this.#backlog.slice(used);
    if (used > 0) this.#core.fn.consoleInputArrived();
  }

  /** @internal What a snapshot must keep beside the core's memory. */
  save(): { backlog: number[]; text: string; searchFrom: number } {
    return { backlog: [...this.#backlog], text: this.#text, searchFrom: this.#searchFrom };
  }

  /** @internal Writes back what `save` returned, after the core's memory has been written back. */
  load(state: { backlog: number[]; text: string; searchFrom: number }): void {
    this.#backlog = [...state.backlog];
    this.#text = state.text;
    this.#searchFrom = state.searchFrom;
    this.#taken = this.#core.view().getUint32(this.#outAt, true);
  }
}
