import { describe, expect, it } from 'vitest';
import { publicNames } from './surface.js';

/** The library's interface is what `src/node/index.ts` exports; the browser's entry has the same less HostForward. */
describe('the public interface', () => {
  const names = publicNames();

  it('has a doc comment on every export and every public member', () => {
    expect(names.length).toBeGreaterThan(100);
    const bare = names.filter(({ doc }) => doc.trim() === '').map(({ name, where }) => `${name} (${where})`);
    expect(bare).toEqual([]);
  });

  it('exports every type that its signatures mention', () => {
    const hidden = names.filter((name) => name.unnameable.length > 0);
    expect(hidden.map(({ name, unnameable, where }) => `${name} mentions ${unnameable} (${where})`)).toEqual([]);
  });
});
