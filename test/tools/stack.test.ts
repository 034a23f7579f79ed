// The network stack as a Linux program under qemu-ppc, against itself over a lossy loopback (firmware-fixtures/net/hosttest).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasTool } from '../support/tool.js';

const missing = !(hasTool('powerpc-linux-gnu-gcc') && hasTool('qemu-ppc') && hasTool('make'));
const source = new URL('../../firmware-fixtures', import.meta.url).pathname;

describe.skipIf(missing)('the stack under qemu-ppc', () => {
  const copy = mkdtempSync(join(tmpdir(), 'quicc860-stack-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('transfers through loss, doubling and reordering, fragments and reassembles, and leaks nothing', () => {
    cpSync(source, copy, {
      recursive: true,
      filter: (path) => !/\/(obj|elf|build)(\/|$)/.test(path.slice(source.length)),
    });
    const run = spawnSync('make', ['-C', join(copy, 'net/hosttest')], { encoding: 'utf8' });
    expect(run.stdout + run.stderr).not.toMatch(/failed|error:/);
    expect(run.stdout).toContain('all well');
    expect(run.status).toBe(0);
  });
});
