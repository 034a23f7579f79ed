/** IEEE 802.3 frame check sequence: CRC-32, polynomial 0x04C11DB7, bits least significant first. */

const TABLE = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  TABLE[n] = c >>> 0;
}

/** The CRC-32 of `data` as transmitted (preset ones, complemented), unsigned. */
export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (data[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** `frame` followed by its FCS, which goes on the wire least significant byte first. */
export function withFcs(frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(frame.length + 4);
  out.set(frame);
  new DataView(out.buffer).setUint32(frame.length, crc32(frame), true);
  return out;
}

/** Whether the last four bytes of `frame` are its correct FCS. */
export function fcsIsGood(frame: Uint8Array): boolean {
  if (frame.length < 4) return false;
  const n = frame.length - 4;
  const view = new DataView(frame.buffer, frame.byteOffset + n, 4);
  return view.getUint32(0, true) === crc32(frame.subarray(0, n));
}
