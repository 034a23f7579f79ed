import { beforeAll, describe, expect, it } from 'vitest';
import { MBX860, measureKernel, type Operation } from '../conformance/timing/kernel.js';

/**
 * Operations that the RTEMS timing suite runs once, or on a new object each time: with the caches on, part of what they touch
 * is there and part is not (hardware notes, core-timing.md section 5; docs/timing.md says what the others show).
 */
const PARTLY_COLD = [
  'semaphore_obtain: available',
  'message_queue_send: no waiting tasks',
  'clock_tick',
  'semaphore_create',
  'semaphore_obtain: caller blocks',
  'semaphore_release: preempts caller',
  'task_create',
  'task_delete: suspended',
];

describe('kernel operations, caches off against on, beside an MBX860 at 40 MHz', () => {
  let off: Operation[] = [];
  let on: Operation[] = [];
  beforeAll(async () => {
    off = await measureKernel('off');
    on = await measureKernel('on');
  });

  const named = (all: readonly Operation[], name: string): Operation => {
    const found = all.find((operation) => operation.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  it.each(PARTLY_COLD)('%s: the measured ratio lies between ours with cold and with warm caches', (name) => {
    const [theirsOff = 0, theirsOn = 1] = MBX860[name] ?? [];
    const slow = named(off, name).warm.cycles;
    const { warm, cold } = named(on, name);
    expect(slow / cold.cycles).toBeLessThan(theirsOff / theirsOn);
    expect(slow / warm.cycles).toBeGreaterThan(theirsOff / theirsOn);
  });

  it('executes the same instructions whatever the caches do', () => {
    for (const name of ['object table, compare by call', 'task_ident', 'semaphore_ident']) {
      const { cycles: _, ...a } = named(off, name).warm;
      expect(named(on, name).warm).toMatchObject(a);
    }
  });
});
