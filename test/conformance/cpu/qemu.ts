/** The reference: test programs under `qemu-ppc`, many in one process (qemu-stub.ts). */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble } from './instructions.js';
import {
  addressOf,
  CODE_BYTES,
  COMPARED_BYTES,
  type Ending,
  type Outcome,
  type Program,
  type Registers,
  WINDOW_BYTES,
} from './program.js';
import { INPUT_WORDS, OUTPUT_WORDS, stubElf } from './qemu-stub.js';

/** QEMU's name of the part: its MPC8xx model has the instructions of the 860 and no others. */
export const QEMU_CPU = 'mpc860';
const QEMU = 'qemu-ppc';
/** Signals as endings: SIGILL, SIGTRAP, SIGBUS. */
const ENDINGS: Readonly<Record<number, Ending>> = { 0: 'done', 4: 'illegal', 5: 'trap', 7: 'alignment' };
const REPORT_BYTES = 4 * OUTPUT_WORDS + COMPARED_BYTES;

/** Version of the QEMU on this machine, undefined if there is none. */
export function qemuVersion(): string | undefined {
  const made = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return made.status === 0 ? /version (\S+)/.exec(made.stdout)?.[1] : undefined;
}

/** Runs test programs under QEMU; its files are in `folder`. */
export class Qemu {
  private readonly folder: string;
  private readonly stub: string;
  private batches = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.stub = join(folder, 'stub.elf');
    writeFileSync(this.stub, stubElf(), { mode: 0o755 });
  }

  /**
   * What became of each of `programs`. A program that does not end within `seconds` leaves an `other` outcome, and so do
   * those behind it.
   */
  async run(programs: readonly Program[], seconds = 120): Promise<Outcome[]> {
    const name = join(this.folder, `batch-${this.batches++ & 1}`);
    writeFileSync(`${name}.in`, Buffer.concat(programs.map(inputOf)));
    const input = openSync(`${name}.in`, 'r');
    const output = openSync(`${name}.out`, 'w');
    const detail = await new Promise<string>((resolve, reject) => {
      const child = spawn(QEMU, ['-cpu', QEMU_CPU, this.stub], {
        stdio: [input, output, 'ignore'],
        timeout: seconds * 1000,
        killSignal: 'SIGKILL',
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(`QEMU ended with ${signal ?? `code ${code}`}`));
    });
    closeSync(input);
    closeSync(output);
    const reports = readFileSync(`${name}.out`);
    return programs.map((_, i) => {
      const report = reports.subarray(i * REPORT_BYTES, (i + 1) * REPORT_BYTES);
      return report.length === REPORT_BYTES ? outcomeOf(report) : failed(detail);
    });
  }
}

/** The program's words as the reference runs them, routines behind them. */
function referenceCode({ words, substitutes }: Program): number[] {
  const code = [...words];
  for (const [index, routine] of substitutes) {
    const [only] = routine;
    if (routine.length === 1 && only !== undefined) {
      code[index] = only;
    } else {
      code[index] = assemble('ba', addressOf(code.length));
      code.push(...routine, assemble('ba', addressOf(index + 1)));
    }
  }
  if (4 * code.length > CODE_BYTES) throw new Error('a program and its routines do not fit');
  return code;
}

function inputOf(program: Program): Buffer {
  const { registers, memory } = program;
  const code = referenceCode(program);
  const bytes = Buffer.alloc(4 * INPUT_WORDS + WINDOW_BYTES + 4 * code.length);
  bytes.writeUInt32BE(4 * code.length, 0);
  [...registers.gpr, registers.cr, registers.xer, registers.lr, registers.ctr].forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, 4 + 4 * i);
  });
  bytes.set(memory, 4 * INPUT_WORDS);
  code.forEach((word, i) => {
    bytes.writeUInt32BE(word, 4 * INPUT_WORDS + WINDOW_BYTES + 4 * i);
  });
  return bytes;
}

function outcomeOf(report: Buffer): Outcome {
  const signal = report.readUInt32BE(0);
  const word = (n: number): number => report.readUInt32BE(4 + 4 * n);
  const gpr = Uint32Array.from({ length: 32 }, (_, n) => word(n));
  // Order of struct pt_regs: nip, msr, orig_gpr3, ctr, link, xer, ccr
  const registers: Registers =
    signal === 0
      ? { gpr, cr: word(32), xer: word(33), lr: word(34), ctr: word(35) }
      : { gpr, ctr: word(35), lr: word(36), xer: word(37), cr: word(38) };
  const ending = ENDINGS[signal] ?? 'other';
  return {
    ending,
    detail: ending === 'other' ? ` signal ${signal}` : '',
    at: signal === 0 ? 0 : word(32),
    registers,
    memory: new Uint8Array(report.subarray(4 * OUTPUT_WORDS)),
    instructions: 0,
  };
}

function failed(detail: string): Outcome {
  return {
    ending: 'other',
    detail: ` ${detail}`,
    at: 0,
    registers: { gpr: new Uint32Array(32), cr: 0, xer: 0, lr: 0, ctr: 0 },
    memory: new Uint8Array(COMPARED_BYTES),
    instructions: 0,
  };
}
