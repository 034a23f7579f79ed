/** One loadable part of an ELF file (System V ABI, Elf32_Phdr with p_type = PT_LOAD). */
interface Load {
  at: number;
  bytes: Uint8Array;
  size: number;
}

const EHDR = 52;
const PHDR = 32;
const PT_LOAD = 1;
/** Where the monitor finds what it must know of the program (`PROGRAM` in runtime/kernel.c). */
const PROGRAM = 0xf0000;

function loads(file: Uint8Array): Load[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const table = view.getUint32(28);
  return Array.from({ length: view.getUint16(44) }, (_, i) => table + i * PHDR)
    .filter((header) => view.getUint32(header) === PT_LOAD)
    .map((header) => {
      const from = view.getUint32(header + 4);
      return {
        at: view.getUint32(header + 8),
        bytes: file.subarray(from, from + view.getUint32(header + 16)),
        size: view.getUint32(header + 20),
      };
    });
}

/**
 * Monitor and Linux executable as one image for the board, entered at the monitor. The executable's segments are in it
 * as they are, at physical addresses that equal their virtual ones.
 */
export function boardImage(monitor: Uint8Array, executable: Uint8Array): Uint8Array {
  const program = loads(executable);
  const head = new DataView(executable.buffer, executable.byteOffset, EHDR);
  const end = Math.max(...program.map((load) => load.at + load.size));
  const first = program[0];
  if (first === undefined) throw new Error('the executable has nothing to load');
  const known = new DataView(new ArrayBuffer(20));
  [
    head.getUint32(24),
    (end + 0xfff) & ~0xfff,
    first.at + head.getUint32(28),
    head.getUint16(42),
    head.getUint16(44),
  ].forEach((value, i) => {
    known.setUint32(4 * i, value);
  });
  const all = [...loads(monitor), { at: PROGRAM, bytes: new Uint8Array(known.buffer), size: 20 }, ...program];
  const start = EHDR + PHDR * all.length;
  const out = new Uint8Array(start + all.reduce((sum, load) => sum + load.bytes.length, 0));
  const view = new DataView(out.buffer);
  out.set(monitor.subarray(0, EHDR));
  view.setUint32(28, EHDR);
  view.setUint32(32, 0);
  view.setUint16(44, all.length);
  for (const at of [46, 48, 50]) view.setUint16(at, 0);
  let from = start;
  all.forEach((load, i) => {
    [PT_LOAD, from, load.at, load.at, load.bytes.length, load.size, 7, 4].forEach((value, k) => {
      view.setUint32(EHDR + PHDR * i + 4 * k, value);
    });
    out.set(load.bytes, from);
    from += load.bytes.length;
  });
  return out;
}
