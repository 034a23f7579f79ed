import { runScenario } from 'quicc860';
import { describe, expect, it } from 'vitest';

/** The sixteen hours of 2004, shortened to what its argument needs: TCP's drop, and keepalive's two hours and ten minutes. */
describe('out-of-clusters, caches off, four hours', () => {
  it('not one cluster comes back', async () => {
    const result = await runScenario('out-of-clusters', { icache: false, dcache: false, seconds: 4 * 3600 });
    expect(result.outcome).toBe('locked-up');
    expect(result.turns.some((turn) => turn.what.startsWith('the board drops its connection'))).toBe(true);
    expect(result.turns.filter((turn) => turn.what.startsWith('clusters are free again'))).toEqual([]);
    expect(result.pool.owners).toMatchObject({ free: 0, 'rx-ring': 31, 'so-snd': 33 });
    expect(result.ping.lost).toBeGreaterThan(1400);
    expect(result.stillWaiting.count).toBeGreaterThan(950);
  });
});
