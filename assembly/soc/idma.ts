/** IDMA channels (MPC860 UM, IDMA). Nothing on the boards requests a transfer, so INIT is all that can happen. */
import { peek16, poke16 } from './io';

export const IDMA1_PRAM: u32 = 0x3cc0;
export const IDMA2_PRAM: u32 = 0x3dc0;
const IBASE: u32 = 0x00;
const IBPTR: u32 = 0x0c;

/** INIT IDMA: start over with the first BD. */
export function idmaInit(pram: u32): void {
  poke16(pram + IBPTR, peek16(pram + IBASE));
}
