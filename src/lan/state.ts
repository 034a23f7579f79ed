/**
 * Saving and restoring the LAN's object graph.
 *
 * Everything the LAN needs to continue lives in fields of registered classes. The graph is written by class and field
 * name, never by position, so that a field added later does not shift the others.
 */

/** What `JSON.stringify` can write and `JSON.parse` gives back. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface StateClass {
  name: string;
  type: { readonly prototype: object };
  transient: Record<string, () => unknown>;
}

const byName = new Map<string, StateClass>();
const byType = new Map<object, StateClass>();

/**
 * Makes instances of a class savable.
 *
 * @param name stable name in the saved form
 * @param type the class; its fields are saved, methods come from the prototype on loading
 * @param transient fields that are not saved (host-side listeners), with the value each gets on loading
 */
export function stateClass(
  name: string,
  type: { readonly prototype: object },
  transient: Record<string, () => unknown> = {},
): void {
  const old = byName.get(name);
  if (old !== undefined && old.type !== type) throw new Error(`two state classes are named ${name}`);
  const entry = { name, type, transient };
  byName.set(name, entry);
  byType.set(type, entry);
}

const HEX = new TextEncoder().encode('0123456789abcdef');

/** Bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  const digits = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i] as number;
    digits[2 * i] = HEX[b >> 4] as number;
    digits[2 * i + 1] = HEX[b & 15] as number;
  }
  return new TextDecoder().decode(digits);
}

/** Value of the hexadecimal digit with this character code. */
function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}

/** The bytes that `toHex` wrote. Throws on anything else. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new Error('not a hexadecimal byte string');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  return bytes;
}

const FORMAT = 'quicc860-lan-1';

/** Writes the object graph reachable from `root`. Shared and cyclic references keep their identity. */
export function saveGraph(root: object): Json {
  const ids = new Map<object, number>();
  const order: object[] = [];
  const encode = (value: unknown, where: string): Json => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (value === undefined) return { u: 1 };
    if (typeof value === 'number') return Number.isFinite(value) ? value : { n: String(value) };
    if (typeof value !== 'object') throw new Error(`cannot save a ${typeof value} (${where})`);
    let id = ids.get(value);
    if (id === undefined) {
      id = order.length;
      ids.set(value, id);
      order.push(value);
    }
    return { r: id };
  };
  encode(root, 'root');
  const nodes: Json[] = [];
  for (let i = 0; i < order.length; i++) {
    const node = order[i] as object;
    if (node instanceof Uint8Array) nodes.push({ t: 'b', v: toHex(node) });
    else if (Array.isArray(node)) nodes.push({ t: 'a', v: node.map((v) => encode(v, 'array')) });
    else if (node instanceof Map)
      nodes.push({ t: 'm', v: [...node].map(([k, v]) => [encode(k, 'map key'), encode(v, 'map')]) });
    else if (node instanceof Set) nodes.push({ t: 's', v: [...node].map((v) => encode(v, 'set')) });
    else {
      const plain = Object.getPrototypeOf(node) === Object.prototype;
      const known = byType.get(node.constructor);
      if (!plain && known === undefined) throw new Error(`class ${node.constructor.name} is not a state class`);
      const name = known?.name ?? '';
      const fields: { [key: string]: Json } = {};
      for (const [key, value] of Object.entries(node)) {
        if (known !== undefined && key in known.transient) continue;
        fields[key] = encode(value, `${name}.${key}`);
      }
      nodes.push(known === undefined ? { t: 'o', v: fields } : { t: 'c', c: name, v: fields });
    }
  }
  return { format: FORMAT, nodes };
}

/** Rebuilds the object graph that `saveGraph` wrote and returns its root. Throws one clear error on anything else. */
export function loadGraph(json: Json): object {
  const top = json as { format?: Json; nodes?: Json };
  if (top === null || typeof top !== 'object' || top.format !== FORMAT || !Array.isArray(top.nodes))
    throw new Error('this is not a saved LAN');
  const nodes = top.nodes as unknown as Array<{ t: string; c?: string; v: unknown }>;
  const objects: object[] = nodes.map((node) => {
    switch (node.t) {
      case 'b':
        return fromHex(node.v as string);
      case 'a':
        return [];
      case 'm':
        return new Map();
      case 's':
        return new Set();
      case 'o':
        return {};
      case 'c': {
        const known = byName.get(node.c ?? '');
        if (known === undefined) throw new Error(`saved LAN contains the unknown class ${node.c}`);
        return Object.create(known.type.prototype) as object;
      }
      default:
        throw new Error(`saved LAN contains the unknown node type ${node.t}`);
    }
  });
  const decode = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value;
    const tagged = value as { r?: number; n?: string; u?: number };
    if (tagged.r !== undefined) {
      const target = objects[tagged.r];
      if (target === undefined) throw new Error('saved LAN has a dangling reference');
      return target;
    }
    return tagged.n !== undefined ? Number(tagged.n) : undefined;
  };
  nodes.forEach((node, i) => {
    const object = objects[i] as object;
    if (node.t === 'a') for (const v of node.v as unknown[]) (object as unknown[]).push(decode(v));
    else if (node.t === 's') for (const v of node.v as unknown[]) (object as Set<unknown>).add(decode(v));
    else if (node.t === 'm')
      for (const [k, v] of node.v as Array<[unknown, unknown]>)
        (object as Map<unknown, unknown>).set(decode(k), decode(v));
    else if (node.t === 'o' || node.t === 'c') {
      const fields = object as Record<string, unknown>;
      for (const [key, v] of Object.entries(node.v as Record<string, unknown>)) fields[key] = decode(v);
      if (node.t === 'c')
        for (const [key, initial] of Object.entries(byName.get(node.c ?? '')?.transient ?? {})) fields[key] = initial();
    }
  });
  const root = objects[0];
  if (root === undefined) throw new Error('this is not a saved LAN');
  return root;
}
