/**
 * The committed vectors: programs, what they start from, and how they end on the reference, in one compressed file that
 * `npm test` runs without QEMU.
 *
 * gzip of: one line of JSON (VectorsHeader), then for each program, big-endian: u16 words, u16 instructions among them, the
 * words; 36 words of registers (GPRs, CR, XER, LR, CTR); the windows; u8 ending, u32 address of it, 36 words of registers
 * at the end; the windows at the end, exclusive-or with those at the beginning; 32 bytes: SHA-256 of the checkpoints.
 */

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { form, formOf } from './instructions.js';
import { type Ending, type Outcome, type Program, programOf, type Registers, WINDOW_BYTES } from './program.js';

export interface VectorsHeader {
  readonly format: 1;
  readonly madeBy: string;
  readonly qemu: string;
  readonly cpu: string;
  /** Seeds of the programs are this one and those that follow. */
  readonly seed: number;
  readonly programs: number;
  /** Instructions that the programs execute together. */
  readonly instructions: number;
}

/** One program and its end on the reference, whose checkpoints are a digest. */
export interface Vector {
  readonly program: Program;
  readonly ending: Ending;
  readonly at: number;
  readonly registers: Registers;
  readonly windows: Uint8Array;
  readonly checkpoints: string;
}

const ENDINGS: readonly Ending[] = ['done', 'trap', 'illegal', 'alignment'];
const DCBZ = form('dcbz');
const REGISTER_WORDS = 36;

/** The digest of an outcome's checkpoints, hexadecimal. */
export function checkpointsDigest(outcome: Outcome): string {
  return createHash('sha256').update(outcome.memory.subarray(WINDOW_BYTES)).digest('hex');
}

/** The file's bytes. */
export function packVectors(header: VectorsHeader, programs: readonly Program[], outcomes: readonly Outcome[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`${JSON.stringify(header)}\n`)];
  programs.forEach((program, i) => {
    const outcome = outcomes[i];
    if (outcome === undefined || !ENDINGS.includes(outcome.ending)) {
      throw new Error(`seed ${program.seed} has no outcome to keep`);
    }
    const counts = Buffer.alloc(4);
    counts.writeUInt16BE(program.words.length, 0);
    counts.writeUInt16BE(program.length, 2);
    const end = Buffer.alloc(5);
    end.writeUInt8(ENDINGS.indexOf(outcome.ending), 0);
    end.writeUInt32BE(outcome.at, 1);
    parts.push(
      counts,
      wordsToBytes([...program.words]),
      wordsToBytes(registerWords(program.registers)),
      Buffer.from(program.memory),
      end,
      wordsToBytes(registerWords(outcome.registers)),
      Buffer.from(program.memory.map((byte, n) => byte ^ (outcome.memory[n] ?? 0))),
      Buffer.from(checkpointsDigest(outcome), 'hex'),
    );
  });
  return gzipSync(Buffer.concat(parts), { level: 9 });
}

/** What `packVectors` packed. */
export function unpackVectors(file: Uint8Array): { header: VectorsHeader; vectors: Vector[] } {
  const bytes = gunzipSync(file);
  const line = bytes.indexOf(0x0a);
  const header = JSON.parse(bytes.subarray(0, line).toString()) as VectorsHeader;
  let at = line + 1;
  const words = (count: number): number[] => {
    const out = Array.from({ length: count }, (_, i) => bytes.readUInt32BE(at + 4 * i));
    at += 4 * count;
    return out;
  };
  const slice = (count: number): Buffer => {
    at += count;
    return bytes.subarray(at - count, at);
  };
  const vectors: Vector[] = [];
  for (let i = 0; i < header.programs; i++) {
    const count = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    at += 4;
    const code = words(count);
    const registers = registersOf(words(REGISTER_WORDS));
    const memory = new Uint8Array(slice(WINDOW_BYTES));
    const zeroesBlocks = code.slice(0, length).some((word) => formOf(word) === DCBZ);
    const program = {
      ...programOf(code, registers, memory),
      words: Uint32Array.from(code),
      length,
      zeroesBlocks,
      seed: header.seed + i,
    };
    const ending = ENDINGS[bytes.readUInt8(at)] ?? 'other';
    const where = bytes.readUInt32BE(at + 1);
    at += 5;
    const after = registersOf(words(REGISTER_WORDS));
    const windows = slice(WINDOW_BYTES).map((byte, n) => byte ^ (memory[n] ?? 0));
    vectors.push({ program, ending, at: where, registers: after, windows, checkpoints: slice(32).toString('hex') });
  }
  return { header, vectors };
}

function registerWords(r: Registers): number[] {
  return [...r.gpr, r.cr, r.xer, r.lr, r.ctr];
}

function registersOf(words: readonly number[]): Registers {
  const [cr = 0, xer = 0, lr = 0, ctr = 0] = words.slice(32);
  return { gpr: Uint32Array.from(words.slice(0, 32)), cr, xer, lr, ctr };
}

function wordsToBytes(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, i) => {
    bytes.writeUInt32BE(word >>> 0, 4 * i);
  });
  return bytes;
}
