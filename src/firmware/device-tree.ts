import { UsageError } from '../errors.js';

/** A property's value: its bytes as the blob has them. */
export type TreeValue = Uint8Array;

/** A node of a device tree. */
export interface TreeNode {
  /** Name with unit address ('memory@0'); '' for the root. */
  name: string;
  /** Properties in their order. */
  properties: Map<string, TreeValue>;
  /** Nodes below it, in their order. */
  children: TreeNode[];
}

/** A parsed blob. */
export interface DeviceTree {
  /** The root. */
  root: TreeNode;
  /** Address and size of each reserved piece of memory. */
  reserved: readonly (readonly [address: number, size: number])[];
}

// Devicetree Specification 0.4, chapter 5: flattened format
const MAGIC = 0xd00d_feed;
const HEADER_BYTES = 40;
const VERSION = 17;
const LAST_COMPATIBLE = 16;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const NOP = 4;
const END = 9;
/** No tree of a board comes near; a hostile one must not exhaust the stack. */
const DEEPEST = 64;

/** Cells: big-endian 32-bit words. */
export function cells(...values: number[]): TreeValue {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return new Uint8Array(view.buffer);
}

/** NUL-terminated strings. */
export function strings(...values: string[]): TreeValue {
  return new TextEncoder().encode(values.map((value) => `${value}\0`).join(''));
}

/** A new node. */
export function node(name: string, properties: Record<string, TreeValue>, children: TreeNode[] = []): TreeNode {
  return { name, properties: new Map(Object.entries(properties)), children };
}

/** All nodes from `from` down, `from` first. */
export function* treeNodes(from: TreeNode): Generator<TreeNode> {
  yield from;
  for (const child of from.children) yield* treeNodes(child);
}

/** The string that a property begins with; '' if there is none. */
export function firstString(value: TreeValue | undefined): string {
  return new TextDecoder('latin1').decode(value ?? new Uint8Array()).replace(/\0.*$/s, '');
}

/** The child of that name, made if it is not there. */
export function childNamed(parent: TreeNode, name: string): TreeNode {
  const found = parent.children.find((child) => child.name === name);
  if (found !== undefined) return found;
  const made = node(name, {});
  parent.children.push(made);
  return made;
}

/**
 * Parses a flattened device tree (dtb).
 * @param file the blob
 * @param name what to call it in errors
 * @throws UsageError when it is none, or damaged
 */
export function parseDeviceTree(file: Uint8Array, name: string): DeviceTree {
  const bad = (why: string): UsageError => new UsageError(`${name}: ${why}`);
  const damaged = (): UsageError => bad('the device tree is damaged or cut short; compile it again (dtc -O dtb)');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || view.getUint32(0) !== MAGIC) {
    throw bad('not a flattened device tree; compile it (dtc -O dtb)');
  }
  const structure = view.getUint32(8);
  const text = view.getUint32(12);
  const map = view.getUint32(16);
  if (view.getUint32(24) > VERSION) throw bad(`a device tree of version ${view.getUint32(20)}, ${VERSION} is known`);
  const word = (at: number): number => {
    if (at + 4 > file.length) throw damaged();
    return view.getUint32(at);
  };
  const textAt = (at: number): string => {
    const end = file.indexOf(0, at);
    if (at >= file.length || end < 0) throw damaged();
    return new TextDecoder('latin1').decode(file.subarray(at, end));
  };
  const reserved: [number, number][] = [];
  for (let at = map; ; at += 16) {
    const [address, size] = [word(at + 4), word(at + 12)];
    if (address === 0 && size === 0 && word(at) === 0 && word(at + 8) === 0) break;
    reserved.push([address, size]);
  }
  const pad = (n: number): number => (n + 3) & ~3;
  let at = structure;
  const readNode = (depth: number): TreeNode => {
    if (depth > DEEPEST) throw damaged();
    const nodeName = textAt(at);
    const made = node(nodeName, {});
    at += pad(nodeName.length + 1);
    for (;;) {
      const token = word(at);
      at += 4;
      if (token === BEGIN_NODE) made.children.push(readNode(depth + 1));
      else if (token === END_NODE) return made;
      else if (token === PROPERTY) {
        const length = word(at);
        if (at + 8 + length > file.length) throw damaged();
        made.properties.set(textAt(text + word(at + 4)), file.slice(at + 8, at + 8 + length));
        at += 8 + pad(length);
      } else if (token !== NOP) throw damaged();
    }
  };
  while (word(at) === NOP) at += 4;
  if (word(at) !== BEGIN_NODE) throw damaged();
  at += 4;
  return { root: readNode(0), reserved };
}

/** The blob of a tree, version 17. */
export function deviceTreeBlob({ root, reserved }: DeviceTree): Uint8Array {
  const names: string[] = [];
  const offsets = new Map<string, number>();
  let namesSize = 0;
  const offsetOf = (name: string): number => {
    let offset = offsets.get(name);
    if (offset === undefined) {
      offset = namesSize;
      offsets.set(name, offset);
      names.push(name);
      namesSize += name.length + 1;
    }
    return offset;
  };
  const structure: number[] = [];
  const put = (bytes: Uint8Array): void => {
    for (const byte of bytes) structure.push(byte);
    while (structure.length % 4 !== 0) structure.push(0);
  };
  const write = (from: TreeNode): void => {
    put(cells(BEGIN_NODE));
    put(strings(from.name));
    for (const [name, value] of from.properties) {
      put(cells(PROPERTY, value.length, offsetOf(name)));
      put(value);
    }
    for (const child of from.children) write(child);
    put(cells(END_NODE));
  };
  write(root);
  put(cells(END));
  const map = cells(...[...reserved, [0, 0] as const].flatMap(([address, size]) => [0, address, 0, size]));
  const text = strings(...names);
  const structureAt = HEADER_BYTES + map.length;
  const textAt = structureAt + structure.length;
  const total = textAt + text.length;
  const blob = new Uint8Array(total);
  blob.set(
    cells(MAGIC, total, structureAt, textAt, HEADER_BYTES, VERSION, LAST_COMPATIBLE, 0, text.length, structure.length),
  );
  blob.set(map, HEADER_BYTES);
  blob.set(structure, structureAt);
  blob.set(text, textAt);
  return blob;
}
