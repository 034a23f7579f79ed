/** Words that are no instruction for a user program on the part, nor on the reference. */

import { assemble } from './instructions.js';

/**
 * Privileged in user mode, which the core runs in. mfspr of PVR is not among them: Linux lets programs have it.
 */
const PRIVILEGED: readonly number[] = [
  assemble('mfmsr', 5),
  assemble('mtmsr', 5),
  assemble('rfi'),
  assemble('mfspr', 5, 272),
  assemble('mtspr', 26, 5),
  assemble('tlbie', 5),
  assemble('dcbi', 0, 5),
];

/** Opcodes that the part does not implement (MPC860 UM: software emulation exception) and QEMU's model neither. */
export const NOT_IMPLEMENTED: readonly number[] = [
  0x00000000, // primary 0
  0xfc00002a, // fadd
  0xc8230000, // lfd
  0x7c0004ae, // lfsx
  0xe8230000, // ld
  0x78630020, // rldicl
  0x7c0004a6, // mfsr
  0x7c0001a4, // mtsr
  0x7c0005ec, // dcba
  ...PRIVILEGED,
];
