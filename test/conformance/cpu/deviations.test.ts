import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEVIATIONS } from './deviations.js';

it('docs/conformance.md lists the deviations that the run prints', () => {
  const text = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
  for (const { what, reference, part, source, treatment } of DEVIATIONS) {
    expect(text).toContain(`| ${[what, reference, part, source, treatment].join(' | ')} |`);
  }
});
