import { describe, expect, test } from 'vitest';
import { History } from '../../web/history.js';
import { Pacer } from '../../web/pacer.js';
import { PALETTES } from '../../web/palette.js';
import { drawPool } from '../../web/poolview.js';
import { OWNERS, type OwnerName, type Reading } from '../../web/protocol.js';
import { DEFAULTS, hashFromSettings, settingsFromHash } from '../../web/settings.js';
import { clockText, secondsText } from '../../web/units.js';

function reading(clusters: number, cells: string): Reading {
  const owners = Object.fromEntries(OWNERS.map((owner) => [owner, 0])) as Record<OwnerName, number>;
  owners['rx-ring'] = cells.split('R').length - 1;
  owners.free = cells.split('.').length - 1;
  return {
    seconds: 10,
    speed: 1,
    pool: {
      clusters,
      free: owners.free,
      cells,
      owners,
      mbufs: { total: 512, free: 400, byType: { data: 80, header: 32 } },
      stats: { drops: 0, waits: 0, drains: 0 },
    },
    tasks: [{ name: 'SCrx', priority: 100, state: 'blocked', waitsFor: 'event', waitsSince: 4 }],
    transfer: { state: 'idle', bytes: 0, expectedBytes: 3_600_000 },
    ping: { sent: 0, answered: 0 },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const plain = (line: string) => line.replace(/\x1b\[[0-9;]*m/g, '');

describe('the pool display', () => {
  for (const [clusters, columns, rows] of [
    [64, 70, 38],
    [64, 120, 60],
    [200, 70, 38],
    [1024, 70, 38],
    [2048, 40, 20],
    [33, 20, 5],
  ] as const) {
    test(`${clusters} clusters fit ${columns} columns and ${rows} rows`, () => {
      const history = new History();
      history.note(10, 31);
      const cells = 'R'.repeat(32).padEnd(clusters, '.');
      const lines = drawPool({ reading: reading(clusters, cells), history, palette: PALETTES.dark }, columns, rows);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(plain(line).length).toBeLessThanOrEqual(columns);
    });
  }

  test('shows a letter for each cluster, in address order', () => {
    const cells = 'RSTrIQF?.'.repeat(8).slice(0, 64);
    const lines = drawPool({ reading: reading(64, cells), history: new History(), palette: PALETTES.light }, 72, 40);
    const grid = lines.map(plain).filter((line) => /^( [RSTrIQF?.] {2}){16}/.test(`${line} `));
    expect(grid.map((line) => line.replace(/ /g, '')).join('')).toBe(cells);
  });
});

describe('the history of free clusters', () => {
  test('keeps the lowest value of each stretch', () => {
    const history = new History();
    history.note(1, 30);
    history.note(2, 4);
    history.note(3, 25);
    expect(history.columns(0, 3, 3)).toEqual([30, 4, 4]);
    expect(history.columns(0, 12, 4)[3]).toBeUndefined();
  });

  test('hours of it cost no more than seconds, and no low is lost', () => {
    const history = new History();
    for (let hour = 0; hour < 48; hour++) history.note(hour * 3600 + 10, hour === 20 ? 0 : 20);
    const columns = history.columns(0, 48 * 3600, 48);
    expect(history.width).toBeLessThan(60);
    expect(Math.min(...columns.map((value) => value ?? 99))).toBe(0);
    expect(columns.filter((value) => value === 20).length).toBeGreaterThan(40);
  });
});

describe('the pace', () => {
  test('follows the host clock times the speed', () => {
    const pacer = new Pacer();
    pacer.restart(1, 1000, 5);
    expect(pacer.due(1100, 5)).toBeCloseTo(0.1);
    expect(pacer.due(1100, 5.1)).toBeCloseTo(0);
    pacer.restart(10, 1000, 5);
    expect(pacer.due(1100, 5)).toBeCloseTo(1);
    pacer.restart('max', 1000, 5);
    expect(pacer.due(1000, 5)).toBe(Number.POSITIVE_INFINITY);
  });

  test('gives up time that the host slept through', () => {
    const pacer = new Pacer();
    pacer.restart(1, 0, 0);
    expect(pacer.due(3_600_000, 0)).toBeCloseTo(0.25);
    expect(pacer.due(3_600_100, 0.25)).toBeCloseTo(0.1);
  });
});

describe('settings in the address', () => {
  test('round-trip, and only differences are written', () => {
    expect(hashFromSettings(DEFAULTS)).toBe('');
    const settings = {
      ...DEFAULTS,
      cpu: 'mpc866' as const,
      dcache: true,
      clusters: 128,
      policy: 'both' as const,
      records: 500,
    };
    expect(settingsFromHash(hashFromSettings(settings))).toEqual(settings);
  });

  test('nonsense is passed over', () => {
    expect(settingsFromHash('#cpu=mpc603&icache=maybe&clusters=-4&policy=rude&chatter=1e9&seed=&what=ever')).toEqual(
      DEFAULTS,
    );
  });
});

describe('units', () => {
  test('virtual time', () => {
    expect(clockText(3723.46)).toBe('1:02:03.4');
    expect(secondsText(12.34)).toBe('12.3 s');
    expect(secondsText(245)).toBe('4 min 05 s');
    expect(secondsText(7380)).toBe('2 h 03 min');
  });
});
