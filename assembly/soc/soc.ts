/** What CPU and machine see of the SoC. */

/** Put every on-chip device into its reset state; `powerOn` also clears what KAPWR keeps. */
export function socReset(powerOn: bool): void {}
/** Event `id` (EV_*) is due at NOW. */
export function socEvent(id: u32): void {}
/** CPU read of `size` (1, 2, 4) bytes at `offset` (< 0x4000) of the internal memory map. */
export function immrRead(offset: u32, size: u32): u32 {
  return 0;
}
/** CPU write of `size` (1, 2, 4) bytes at `offset` (< 0x4000) of the internal memory map. */
export function immrWrite(offset: u32, size: u32, value: u32): void {}
export function tbRead(): u64 {
  return 0;
}
export function tbWriteLower(v: u32): void {}
export function tbWriteUpper(v: u32): void {}
export function decRead(): u32 {
  return 0;
}
export function decWrite(v: u32): void {}
