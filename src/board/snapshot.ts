import { UsageError } from '../errors.js';

/**
 * A snapshot file: magic, version, then tagged sections, each with its length
 * and a checksum. Unknown tags are skipped, so that a later version may add
 * sections. All numbers little-endian.
 */
const MAGIC = 0x3653_4351; // "QCS6"
const VERSION = 2;

/** The sections of a snapshot by four-character tag. */
export type Sections = Map<string, Uint8Array>;

/** FNV-1a over the bytes: enough to notice a damaged file. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x0100_0193);
  return hash >>> 0;
}

/** Packs sections into one file. */
export function packSections(sections: Sections): Uint8Array {
  let size = 12;
  for (const bytes of sections.values()) size += 12 + bytes.length;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, sections.size, true);
  let at = 12;
  for (const [tag, bytes] of sections) {
    for (let i = 0; i < 4; i++) out[at + i] = tag.charCodeAt(i);
    view.setUint32(at + 4, bytes.length, true);
    view.setUint32(at + 8, checksum(bytes), true);
    out.set(bytes, at + 12);
    at += 12 + bytes.length;
  }
  return out;
}

/**
 * Takes a snapshot file apart.
 * @throws UsageError when it is none, from another version, cut short or damaged
 */
export function unpackSections(file: Uint8Array): Sections {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || view.getUint32(0, true) !== MAGIC) throw new UsageError('not a quicc860 snapshot');
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new UsageError(`snapshot version ${version}; this program reads version ${VERSION}: take it anew`);
  }
  const count = view.getUint32(8, true);
  const sections: Sections = new Map();
  let at = 12;
  for (let i = 0; i < count; i++) {
    if (at + 12 > file.length) throw new UsageError('the snapshot is cut short');
    const tag = String.fromCharCode(...file.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (at + 12 + length > file.length) throw new UsageError(`the snapshot is cut short in section ${tag}`);
    const bytes = file.slice(at + 12, at + 12 + length);
    if (checksum(bytes) !== view.getUint32(at + 8, true))
      throw new UsageError(`the snapshot is damaged in section ${tag}`);
    sections.set(tag, bytes);
    at += 12 + length;
  }
  return sections;
}

/** One section, or an error that names it. */
export function section(sections: Sections, tag: string): Uint8Array {
  const bytes = sections.get(tag);
  if (bytes === undefined) throw new UsageError(`the snapshot has no section ${tag}`);
  return bytes;
}

/**
 * Run-length packs zero bytes, which most of a board's memory is:
 * pairs of u32 (zeros, literals) followed by the literals.
 */
export function packZeros(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 4;
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    while (at < bytes.length && bytes[at] === 0) at++;
    const zeros = at - start;
    const literal = at;
    // A literal run ends only at 16 zeros in a row: shorter gaps cost more as a pair than as bytes.
    let gap = 0;
    while (at < bytes.length && gap < 16) {
      gap = bytes[at] === 0 ? gap + 1 : 0;
      at++;
    }
    if (gap === 16) at -= 16;
    const head = new Uint8Array(8);
    const view = new DataView(head.buffer);
    view.setUint32(0, zeros, true);
    view.setUint32(4, at - literal, true);
    chunks.push(head, bytes.slice(literal, at));
    size += 8 + at - literal;
  }
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, bytes.length, true);
  let to = 4;
  for (const chunk of chunks) {
    out.set(chunk, to);
    to += chunk.length;
  }
  return out;
}

/** Undoes `packZeros`. @throws UsageError when the lengths do not add up */
export function unpackZeros(packed: Uint8Array, expected: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 4 || view.getUint32(0, true) !== expected) {
    throw new UsageError('the snapshot is of a board with other memory sizes');
  }
  const out = new Uint8Array(expected);
  let from = 4;
  let to = 0;
  while (from + 8 <= packed.length) {
    const zeros = view.getUint32(from, true);
    const literal = view.getUint32(from + 4, true);
    from += 8;
    to += zeros;
    if (to + literal > expected || from + literal > packed.length) throw new UsageError('the snapshot is damaged');
    out.set(packed.subarray(from, from + literal), to);
    to += literal;
    from += literal;
  }
  return out;
}
