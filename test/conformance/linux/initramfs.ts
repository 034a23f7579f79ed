/** One entry of an archive. */
interface Entry {
  name: string;
  mode: number;
  content?: Uint8Array;
  /** Major and minor number of a device. */
  device?: [number, number];
}

const DIRECTORY = 0o040755;
const PROGRAM = 0o100755;
const CONSOLE = 0o020600;

/**
 * A cpio archive ("newc"): what Linux unpacks as its first file system (Linux, Documentation/driver-api/early-userspace:
 * buffer format). Each header is 110 characters of hexadecimal numbers, names and contents are padded to 4 bytes.
 */
function cpio(entries: readonly Entry[]): Uint8Array {
  const pieces: Buffer[] = [];
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  for (const [i, { name, mode, content, device }] of [...entries, { name: 'TRAILER!!!', mode: 0 } as Entry].entries()) {
    const [major, minor] = device ?? [0, 0];
    const numbers = [i + 1, mode, 0, 0, 1, 0, content?.length ?? 0, 0, 0, major, minor, name.length + 1, 0];
    const header = `070701${numbers.map((n) => n.toString(16).padStart(8, '0')).join('')}`;
    pieces.push(pad(Buffer.from(`${header}${name}\0`, 'latin1')), pad(Buffer.from(content ?? [])));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** The RAM disk: a console, a place for proc, and `init`. */
export function initramfs(init: Uint8Array): Uint8Array {
  return cpio([
    { name: 'dev', mode: DIRECTORY },
    { name: 'dev/console', mode: CONSOLE, device: [5, 1] },
    { name: 'proc', mode: DIRECTORY },
    { name: 'init', mode: PROGRAM, content: init },
  ]);
}
