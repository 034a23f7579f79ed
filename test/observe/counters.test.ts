import { Board, type CpiStack, compareCaches, Lab } from 'quicc860';
import { describe, expect, it } from 'vitest';

/** Every clock belongs to one part of the stack; issue is counted, not what is left over. */
const sum = (stack: CpiStack): number => Object.values(stack).reduce((total, clocks) => total + clocks, 0);
const CACHES = [
  { icache: true, dcache: true },
  { icache: false, dcache: false },
  { icache: true, dcache: false },
  { icache: false, dcache: true },
];

describe('the counting core', () => {
  for (const caches of CACHES) {
    it(`runs a transfer among chatter as the other core does, and its stack closes to the cycle: ${JSON.stringify(caches)}`, async () => {
      const plain = await Lab.create({ ...caches, chatter: 20 });
      const counting = await Lab.create({ ...caches, chatter: 20 });
      await counting.board.count();
      for (const lab of [plain, counting]) {
        lab.run(2);
        lab.startTransfer();
        lab.run(1);
      }
      expect(counting.board.stateHash()).toBe(plain.board.stateHash());
      const counted = counting.board.counted;
      if (counted === undefined) throw new Error('nothing was counted');
      expect(counted.cycles).toBe(plain.board.counters.cycles);
      expect(counted.instructions).toBe(plain.board.counters.instructions);
      expect(sum(counted.stack)).toBe(counted.cycles);
      expect(Math.min(...Object.values(counted.stack))).toBeGreaterThanOrEqual(0);
      // What cannot be without a cache, and what must be with it (hardware/core-caches.md section 7).
      expect(counted.stack.dataMiss > 0).toBe(caches.dcache);
      expect(counted.stack.writeBack > 0).toBe(caches.dcache);
      expect(counted.stack.dma).toBeGreaterThan(0);
      expect(counted.stack.translation).toBe(0);
    });
  }

  it('is switched on and off at any cycle without a trace in the guest', async () => {
    const plain = await Lab.create({ chatter: 20 });
    const switched = await Lab.create({ chatter: 20 });
    plain.run(2);
    switched.run(1);
    await switched.board.count();
    const begun = switched.board.now;
    switched.run(0.7);
    const counted = switched.board.counted;
    expect(counted?.cycles).toBe(switched.board.now - begun);
    expect(sum(counted?.stack as CpiStack)).toBe(counted?.cycles);
    await switched.board.count(false);
    expect(switched.board.counted).toBeUndefined();
    switched.board.runUntilCycle(plain.board.now);
    expect(switched.board.stateHash()).toBe(plain.board.stateHash());
  });

  it('a program that computes without memory traffic has no misses to wait for once its loop is in the cache', async () => {
    const board = await Board.create();
    await board.boot('mix', { icache: true, dcache: true, extra: 'iterations=200' });
    await board.count();
    board.console.expect(/(right|WRONG)\r?\n/, { seconds: 3600 });
    const counted = board.counted;
    if (counted === undefined) throw new Error('nothing was counted');
    expect(sum(counted.stack)).toBe(counted.cycles);
    expect(counted.stack.fetchMiss).toBeLessThan(counted.cycles / 50);
    expect(counted.stack.issue).toBe(counted.instructions - counted.idleInstructions - counted.folded);
  });
});

describe('compareCaches', () => {
  it('runs the same program with each setting: the same instructions, fewer cycles with caches', async () => {
    const runs = await compareCaches('mix', { boot: { extra: 'iterations=50' }, until: /right/, seconds: 100 });
    expect(runs.map((run) => [run.caches, run.outcome])).toEqual(['off', 'i', 'd', 'on'].map((name) => [name, 'done']));
    const [off, i, d, on] = runs.map((run) => run.counters.cycles) as [number, number, number, number];
    expect(on).toBeLessThan(Math.min(i, d));
    expect(Math.max(i, d)).toBeLessThan(off);
    for (const run of runs) expect(sum(run.counters.stack)).toBe(run.counters.cycles);
    expect(runs.map((run) => run.counters.icache.misses > 0)).toEqual([false, true, false, true]);
    expect(runs.map((run) => run.counters.dcache.misses > 0)).toEqual([false, false, true, true]);
  });
});
