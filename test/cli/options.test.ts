import { describe, expect, it } from 'vitest';
import { bootWords, cacheSetting, duration, wholeNumber } from '../../src/cli/options.js';
import { UsageError } from '../../src/errors.js';

describe('options of the command line', () => {
  it.each([
    ['90', 90],
    ['1.5', 1.5],
    ['30s', 30],
    ['90m', 5400],
    ['4h', 14_400],
    ['1h30m', 5400],
    ['250ms', 0.25],
  ])('duration %s is %d s', (text, seconds) => {
    expect(duration('--for')(text)).toBe(seconds);
  });

  it.each(['', 'soon', '4 h', '-3', '3x', 'h4', '4hh'])("duration '%s' is refused", (text) => {
    expect(() => duration('--for')(text)).toThrow(/--for takes a duration/);
  });

  it('numbers are whole and in range', () => {
    expect(wholeNumber('--clusters', 1, 2048)('64')).toBe(64);
    for (const text of ['', ' ', '0', '2049', '1.5', 'x', '0x']) {
      expect(() => wholeNumber('--clusters', 1, 2048)(text)).toThrow(UsageError);
    }
  });

  it('cache settings have four names', () => {
    expect(cacheSetting('i')).toEqual({ icache: true, dcache: false });
    expect(() => cacheSetting('both')).toThrow(/on, off, i, d/);
  });

  it('boot words are checked before the board is built', () => {
    expect(bootWords(' clusters=131072  icache=off dropfree=1 ip=10.0.0.2 ')).toEqual({
      clusters: 131072,
      icache: false,
      dropfree: true,
      ip: '10.0.0.2',
    });
    expect(() => bootWords('cluster=3')).toThrow(/unknown parameter 'cluster'; known: .*clusters/);
    expect(() => bootWords('icache=maybe')).toThrow(/on or off/);
    expect(() => bootWords('clusters')).toThrow(/key=value/);
  });
});
