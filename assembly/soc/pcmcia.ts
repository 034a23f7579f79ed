/** PCMCIA interface without a card in either slot (MPC860 UM, PCMCIA Interface). */
import { clearOnes, peek32, poke32, put } from './io';

const PBR0: u32 = 0x080;
const POR7: u32 = 0x0bc;
const PGCRA: u32 = 0x0e0;
const PGCRB: u32 = 0x0e4;
const PSCR: u32 = 0x0e8;
const PIPR: u32 = 0x0f0;
const PER: u32 = 0x0f8;
/** No card: all pins pulled up, among them the card detects. */
const PIPR_EMPTY: u32 = 0xff00ff00;

export function pcmciaRead(word: u32): u32 {
  return word == PIPR ? PIPR_EMPTY : peek32(word);
}

export function pcmciaWrite(word: u32, v: u32, m: u32): void {
  if (word <= POR7) put(word, v, m);
  else if (word == PGCRA || word == PGCRB || word == PER) put(word, v, m);
  else if (word == PSCR) clearOnes(word, v, m, 0xffffffff);
}

/** Reset invalidates the windows. */
export function pcmciaReset(): void {
  for (let word = PBR0; word <= PER; word += 4) poke32(word, 0);
}
