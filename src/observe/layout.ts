import type { Board } from '../board/board.js';

/**
 * Offsets and addresses that an image publishes for observers: the symbol
 * `observer_layout` is an array of { char name[28]; u32 value }, ended by
 * `observer_layout_end`. Reading never disturbs the guest.
 */
export class ObserverLayout {
  readonly #values = new Map<string, number>();

  private constructor() {}

  /** The image's table, or undefined when it has none. */
  static read(board: Board): ObserverLayout | undefined {
    const known = cache.get(board.symbols);
    if (known !== undefined) return known;
    const start = board.symbols.address('observer_layout');
    const end = board.symbols.address('observer_layout_end');
    if (start === undefined || end === undefined || end < start || end - start > 64 * 1024) return undefined;
    const layout = new ObserverLayout();
    for (let at = start; at + 32 <= end; at += 32) {
      const name = board.memory.readString(at, 28);
      if (name !== '') layout.#values.set(name, board.memory.read32(at + 28));
    }
    if (layout.#values.size > 0) cache.set(board.symbols, layout);
    return layout;
  }

  /** A published value, or undefined. */
  get(name: string): number | undefined {
    return this.#values.get(name);
  }

  /** All names that start with a prefix, with their values. */
  withPrefix(prefix: string): [name: string, value: number][] {
    return [...this.#values].filter(([name]) => name.startsWith(prefix));
  }
}

const cache = new WeakMap<object, ObserverLayout>();
