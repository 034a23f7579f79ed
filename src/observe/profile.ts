import type { Core } from '../board/core.js';
import type { Symbols } from '../firmware/symbols.js';

/** What was counted in one place. */
export interface ProfileCounts {
  /** Core clocks, idle ones included. */
  cycles: number;
  /** Instructions completed. */
  instructions: number;
  /** Clocks asleep or in a branch to itself. */
  idle: number;
  /** Lines that the instruction cache fetched. */
  icacheMisses: number;
  /** Lines that the data cache fetched. */
  dcacheMisses: number;
}

/** One path of calls, and what was counted at its end. */
export interface ProfileStack {
  /** The task that ran, as the guest names it; empty without tasks. */
  task: string;
  /** Functions, the outermost first. */
  frames: string[];
  /** Counted in the last one itself. */
  self: ProfileCounts;
}

const NODE_WORDS = 6;
const VALUES = 5;
const MOST_NODES = 1 << 16;
const WASM_PAGE = 0x1_0000;
const ZERO: ProfileCounts = { cycles: 0, instructions: 0, idle: 0, icacheMisses: 0, dcacheMisses: 0 };

const sum = (a: ProfileCounts, b: ProfileCounts): ProfileCounts => ({
  cycles: a.cycles + b.cycles,
  instructions: a.instructions + b.instructions,
  idle: a.idle + b.idle,
  icacheMisses: a.icacheMisses + b.icacheMisses,
  dcacheMisses: a.dcacheMisses + b.dcacheMisses,
});

/** Every cycle of a span of the run, by function and task. Its stacks add up to the span exactly. */
export class Profile {
  /** All paths that anything was counted on, the most cycles first. */
  readonly stacks: readonly ProfileStack[];

  /** @param stacks paths, each once */
  constructor(stacks: readonly ProfileStack[]) {
    this.stacks = stacks.filter((s) => s.self.cycles > 0).sort((a, b) => b.self.cycles - a.self.cycles);
  }

  /** Everything together. */
  get total(): ProfileCounts {
    return this.stacks.reduce((all, { self }) => sum(all, self), ZERO);
  }

  /** Counted in each function itself, all its callers together, the most cycles first. */
  byFunction(): { name: string; counts: ProfileCounts }[] {
    return this.#by((stack) => stack.frames.at(-1) ?? '');
  }

  /** Counted in each task, the most cycles first. */
  byTask(): { name: string; counts: ProfileCounts }[] {
    return this.#by((stack) => stack.task);
  }

