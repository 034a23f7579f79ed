/**
 * The program that runs test programs under `qemu-ppc`: a static ELF file made here, word by word. It reads test programs
 * from standard input, gives each its registers and memory, runs it, and writes what came out to standard output. A
 * program that ends in a signal is reported with the registers that the signal frame holds.
 *
 * Linux on 32-bit PowerPC: system call number in r0, arguments from r3 on, CR0[SO] = error; signal frames hold a
 * ucontext whose word 12 points to the registers in the order of struct pt_regs (System V ABI, PowerPC supplement; Linux
 * arch/powerpc/include/uapi/asm/ptrace.h).
 */

import { assemble } from './instructions.js';
import { CHECKPOINT_BYTES, CHECKPOINTS, CHECKPOINTS_MAX, CODE, COMPARED, DONE, WINDOWS } from './program.js';

/** Length of the code in bytes, then GPRs, CR, XER, LR, CTR: read together. */
export const INPUT = 0x7c00;
export const INPUT_WORDS = 1 + 36;
/** Signal number (0: the program reached its end), then 48 words: GPRs, CR, XER, LR, CTR; after a signal, pt_regs. */
export const OUTPUT = 0x7d00;
export const OUTPUT_WORDS = 1 + 48;
const SIGNAL_ACTION = 0x7e00;
const SIGNAL_STACK = 0x7e40;
const STACK = 0x30000;
const STACK_BYTES = 0x8000;
const STACK_TOP = STACK + STACK_BYTES + 0x4000;
const LOADED = 0x1000;
const LOADED_END = STACK_TOP;

const SYS_EXIT = 1;
const SYS_READ = 3;
const SYS_WRITE = 4;
const SYS_RT_SIGACTION = 173;
const SYS_SIGALTSTACK = 185;
const SIGNALS = [4, 5, 7, 11];
const SA_SIGINFO = 4;
const SA_ONSTACK = 0x08000000;
const SA_NODEFER = 0x40000000;
const XER = 1;
const LR = 8;
const CTR = 9;

/** Collects instructions, with labels for the branches in between. */
class Code {
  readonly words: number[] = [];
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  get here(): number {
    return this.at + 4 * this.words.length;
  }

  put(mnemonic: string, ...operands: number[]): void {
    this.words.push(assemble(mnemonic, ...operands));
  }

  set(register: number, value: number): void {
    this.put('addis', register, 0, value >>> 16);
    this.put('ori', register, register, value & 0xffff);
  }

  syscall(number: number): void {
    this.put('addi', 0, 0, number);
    this.put('sc');
  }

  /** Leaves a place for a branch to a label further on; call the result there. */
  forward(mnemonic: 'b' | 'bc', ...operands: number[]): () => void {
    const from = this.here;
    const index = this.words.length;
    this.put(mnemonic, ...operands, 0);
    return () => {
      this.words[index] = assemble(mnemonic, ...operands, this.here - from);
    };
  }
}

const BO_TRUE = 12;
const BO_FALSE = 4;
const BO_DECREMENT = 16;
const EQ = 2;

/** Transfers r4, r5 (address, length) whole with system call `number` on descriptor `fd`; ends the program at the end of input. */
function transfer(code: Code, number: number, fd: number): void {
  code.put('ori', 14, 4, 0);
  code.put('ori', 15, 5, 0);
  const again = code.here;
  code.put('addi', 3, 0, fd);
  code.put('ori', 4, 14, 0);
  code.put('ori', 5, 15, 0);
  code.syscall(number);
  // An error (CR0[SO]) or the end of input: out.
  const failed = code.forward('bc', BO_TRUE, 3);
  code.put('cmpi', 0, 3, 0);
  const more = code.forward('bc', BO_FALSE, EQ);
  failed();
  code.put('addi', 3, 0, 0);
  code.syscall(SYS_EXIT);
  more();
  code.put('add', 14, 14, 3);
  code.put('subf.', 15, 3, 15);
  code.put('bc', BO_FALSE, EQ, again - code.here);
}

