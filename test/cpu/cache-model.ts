// Both caches in plain words, from hardware/core-caches.md alone: what the core is compared with. No time, only contents.

/** Physical memory: a megabyte from 0 on; nothing answers elsewhere. */
export class ModelMemory {
  readonly bytes: Uint8Array;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  answers(address: number): boolean {
    return address < this.bytes.length;
  }
}

interface Way {
  valid: boolean;
  modified: boolean;
  locked: boolean;
  /** Physical address of the line. */
  line: number;
  data: Uint8Array;
}

/** Sets of ways with exact LRU: section 1 of the reference. */
class Sets {
  readonly #ways: Way[][];
  /** Per set the numbers of its ways, the one used least recently first. */
  readonly #age: number[][];

  readonly sets: number;
  readonly ways: number;

  constructor(sets: number, ways: number) {
    this.sets = sets;
    this.ways = ways;
    const numbers = Array.from({ length: ways }, (_, way) => way);
    this.#age = Array.from({ length: sets }, () => [...numbers]);
    this.#ways = Array.from({ length: sets }, () =>
      numbers.map(() => ({ valid: false, modified: false, locked: false, line: 0, data: new Uint8Array(16) })),
    );
  }

  set(address: number): number {
    return Math.floor(address / 16) % this.sets;
  }

  way(set: number, way: number): Way {
    return (this.#ways[set] as Way[])[way] as Way;
  }

  all(): Way[] {
    return this.#ways.flat();
  }

  find(address: number): Way | undefined {
    const line = address - (address % 16);
    return this.#ways[this.set(address)]?.find((way) => way.valid && way.line === line);
  }

  use(way: Way): void {
    const set = this.set(way.line);
    const number = (this.#ways[set] as Way[]).indexOf(way);
    const age = this.#age[set] as number[];
    age.push(...age.splice(age.indexOf(number), 1));
  }

  /** Invalid way first, the lowest of several; else the oldest that is not locked. */
  victim(address: number): Way | undefined {
    const set = this.set(address);
    const ways = this.#ways[set] as Way[];
    const oldest = (this.#age[set] as number[]).map((number) => ways[number] as Way);
    return ways.find((way) => !way.valid) ?? oldest.find((way) => !way.locked);
  }

  /** Unlocked lines become invalid; LRU points to the lowest of them. */
  invalidateUnlocked(): void {
    for (const [set, ways] of this.#ways.entries()) {
      for (const way of ways) if (!way.locked) Object.assign(way, { valid: false, modified: false });
      const age = this.#age[set] as number[];
      const free = age.filter((number) => !ways[number]?.locked).sort((a, b) => a - b);
      const locked = age.filter((number) => ways[number]?.locked);
      this.#age[set] = [...free, ...locked];
    }
  }

  unlockAll(): void {
    for (const way of this.all()) way.locked = false;
  }

  /** Tag word of section 4. */
  tagWord(set: number, number: number): number {
    const way = this.way(set, number);
    const age = this.#age[set] as number[];
    const older = (a: number, b: number): boolean => age.indexOf(b) < age.indexOf(a);
    let lru = 0;
    if (this.ways === 2) {
      lru = older(0, 1) ? 0x80 : 0;
    } else {
      const pairs = [
        [0, 1, 0x80],
        [0, 2, 0x40],
        [0, 3, 0x20],
        [1, 2, 0x10],
        [1, 3, 0x08],
        [2, 3, 0x04],
      ] as const;
      for (const [a, b, bit] of pairs) if (older(a, b)) lru |= bit;
    }
    const tag = way.valid ? way.line - (way.line % (16 * this.sets)) : 0;
    return (tag + (way.valid ? 0x200 : 0) + (way.locked ? 0x100 : 0) + lru + (way.modified ? 0x40 : 0)) >>> 0;
  }
}

const CCER1 = 0x00200000;
const CCER2 = 0x00100000;

/** How an access ended. */
export type Ending = 'done' | 'machine check' | 'alignment';

/** The data cache: sections 3, 4, 7 and 9. */
export class ModelDataCache {
  enabled = false;
  forcedWriteThrough = false;
  littleEndianSwap = false;
  /** What the page says: MD_CTR[CIDEF, WTDEF] with translation off. */
  inhibited = false;
  writeThrough = false;
  errors = 0;
  /** The copyback buffer: four words and an address. */
  copyback = { line: 0, data: new Uint8Array(16) };
  readonly sets: Sets;
  readonly #memory: ModelMemory;

  constructor(memory: ModelMemory, sets: number, ways: number) {
    this.#memory = memory;
    this.sets = new Sets(sets, ways);
  }

  load(address: number, size: number): number | Ending {
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = address + i;
      const way = this.#cached() ? this.#hold(at) : undefined;
      if (way === 'machine check') return way;
      if (way === undefined && !this.#memory.answers(at)) return 'machine check';
      value = value * 256 + ((way?.data[at % 16] ?? this.#memory.bytes[at]) as number);
    }
    return value;
  }

  store(address: number, size: number, value: number): Ending {
    for (let i = 0; i < size; i++) {
      const at = address + i;
      const byte = Math.floor(value / 256 ** (size - 1 - i)) % 256;
      if (this.#cached() && !this.#through()) {
        const way = this.#hold(at);
        if (way === 'machine check') return way;
        if (way !== undefined) {
          way.data[at % 16] = byte;
          way.modified = true;
          continue;
        }
      } else if (this.#cached()) {
        const way = this.sets.find(at);
        if (way !== undefined) {
          this.sets.use(way);
          way.data[at % 16] = byte;
        }
      }
      if (!this.#memory.answers(at)) return 'machine check';
      this.#memory.bytes[at] = byte;
    }
    return 'done';
  }

  /** dcbst, dcbf */
  flush(address: number, drop: boolean): Ending {
    const way = this.enabled ? this.sets.find(address) : undefined;
    if (way === undefined) return 'done';
    const good = this.#clean(way);
    if (drop) Object.assign(way, { valid: false, locked: false });
    return good ? 'done' : 'machine check';
  }

  /** dcbi */
  drop(address: number): void {
    const way = this.enabled ? this.sets.find(address) : undefined;
    if (way !== undefined) Object.assign(way, { valid: false, modified: false, locked: false });
  }

  /** dcbz */
  zero(address: number): Ending {
    const line = address - (address % 16);
    if (this.enabled) {
      if (this.inhibited || this.#through()) return 'alignment';
      const hit = this.sets.find(line);
      const way = hit ?? this.sets.victim(line);
      if (way !== undefined) {
        const good = hit !== undefined || this.#clean(way);
        Object.assign(way, { valid: true, modified: true, line, locked: hit?.locked ?? false });
        this.sets.use(way);
        way.data.fill(0);
        return good ? 'done' : 'machine check';
      }
    }
    for (let i = 0; i < 16; i += 4) {
      const ending = this.store(line + i, 4, 0);
      if (ending !== 'done') return ending;
    }
    return 'done';
  }

  /** DC_CST written with a command in its top byte, DC_ADR as it is. */
  command(code: number, adr: number): void {
    switch (code) {
      case 1:
        this.forcedWriteThrough = true;
        break;
      case 2:
        this.enabled = true;
        break;
      case 3:
        this.forcedWriteThrough = false;
        break;
      case 4:
        this.enabled = false;
        break;
      case 5:
        this.littleEndianSwap = true;
        break;
      case 6:
        this.#loadAndLock(adr);
        break;
      case 7:
        this.littleEndianSwap = false;
        break;
      case 8: {
        const way = this.sets.find(adr);
        if (way !== undefined) way.locked = false;
        break;
      }
      case 10:
        this.sets.unlockAll();
        break;
      case 12:
        this.sets.invalidateUnlocked();
        break;
      case 14: {
        const way = this.sets.way(this.sets.set(adr), Math.floor(adr / 0x1000) % this.sets.ways);
        if (!way.valid) break;
        if (!this.#clean(way)) this.errors |= CCER1;
        Object.assign(way, { valid: false, locked: false });
        break;
      }
    }
  }

  /** What reading DC_CST gives; its error bits are gone after it. */
  status(): number {
    const modes =
      (this.enabled ? 0x80000000 : 0) +
      (this.forcedWriteThrough ? 0x40000000 : 0) +
      (this.littleEndianSwap ? 0x20000000 : 0);
    const value = modes + this.errors;
    this.errors = 0;
    return value;
  }

  /** What DC_DAT shows for DC_ADR. */
  port(adr: number): number {
    if (adr & 0x2000) {
      const word = Math.floor(adr / 16) % 128;
      if (word === 4) return this.copyback.line;
      return word < 4 ? new DataView(this.copyback.data.buffer).getUint32(4 * word) : 0;
    }
    return this.sets.tagWord(this.sets.set(adr), Math.floor(adr / 0x1000) % this.sets.ways);
  }

  #cached(): boolean {
    return this.enabled && !this.inhibited;
  }

  #through(): boolean {
    return this.forcedWriteThrough || this.writeThrough;
  }

  /** The line of `address`, filled if need be; undefined if every way is locked. */
  #hold(address: number): Way | undefined | 'machine check' {
    const hit = this.sets.find(address);
    if (hit !== undefined) {
      this.sets.use(hit);
      return hit;
    }
    const line = address - (address % 16);
    if (!this.#memory.answers(line)) return 'machine check';
    const way = this.sets.victim(line);
    if (way === undefined) return undefined;
    const data = this.#memory.bytes.slice(line, line + 16);
    const good = this.#clean(way);
    Object.assign(way, { valid: true, modified: false, locked: false, line });
    way.data.set(data);
    this.sets.use(way);
    return good ? way : 'machine check';
  }

  /** Writes a modified line back; false if nobody took it. */
  #clean(way: Way): boolean {
    if (!way.valid || !way.modified) return true;
    this.copyback = { line: way.line, data: way.data.slice() };
    way.modified = false;
    if (!this.#memory.answers(way.line)) return false;
    this.#memory.bytes.set(way.data, way.line);
    return true;
  }

  #loadAndLock(address: number): void {
    const hit = this.sets.find(address);
    const before = hit ?? this.sets.victim(address);
    if (hit === undefined && !this.#memory.answers(address)) this.errors |= CCER1;
    else if (before === undefined) this.errors |= CCER2;
    else {
      if (this.#hold(address) === 'machine check') this.errors |= CCER1;
      before.locked = true;
    }
  }
}

/** The instruction cache: sections 2, 4 and 6. */
export class ModelInstructionCache {
  enabled = false;
  inhibited = false;
  errors = 0;
  readonly sets: Sets;
  readonly #memory: ModelMemory;

  constructor(memory: ModelMemory, sets: number, ways: number) {
    this.#memory = memory;
    this.sets = new Sets(sets, ways);
  }

  /** The word that a fetch of `address` gets. */
  fetch(address: number): number {
    if (this.enabled && !this.inhibited) {
      const way = this.#hold(address);
      if (way !== undefined) return new DataView(way.data.buffer).getUint32(address % 16);
    }
    return new DataView(this.#memory.bytes.buffer).getUint32(address);
  }

  /** The host wrote a word: in memory already, here too if the line is here. */
  patch(address: number, word: number): void {
    const way = this.sets.find(address);
    if (way !== undefined) new DataView(way.data.buffer).setUint32(address % 16, word);
  }

  /** icbi */
  drop(address: number): void {
    const way = this.sets.find(address);
    if (way !== undefined) Object.assign(way, { valid: false, locked: false });
  }

  /** IC_CST written with a command in its top seven bits, IC_ADR as it is. */
  command(code: number, adr: number): void {
    if (code === 1) this.enabled = true;
    else if (code === 2) this.enabled = false;
    else if (code === 3) {
      const hit = this.sets.find(adr);
      if (hit === undefined && !this.#memory.answers(adr)) this.errors |= CCER1;
      else {
        const way = this.#hold(adr);
        if (way === undefined) this.errors |= CCER2;
        else way.locked = true;
      }
    } else if (code === 4) {
      const way = this.sets.find(adr);
      if (way !== undefined) way.locked = false;
    } else if (code === 5) this.sets.unlockAll();
    else if (code === 6) this.sets.invalidateUnlocked();
  }

  /** What reading IC_CST gives; its error bits are gone after it. */
  status(): number {
    const value = (this.enabled ? 0x80000000 : 0) + this.errors;
    this.errors = 0;
    return value;
  }

  /** What IC_DAT shows for IC_ADR. */
  port(adr: number): number {
    const set = this.sets.set(adr);
    const way = Math.floor(adr / 0x1000) % this.sets.ways;
    if (adr & (0x1000 * this.sets.ways)) {
      return new DataView(this.sets.way(set, way).data.buffer).getUint32(adr & 12);
    }
    return this.sets.tagWord(set, way);
  }

  #hold(address: number): Way | undefined {
    const hit = this.sets.find(address);
    if (hit !== undefined) {
      this.sets.use(hit);
      return hit;
    }
    const line = address - (address % 16);
    const way = this.sets.victim(line);
    if (way === undefined) return undefined;
    Object.assign(way, { valid: true, locked: false, line });
    way.data.set(this.#memory.bytes.subarray(line, line + 16));
    this.sets.use(way);
    return way;
  }
}
