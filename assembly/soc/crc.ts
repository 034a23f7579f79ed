/** CRC-32 of Ethernet, bits least significant first (hardware/scc-ethernet.md: CRC and hash). */

const PRESET: u32 = 0xffffffff;
/** Register after data and its own FCS, C_MASK. */
export const CRC_RESIDUE: u32 = 0xdebb20e3;

/** Entry i: what shifting the four bits i out of the register feeds back through polynomial EDB88320. */
const NIBBLE: StaticArray<u32> = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
  0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** The register after `n` bytes at linear address `p`, not inverted. */
export function crc32(p: u32, n: u32): u32 {
  let crc = PRESET;
  for (let i: u32 = 0; i < n; i++) {
    crc ^= load<u8>(p + i);
    crc = (crc >> 4) ^ unchecked(NIBBLE[crc & 15]);
    crc = (crc >> 4) ^ unchecked(NIBBLE[crc & 15]);
  }
  return crc;
}