  #by(name: (stack: ProfileStack) => string): { name: string; counts: ProfileCounts }[] {
    const all = new Map<string, ProfileCounts>();
    for (const stack of this.stacks) all.set(name(stack), sum(all.get(name(stack)) ?? ZERO, stack.self));
    return [...all].map(([of, counts]) => ({ name: of, counts })).sort((a, b) => b.counts.cycles - a.counts.cycles);
  }

  /** Collapsed stacks: `task;function;… cycles` on each line, as flame graph tools read them. */
  collapsed(): string {
    return this.stacks.map((s) => `${[s.task, ...s.frames].join(';')} ${s.self.cycles}\n`).join('');
  }

  /** A file for speedscope (https://www.speedscope.app/file-format-schema.json): one profile of all tasks, one of each. */
  speedscope(name: string): string {
    const frames: { name: string }[] = [];
    const known = new Map<string, number>();
    const frame = (of: string): number => {
      const old = known.get(of);
      if (old !== undefined) return old;
      known.set(of, frames.length);
      frames.push({ name: of });
      return frames.length - 1;
    };
    const profile = (of: string, stacks: readonly ProfileStack[]): object => ({
      type: 'sampled',
      name: of,
      unit: 'none',
      startValue: 0,
      endValue: stacks.reduce((cycles, s) => cycles + s.self.cycles, 0),
      samples: stacks.map((s) => [s.task, ...s.frames].map(frame)),
      weights: stacks.map((s) => s.self.cycles),
    });
    const tasks = [...new Set(this.stacks.map((s) => s.task))];
    const profiles = [
      profile(name, this.stacks),
      ...tasks.map((task) =>
        profile(
          task,
          this.stacks.filter((s) => s.task === task),
        ),
      ),
    ];
    const file = {
      $schema: 'https://www.speedscope.app/file-format-schema.json',
      name,
      exporter: 'quicc860',
      shared: { frames },
      profiles,
    };
    return `${JSON.stringify(file)}\n`;
  }

  /** The functions and tasks that took most cycles, for people. */
  table(rows = 25): string {
    const { total } = this;
    const line = (name: string, c: ProfileCounts): string =>
      `${name.padEnd(28)}${((100 * c.cycles) / Math.max(1, total.cycles)).toFixed(2).padStart(7)} %` +
      [c.cycles, c.instructions, c.idle, c.icacheMisses, c.dcacheMisses].map((n) => String(n).padStart(14)).join('');
    const head = `${''.padEnd(37)}${['cycles', 'instructions', 'idle', 'I misses', 'D misses'].map((n) => n.padStart(14)).join('')}`;
    return [
      `${'function'.padEnd(20)}${head.slice(20)}`,
      ...this.byFunction()
        .slice(0, rows)
        .map(({ name, counts }) => line(name, counts)),
      '',
      `${'task'.padEnd(20)}${head.slice(20)}`,
      ...this.byTask().map(({ name, counts }) => line(name, counts)),
      '',
      line('total', total),
      '',
    ].join('\n');
  }
}

/** A profile that a counting core is taking. */
export class Profiler {
  readonly #core: Core;
  readonly #names: string[];

  /** Begins now. `taskWord`: physical address of the word that names the running task, 0 = there is none. */
  constructor(core: Core, symbols: Symbols, taskWord: number, pc: number) {
    this.#core = core;
    const functions = symbols.functions();
    this.#names = functions.map((f) => f.name);
    const { memory } = core.fn;
    const tableBytes = (functions.length * 8 + 63) & ~63;
    const bytes = tableBytes + MOST_NODES * core.constant('NODE_BYTES');
    // Behind the board's memories; what an earlier profile left there is not used again.
    const at = memory.grow(Math.ceil(bytes / WASM_PAGE)) * WASM_PAGE;
    const view = core.view();
    functions.forEach((f, i) => {
      view.setUint32(at + 8 * i, f.address, true);
      view.setUint32(at + 8 * i + 4, f.end, true);
    });
    core.fn.profileStart(at, functions.length, at + tableBytes, MOST_NODES, taskWord, pc);
  }

  /** What was counted up to now. `taskName`: how a task is called that the guest names so. */
  read(taskName: (task: number) => string): Profile {
    const core = this.#core;
    core.fn.profileFlush();
    const view = core.view();
    const word = (at: number): number => view.getUint32(at, true);
    const nodes = word(core.constant('PROFILE_NODES'));
    const used = word(core.constant('PROFILE_USED'));
    const size = core.constant('NODE_BYTES');
    const stacks: ProfileStack[] = [];
    const paths: string[][] = [[]];
    for (let n = 1; n < used; n++) {
      const at = nodes + n * size;
      const parent = word(at);
      // A parent is made before its children.
      const own = parent === 0 ? [] : [this.#names[word(at + 4) - 1] ?? '(no symbol)'];
      const frames = [...(paths[parent] ?? []), ...own];
      paths.push(frames);
      const values = Array.from({ length: VALUES }, (_, i) =>
        Number(view.getBigInt64(at + NODE_WORDS * 4 + 8 * i, true)),
      );
      const [cycles = 0, instructions = 0, idle = 0, icacheMisses = 0, dcacheMisses = 0] = values;
      stacks.push({
        task: taskName(word(at + 8)),
        frames: frames.length === 0 ? ['(start)'] : frames,
        self: { cycles, instructions, idle, icacheMisses, dcacheMisses },
      });
    }
    return new Profile(stacks);
  }
}
