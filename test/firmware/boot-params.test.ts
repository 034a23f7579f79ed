import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { checkBootParams, commandLine, POLICIES, parsePolicy } from '../../src/firmware/boot-params.js';

describe('boot parameters', () => {
  it('become key=value words', () => {
    expect(commandLine({ icache: true, dcache: false, clusters: 131072, dropfree: true, ip: '10.0.0.1' })).toBe(
      'icache=on dcache=off clusters=131072 dropfree=1 ip=10.0.0.1',
    );
  });

  it.each([
    [{ clusters: 31 * 2048 }, /31 clusters cannot fill a receive ring of 32/],
    [{ clusters: 1000 }, /multiple of 2048/],
    [{ clusters: 2 ** 30 }, /at most/],
    [{ mbufs: 100 }, /multiple of 128/],
    [{ rxring: 0 }, /rxring must be a whole number from 1/],
    [{ reserve: 64 }, /reserve/],
    [{ ip: '192.168.1.256' }, /not an IPv4 address/],
    [{ extra: 'x'.repeat(2000) }, /longer than 1024/],
  ])('refuse %j', (params, why) => {
    expect(() => commandLine(params)).toThrow(UsageError);
    expect(() => commandLine(params)).toThrow(why);
  });

  it('every policy works with the default pools', () => {
    for (const params of Object.values(POLICIES)) expect(() => checkBootParams(params)).not.toThrow();
  });

  it('an unknown policy names the known ones', () => {
    expect(() => parsePolicy('rtems-5')).toThrow(/unknown policy 'rtems-5'; known: rtems-4.6/);
    expect(() => parsePolicy('toString')).toThrow(UsageError);
  });
});
