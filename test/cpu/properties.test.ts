import { readdirSync } from 'node:fs';
import { Board, disassemble, Lab, readSockets } from 'quicc860';
import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';
import {
  ALL_CACHES,
  type Caches,
  copyMachine,
  describeTwins,
  sameMachine,
  supervisorMachine,
  userMachine,
  wildMachine,
} from '../support/twins.js';
import { Dice, elfOf } from '../support/wild.js';

/*
 * What must hold for every program (docs/architecture.md, "Time" and "State"): a run is the same however it is divided,
 * and a snapshot, taken anywhere, is the whole machine. Each failure names the seed or the image.
 */

const STOP_UNTIL = 1;
const SUPERVISOR_IMAGES = readdirSync(new URL('../../firmware-fixtures/elf', import.meta.url))
  .filter((name) => /^cpu-.*\.elf$/.test(name))
  .sort();

/** Runs one instruction; false when the guest stopped for good. A guest that sleeps or idles is one clock further. */
function step(core: BareCore): boolean {
  return core.fn.run(core.fn.now() + 1) <= STOP_UNTIL;
}

/** Brings `core` to `cycle`; false when the guest stopped for good before. */
function runTo(core: BareCore, cycle: number): boolean {
  while (core.fn.now() < cycle) if (core.fn.run(cycle) > STOP_UNTIL) return false;
  return true;
}

/** Every program of a kind, made twice or more. */
type Maker = (caches: Caches) => BareCore;

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const RANDOM: readonly [name: string, Maker][] = [
  ...seeds(8600, 3).map((seed): [string, Maker] => [`user program ${seed}`, (caches) => userMachine(seed, caches)]),
  ...seeds(1, 6).map((seed): [string, Maker] => [`wild program ${seed}`, (caches) => wildMachine(seed, caches)]),
];
/** The images, every other one: one half runs with both caches alike, the other with one of them. */
const supervisor = ({ icache, dcache }: Caches): [name: string, Maker][] =>
  SUPERVISOR_IMAGES.filter((_, i) => i % 2 === Number(icache === dcache)).map((file) => [
    file,
    (caches) => supervisorMachine(file, caches),
  ]);

/** Instructions of a random program that are each continued in another machine. */
const RELAY = 160;
/** Of a supervisor image: stretches, instructions in each, and instructions at most between two. */
const STRETCHES = 6;
const STRETCH = 24;
const GAP = 700;
/** The vectors' page, and the first page behind it: an exception was just taken when PC is there. */
const VECTORS_END = 0x2000;
const PARTS = 4;
const STEPS = 800;
const BRANCHES = [16, 18, 19];
const MSR_IR = 0x20;

describe.each(ALL_CACHES)('with $caches', (caches) => {
  const copies = [bareCore(), bareCore()] as const;

  /** Goes on from `start` for some instructions, each executed by a machine restored from a snapshot of the one before. */
  function relay(start: BareCore, steps: number): { last: BareCore; alive: boolean } {
    let alive = true;
    copyMachine(start, copies[0]);
    let [runner, other] = copies;
    for (let n = 0; n < steps && alive; n++) {
      alive = step(runner);
      copyMachine(runner, other);
      [runner, other] = [other, runner];
    }
    return { last: runner, alive };
  }

  it.each(RANDOM)(
    '%s: a snapshot after every instruction, each continued in a machine that was another',
    (name, make) => {
      const whole = make(caches);
      const { last } = relay(whole, RELAY);
      runTo(whole, last.fn.now());
      expect(sameMachine(last, whole), `${name}: ${describeTwins(last, whole)}`).toBe(true);
    },
  );

  it.each(supervisor(caches))(
    '%s: snapshots after every instruction from where an exception was taken',
    (name, make) => {
      const whole = make(caches);
      for (let n = 0; n < STRETCHES; n++) {
        const { last, alive } = relay(whole, STRETCH);
        runTo(whole, last.fn.now());
        expect(sameMachine(last, whole), `${name}: ${describeTwins(last, whole)}`).toBe(true);
        if (!alive) break;
        for (let i = 0; i < GAP && step(whole) && whole.pc >= VECTORS_END; i++);
      }
    },
  );

  it.each([...RANDOM, ...supervisor(caches)])('%s: stepping by the clock equals running', (name, make) => {
    const whole = make(caches);
    const stepped = make(caches);
    for (let part = 0, alive = true; part < PARTS && alive; part++) {
      for (let i = 0; i < STEPS && alive; i++) {
        const before = stepped.word64('INSTRUCTIONS');
        const { pc, msr } = stepped;
        alive = step(stepped);
        const completed = stepped.word64('INSTRUCTIONS') - before;
        // A branch that costs no clock goes with the instruction behind it (hardware/core-timing.md, branch folding).
        const folded = !(msr & MSR_IR) && BRANCHES.includes(stepped.fn.hostRead32(pc) >>> 26);
        if (completed > 1 && !(msr & MSR_IR))
          expect(folded, `${name}: ${completed} instructions from 0x${pc.toString(16)}`).toBe(true);
      }
      runTo(whole, stepped.fn.now());
      expect(sameMachine(stepped, whole), `${name}: ${describeTwins(stepped, whole)}`).toBe(true);
    }
  });
});

