/**
 * Where the reference and the part differ, one by one, and what the check does about it. Found by running both; the
 * part's side is the manual's.
 */

export interface Deviation {
  readonly what: string;
  readonly reference: string;
  readonly part: string;
  /** Where the part's side is written. */
  readonly source: string;
  /** `routine`: the reference runs other instructions that together do what the part does (routines.ts). */
  readonly treatment: string;
}

/** Deviations of QEMU 7.2's `qemu-ppc -cpu mpc860`, and what cannot be compared by its nature. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    what: 'divw, divwu by zero',
    reference: 'the dividend',
    part: '0x80000000, CR0 = LT (and SO)',
    source: 'MPC860 UM 4.5.2',
    treatment: 'routine',
  },
  {
    what: 'dcbt, dcbtst, dcbst, dcbf',
    reference: 'illegal instruction',
    part: 'implemented; no change that a program sees while no one else writes its memory',
    source: 'PowerPC Programming Environments chapter 8; core-instructions.md 2.3',
    treatment: 'the reference runs a no-op in their place',
  },
  {
    what: 'dcbz',
    reference: 'illegal instruction',
    part: 'zeroes a line of 16 bytes; alignment exception where the data cache writes through',
    source: 'core-caches.md 1; core-instructions.md 9; core-exceptions.md 3.3',
    treatment: 'routine; programs that have it do not run with caches through',
  },
  {
    what: 'reserved bits of an instruction set (with them OE of mulhw and mulhwu, Rc of stwcx.)',
    reference: 'illegal instruction, or ignored',
    part: 'ignored',
    source: 'core-instructions.md 1 and 2.3 (MPC866 UM, UISA features)',
    treatment: 'one instruction in 24 has some set on the core; the reference runs it without',
  },
  {
    what: 'XER bits 3–15 and 24',
    reference: 'kept as written',
    part: 'read as zero',
    source: 'core-registers.md 1.1 (MPC866 UM, UISA features)',
    treatment: 'routine',
  },
  {
    what: 'update forms with rA = 0, loads with update and rA = rD',
    reference: 'illegal instruction',
    part: 'executed as coded; the loaded value wins',
    source: 'invalid forms of the PowerPC architecture; core-instructions.md 3',
    treatment: 'routine',
  },
  {
    what: 'lswi, lswx with rA or rB among the registers that are loaded',
    reference: 'illegal instruction',
    part: 'executed; the address is computed first',
    source: 'invalid forms of the PowerPC architecture; core-instructions.md 7',
    treatment: 'routine; no loads of more than 112 bytes, which leave it no register',
  },
  {
    what: 'bcctr that decrements CTR',
    reference: 'illegal instruction',
    part: 'the decremented CTR decides and is the target',
    source: 'core-instructions.md 6 (MPC823 UM 7.1.7.1)',
    treatment: 'routine',
  },
  {
    what: 'stwcx. after a store to the reserved word, or to another word of the same line',
    reference: 'fails: address and value are compared',
    part: 'stores: the line is reserved, and stores of the core itself do not clear it',
    source: 'core-instructions.md 8 (PowerPC architecture)',
    treatment:
      'nothing is stored between lwarx and stwcx., which go to the same word or to another line; test/cpu/instructions.test.ts',
  },
  {
    what: 'lmw, stmw, and stwcx. without a reservation, at an address that is not a multiple of 4',
    reference: 'executed',
    part: 'alignment exception 0x600',
    source: 'core-exceptions.md 3.3 (MPC850 UM, MPC801 UM)',
    treatment:
      'addresses are aligned; lwarx, which the reference refuses too, is compared; test/cpu/exceptions.test.ts',
  },
  {
    what: 'mfspr of PVR in user mode',
    reference: 'executed, as Linux does for programs',
    part: 'program exception 0x700',
    source: 'core-registers.md 3',
    treatment: 'left out; other privileged registers and instructions are compared with SIGILL',
  },
  {
    what: 'mftb',
    reference: "the host's clock",
    part: 'cycles since power-on',
    source: 'core-registers.md 5',
    treatment: 'left out by nature; test/cpu/time.test.ts',
  },
  {
    what: 'sc',
    reference: 'a system call of Linux',
    part: 'exception 0xC00',
    source: 'core-exceptions.md 3.6',
    treatment: 'left out by nature; test/cpu/exceptions.test.ts',
  },
];