function stub(): { words: number[]; entry: number } {
  const code = new Code(DONE);
  const out = OUTPUT + 4;
  // The program's end: DONE is its first instruction. Displacements from r0 as zero reach everything here.
  code.put('stmw', 0, out, 0);
  code.put('mfcr', 1);
  code.put('stw', 1, out + 128, 0);
  for (const [i, spr] of [XER, LR, CTR].entries()) {
    code.put('mfspr', 1, spr);
    code.put('stw', 1, out + 132 + 4 * i, 0);
  }
  code.put('addi', 1, 0, 0);
  code.put('stw', 1, OUTPUT, 0);
  const report = code.here;
  code.set(1, STACK_TOP - 64);
  for (const { at, bytes } of [{ at: OUTPUT, bytes: 4 * OUTPUT_WORDS }, ...COMPARED]) {
    code.set(4, at);
    code.set(5, bytes);
    transfer(code, SYS_WRITE, 1);
  }
  const next = code.here;
  code.set(4, INPUT);
  code.set(5, 4 * INPUT_WORDS);
  transfer(code, SYS_READ, 0);
  for (const { at, bytes } of WINDOWS) {
    code.set(4, at);
    code.set(5, bytes);
    transfer(code, SYS_READ, 0);
  }
  code.set(4, CODE);
  code.put('lwz', 5, INPUT, 0);
  transfer(code, SYS_READ, 0);
  // The checkpoints begin as zeros.
  code.set(3, CHECKPOINTS - 4);
  code.set(4, (CHECKPOINTS_MAX * CHECKPOINT_BYTES) / 4);
  code.put('mtspr', CTR, 4);
  code.put('addi', 5, 0, 0);
  code.put('stwu', 5, 4, 3);
  code.put('bc', BO_DECREMENT, 0, -4);
  code.put('lwz', 1, INPUT + 4 + 128, 0);
  code.put('mtcrf', 0xff, 1);
  for (const [i, spr] of [XER, LR, CTR].entries()) {
    code.put('lwz', 1, INPUT + 4 + 132 + 4 * i, 0);
    code.put('mtspr', spr, 1);
  }
  code.put('lmw', 0, INPUT + 4, 0);
  code.put('ba', CODE);

  // The handler of signals: r3 = number, r5 = ucontext.
  const handler = code.here;
  code.put('stw', 3, OUTPUT, 0);
  code.put('lwz', 6, 48, 5);
  code.put('addi', 6, 6, -4);
  code.set(7, out - 4);
  code.set(8, 48);
  code.put('mtspr', CTR, 8);
  const copy = code.here;
  code.put('lwzu', 9, 4, 6);
  code.put('stwu', 9, 4, 7);
  code.put('bc', BO_DECREMENT, 0, copy - code.here);
  code.put('b', report - code.here);

  const entry = code.here;
  const store = (address: number, value: number): void => {
    code.set(3, value);
    code.put('stw', 3, address, 0);
  };
  store(SIGNAL_STACK, STACK);
  store(SIGNAL_STACK + 4, 0);
  store(SIGNAL_STACK + 8, STACK_BYTES);
  code.set(3, SIGNAL_STACK);
  code.set(4, 0);
  code.syscall(SYS_SIGALTSTACK);
  store(SIGNAL_ACTION, handler);
  store(SIGNAL_ACTION + 4, SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
  for (let i = 8; i < 32; i += 4) store(SIGNAL_ACTION + i, 0);
  for (const signal of SIGNALS) {
    code.set(3, signal);
    code.set(4, SIGNAL_ACTION);
    code.set(5, 0);
    code.set(6, 8);
    code.syscall(SYS_RT_SIGACTION);
  }
  code.put('b', next - code.here);
  return { words: code.words, entry };
}

/** The stub as an ELF file: one loaded segment from LOADED to LOADED_END, whose place in the file is its address. */
export function stubElf(): Uint8Array {
  const { words, entry } = stub();
  const image = new Uint8Array(DONE + 4 * words.length);
  const view = new DataView(image.buffer);
  const ELF_HEADER = 52;
  const PROGRAM_HEADER = 32;
  image.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1]);
  view.setUint16(16, 2); // ET_EXEC
  view.setUint16(18, 20); // EM_PPC
  view.setUint32(20, 1);
  view.setUint32(24, entry);
  view.setUint32(28, ELF_HEADER);
  view.setUint16(40, ELF_HEADER);
  view.setUint16(42, PROGRAM_HEADER);
  view.setUint16(44, 1);
  // PT_LOAD, readable, writable, executable
  const segment = [1, LOADED, LOADED, LOADED, image.length - LOADED, LOADED_END - LOADED, 7, 0x1000];
  segment.forEach((value, i) => {
    view.setUint32(ELF_HEADER + 4 * i, value);
  });
  words.forEach((word, i) => {
    view.setUint32(DONE + 4 * i, word);
  });
  return image;
}
