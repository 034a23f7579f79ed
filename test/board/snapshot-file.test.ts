import { describe, expect, it } from 'vitest';
import { packSections, packZeros, unpackSections, unpackZeros } from '../../src/board/snapshot.js';
import { UsageError } from '../../src/errors.js';

describe('the snapshot file', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i % 700 < 300 ? 0 : (i * 31) & 255));
  const file = packSections(
    new Map([
      ['ABCD', bytes],
      ['NONE', new Uint8Array(0)],
    ]),
  );

  it('gives back every section', () => {
    const sections = unpackSections(file);
    expect([...sections.keys()]).toEqual(['ABCD', 'NONE']);
    expect(sections.get('ABCD')).toEqual(bytes);
  });

  it('refuses a file that is cut anywhere', () => {
    for (let length = 0; length < file.length; length += 97) {
      expect(() => unpackSections(file.slice(0, length))).toThrow(UsageError);
    }
  });

  it('notices a changed byte', () => {
    const damaged = file.slice();
    damaged[2000] = (damaged[2000] ?? 0) ^ 1;
    expect(() => unpackSections(damaged)).toThrow(/damaged in section ABCD/);
  });

  it.each([0, 1, 15, 16, 17, 1000])('packs zeros and back at a gap of %i', (gap) => {
    const sparse = new Uint8Array(3000);
    sparse.fill(7, 0, 10);
    sparse.fill(9, 10 + gap, 20 + gap);
    const packed = packZeros(sparse);
    expect(unpackZeros(packed, sparse.length)).toEqual(sparse);
    expect(packed.length).toBeLessThan(100);
  });

  it('refuses packed memory of another size', () => {
    expect(() => unpackZeros(packZeros(new Uint8Array(100)), 200)).toThrow(/other memory sizes/);
  });
});
