import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasTool } from '../support/tool.js';

const here = !(hasTool('powerpc-linux-gnu-gcc') && hasTool('make'));
const source = new URL('../../firmware-fixtures', import.meta.url).pathname;

describe.skipIf(here)('the committed firmware', () => {
  const copy = mkdtempSync(join(tmpdir(), 'quicc860-firmware-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('is what its source gives, bit for bit, built in another folder', () => {
    cpSync(source, copy, {
      recursive: true,
      filter: (path) => !/\/(obj|elf|build)(\/|$)/.test(path.slice(source.length)),
    });
    const made = spawnSync('make', ['-C', copy], { encoding: 'utf8' });
    expect(made.stderr + made.stdout, 'make').not.toMatch(/error:/);
    expect(made.status).toBe(0);
    const committed = readdirSync(join(source, 'elf')).sort();
    expect(committed).toContain('ftpd.elf');
    expect(readdirSync(join(copy, 'elf')).sort()).toEqual(committed);
    for (const name of committed) {
      const same = readFileSync(join(source, 'elf', name)).equals(readFileSync(join(copy, 'elf', name)));
      expect(same, name).toBe(true);
    }
  });

  it('has no floating-point instruction: the MPC860 has no such unit', () => {
    const text = spawnSync('powerpc-linux-gnu-objdump', ['-d', '-M', '860', join(source, 'elf', 'ftpd.elf')], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }).stdout;
    expect(text).toMatch(/\bblr\b/);
    expect(text).not.toMatch(/\t(f(add|sub|mul|div|mr|ctiw|cmp)|lf[sd]|stf[sd]|mffs|mtfsf)/);
  });
});
