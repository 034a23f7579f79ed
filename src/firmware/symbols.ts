import type { ElfSymbol } from './elf.js';

/** The image's names: address by name, and the function around an address. */
export class Symbols {
  readonly #byName = new Map<string, ElfSymbol>();
  readonly #functions: ElfSymbol[];

  /** @param symbols the image's symbol table; may be empty (a stripped image) */
  constructor(symbols: readonly ElfSymbol[]) {
    for (const symbol of symbols) if (!this.#byName.has(symbol.name)) this.#byName.set(symbol.name, symbol);
    this.#functions = symbols.filter((s) => s.kind === 'func').sort((a, b) => a.address - b.address);
  }

  /** Address of a symbol, or undefined when the image does not have it. */
  address(name: string): number | undefined {
    return this.#byName.get(name)?.address;
  }

  /** The symbol itself, or undefined. */
  get(name: string): ElfSymbol | undefined {
    return this.#byName.get(name);
  }

  /** `name+0xoffset` of the function that holds an address, or undefined. */
  describe(address: number): string | undefined {
    let low = 0;
    let high = this.#functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const symbol = this.#functions[middle];
      if (symbol !== undefined && symbol.address <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#functions[low - 1];
    if (found === undefined || address >= found.address + Math.max(found.size, 4)) return undefined;
    const offset = address - found.address;
    return offset === 0 ? found.name : `${found.name}+0x${offset.toString(16)}`;
  }

  /** The functions by address, each up to the next one at most; of those at one address the first. */
  functions(): { name: string; address: number; end: number }[] {
    const out: { name: string; address: number; end: number }[] = [];
    for (const { name, address, size } of this.#functions) {
      const last = out.at(-1);
      if (last?.address === address) continue;
      if (last !== undefined) last.end = Math.min(last.end, address);
      out.push({ name, address, end: address + Math.max(size, 4) });
    }
    return out;
  }

  /** How many symbols there are. */
  get size(): number {
    return this.#byName.size;
  }
}
