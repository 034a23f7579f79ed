import type { Wire, WireFrame } from './wire.js';

/** Block types of the pcapng format (IETF draft-ietf-opsawg-pcapng). */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Option codes: interface name, time stamp resolution (10^-n), application name. */
const OPT_IF_NAME = 2;
const OPT_IF_TSRESOL = 9;
const OPT_SHB_USERAPPL = 4;

function pad4(n: number): number {
  return (n + 3) & ~3;
}

/** A block: type, length, body, length. Little-endian, as the magic tells the reader. */
function block(type: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + pad4(body.length));
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, out.length, true);
  out.set(body, 8);
  view.setUint32(out.length - 4, out.length, true);
  return out;
}

function option(code: number, value: Uint8Array): number[] {
  const padding = new Array<number>(pad4(value.length) - value.length).fill(0);
  return [code & 255, code >> 8, value.length & 255, value.length >> 8, ...value, ...padding];
}

const END_OF_OPTIONS = [0, 0, 0, 0];

/** The blocks that begin a capture: one section, one Ethernet interface with nanosecond time stamps. */
export function pcapngHeader(): Uint8Array {
  const text = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
  const fixed = new Uint8Array(16);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  view.setUint32(8, 0xffff_ffff, true); // section length not given
  view.setUint32(12, 0xffff_ffff, true);
  const shb = block(
    SECTION_HEADER,
    Uint8Array.from([...fixed, ...option(OPT_SHB_USERAPPL, text('quicc860')), ...END_OF_OPTIONS]),
  );
  const idb = block(
    INTERFACE_DESCRIPTION,
    Uint8Array.from([
      LINKTYPE_ETHERNET,
      0,
      0,
      0,
      ...[0, 0, 0, 0], // no snap length
      ...option(OPT_IF_NAME, text('wire')),
      ...option(OPT_IF_TSRESOL, Uint8Array.of(9)),
      ...END_OF_OPTIONS,
    ]),
  );
  const out = new Uint8Array(shb.length + idb.length);
  out.set(shb, 0);
  out.set(idb, shb.length);
  return out;
}

/**
 * One captured frame.
 *
 * @param atNs virtual time stamp, ns since power-on
 * @param frame without FCS
 */
export function pcapngPacket(atNs: number, frame: Uint8Array): Uint8Array {
  const body = new Uint8Array(20 + frame.length);
  const view = new DataView(body.buffer);
  view.setUint32(4, Math.floor(atNs / 0x1_0000_0000), true);
  view.setUint32(8, atNs % 0x1_0000_0000, true);
  view.setUint32(12, frame.length, true);
  view.setUint32(16, frame.length, true);
  body.set(frame, 20);
  return block(ENHANCED_PACKET, body);
}

/**
 * Captures every undamaged frame on a wire as pcapng. Time stamps are virtual: when the first bit of the destination
 * address left its sender.
 *
 * @param write gets the capture in pieces, the header first
 * @returns a function that ends the capture
 */
export function capture(wire: Wire, write: (chunk: Uint8Array) => void): () => void {
  write(pcapngHeader());
  return wire.onFrame(({ atNs, frame }: WireFrame) => write(pcapngPacket(atNs, frame)));
}
