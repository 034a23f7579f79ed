import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compare, subjectOf } from '../conformance/cpu/compare.js';
import { CONFIGURATIONS, CoreRunner } from '../conformance/cpu/core.js';
import { generate } from '../conformance/cpu/generate.js';
import { assemble } from '../conformance/cpu/instructions.js';
import { CODE, MAIN_WINDOW, type Outcome, programOf } from '../conformance/cpu/program.js';
import { Qemu } from '../conformance/cpu/qemu.js';
import { hasTool } from '../support/tool.js';

const XER = 1;
const CTR = 9;

describe.skipIf(!hasTool('qemu-ppc'))('QEMU as the reference of the CPU', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quicc860-qemu-'));
  const qemu = new Qemu(folder);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** How the instructions end, all registers at first an address in a window, some of them as given. */
  async function outcome(words: readonly number[], registers: Readonly<Record<number, number>> = {}): Promise<Outcome> {
    const gpr = new Uint32Array(32).fill(MAIN_WINDOW.at + 0x40);
    for (const [r, value] of Object.entries(registers)) gpr[Number(r)] = value;
    const [made] = await qemu.run([programOf(words, { gpr })], 10);
    if (made === undefined) throw new Error('no outcome');
    return made;
  }

  it('runs programs and reports their end; the core ends the same', async () => {
    const programs = Array.from({ length: 20 }, (_, i) => generate(5000 + i));
    const subjects = CONFIGURATIONS.map((c) => subjectOf(new CoreRunner(c)));
    expect((await compare(programs, qemu, subjects)).map((m) => [m.program.seed, m.subject.name])).toEqual([]);
  });

  it.each([
    ['dcbt', assemble('dcbt', 0, 3)],
    ['dcbtst', assemble('dcbtst', 0, 3)],
    ['dcbst', assemble('dcbst', 0, 3)],
    ['dcbf', assemble('dcbf', 0, 3)],
    ['dcbz', assemble('dcbz', 0, 3)],
    ['OE of mulhw', assemble('mulhw', 3, 4, 5) | 0x400],
    ['a reserved bit of mcrxr', assemble('mcrxr', 1) | 1],
    ['stwu with rA = 0', assemble('stwu', 5, 4, 0)],
    ['lwzu with rA = rD', assemble('lwzu', 5, 4, 5)],
    ['lswi with rA among the loaded', assemble('lswi', 4, 5, 12)],
    ['bcctr that decrements', assemble('bcctr', 16, 0)],
  ])('still takes for illegal, where the part does not: %s', async (_, word) => {
    const { ending, at } = await outcome([word]);
    expect([ending, at]).toEqual(['illegal', CODE]);
  });

  it('still divides by zero to the dividend', async () => {
    const { registers } = await outcome([assemble('divw', 5, 6, 7), assemble('divwu', 8, 6, 7)], { 6: 77, 7: 0 });
    expect([registers.gpr[5], registers.gpr[8]]).toEqual([77, 77]);
  });

  it('still keeps XER bits that the part has not', async () => {
    const { registers } = await outcome([assemble('mtspr', XER, 3), assemble('mfspr', 4, XER)], { 3: 0xffffffff });
    expect((registers.gpr[4] ?? 0) & 0x1fff0000).not.toBe(0);
  });

  it('still compares address and value in stwcx.', async () => {
    const pair = [assemble('lwarx', 5, 0, 3), assemble('stwcx.', 5, 0, 4)];
    expect((await outcome(pair)).registers.cr >>> 28).toBe(2);
    expect((await outcome(pair, { 4: MAIN_WINDOW.at + 0x44 })).registers.cr >>> 28).toBe(0);
    const stored = [assemble('lwarx', 5, 0, 3), assemble('stw', 3, 0, 3), assemble('stwcx.', 5, 0, 3)];
    expect((await outcome(stored)).registers.cr >>> 28).toBe(0);
  });

  it('still executes lmw and stmw at any address', async () => {
    expect((await outcome([assemble('lmw', 30, 1, 3), assemble('stmw', 30, 2, 3)])).ending).toBe('done');
  });

  it('reports a program that hangs, and gives up', async () => {
    const hung = await qemu.run([programOf([assemble('b', 0)]), programOf([assemble('mtspr', CTR, 3)])], 1);
    expect(hung.map(({ ending }) => ending)).toEqual(['other', 'other']);
  });
});