/** Virtual time of a transfer that is looked at, seconds. */
const WATCHED = 0.25;
const SNAPSHOTS = 3;

/** A lab in the middle of a transfer, with chatter: DMA both ways, interrupts, tasks that sleep. */
async function busyLab(caches: Caches): Promise<Board> {
  const lab = await Lab.create({ ...caches, chatter: 60, records: 600 });
  lab.run(2.5);
  lab.startTransfer();
  lab.run(0.4);
  expect(lab.transfer.state).toBe('running');
  return lab.board;
}

/** Everything that a host can look at. */
function look(board: Board, dice: Dice): void {
  const address = dice.below(board.description.ramBytes - 64);
  const looks: (() => unknown)[] = [
    () => board.pool(),
    () => board.tasks(),
    () => readSockets(board),
    () => board.report(),
    () => board.counters,
    () => board.stateHash(),
    () => board.console.text,
    () => board.memory.read(address, 64),
    () => board.memory.readString(address),
    () => disassemble(board.memory.read32(address & ~3), address & ~3),
    () => Array.from({ length: 1024 }, (_, spr) => board.register(spr)),
    () => ['pc', 'msr', 'cr', 'xer', 'lr', 'ctr', 'r1'].map((name) => board.register(name)),
  ];
  dice.pick(looks)();
}

describe.each(ALL_CACHES)('the firmware, busy, with $caches', (caches) => {
  it('continues from snapshots at random cycles, slices, steps and looks to the same state', async () => {
    const whole = await busyLab(caches);
    const start = whole.snapshot();
    const from = whole.now;
    const cycles = Math.round(WATCHED * whole.description.coreHz);
    const seed = 860 + 2 * Number(caches.icache) + Number(caches.dcache);
    const dice = new Dice(seed);
    whole.runUntilCycle(from + cycles);
    const end = Buffer.from(whole.snapshot());

    let copied = await Board.restore(start);
    for (let n = 1; n <= SNAPSHOTS; n++) {
      copied.runUntilCycle(Math.round(from + ((n - dice.below(1000) / 1000) * cycles) / SNAPSHOTS));
      copied = await Board.restore(copied.snapshot());
    }
    copied.runUntilCycle(from + cycles);
    expect(end.equals(copied.snapshot()), `snapshots, seed ${seed}`).toBe(true);

    const sliced = await Board.restore(start);
    for (let n = 0; sliced.now < from + cycles; n++) {
      sliced.runUntilCycle(Math.min(from + cycles, sliced.now + 1 + dice.below(n % 2 === 0 ? 200 : 200_000)));
      if (n % 8 === 0) look(sliced, dice);
    }
    // The last slice may have ended before the instruction that reached the end.
    sliced.runUntilCycle(from + cycles);
    expect(end.equals(sliced.snapshot()), `slices and looks, seed ${seed}`).toBe(true);

    const stepped = await Board.restore(start);
    for (let n = 0; n < 60_000; n++) stepped.step();
    stepped.runUntilCycle(from + cycles);
    expect(end.equals(stepped.snapshot()), 'steps').toBe(true);
  });
});

describe('a step', () => {
  it('completes an instruction, whatever fetching it takes', async () => {
    const board = await Board.create();
    await board.boot('hello', { icache: true, dcache: true });
    for (let n = 0; n < 5000; n++) {
      const before = board.counters.instructions;
      const pc = board.register('pc');
      board.step();
      const completed = board.counters.instructions - before;
      expect(completed, `at 0x${pc.toString(16)}`).toBeGreaterThanOrEqual(1);
      if (completed > 1) expect(BRANCHES).toContain(board.memory.read32(pc) >>> 26);
    }
  });

  it('of a guest that sleeps is one clock', async () => {
    const board = await Board.create();
    // PLPRCR[LPM] = 01, doze (hardware/siu.md); MSR[POW], and nothing that wakes it.
    const doze = [asm.lis(31, 0xff00), asm.lwz(4, 0x284, 31), asm.ori(4, 4, 0x0100), asm.stw(4, 0x284, 31)];
    const sleep = [asm.lis(5, 0x0004), asm.ori(5, 5, 0x1002), asm.sync(), asm.mtmsr(5), asm.isync(), asm.b(-12)];
    await board.boot(elfOf([{ at: 0x1_0000, words: [...doze, ...sleep] }]));
    board.run({ seconds: 0.01 });
    const { cycles, instructions, idleCycles } = board.counters;
    expect(idleCycles).toBeGreaterThan(0);
    board.step();
    expect(board.counters).toMatchObject({ cycles: cycles + 1, instructions });
  });
});
