/**
 * Truncated binary exponential back-off of the Ethernet controllers (IEEE 802.3), from a xorshift generator whose state is
 * part of the machine's.
 */

/** Slots to wait, below 2^`exponent`; the generator's word is at linear address `state`. */
export function backoffSlots(state: u32, exponent: u32): u64 {
  let x = load<u32>(state);
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  store<u32>(state, x);
  return (x >> 8) & ((1 << exponent) - 1);
}
