import { runScenario, type ScenarioOptions, type ScenarioResult } from 'quicc860';
import { describe, expect, it } from 'vitest';

/** The founding experiment; what must come out is in rtems-legacy-networking.md §8 and §9 (setting A). */
const OFF = { icache: false, dcache: false };
const ON = { icache: true, dcache: true };
const run = (options: ScenarioOptions): Promise<ScenarioResult> => runScenario('out-of-clusters', options);
const task = (result: ScenarioResult, name: string) => result.tasks.find((t) => t.name === name);

describe('out-of-clusters', () => {
  it('caches on: the log arrives whole, at the pace of its source', async () => {
    const result = await run(ON);
    expect(result.outcome).toBe('completed');
    expect(result.sha256).toBe(result.expected.sha256);
    expect(result.bytes).toBe(3_600_000);
    // The SPI clock gives 600 records of 300 bytes a second (§9.2); 1 % for the connection's start and end.
    expect(result.throughput).toBeGreaterThan(178_000);
    expect(result.throughput).toBeLessThan(182_000);
    expect(result.ping.lost).toBe(0);
    expect(result.stillWaiting.count).toBe(0);
    // All of the pool is back where it was: the receive ring full, the rest free.
    expect(result.pool.owners['rx-ring']).toBe(32);
    expect(result.pool.free).toBe(32);
  });

  it('caches off: locks up, and stays so after TCP has dropped the connection', async () => {
    const result = await run({ ...OFF, seconds: 900 });
    expect(result.outcome).toBe('locked-up');
    // §8.4: SCrx holds 31 and waits for one; so_snd has the other 33; nothing else has any.
    expect(result.pool.owners).toMatchObject({ free: 0, 'rx-ring': 31, 'so-snd': 33, other: 0, 'tx-ring': 0 });
    const dry = result.turns.find((turn) => turn.what.startsWith('the pool has been empty'));
    expect(dry?.at).toBeLessThan(10);
    expect(result.turns.filter((turn) => turn.what.startsWith('clusters are free again'))).toEqual([]);
    expect(result.turns.some((turn) => turn.what.startsWith('the board drops its connection'))).toBe(true);
    expect(result.turns.some((turn) => turn.what === 'ping goes unanswered')).toBe(true);
    expect(result.ping.lost).toBeGreaterThan(80);
    for (const name of ['SCrx', 'FTPa']) {
      expect(task(result, name)?.waitsFor).toBe('m_clalloc M_WAIT');
      expect(task(result, name)?.waitsSince).toBeLessThan(10);
    }
    // Two tasks say so every 30 s (§2).
    expect(result.stillWaiting.count).toBeGreaterThan(2 * (900 / 30) - 6);
    expect(result.stillWaiting.count).toBeLessThanOrEqual(2 * (900 / 30));
    const [first = 0, , third = 0] = result.stillWaiting.first;
    expect(third - first).toBeGreaterThan(28);
    expect(third - first).toBeLessThan(32);
  });

  it('caches off, a larger pool: completes', async () => {
    const result = await run({ ...OFF, clusters: 96 });
    expect(result.outcome).toBe('completed');
    expect(result.sha256).toBe(result.expected.sha256);
    expect(result.pool.minFree).toBeGreaterThan(0);
  });

  it('caches off, drop-frees: locks up, recovers by itself each time, and loses a cluster each time', async () => {
    const result = await run({ ...OFF, policy: 'drop-frees', seconds: 3600 });
    expect(result.outcome).toBe('recovered');
    expect(result.sessions).toHaveLength(3);
    expect(result.sessions.every((session) => session.outcome === 'failed')).toBe(true);
    expect(result.turns.filter((turn) => turn.what.startsWith('clusters are free again'))).toHaveLength(3);
    expect(result.ping.lost).toBe(0);
    // §5: the chain that tcp_usr_send gives back to nobody.
    expect(result.pool.owners.other).toBe(3);
  });

  it.each(['reserve', 'both'] as const)('caches off, %s: completes', async (policy) => {
    const result = await run({ ...OFF, policy });
    expect(result.outcome).toBe('completed');
    expect(result.sha256).toBe(result.expected.sha256);
    // The application never takes the last 16.
    expect(result.pool.minFree).toBeGreaterThan(0);
  });

  it('gives the same result twice', async () => {
    const options = { ...OFF, seconds: 60, sessions: 1 };
    expect(await run(options)).toEqual(await run(options));
  });

  it('accounts for every cluster', async () => {
    for (const caches of [ON, OFF]) {
      const { pool } = await run({ ...caches, seconds: 12, sessions: 1 });
      expect(Object.values(pool.owners).reduce((sum, count) => sum + count, 0)).toBe(pool.clusters);
    }
  });

  it('refuses an unknown name', async () => {
    await expect(runScenario('out-of-memory')).rejects.toThrow(
      /unknown scenario 'out-of-memory'; known: out-of-clusters/,
    );
  });
});

describe('starved-responder', () => {
  it('caches on: wire speed, and the queries are answered', async () => {
    const result = await runScenario('starved-responder', ON);
    expect(result.outcome).toBe('completed');
    expect(result.sha256).toBe(result.expected.sha256);
    expect(result.queries?.answered).toBeGreaterThanOrEqual((result.queries?.sent ?? 0) - 2);
  });

  it('caches off: the responder starves and its receive buffer takes what the sender leaves (§9.2, C)', async () => {
    const result = await runScenario('starved-responder', { ...OFF, seconds: 20, sessions: 1 });
    expect(result.pool.minFree).toBe(0);
    const dry = result.turns.find((turn) => turn.what.startsWith('the pool has been empty'));
    expect(dry?.what).toMatch(/rx-ring 31, so-snd 1[78], so-rcv 1[56]/);
  });
});
